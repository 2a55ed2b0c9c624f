import { suggestions } from './accept.ts';
import { type CsvFault, placeOf, readCsv } from './csv.ts';
import type { Metric } from './domain/inspection.ts';
import { type Fault, faultsOfPeriod, readSubmission, type Submission } from './domain/submission.ts';
import { MOST_MONTHS } from './routes.ts';

/** A month of a file of figures; `at` says where in the file something that a JSON pointer names stands. */
export interface FiguresMonth {
  readonly period: string;
  readonly submission: Submission;
  readonly at: (fault: Fault) => CsvFault;
}

/** Reads figures in CSV by the metrics they are for. With any fault there is no month. */
export function readFigures(
  text: string,
  metrics: ReadonlyMap<string, Metric>,
  now: Date,
): { months: FiguresMonth[]; faults: readonly CsvFault[] } {
  const { months, faults } = readCsv(text);
  if (faults.length > 0) return { months: [], faults };
  if (months.length === 0 || months.length > MOST_MONTHS)
    return {
      months: [],
      faults: [{ line: 1, detail: `the file holds ${months.length} months; one request takes 1 to ${MOST_MONTHS}` }],
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
  return { months: found.length > 0 ? [] : read, faults: found };
}
