import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HEREFORDSHIRE } from '../support/build.ts';
import { oddWordsIn } from '../support/look.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const DECISIONS = globSync('docs/adr/[0-9]*.md', { cwd: ROOT }).sort();
const INDEX = 'docs/adr/README.md';
/** What people read. Decisions tell of their own time, and name what was there then. */
const DOCUMENTS = [...globSync(['*.md', 'docs/*.md'], { cwd: ROOT }), INDEX].sort();

/** Rooms of the project: a name in backticks that begins with one is a path. */
const PATH = /`((?:\.ci|bench|bin|docs|functions|lib|local|seed|test)\/[^`\s:]*?)`/g;

describe.each(DOCUMENTS)('%s', (document) => {
  const text = read(document);

  test('names only files and folders that are there', () => {
    const paths = [...text.matchAll(PATH)].map(([, path = '']) => path);
    expect(paths.filter((path) => globSync(path, { cwd: ROOT }).length === 0)).toEqual([]);
  });

  test('names only commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('links only to what is there', () => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    const inside = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(inside.filter((target) => !existsSync(join(ROOT, dirname(document), target)))).toEqual([]);
  });
});

test('no e-mail says an id of a metric, nor a month or a day as programs write it', () => {
  const ids = HEREFORDSHIRE.metrics.map(({ id }) => id);
  expect(oddWordsIn(read('docs/emails.md'), ids)).toEqual([]);
});

test('every picture is shown by a document', () => {
  const pictures = globSync('docs/**/*.{png,svg,jpg}', { cwd: ROOT });
  const shown = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path = '']) => join(dirname(document), path)),
  );
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
});

const HEAD = /^# (\d{4})\. (\S.*)\n\n- Date: (\d{4}-\d{2}-\d{2})\n- Status: (.+)\n\n/;

test.each(DECISIONS)('%s has number, date and status at its head', (path) => {
  const [, number = ''] = HEAD.exec(read(path)) ?? [];
  expect(path.startsWith(`docs/adr/${number}-`) && number !== '').toBe(true);
});

test('the index of decisions has each with its date and status', async () => {
  const rows = DECISIONS.map((path) => {
    const [, number, title, date, status] = HEAD.exec(read(path)) ?? [];
    return `| [${number}](${path.slice('docs/adr/'.length)}) | ${title} | ${date} | ${status} |`;
  });
  const page = `# Decisions

What was decided, why, and what follows from it, one page each. Once written they stay as they are; one that no longer holds
says in its status which one holds instead. Written by \`npx vitest run test/docs -u\`.

| | decision | date | status |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot(join(ROOT, INDEX));
});
