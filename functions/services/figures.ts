import type { Metric } from '../domain/inspection.ts';
import { type Fault, faultsOfPeriod, MAX_MONTHS, readSubmission, type Submission } from '../domain/submission.ts';
import { suggestions } from './accept.ts';
import { type CsvFault, placeOf, readCsv } from './csv.ts';

/** A month of a file of figures; `at` says where in the file something that a JSON pointer names stands. */
export interface FiguresMonth {
  readonly period: string;
  readonly submission: Submission;
  readonly at: (fault: Fault) => CsvFault;
}

/** Reads figures in CSV by the metrics they are for. With any fault there is no month; the faults are in the file's order. */
export function readFigures(
  text: string,
  metrics: ReadonlyMap<string, Metric>,
  now: Date,
): { months: FiguresMonth[]; faults: readonly CsvFault[] } {
  const { months, faults } = readCsv(text);
  if (months.length > MAX_MONTHS || (months.length === 0 && faults.length === 0))
    return {
      months: [],
      faults: [
        { line: 1, detail: `the file holds ${months.length} months; one request takes 1 to ${MAX_MONTHS}` },
        ...faults,
      ],
    };
  const suggest = suggestions();
  const found: CsvFault[] = [];
  const read = months.flatMap(({ period, body, places }): FiguresMonth[] => {
    const at = ({ pointer, detail }: Fault): CsvFault => ({ ...placeOf(places, pointer), detail });
    const { submission, faults: wrong } = readSubmission(body, metrics, suggest);
    found.push(
      ...faultsOfPeriod(period, now).map(({ detail }) => ({ line: places.line, column: 'period', detail })),
      ...wrong.map(at),
    );
    return submission ? [{ period, submission, at }] : [];
  });
  const all = withFurther(faults, found);
  return { months: all.length > 0 ? [] : read, faults: all };
}

/** Faults of the file with those that its contents have elsewhere: what cannot be read is wrong only once. */
export function withFurther<Placed extends Pick<CsvFault, 'line' | 'column'>>(
  faults: readonly Placed[],
  further: readonly Placed[],
): Placed[] {
  const placeIn = ({ line, column }: Placed): string => `${line} ${column}`;
  // A set, as a megabyte of nonsense has tens of thousands of both.
  const known = new Set(faults.map(placeIn));
  return [...faults, ...further.filter((fault) => !known.has(placeIn(fault)))].sort((a, b) => a.line - b.line);
}
