import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { inspectionFileSchema } from '../../functions/http/openapi.ts';
import { description } from '../support/described.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const document = readFileSync(path('docs/api.md'), 'utf8');

test('docs/api.md is what `npm run api-reference` makes of the description', () => {
  const folder = mkdtempSync(join(tmpdir(), 'api-reference-'));
  execFileSync(process.execPath, [path('bin/api-reference.ts'), join(folder, 'api.md')]);
  expect(document, 'run: npm run api-reference').toBe(readFileSync(join(folder, 'api.md'), 'utf8'));
  rmSync(folder, { recursive: true });
});

test('it has every route, field and schema, and each of its links leads somewhere', () => {
  for (const [route, methods] of Object.entries(description.paths))
    for (const method of Object.keys(methods)) expect(document).toContain(`\n\`${method.toUpperCase()} ${route}\`\n`);
  for (const [name, schema] of Object.entries(description.components.schemas)) {
    const [, section = ''] = document.split(`\n### Schema ${name}\n`);
    const [own = ''] = section.split('\n### ');
    for (const field of Object.keys((schema as { properties?: object }).properties ?? {}))
      expect(own, `${name}.${field}`).toMatch(new RegExp(`^\\| \\*?\`${field}\``, 'm'));
  }
  const headings = [...document.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text.toLowerCase().replaceAll(' ', '-'),
  );
  const links = [...document.matchAll(/\]\(#([^)]*)\)/g)].map(([, target]) => target);
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter((target) => !headings.includes(target ?? ''))).toEqual([]);
});

test('docs/inspection.schema.json is the JSON Schema that the service serves, and takes every report that ships', async () => {
  const schema = inspectionFileSchema();
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../docs/inspection.schema.json');
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  for (const name of ['herefordshire-2010', 'herefordshire-2022', 'bristol-2023', 'examples/inspection-annotated']) {
    const report = JSON.parse(readFileSync(new URL(`../../seed/${name}.json`, import.meta.url), 'utf8'));
    expect(validate(report), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true);
    expect(validate({ ...report, judgments: [] })).toBe(false);
  }
});
