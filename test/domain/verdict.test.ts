import { describe, expect, it } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { aBacklog, aMetric, aRecord, type Figure, months } from '../support/build.ts';

/** Every number shown is enough to see the verdict. Each title begins with the case from public reports that it is made after. */

const standard = (value: number): Pick<Metric, 'standards' | 'baseline'> => ({
  standards: [{ value, from: '2000-01', basis: 'local', note: 'a default' }],
  baseline: { kind: 'none', statement: 'The report says nothing.' },
});
const caseload = aBacklog({ kind: 'mean', unit: 'cases each', ...standard(18) });
const share = (value: number): Metric => aMetric(standard(value));

/** The e-mails of a record that comes in month by month, each on the 8th. */
function mailsOf(metric: Metric, figures: readonly Figure[]): string {
  let board: Board | undefined;
  const all = months(metric, figures);
  const mails = all.map((_, i) => {
    const now = new Date(`${addMonths(all[i]?.period ?? '', 1)}-08T09:00:00Z`);
    const seen = reconcile(board, aRecord({ metrics: [metric], months: all.slice(0, i + 1) }), [], now, 'show');
    board = seen.board ?? board;
    return seen.notice ? bodyOf(seen.notice, 'https://x/') : '';
  });
  return [
    ...mails,
    ...Object.values(board?.alerts ?? {}).flatMap(({ findings }) => findings.map(({ text }) => text)),
  ].join('\n');
}

describe('a figure that fails is never shown as the standard', () => {
  it.each<[string, Metric, readonly Figure[], string, RegExp]>([
    ['02-rounding-at-standard: 18.04 against 18', caseload, [17.96, 18.04, 18.03], '18.04 cases each', /\b18\.0 cases/],
    [
      '02-rounding-at-standard: 18.03 after 18.04',
      caseload,
      [17.96, 18.04, 18.03],
      '18.03 cases each',
      /\b18\.0 cases/,
    ],
    ['02-rounding-at-standard: 2,399 of 3,000 against 80%', share(80), [[2399, 3000]], '79.97%', /\b80\.0%/],
    ['02-rounding-at-standard: 2,999 of 3,000 against 100%', share(100), [[2999, 3000]], '99.97%', /\b100\.0%/],
    ['28-rounding-at-the-line: 2,199 of 2,200 against 100%', share(100), [[2199, 2200]], '99.95%', /\b100\.0%/],
    ['28-rounding-at-the-line: a bare 89.96% against 90%', share(90), [89.96, 89.96, 89.96], '89.96%', /\b90\.0%/],
  ])('%s', (_, metric, figures, shown, never) => {
    const said = mailsOf(metric, figures);
    expect(said).toContain(shown);
    expect(said).not.toMatch(never);
  });
});
