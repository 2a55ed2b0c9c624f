import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import type { LocalStandard, Metric } from '../../functions/domain/metric.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile, timelines } from '../../functions/domain/reconcile.ts';
import { metricPage } from '../../functions/pages/metric.ts';
import { aBacklog, aLocalStandard, aMetric, aRecord, type Figure, months, NO_ASSETS } from '../support/build.ts';

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

/** The page of a metric with one version of its standard, which the council set. */
function pageOf(metric: Metric, figures: readonly Figure[], set: LocalStandard): string {
  const all = months(metric, figures);
  const record = aRecord({ metrics: [metric], months: all, localStandards: [set] });
  const view = {
    metric,
    inspection: {
      ...{ header: record.inspection, judgements: [], actions: [], metrics: [metric], localStandards: [set] },
      ...{ progress: [], benchmarks: [], fingerprint: 'one', inspections: [] },
    },
    ...{ months: all, superseded: [], alert: undefined, smallNumbers: 'show' as const },
    judged: timelines(record, 'show').get(metric.id) ?? [],
  };
  return `${metricPage({ assets: NO_ASSETS }, view)}`.replace(/<[^>]*>/g, ' ');
}

describe('whatever the figure and the standard that it fails', () => {
  const near = fc.tuple(
    fc.integer({ min: 100, max: 9999 }),
    fc.integer({ min: 1, max: 2000 }),
    fc.constantFrom(1, 2, 3, 4),
  );
  /** The first number after some words. */
  const numberAfter = (text: string, words: RegExp): string | undefined =>
    new RegExp(`${words.source}(?:at least |at most )?(-?[\\d.,]*\\d)`).exec(text)?.[1];

  it.each(['share', 'bare', 'mean', 'rate'] as const)('findings, e-mail and page show them as two: %s', (kind) => {
    fc.assert(
      fc.property(near, ([hundredths, by, decimals]) => {
        const [line, less] = [hundredths / 100, by / 10 ** (decimals + 2)];
        const isLess = kind === 'share' || kind === 'bare';
        const metric: Metric = {
          ...(kind === 'rate'
            ? aMetric({ kind, unit: 'per 10,000 children', polarity: 'lower' })
            : isLess
              ? share(50)
              : caseload),
          baseline: { kind: 'none', statement: 'The report says nothing.' },
        };
        const set = aLocalStandard({ metric: metric.id, value: line, from: '2000-01' });
        const value = isLess ? line - less : line + less;
        if (value <= 0) return;
        const scale = kind === 'rate' ? 1e4 : 100;
        const figure: Figure =
          kind === 'bare' || kind === 'mean' ? value : [Math[isLess ? 'floor' : 'ceil']((1e6 * value) / scale), 1e6];
        const fails = isLess ? (other: number) => other < line : (other: number) => other > line;
        const shownValue = typeof figure === 'number' ? figure : (scale * figure[0]) / figure[1];
        if (!fails(shownValue)) return;
        const figures = [figure, figure, figure];
        const record = aRecord({ metrics: [metric], months: months(metric, figures), localStandards: [set] });
        const { board, notice } = reconcile(undefined, record, [], new Date('2011-02-08'), 'show');
        const finding = board?.alerts[metric.id]?.findings.find(({ evaluator }) => evaluator === 'standard');
        const texts = [finding?.text, notice && bodyOf(notice, 'https://x/')].filter((text) => text !== undefined);
        expect(Number(numberAfter(finding?.reference ?? '', /the standard is /))).toBe(line);
        expect(Number.parseFloat(finding?.figure ?? '') - line).not.toBe(0);
        expect(texts.length).toBeGreaterThan(0);
        const page = pageOf(metric, figures, set);
        expect(Number(numberAfter(page, /Held against: standard /))).toBe(line);
        const latest = Number(numberAfter(page, /the latest is /));
        expect(fails(latest)).toBe(true);
        expect(fails(Number.parseFloat(finding?.figure ?? ''))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});
