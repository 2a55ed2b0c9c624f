import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Metric } from '../../functions/domain/inspection.ts';
import { MAX_PERIODS } from '../../functions/domain/period.ts';
import { MAX_MONTHS, pointerTo, readSubmission } from '../../functions/domain/submission.ts';
import { MAX_BULK_BYTES } from '../../functions/http/routes.ts';
import { suggestions } from '../../functions/services/accept.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { ApiError, type Outcome } from '../client.ts';
import { showList, showOne, tell } from './output.ts';
import { type Reach, reach, UsageError, withQuery } from './setting.ts';

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
  readonly line: number;
  readonly column?: string;
}

interface FileFault extends Position {
  readonly detail: string;
}

const describePosition = ({ line, column }: Position): string =>
  [line > 0 ? `line ${line}` : '', column].filter(Boolean).join(', ');

interface Submitted {
  readonly period: string;
  readonly outcome: Outcome;
  readonly changes?: readonly { readonly pointer: string; readonly before?: unknown; readonly after?: unknown }[];
}

/** Commands that submit figures, correct them and retract them. */
export function addSubmit(program: Command): void {
  program
    .command('submit')
    .argument(
      '<file>',
      'CSV with one figure or one month per line, or JSON as the API takes it; - reads standard input',
    )
    .description('Submits the months of a file: all of them or none.')
    .option('--revise', 'replace months that were submitted before and differ')
    .addHelpText(
      'after',
      `
One figure per line:  period,metric,numerator,denominator,count,value,status
One month per line:   period,status,referral-backlog.count,conferences-on-time.numerator,…
A blank field means "not reported". The status is final (also where blank) or provisional.

A file of more than ${MAX_MONTHS} months is checked as a whole first and then sent in parts. If that is interrupted, run
the same command again: months that were accepted already are left as they are.

Examples:
  npm run monitor -- submit figures.csv
  npm run monitor -- submit --revise figures.csv`,
    )
    .action(async (file: string, { revise }: { revise?: true }, command: Command) => {
      const to = reach(command);
      const months = await readMonths(file, to);
      const parts = partsOf(months);
      const results: Submitted[] = [];
      for (const part of parts) {
        results.push(...(await send(part, to, revise === true, file, results.length)));
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
    });

  program
    .command('figures')
    .description('Writes the figures as CSV that can be submitted again.')
    .option('--from <month>', 'the first month, yyyy-mm')
    .option('--to <month>', 'the last month, yyyy-mm')
    .addHelpText(
      'after',
      '\nExample:\n  npm run -s monitor -- figures --from 2011-01 > figures.csv      (-s: npm itself writes nothing into the file)',
    )
    .action(async ({ from, to }: { from?: string; to?: string }, command: Command) => {
      const { client, at } = reach(command);
      const { text } = await client.request('GET', withQuery(at('submissions'), { format: 'csv', from, to }));
      process.stdout.write(text);
    });

  program
    .command('retract')
    .argument('<month>', 'yyyy-mm')
    .description('Retracts a month: it no longer counts, but its history is kept.')
    .option('--revision <number>', 'only if it is still this revision')
    .action(async (month: string, { revision }: { revision?: string }, command: Command) => {
      const { client, at } = reach(command);
      const path = at('submissions', month);
      const etag = revision ? `"${revision}"` : (await client.request('GET', path)).etag;
      const { body } = await client.request('DELETE', path, undefined, { 'if-match': etag ?? '' });
      showOne([`${month} is retracted (revision ${body.revision}).`], body);
    });
}

/** The months of a file that is right as a whole, as far as can be told here; what only the service knows, such as its clock, it says itself. */
async function readMonths(file: string, to: Reach): Promise<FileMonth[]> {
  const bytes = readFile(file);
  const text = bytes.toString('utf8');
  if (/^\s*[{[]/.test(text)) {
    const months = readJsonMonths(text, file);
    if (partsOf(months).length > 1) lookThrough(months, await metricsOf(to), file);
    return months;
  }
  const { metrics, error } = await metricsOf(to).then(
    (metrics) => ({ metrics, error: undefined }),
    (error: unknown) => ({ metrics: undefined, error }),
  );
  const { months, faults } = readFigures(bytes, metrics, { maxMonths: MAX_PERIODS });
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
    sent = JSON.parse(text);
  } catch (error) {
    throw refusedFile(file, [(error as Error).message]);
  }
  if (!Array.isArray(sent?.submissions))
    throw refusedFile(file, ['is expected to hold {"submissions": [{"period": "yyyy-mm", "observations": …}, …]}']);
  return sent.submissions.map(({ period, ...body }: Record<string, unknown>, index) => ({
    period: String(period),
    body,
    // The whole file may be one line: what is wrong in it is found by its pointer.
    positionOf: (pointer) => ({ line: 0, column: `submissions/${index}${pointer.slice(1)}` }),
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

/** The metrics by id. */
async function metricsOf({ client, at }: Reach): Promise<ReadonlyMap<string, Metric>> {
  const metrics: Metric[] = (await client.request('GET', at('metrics'))).body.metrics;
  return new Map(metrics.map((metric) => [metric.id, metric]));
}

async function send(
  part: readonly FileMonth[],
  { client, at }: Reach,
  revise: boolean,
  file: string,
  already: number,
): Promise<Submitted[]> {
  const path = withQuery(at('submissions'), { revise: revise ? 'true' : undefined });
  const submissions = part.map(({ period, body }) => ({ period, ...body }));
  try {
    return (await client.request('POST', path, { submissions })).body.submissions;
  } catch (error) {
    if (already > 0) tell(`The first ${already} months of ${file} were accepted; the rest were not.`);
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 409 && !revise) tell('To replace what was submitted before, run it again with --revise.');
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
