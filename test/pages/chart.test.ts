import { expect, test } from 'vitest';
import { type ChartData, type ChartPoint, chart } from '../../functions/pages/chart.ts';
import { sparkline } from '../../functions/pages/sparkline.ts';

const TEXT = { id: 'c', title: 'Referrals <on> time', description: 'Two & more' };

function data(points: readonly Partial<ChartPoint>[], rest: Partial<ChartData> = {}): ChartData {
  return {
    points: points.map((point, index) => ({
      period: `2011-${String(index + 1).padStart(2, '0')}`,
      value: 80 + index,
      mean: 80,
      lower: 70,
      upper: 90,
      group: 0,
      meaning: undefined,
      provisional: false,
      revised: false,
      alert: undefined,
      ...point,
    })),
    standards: [],
    references: [],
    rebases: [],
    isPercentage: true,
    unit: 'percent',
    say: (value) => `${value}%`,
    ...rest,
  };
}

const draw = (contents: ChartData): string => `${chart(contents, 'wide', TEXT)}`;
/** How many marks there are of each drawing: Plot puts each into a group of its own. */
const shapes = (svg: string): number => (svg.match(/<path d=/g) ?? []).length + (svg.match(/<circle/g) ?? []).length;

test('a chart is one picture with a name and a description, escaped, and needs no styles of its own', () => {
  const svg = draw(data([{}, {}, {}]));
  expect(svg).toMatch(/^<svg [^>]*role="img"/);
  expect(svg).toMatch(/^<svg [^>]*aria-labelledby="c-title c-description"/);
  expect(svg).toContain('<title id="c-title">Referrals &lt;on&gt; time</title>');
  expect(svg).toContain('Two &amp; more');
  expect(svg).not.toMatch(/<style|\sstyle=|aria-hidden/);
});

test.each([
  ['a meaning', { meaning: 'critical' as const }],
  ['a correction', { revised: true }],
])('%s adds a shape to the point, not only a colour', (_, point) => {
  expect(shapes(draw(data([{}, point, {}])))).toBeGreaterThan(shapes(draw(data([{}, {}, {}]))));
});

test('in grey, each meaning of a point has another shape, and none is but a larger dot than a figure', () => {
  const drawn = (point: Partial<ChartPoint>): string =>
    draw(data([{}, point, {}]))
      .replaceAll(/="#\w+"/g, '="grey"')
      .replaceAll(/transform="[^"]*"/g, '');
  const kinds = [
    {},
    { provisional: true },
    { revised: true },
    { meaning: 'critical' as const },
    { meaning: 'warning' as const },
    { meaning: 'watch' as const },
    { meaning: 'concern' as const },
    { meaning: 'improvement' as const },
    { meaning: 'other' as const },
  ].map(drawn);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(kinds.join('')).not.toMatch(/<g [^>]*fill="grey"[^>]*><circle/);
});

test('a standard that begins within the chart is dated there', () => {
  const standards = [
    { period: '2011-02', value: 80 },
    { period: '2011-03', value: 80 },
  ];
  expect(draw(data([{}, {}, {}], { standards }))).toContain('Standard since February 2011');
});

test.each([
  [3, ['Jan', 'Feb', 'Mar']],
  [12, ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']],
  [30, ['Jan', 'Apr', 'Jul', 'Oct', 'Jan', 'Apr', 'Jul', 'Oct', 'Jan', 'Apr']],
])('the axis of %i months is labelled by months, never by days', (count, labels) => {
  const points = Array.from({ length: count }, (_, index) => ({
    period: `${2011 + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`,
  }));
  expect(draw(data(points)).match(/(?<=>)(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?=<)/g)).toEqual(labels);
});

test('what figures are held against is drawn and labelled with its value', () => {
  const svg = draw(
    data([{}, {}, {}], {
      standards: [{ period: '2011-01', value: 80 }],
      references: [
        { kind: 'estimate', from: '2011-02', to: '2011-03', value: 80.5 },
        { kind: 'reached', from: '2011-01', to: '2011-03', value: 81 },
      ],
    }),
  );
  for (const label of ['Standard 80%', 'Own estimate 80.5%', 'Level reached 81%']) expect(svg).toContain(`>${label}<`);
});

test('a series without limits is drawn without them', () => {
  const svg = draw(
    data([
      { lower: null, upper: null },
      { lower: null, upper: null },
    ]),
  );
  expect(svg).not.toMatch(/NaN|undefined|null/);
});

test('a sparkline stays within its box, also where all values are the same', () => {
  for (const values of [
    [5, 5, 5],
    [0, 100, 50],
    [1e9, 0],
  ]) {
    const path = `${sparkline(values, 5)}`;
    for (const [, y] of path.matchAll(/ (-?\d+)(?= |"|$)/g)) expect(Number(y)).toBeLessThanOrEqual(120);
    expect(path).not.toContain('NaN');
  }
  expect(sparkline([1])).toBeUndefined();
});
