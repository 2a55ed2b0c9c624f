import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assuranceOf,
  type Direction,
  frozenAt,
  latestWithin,
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

const anyDirection = fc.constantFrom<Direction>('increase', 'decrease', 'neutral');
// Whole numbers from a narrow range make ties, runs and constant stretches common.
const anyValues = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 40 }),
  fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 40 }),
);

describe('the latest point', () => {
  it('is the last point of the chart of what was known by then', () => {
    const first = 12;
    fc.assert(
      fc.property(anyValues, anyDirection, (values, direction) => {
        const lines = frozenAt(values.slice(0, first));
        for (let t = first; t < values.length; t++) {
          const { cause, type, mean, lower, upper } = latestWithin(lines, values.slice(t - 6, t + 1), { direction });
          const known = xmrChart(values.slice(0, t + 1), { direction, fixAfter: first });
          expect(known.points.at(-1)).toMatchObject({ cause, type, mean, lower, upper });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is none for an empty series', () => {
    expect(xmrChart([], { direction: 'increase' })).toEqual({ points: [], variation: null });
  });

  it('is of a month by limits frozen at the first twelve points after a rebase', () => {
    const before = [80, 82, 79, 81, 80, 83, 78, 81, 80, 82, 79, 81];
    const after = [60, 62, 59, 61, 60, 63, 58, 61, 60, 62, 59, 61];
    const options = { direction: 'increase', fixAfter: 12 } as const;
    const typeBy = (rebases: number[]) => xmrChart([...before, ...after, 61], { ...options, rebases }).variation;
    expect([typeBy([]), typeBy([12])]).toEqual(['special_cause_concern', 'common_cause']);
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
