import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { monthName } from '../../functions/domain/format.ts';
import type { Metric } from '../../functions/domain/inspection.ts';
import type { OwnName } from '../../functions/domain/own-name.ts';
import { MAX_PERIODS } from '../../functions/domain/period.ts';
import { MAX_MONTHS, pointerTo, readSubmission } from '../../functions/domain/submission.ts';
import { MAX_BULK_BYTES } from '../../functions/http/routes.ts';
import { readNumber } from '../../functions/services/cells.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { type Naming, namingOf } from '../../functions/services/names.ts';
import { suggestions } from '../../functions/services/suggestions.ts';
import { ApiError, type Outcome } from '../client.ts';
import { parseJson } from './json-lines.ts';
import { askFirst, forPeople, showList, showOne, tell, wordsOf, YES } from './output.ts';
import { PROGRAM, PROGRAM_QUIETLY, type Reach, reach, UsageError, withQuery } from './setting.ts';

/** Faults in a file, found before anything was sent. */
export class FileFaultsError extends Error {
  override readonly name = 'FileFaultsError';
}

/** A month of a file, with where in the file a part of it stands. */
interface FileMonth {
  readonly period: string;
  readonly body: object;
  positionOf(pointer: string): Position;
}

/** By line, and column where it is one; in JSON by what it is part of. */
interface Position {
  readonly sheet?: string;
  readonly line: number;
  readonly column?: string;
}

interface FileFault extends Position {
  readonly detail: string;
}

const describePosition = ({ sheet, line, column }: Position): string =>
  [sheet && `sheet "${sheet}"`, line > 0 ? `line ${line}` : '', column].filter(Boolean).join(', ');

interface Submitted {
  readonly period: string;
  readonly outcome: Outcome;
  readonly questions?: readonly string[];
  readonly changes?: readonly { readonly pointer: string; readonly before?: unknown; readonly after?: unknown }[];
}

interface SubmitOptions {
  readonly revise?: true;
  readonly replace?: true;
}

/** Commands that submit figures, correct them and retract them. */
export function addSubmit(program: Command): void {
  program
    .command('submit')
    .argument(
      '<file>',
      'an Excel workbook or CSV with a figure, a month or a metric per line, or JSON as the API takes it; - reads standard input',
    )
    .description('Submits the months of a file: all of them or none.')
    .option('--revise', 'change figures that were submitted before and differ; those that the file leaves out stay')
    .option('--replace', 'put each month of the file in the place of the whole month: what it leaves out is gone')
    .addHelpText(
      'after',
      `
One figure per line:  period,metric,numerator,denominator,count,value,status
One month per line:   period,status,referral-backlog.count,conferences-on-time.numerator,…
One metric per line:  metric, and a column for each month
A blank field means "not reported". The status is final (also where blank) or provisional. Metrics go by id, title or a
usual name, such as ICPC. docs/figures.md says how files are read.

Figures are added to months that are there already, so that several teams can each send theirs. A figure that is there
and differs is changed with --revise only. --replace puts whole months in the place of those that are there.

A file of more than ${MAX_MONTHS} months is checked as a whole first and then sent in parts. If that is interrupted, run
the same command again: months that were accepted already are left as they are.

Examples:
  ${PROGRAM} submit figures.csv
  ${PROGRAM} submit figures.xlsx
  ${PROGRAM} submit --revise figures.csv`,
    )
    .action(async (file: string, options: SubmitOptions, command: Command) => {
      const to = reach(command);
      const months = await readMonths(file, to);
      const parts = partsOf(months);
      const results: Submitted[] = [];
      for (const part of parts) {
        results.push(...(await send(part, to, options, file, results.length)));
        if (parts.length > 1) tell(`${results.length} of ${months.length} months are accepted`);
      }
      showList(
        results,
        {
          period: ({ period }) => period,
          outcome: ({ outcome }) => outcome,
          changed: ({ changes = [] }) => changes.map(({ pointer }) => pointer.split('/').at(-1)).join(', '),
        },
        { submissions: results },
        `${file} holds no month`,
      );
      for (const question of results.flatMap(({ questions = [] }) => questions)) tell(`Please check: ${question}`);
    });

  program
    .command('template')
    .description('Writes an Excel workbook to fill in and submit: what each metric needs, and what was sent before.')
    .option('--from <month>', 'the first month, yyyy-mm; unless given, the first that is still to come')
    .option('--to <month>', 'the last month, yyyy-mm; unless given, the last that is over')
    .addHelpText('after', `\nExample:\n  ${PROGRAM_QUIETLY} template --from 2011-08 > figures.xlsx`)
    .action(async ({ from, to }: { from?: string; to?: string }, command: Command) => {
      const { client, at } = reach(command);
      if (forPeople())
        throw new UsageError('a workbook is nothing to read here; write it to a file: template > figures.xlsx');
      const { bytes } = await client.request('GET', withQuery(at('template.xlsx'), { from, to }));
      process.stdout.write(bytes);
    });

  program
    .command('figures')
    .description('Writes the figures as CSV that can be submitted again, or as an Excel workbook.')
    .option('--xlsx', 'as a workbook')
    .option('--from <month>', 'the first month, yyyy-mm')
    .option('--to <month>', 'the last month, yyyy-mm')
    .addHelpText('after', `\nExample:\n  ${PROGRAM_QUIETLY} figures --from 2011-01 > figures.csv`)
    .action(async ({ from, to, xlsx }: { from?: string; to?: string; xlsx?: true }, command: Command) => {
      const { client, at } = reach(command);
      const format = xlsx ? 'xlsx' : 'csv';
      const { bytes } = await client.request('GET', withQuery(at('submissions'), { format, from, to }));
      process.stdout.write(bytes);
    });

  program
    .command('correct')
    .argument('<month>', 'yyyy-mm')
    .argument('<metric>', 'its id, its title, or a usual name such as ICPC')
    .argument('<figure>', '14/15, 12 or 76%; "none" takes the figure out')
    .description('Corrects one figure of a month; the others stay.')
    .option('--reason <text>', 'why, kept with the revision')
    .option('--revision <number>', 'only if the month is still at this revision')
    .addHelpText(
      'after',
      `
Examples:
  ${PROGRAM} correct 2011-09 conferences-on-time 14/15 --reason "one was counted twice"
  ${PROGRAM} correct 2011-09 "Referral backlog" none`,
    )
    .action(async (month: string, name: string, figure: string, options: CorrectOptions, command: Command) => {
      const to = reach(command);
      const { client, at } = to;
      const [metrics, ownNames] = await Promise.all([metricsOf(to), ownNamesOf(to)]);
      const metric = metricNamed(name, namingOf(metrics.values(), ownNames), metrics);
      const observation = figure === 'none' ? null : figureFrom(figure, metric);
      const path = at('submissions', month);
      const etag = options.revision ? `"${options.revision}"` : (await client.request('GET', path)).etag;
      const patch = { observations: { [metric.id]: observation }, reason: options.reason };
      const { body } = await client.request('PATCH', path, patch, { 'if-match': etag ?? '' });
      showOne(
        [
          body.changes?.length > 0
            ? `${metric.title}, ${monthName(month)}: ${describeChange(body.changes[0])} (revision ${body.revision}).`
            : `${metric.title}, ${monthName(month)}: that is what it was already (revision ${body.revision}).`,
          ...(body.questions ?? []).map((question: string) => `Please check: ${question}`),
        ],
        body,
      );
    });

  program
    .command('retract')
    .argument('<month>', 'yyyy-mm')
    .description('Retracts a month: it no longer counts, but its history is kept.')
    .option('--revision <number>', 'only if it is still this revision')
    .option('--yes', YES)
    .action(async (month: string, { revision, yes }: { revision?: string; yes?: true }, command: Command) => {
      const { client, at } = reach(command);
      await askFirst(`Take back ${month}? None of its figures will count any more.`, yes);
      const path = at('submissions', month);
      const etag = revision ? `"${revision}"` : (await client.request('GET', path)).etag;
      const { body } = await client.request('DELETE', path, undefined, { 'if-match': etag ?? '' });
      showOne([`${month} is retracted (revision ${body.revision}).`], body);
    });
}

interface CorrectOptions {
  readonly reason?: string;
  readonly revision?: string;
}

/** The metric that somebody means. Throws {@link UsageError}, with the nearest of `metrics`. */
export function metricNamed(name: string, naming: Naming, metrics: ReadonlyMap<string, Metric>): Metric {
  const named = naming(name);
  if (named) return named.metric;
  const near = suggestions()(name, [...metrics.keys()]);
  throw new UsageError(`no metric is called "${name}"${near ? `; the nearest is "${near}"` : ''}`);
}

/** A figure as typed, in the fields that its metric is reported in. What it had in other fields is taken out. */
function figureFrom(text: string, { id, kind }: Metric): Record<string, number | string | null> {
  const [, numerator, denominator] = /^(\d+)\s*(?:\/|of)\s*(\d+)$/.exec(text.trim()) ?? [];
  if ((kind === 'proportion' || kind === 'rate') && numerator && denominator)
    return { numerator: Number(numerator), denominator: Number(denominator), value: null };
  const read = readNumber(text.trim(), false);
  if (read.kind === 'unclear' || (read.kind === 'percentage' && kind !== 'proportion') || numerator)
    throw new UsageError(`"${text}" is no figure for ${id}: ${FIGURE[kind]}`);
  if (kind === 'count') return { count: read.number };
  const value = read.kind === 'percentage' ? read.text : read.number;
  return kind === 'mean' ? { value } : { value, numerator: null, denominator: null };
}

const FIGURE: Readonly<Record<Metric['kind'], string>> = {
  count: 'it is a count, such as 12',
  mean: 'it is a mean, such as 17.5',
  rate: 'write its counts, such as 52/36000, or the rate where only that is known, such as 14.4',
  proportion: 'write its counts, such as 14/15, or the percentage where only that is known, such as 93.3%',
};

const describeChange = ({ before, after }: { readonly before?: object; readonly after?: object }): string => {
  const said = (figure: object | undefined): string => (figure ? Object.values(figure).join(' of ') : 'not reported');
  return `${said(before)} became ${said(after)}`;
};

/** The months of a file that is right as a whole, as far as can be told here; what only the service knows, such as its clock, it says itself. */
async function readMonths(file: string, to: Reach): Promise<FileMonth[]> {
  const bytes = readFile(file);
  if (/^\s*[{[]/.test(bytes.toString('utf8', 0, 100))) {
    const months = readJsonMonths(bytes.toString('utf8'), file);
    if (partsOf(months).length > 1) lookThrough(months, await metricsOf(to), file);
    return months;
  }
  const { metrics, ownNames, error } = await Promise.all([metricsOf(to), ownNamesOf(to)]).then(
    ([metrics, ownNames]) => ({ metrics, ownNames, error: undefined }),
    (error: unknown) => ({ metrics: undefined, ownNames: [], error }),
  );
  const { months, faults, unknown } = readFigures(bytes, metrics, { maxMonths: MAX_PERIODS, ownNames });
  if (faults.length > 0 && metrics && unknown.length > 0)
    tell(`To say what a name means from now on: ${PROGRAM} name add "${unknown[0]}" METRIC (or none, to leave it out)`);
  if (faults.length > 0) throw refusedFor(faults, file);
  if (error) throw error;
  return months.map(({ period, body, statesStatus, at }) => ({
    period,
    body: statesStatus ? body : { ...body, status: undefined },
    positionOf: (pointer) => at({ pointer, detail: '' }),
  }));
}

function readJsonMonths(text: string, file: string): FileMonth[] {
  let sent: { submissions?: unknown } | null;
  try {
    sent = parseJson(text);
  } catch (error) {
    throw refusedFile(file, [(error as Error).message]);
  }
  if (!Array.isArray(sent?.submissions))
    throw refusedFile(file, ['is expected to hold {"submissions": [{"period": "yyyy-mm", "observations": …}, …]}']);
  return sent.submissions.map(({ period, ...body }: Record<string, unknown>) => ({
    period: String(period),
    body,
    // The whole file may be one line: what is wrong in it is found by its month.
    positionOf: (pointer) => ({ line: 0, column: [`month ${period}`, wordsOf(pointer)].filter(Boolean).join(', ') }),
  }));
}

function refusedFile(file: string, lines: readonly string[]): FileFaultsError {
  return new FileFaultsError([`${file}: nothing was sent`, ...lines.map((line) => `  ${line}`)].join('\n'));
}

/** As much as one request takes, with something to spare for what surrounds the months. */
function partsOf(months: readonly FileMonth[]): FileMonth[][] {
  const parts: FileMonth[][] = [];
  let size = 0;
  for (const month of months) {
    const own = Buffer.byteLength(JSON.stringify(month.body)) + 100;
    const part = parts.at(-1);
    if (part && part.length < MAX_MONTHS && size + own < MAX_BULK_BYTES) part.push(month);
    else {
      parts.push([month]);
      size = 0;
    }
    size += own;
  }
  return parts;
}

/** Finds all that is wrong with a file in parts, which is to be right as a whole before the first is sent. */
function lookThrough(months: readonly FileMonth[], metrics: ReadonlyMap<string, Metric>, file: string): void {
  const suggest = suggestions();
  const faults = months.flatMap(({ body, positionOf }) =>
    readSubmission(body, metrics, suggest).faults.map(({ pointer, detail }) => ({ ...positionOf(pointer), detail })),
  );
  if (faults.length > 0) throw refusedFor(faults, file);
}

const refusedFor = (faults: readonly FileFault[], file: string): FileFaultsError =>
  refusedFile(
    file,
    faults.map((fault) => `${describePosition(fault)}: ${fault.detail}`),
  );

/** What the authority's own names mean. */
export async function ownNamesOf({ client, at }: Reach): Promise<readonly OwnName[]> {
  return (await client.request('GET', at('names'))).body.names;
}

/** The metrics by id. */
export async function metricsOf({ client, at }: Reach): Promise<ReadonlyMap<string, Metric>> {
  const metrics: Metric[] = (await client.request('GET', at('metrics'))).body.metrics;
  return new Map(metrics.map((metric) => [metric.id, metric]));
}

async function send(
  part: readonly FileMonth[],
  { client, at }: Reach,
  { revise, replace }: SubmitOptions,
  file: string,
  already: number,
): Promise<Submitted[]> {
  const path = withQuery(at('submissions'), {
    mode: replace && 'replace',
    revise: revise || replace ? 'true' : undefined,
  });
  const submissions = part.map(({ period, body }) => ({ period, ...body }));
  try {
    return (await client.request('POST', path, { submissions })).body.submissions;
  } catch (error) {
    if (already > 0) tell(`The first ${already} months of ${file} were accepted; the rest were not.`);
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 409 && !revise) tell('To change what was submitted before, run it again with --revise.');
    throw error.withErrors(error.errors.map((fault) => ({ ...fault, ...positionIn(fault.pointer, part) })));
  }
}

/** Where in the file a pointer into the request points. */
function positionIn(pointer: string | undefined, part: readonly FileMonth[]): { position?: string } {
  const [, index, rest = ''] = /^#\/submissions\/(\d+)(.*)$/.exec(pointer ?? '') ?? [];
  const month = index === undefined ? undefined : part[Number(index)];
  return month ? { position: describePosition(month.positionOf(rest ? `#${rest}` : pointerTo([]))) } : {};
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
