import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Metric } from '../../functions/domain/inspection.ts';
import { MAX_MONTHS, pointerTo, readSubmission } from '../../functions/domain/submission.ts';
import { MAX_BULK_BYTES } from '../../functions/http/routes.ts';
import { suggestions } from '../../functions/services/accept.ts';
import { placeOf, readCsv } from '../../functions/services/csv.ts';
import { withFurther } from '../../functions/services/figures.ts';
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

/** By line, and column where it is one; in JSON by pointer. */
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
      const { months, faults } = readMonths(file);
      const parts = partsOf(months);
      if (faults.length > 0 || parts.length > 1) await lookThrough(months, faults, to, file);
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

function readMonths(file: string): { months: FileMonth[]; faults: readonly FileFault[] } {
  const text = readFile(file);
  if (/^\s*[{[]/.test(text)) return { months: readJsonMonths(text, file), faults: [] };
  const { months, faults } = readCsv(text);
  return {
    months: months.map(({ period, body, places }) => ({
      period,
      body,
      positionOf: (pointer) => placeOf(places, pointer),
    })),
    faults,
  };
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

/**
 * Finds all that is wrong with the file: of a file with faults nothing is sent, and one in parts is to be right as a
 * whole before the first is. What only the service knows, such as its clock, it says itself.
 */
async function lookThrough(
  months: readonly FileMonth[],
  faults: readonly FileFault[],
  to: Reach,
  file: string,
): Promise<void> {
  const metrics = await metricsOf(to, faults);
  const suggest = suggestions();
  const further = months.flatMap(({ body, positionOf }) =>
    metrics
      ? readSubmission(body, metrics, suggest).faults.map(({ pointer, detail }) => ({ ...positionOf(pointer), detail }))
      : [],
  );
  const all = withFurther(faults, further);
  if (all.length > 0)
    throw refusedFile(
      file,
      all.map((fault) => `${describePosition(fault)}: ${fault.detail}`),
    );
}

/** The metrics by id; undefined where the service does not say and the file is wrong whatever they are. */
async function metricsOf(
  { client, at }: Reach,
  faults: readonly FileFault[],
): Promise<ReadonlyMap<string, Metric> | undefined> {
  try {
    const metrics: Metric[] = (await client.request('GET', at('metrics'))).body.metrics;
    return new Map(metrics.map((metric) => [metric.id, metric]));
  } catch (error) {
    if (faults.length === 0) throw error;
    return undefined;
  }
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

function readFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusedFile(file, ['holds bytes that are not UTF-8; save it as "CSV UTF-8"']);
  }
}
