import { readFileSync } from 'node:fs';
import { parseJson } from '../../functions/domain/json-lines.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { MAX_PERIODS } from '../../functions/domain/period.ts';
import { MAX_MONTHS, readSubmission } from '../../functions/domain/submission.ts';
import { MAX_BULK_BYTES } from '../../functions/http/routes.ts';
import { describeLines, type Figures, readFigures } from '../../functions/services/figures.ts';
import { withTitles } from '../../functions/services/names.ts';
import { suggestions } from '../../functions/services/suggestions.ts';
import { NOT_READ } from '../../functions/services/table-columns.ts';
import { describeOnce } from '../../functions/services/table-dated.ts';
import { metricsOf, ownNamesOf } from './metric-names.ts';
import { tell, wordsOf } from './output.ts';
import { PROGRAM, type Reach, UsageError } from './setting.ts';

/** Reading a file of figures before any of it is sent, and saying where in it something stands. */

/** Faults in a file, found before anything was sent. */
export class FileFaultsError extends Error {
  override readonly name = 'FileFaultsError';
}

/** A month of a file, with where in the file a part of it stands. */
export interface FileMonth {
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

export const describePosition = ({ sheet, line, column }: Position): string =>
  [sheet && `sheet "${sheet}"`, line > 0 ? `line ${line}` : '', column].filter(Boolean).join(', ');

/** The months of a file that is right as a whole, as far as can be told here; what only the service knows, such as its clock, it says itself. */
export async function readMonths(file: string, to: Reach): Promise<FileMonth[]> {
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
  const { months, faults, understood, otherSheets, unknown } = readFigures(bytes, metrics, {
    maxMonths: MAX_PERIODS,
    ownNames,
  });
  if (faults.length > 0 && metrics && unknown.length > 0)
    tell(`To say what a name means from now on: ${PROGRAM} name add "${unknown[0]}" METRIC (or none, to leave it out)`);
  if (faults.length > 0) throw refusedFor(faults, file, metrics);
  if (error) throw error;
  tellHowRead(understood, otherSheets);
  return months.map(({ period, body, statesStatus, at }) => ({
    period,
    body: statesStatus ? body : { ...body, status: undefined },
    positionOf: (pointer) => at({ pointer, detail: '' }),
  }));
}

/** So many lines that were set aside are named one by one. */
const NAMED_ASIDES = 5;

/** What the page says in its preview: what was taken from elsewhere, and whatever was left out. */
function tellHowRead(understood: Figures['understood'], otherSheets: Figures['otherSheets']): void {
  for (const { sheet, asides, columns, blanks, ...how } of understood) {
    const where = sheet ? `Sheet "${sheet}": ` : '';
    const unread = columns.filter(({ readAs }) => readAs === NOT_READ).map(({ heading }) => heading);
    const more = asides.slice(NAMED_ASIDES).map(({ line }) => line);
    if (how.month ?? how.metric) tell(`${where}${describeOnce(how)}`);
    if (unread.length > 0) tell(`${where}Columns that are not read: ${unread.join(', ')}`);
    for (const { line, text, why } of asides.slice(0, NAMED_ASIDES)) tell(`${where}Line ${line} ${why}: ${text}`);
    if (more.length > 0) tell(`${where}Set aside, too: ${describeLines(more)}`);
    if (blanks > 0) tell(`${where}Lines without a figure, which counts as not reported: ${blanks}`);
  }
  for (const { name, why } of otherSheets) tell(`The sheet "${name}" is not read: it ${why}`);
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
export function partsOf(months: readonly FileMonth[]): FileMonth[][] {
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
  if (faults.length > 0) throw refusedFor(faults, file, metrics);
}

const refusedFor = (
  faults: readonly FileFault[],
  file: string,
  metrics: ReadonlyMap<string, Metric> = new Map(),
): FileFaultsError =>
  refusedFile(
    file,
    faults.map((fault) => `${describePosition(fault)}: ${withTitles(fault.detail, metrics)}`),
  );

function readFile(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
