import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MetricDefinitionSchema } from '../../functions/domain/metric.ts';
import { faultsOfDefinition } from '../../functions/domain/read-inspection.ts';
import library from '../../seed/library/metrics.json' with { type: 'json' };

test('every metric of the library can be taken as it is, names its source, and has no standard that nobody published', () => {
  for (const metric of library) {
    const read = MetricDefinitionSchema.safeParse(metric);
    expect(read.error?.issues ?? faultsOfDefinition(metric, []), metric.id).toEqual([]);
    expect([metric.id, metric.standards, Boolean(metric.source)]).toEqual([metric.id, [], true]);
  }
  const names = library.flatMap(({ id, title, aliases = [] }) => [
    ...new Set([id, title, ...aliases].map((name) => name.toLowerCase())),
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test('the document says of every metric of the library, once, what was read of its source', () => {
  const document = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const [section = ''] = document.split('## How far the library is checked\n').slice(1).join('').split('\n## ');
  const named = [...section.matchAll(/`([a-z0-9-]+)`/g)].map(([, id = '']) => id);
  const ids: string[] = library.map(({ id }) => id);
  expect(named.sort()).toEqual(ids.sort());
});
