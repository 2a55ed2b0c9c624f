import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FRAMEWORKS, FrameworkIdSchema } from '../../functions/domain/frameworks.ts';
import { readInspectionFile, skeletonOf } from '../../functions/domain/read-inspection.ts';

const SEEDS = join(import.meta.dirname, '../../seed');
const read = (name: string) => JSON.parse(readFileSync(join(SEEDS, name), 'utf8'));
const EXAMPLE = read('examples/inspection-annotated.json');
const shipped = readdirSync(SEEDS).filter((name) => name.endsWith('.json'));

/** What is said of the example with something else in it, by pointer. */
function faultsWith(change: (draft: any) => void, known = {}): Record<string, string> {
  const draft = structuredClone(EXAMPLE);
  change(draft);
  return Object.fromEntries(
    readInspectionFile(draft, known).faults.map(({ pointer, detail }) => [decodeURIComponent(pointer), detail]),
  );
}

describe('the reports that ship with the service', () => {
  it.each([...shipped, 'examples/inspection-annotated.json'])('%s can be loaded, and is called as its file', (name) => {
    const { inspection, faults } = readInspectionFile(read(name), { today: '2026-11-30' });
    expect(faults).toEqual([]);
    if (shipped.includes(name)) expect(`${inspection?.id}.json`).toBe(name);
  });

  it('refer in what they found to metrics that an older one of the same authority brought', () => {
    const reports = shipped.map(read);
    const brought = new Set(
      reports.flatMap(({ authority, metrics = [] }) => metrics.map(({ id }: any) => `${authority} ${id}`)),
    );
    for (const { authority, findings = [] } of reports)
      for (const { metric } of findings) expect(brought).toContain(`${authority} ${metric}`);
  });

  it('have dates for actions only where a report was counted from: those of 2010', () => {
    const dated = shipped.filter((name) => read(name).actions.some(({ due }: any) => due));
    expect(dated).toEqual(['herefordshire-2010.json']);
  });
});

describe('a report is told all that is wrong with it at once', () => {
  it.each([
    [
      'a judgement of another framework',
      (d: any) => (d.judgements[0].grade = 'adequate'),
      '#/judgements/0/grade',
      'one of outstanding, good, requires-improvement, inadequate',
    ],
    [
      'a section of another framework',
      (d: any) => (d.judgements[1].section = 'safeguarding'),
      '#/judgements/1/section',
      'one of overall, leadership',
    ],
    [
      'an action that is not there',
      (d: any) => (d.metrics[0].actions = ['R9']),
      '#/metrics/0/actions/0',
      'no action of this file is called "R9"; it has R1, R2',
    ],
    [
      'a judgement that is not there',
      (d: any) => (d.metrics[0].judgement = 'none'),
      '#/metrics/0/judgement',
      'it has overall, leadership',
    ],
    [
      'standards out of order',
      (d: any) => d.metrics[0].standards.push({ value: 80, from: '2024-01', basis: 'local', note: 'n' }),
      '#/metrics/0/standards/1/from',
      'the oldest first',
    ],
    [
      'a percentage of 850',
      (d: any) => (d.metrics[0].standards[0].value = 850),
      '#/metrics/0/standards/0/value',
      'got 850',
    ],
    ['a baseline above 100%', (d: any) => (d.metrics[1].baseline.value = 101), '#/metrics/1/baseline/value', 'got 101'],
    [
      'publication before fieldwork',
      (d: any) => (d.published = '2025-03-11'),
      '#/published',
      'before the fieldwork ends',
    ],
    [
      'fieldwork that ends before it begins',
      (d: any) => (d.fieldwork.to = '2025-03-01'),
      '#/fieldwork/to',
      'before it begins',
    ],
    [
      'a word that is none of those there are',
      (d: any) => (d.metrics[1].baseline.bound = 'about'),
      '#/metrics/1/baseline/bound',
      'is one of exact, lower, upper; got "about"',
    ],
    [
      'a word that is not there',
      (d: any) => delete d.metrics[1].baseline.bound,
      '#/metrics/1/baseline/bound',
      'is missing; it is one of exact',
    ],
    [
      'a kind of baseline that is none',
      (d: any) => (d.metrics[1].baseline.kind = 'number'),
      '#/metrics/1/baseline/kind',
      'is one of figure, statement, none',
    ],
    [
      'a number with its sign',
      (d: any) => (d.metrics[1].baseline.value = '7%'),
      '#/metrics/1/baseline/value',
      'a number is needed, without quotes or a sign behind it; got "7%"',
    ],
    [
      'a list that is none',
      (d: any) => (d.metrics[0].actions = 'R1'),
      '#/metrics/0/actions',
      'a list is needed, in [ and ]; got "R1"',
    ],
    ['nothing where something is needed', (d: any) => (d.judgements[0].title = ''), '#/judgements/0/title', 'is empty'],
    [
      'a title that nobody would read',
      (d: any) => (d.actions[0].title = 'x'.repeat(301)),
      '#/actions/0/title',
      'is longer than 300 characters',
    ],
    ['the same id twice', (d: any) => (d.actions[1].id = 'R1'), '#/actions/1/id', 'is there already'],
    ['a character that hides', (d: any) => (d.title = 'Title\u0000'), '#/title', 'control characters'],
    ['an invented field', (d: any) => (d.actions[0].priority = 1), '#/actions/0/priority', 'there is no such field'],
    ['a framework that is none', (d: any) => (d.framework = 'ilacs'), '#/framework', 'ilacs-2018'],
    [
      'a framework of its own that is not described',
      (d: any) => (d.framework = 'own'),
      '#/ownFramework',
      'title, grades and sections',
    ],
  ])('%s', (_, change, pointer, words) => {
    expect(faultsWith(change)[pointer]).toContain(words);
  });

  it('a metric that neither it nor the catalogue has, and a publication in the future', () => {
    const finding = { ...EXAMPLE.metrics[0].baseline };
    const change = (draft: any) => {
      draft.findings.push({ metric: 'elsewhere', baseline: finding, actions: [], paragraphs: [], judgement: null });
    };
    expect(faultsWith(change, { metrics: new Set(['elsewhere']) })).toEqual({});
    expect(faultsWith(change, { metrics: new Set() })['#/findings/0/metric']).toContain(
      'neither the catalogue nor the library',
    );
    const definitions = new Map([['elsewhere', { kind: 'proportion' as const }]]);
    const beyond = (draft: any) => {
      change(draft);
      draft.findings.at(-1).baseline = { ...finding, kind: 'figure', value: 850, bound: 'exact' };
    };
    expect(faultsWith(beyond, { metrics: new Set(['elsewhere']), definitions })).toEqual({
      '#/findings/0/baseline/value': 'a percentage cannot be above 100; got 850',
    });
    expect(faultsWith(() => undefined, { today: '2025-05-11' })['#/published']).toContain('in the future');
  });

  it('even where much of it is not what it should be', () => {
    for (const contents of [
      null,
      1,
      'x',
      [],
      {},
      { judgements: 1, actions: [1], metrics: [{}], findings: [null], fieldwork: [] },
    ])
      expect(readInspectionFile(contents).faults.length).toBeGreaterThan(0);
  });
});

describe('a skeleton', () => {
  it.each(FrameworkIdSchema.options)('of %s lacks nothing but what is to be filled in', (framework) => {
    const { faults } = readInspectionFile(skeletonOf(framework, 'bristol'));
    const others = faults.filter(
      ({ pointer, detail }) =>
        !/\/(id|from|to|published|grade|value|paragraphs\/0)$/.test(pointer) &&
        !detail.startsWith('still has the words of the skeleton'),
    );
    expect(others).toEqual([]);
  });

  it.each(FrameworkIdSchema.options)('of %s is refused as long as anything in capitals is left in it', (framework) => {
    const capitals = (value: unknown, pointer = '#'): string[] => {
      if (typeof value === 'string') return /^[A-Z][A-Z ,-]+$/.test(value) ? [pointer] : [];
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([key, inner]) =>
        key.startsWith('$') ? [] : capitals(inner, `${pointer}/${key}`),
      );
    };
    const skeleton = skeletonOf(framework, 'bristol');
    const left = capitals(skeleton);
    expect(left.length).toBeGreaterThan(4);
    expect(readInspectionFile(skeleton).faults.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(left));
  });
});

it('no grade is known by its colour alone, and every framework that grades has a worst and a best', () => {
  for (const { grades } of Object.values(FRAMEWORKS)) {
    const words = Object.values(grades).map((grade) => grade.words);
    expect(new Set(words).size).toBe(words.length);
    if (words.length > 0)
      expect(Object.values(grades).map(({ tone }) => tone)).toEqual(expect.arrayContaining(['best', 'poor']));
  }
});
