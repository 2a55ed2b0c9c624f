import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { formatParagraphs } from '../../functions/domain/format.ts';
import { FrameworkIdSchema, frameworkOf } from '../../functions/domain/frameworks.ts';
import { placeIn, readJsonText } from '../../functions/domain/json-lines.ts';
import { readInspectionFile, skeletonOf } from '../../functions/domain/read-inspection.ts';
import { LIBRARY } from '../../functions/services/library.ts';
import { suggestions } from '../../functions/services/suggestions.ts';
import { ApiError, type ApiFault } from '../client.ts';
import { FileFaultsError } from './figures-file.ts';
import { askFirst, forPeople, showJson, showList, showOne, YES } from './output.ts';
import { PROGRAM_QUIETLY, reach, UsageError, withQuery } from './setting.ts';

/** A file of an inspection as it was read, with the lines of what is in it. */
interface InspectionFile {
  readonly path: string;
  readonly contents: unknown;
  readonly lines: ReadonlyMap<string, number>;
}

interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

interface Change {
  readonly inspection: string;
  readonly outcome: 'new' | 'changed' | 'unchanged' | 'retired';
  readonly leading: { readonly before?: string; readonly after: string };
  readonly metrics: Difference;
  readonly actions: Difference;
  readonly alerts: readonly { readonly title: string; readonly before: string; readonly after: string }[];
}

/** Commands about inspections' files: begin one, check it, load it; and what is loaded. */
export function addInspection(program: Command): void {
  const inspection = program
    .command('inspection')
    .description(
      'Shows the inspection that figures are held against; drafts, checks and loads others (docs/inspection-format.md).',
    );

  inspection
    .command('show', { isDefault: true })
    .description('Shows the judgements of the inspection that figures are held against.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', at('inspection'));
      const { sections } = frameworkOf(body);
      showList<{ words: string; title: string; paragraph: string; section: string }>(
        body.judgements,
        {
          grade: ({ words }) => words,
          judgement: ({ title }) => title,
          section: ({ section }) => sections[section] ?? section,
          where: ({ paragraph }) => formatParagraphs([paragraph]),
        },
        body,
        'No judgement.',
      );
    });

  inspection
    .command('new')
    .description('Writes a skeleton report, ready to be filled in, to standard output.')
    .addOption(
      new Option('--framework <framework>', 'the kind of inspection')
        .choices(FrameworkIdSchema.options)
        .default('ilacs-2018'),
    )
    .addHelpText(
      'after',
      `\nExample:\n  ${PROGRAM_QUIETLY} inspection new --framework ilacs-2018 --authority bristol > bristol-2026.json`,
    )
    .action(({ framework }: { framework: (typeof FrameworkIdSchema.options)[number] }, command: Command) => {
      showJson(skeletonOf(framework, command.optsWithGlobals<{ authority: string }>().authority));
    });

  inspection
    .command('validate')
    .argument('<file>', 'a report in JSON')
    .description(
      'Names every fault of a file by line and path. Contacts no service: references to metrics of your own are checked by "load".',
    )
    .action((path: string) => {
      const file = readJson(path);
      const { inspection, faults } = readInspectionFile(file.contents, {
        definitions: new Map(LIBRARY.map((metric) => [metric.id, metric])),
        today: new Date().toISOString().slice(0, 10),
      });
      if (!inspection) throw new FileFaultsError(describeFaults(file, faults));
      const { judgements, actions, metrics, findings } = inspection;
      showOne(
        [
          `${path} can be loaded: ${inspection.title}.`,
          `${counted(judgements, 'judgement')}, ${counted(actions, 'action')}, ${counted(metrics, 'metric')} of its own, ${counted(findings, 'finding')} on others.`,
          ...undated(actions),
          ...notInLibrary(findings),
        ],
        {
          id: inspection.id,
          judgements: judgements.length,
          actions: actions.length,
          metrics: metrics.length,
          findings: findings.length,
          notInLibrary: findings.map(({ metric }) => metric).filter((metric) => !IN_LIBRARY.has(metric)),
        },
      );
    });

  inspection
    .command('load')
    .argument('<file>', 'a report in JSON')
    .description('Loads a report alongside the existing ones. Figures are held against the newest full inspection.')
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (path: string, { dryRun }: { dryRun?: true }, command: Command) => {
      const file = readJson(path);
      const { client, at, authority } = reach(command);
      const { id, authority: own } = (file.contents ?? {}) as { id?: unknown; authority?: unknown };
      if (typeof id !== 'string')
        throw new FileFaultsError(describeFaults(file, [{ pointer: '#/id', detail: 'is missing' }]));
      if (own !== authority)
        throw new UsageError(`the file is about "${own}"; add --authority ${own} if that is what you mean`);
      const url = withQuery(at('inspections', id), { dryRun: dryRun && 'true' });
      try {
        const { body } = await client.request('PUT', url, file.contents);
        showChange(body, dryRun === true);
      } catch (error) {
        if (!(error instanceof ApiError) || error.kind !== 'invalid') throw error;
        throw error.withErrors(error.errors.map((fault) => ({ ...fault, position: placeOf(file, fault) })));
      }
    });

  inspection
    .command('list')
    .description('Lists the inspections, the newest first.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', at('inspections'));
      type Listed = {
        id: string;
        published: string;
        title: string;
        retired: boolean;
        full: boolean;
        actions: { state: string }[];
      };
      showList<Listed>(
        body.inspections,
        {
          id: ({ id }) => id,
          published: ({ published }) => published,
          counts: ({ id, retired, full }) =>
            retired ? 'retired' : id === body.leading ? 'leads' : full ? 'earlier' : 'visit',
          actions: ({ actions }) =>
            `${actions.filter(({ state }) => state === 'completed').length} of ${actions.length} completed`,
          title: ({ title }) => title,
        },
        body,
        'No inspection is loaded.',
      );
    });

  inspection
    .command('retire')
    .argument('<id>', 'as "inspection list" shows it')
    .description('Retires an inspection: it no longer counts, but can still be read.')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--yes', YES)
    .action(async (id: string, { dryRun, yes }: { dryRun?: true; yes?: true }, command: Command) => {
      const { client, at } = reach(command);
      if (!dryRun) await askFirst(`Retire ${id}? It will no longer count; "--dry-run" shows what that changes.`, yes);
      const { body } = await client.request('DELETE', withQuery(at('inspections', id), { dryRun: dryRun && 'true' }));
      showChange(body, dryRun === true);
    });
}

function readJson(path: string): InspectionFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
    );
  }
  const read = readJsonText(text);
  if ('unreadable' in read)
    throw new FileFaultsError(`${path}, line ${read.unreadable.line}: ${read.unreadable.detail}`);
  return { path, ...read };
}

function describeFaults(file: InspectionFile, faults: readonly ApiFault[]): string {
  const sorted = faults
    .map((fault) => ({
      line: placeIn(file.lines, fault.pointer ?? '#').line,
      text: `  ${placeOf(file, fault)}: ${fault.detail}`,
    }))
    .sort((a, b) => a.line - b.line);
  return [
    `${file.path}: ${faults.length} fault${faults.length === 1 ? '' : 's'}; nothing was loaded`,
    ...sorted.map(({ text }) => text),
  ].join('\n');
}

function placeOf(file: InspectionFile, { pointer, parameter }: ApiFault): string {
  if (!pointer) return parameter ?? '';
  const { line, path } = placeIn(file.lines, pointer);
  return `line ${line}, ${path}`;
}

const counted = (list: readonly unknown[], noun: string): string =>
  `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;

const IN_LIBRARY = new Set(LIBRARY.map(({ id }) => id));

/** What only the catalogue can know, which this does not ask: a misspelt id is found here and not at the loading. */
function notInLibrary(findings: readonly { readonly metric: string }[]): string[] {
  const nearest = suggestions();
  return findings.flatMap(({ metric }) => {
    if (IN_LIBRARY.has(metric)) return [];
    const near = [...IN_LIBRARY].find((id) => id.includes(metric)) ?? nearest(metric, [...IN_LIBRARY]);
    return [
      `"${metric}" is not in the library, so it has to be one of your own metrics${near ? `; the nearest there is "${near}"` : ''}.`,
    ];
  });
}

function undated(actions: readonly { readonly due?: string | undefined }[]): string[] {
  const without = actions.filter(({ due }) => due === undefined).length;
  return without > 0 ? [`${without} of the actions have no date, and so are never late.`] : [];
}

function showChange(change: Change, isDryRun: boolean): void {
  if (!forPeople()) {
    showJson(change);
    return;
  }
  const { inspection, outcome, leading, metrics, actions, alerts } = change;
  const said = {
    new: 'is new',
    changed: 'differs from what was loaded',
    unchanged: 'is loaded as it is',
    retired: 'no longer counts',
  }[outcome];
  console.log(
    [
      `${inspection} ${said}.${isDryRun ? ' This is a dry run: nothing was changed.' : ''}`,
      leading.before === leading.after
        ? `Figures are held against ${leading.after}, as before.`
        : `From its publication, figures are held against ${leading.after}${leading.before ? ` instead of ${leading.before}` : ''}.`,
      ...differenceInWords('Metrics', metrics),
      ...differenceInWords('Actions asked for', actions),
      ...(alerts.length > 0 ? ['Alerts:'] : ['No alert changes.']),
      ...alerts.map(({ title, before, after }) => `  ${title}: ${before} -> ${after}`),
    ].join('\n'),
  );
}

function differenceInWords(what: string, difference: Difference): string[] {
  const parts = (['added', 'changed', 'removed'] as const)
    .filter((kind) => difference[kind].length > 0)
    .map((kind) => `  ${kind}: ${difference[kind].join(', ')}`);
  return parts.length > 0 ? [`${what}:`, ...parts] : [];
}
