import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assuranceOf,
  type Direction,
  latestPoint,
  latestPoints,
  type XmrOptions,
  type XmrPoint,
  xmrChart,
} from '../../../functions/domain/statistics/xmr.ts';

type Row = Record<string, string>;

/** Reads CSV with quoted fields, but without quotes inside them. */
function readCsv(path: string): Row[] {
  const [header = [], ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => Array.from(line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g), (match) => match[1] ?? match[2] ?? ''));
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}

type Series = { id: string; options: XmrOptions; target: number | undefined; expected: Row; points: Row[] };

function readSeries(folder: string): Series[] {
  const points = Map.groupBy(readCsv(`${folder}/points.csv`), (row) => row.series_id);
  return readCsv(`${folder}/series.csv`).map((row) => {
    const own = points.get(row.series_id) ?? [];
    const periods = own.map((point) => point.period);
    return {
      id: row.series_id ?? '',
      options: {
        direction: row.improvement_direction as Direction,
        ...(row.fix_after_n_points ? { fixAfter: Number(row.fix_after_n_points) } : {}),
        rebases: (row.rebase_dates ?? '').split(';').map((date) => periods.indexOf(date)),
        screen: row.screen_outliers === 'TRUE',
      },
      target: row.target ? Number(row.target) : undefined,
      expected: row,
      points: own,
    };
  });
}

const CAUSES: Record<string, [XmrPoint['cause'], XmrPoint['causeSide']]> = {
  'Common Cause': [null, 0],
  'Above UCL': ['outside', 1],
  'Below LCL': ['outside', -1],
  '7 Point Trend (Increasing)': ['trend', 1],
  '7 Point Trend (Decreasing)': ['trend', -1],
  '2 in 3 Above CL': ['two-in-three', 1],
  '2 in 3 Below CL': ['two-in-three', -1],
  '7 Points Above CL': ['shift', 1],
  '7 Points Below CL': ['shift', -1],
};

function expectLimit(got: number | null, want: string | undefined): void {
  if (want === 'NaN') expect(got).toBeNull();
  else expect(Math.abs((got ?? Number.NaN) - Number(want))).toBeLessThanOrEqual(1e-9 * Math.abs(Number(want)));
}

function expectAgreement({ options, target, expected, points }: Series): void {
  const chart = xmrChart(
    points.map((point) => Number(point.value)),
    options,
  );
  expect(chart.points).toHaveLength(points.length);
  chart.points.forEach((got, i) => {
    const want = points[i] as Row;
    expectLimit(got.mean, want.mean);
    expectLimit(got.lower, want.lcl);
    expectLimit(got.upper, want.ucl);
    const [cause, causeSide] = CAUSES[want.special_cause_type ?? ''] ?? [];
    expect(got, `point ${i}`).toMatchObject({
      cause,
      causeSide,
      side: Number(want.relative_to_mean),
      outside: want.outside_limits === 'TRUE',
      close: want.close_to_limits === 'TRUE',
      type: want.point_type,
      shortGroup: want.short_group_warning === 'TRUE',
    });
  });
  expect(chart.variation).toBe(expected.variation_type_latest);
  expect(assuranceOf(chart.points.at(-1), target, options.direction) ?? '').toBe(expected.assurance_type);
}

describe('agrees with NHSRplotthedots 0.2.2', () => {
  const series = readSeries(fileURLToPath(new URL('../../fixtures/spc', import.meta.url)));

  it('on 75 series of its own', () => expect(series).toHaveLength(75));

  it.each(series.map((one) => [one.id, one] as const))('%s', (_, one) => expectAgreement(one));
});

describe('agrees with NHSRplotthedots 0.2.2, also', () => {
  const folder = fileURLToPath(new URL('../../../../shared/oracles/spc', import.meta.url));

  it('on the 162 series of ../shared/oracles/spc', (context) => {
    if (!existsSync(folder)) {
      console.warn('skipped: ../shared/oracles/spc is absent; the 75 fixtures were checked');
      context.skip();
    }
    const series = readSeries(folder);
    expect(series).toHaveLength(162);
    for (const one of series) expectAgreement(one);
  });
});

const anyOptions = fc.record({
  direction: fc.constantFrom<Direction>('increase', 'decrease', 'neutral'),
  fixAfter: fc.option(fc.integer({ min: 1, max: 20 }), { nil: 12 }),
  rebases: fc.array(fc.integer({ min: -1, max: 50 }), { maxLength: 3 }),
  screen: fc.boolean(),
});
// Whole numbers from a narrow range make ties, runs and constant stretches common.
const anyValues = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 40 }),
  fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 40 }),
);

describe('the latest point', () => {
  it('is the last point of the chart of what was known by then', () => {
    fc.assert(
      fc.property(anyValues, anyOptions, (values, options) => {
        const latest = latestPoints(values, options);
        expect(latest).toHaveLength(values.length);
        values.forEach((_, t) => {
          const known = values.slice(0, t + 1);
          expect(latest[t]).toEqual(xmrChart(known, options).points.at(-1));
          expect(latestPoint(known, options)).toEqual(latest[t]);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('is none for an empty series', () => {
    expect(latestPoint([], { direction: 'increase' })).toBeNull();
    expect(latestPoints([], { direction: 'increase' })).toEqual([]);
    expect(xmrChart([], { direction: 'increase' })).toEqual({ points: [], variation: null });
  });

  it('judges a month by limits frozen at the first twelve points after a rebase', () => {
    const before = [80, 82, 79, 81, 80, 83, 78, 81, 80, 82, 79, 81];
    const after = [60, 62, 59, 61, 60, 63, 58, 61, 60, 62, 59, 61];
    const options = { direction: 'increase', fixAfter: 12 } as const;
    expect(latestPoint([...before, ...after, 61], options)?.type).toBe('special_cause_concern');
    expect(latestPoint([...before, ...after, 61], { ...options, rebases: [12] })?.type).toBe('common_cause');
  });

  it('of 120 months costs well under 0.2 ms for all of them together', () => {
    const values = Array.from({ length: 120 }, (_, i) => 80 + 5 * Math.sin(i * 7.3));
    const options = { direction: 'increase', fixAfter: 12, rebases: [60] } as const;
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 200; round++) {
      const start = performance.now();
      latestPoints(values, options);
      best = Math.min(best, performance.now() - start);
    }
    expect(best).toBeLessThan(0.2);
  });
});

describe('a chart', () => {
  it('has no limits, and finds nothing, in a constant series', () => {
    const { points } = xmrChart(new Array(14).fill(0.1), { direction: 'increase' });
    expect(points.every((point) => point.lower === null && point.upper === null && point.cause === null)).toBe(true);
  });

  it('refuses to freeze its limits at no points', () => {
    expect(() => xmrChart([1, 2], { direction: 'increase', fixAfter: 0 })).toThrow(RangeError);
  });
});
