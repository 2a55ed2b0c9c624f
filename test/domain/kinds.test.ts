import { expect, test } from 'vitest';
import { formatBaseline, formatObservation } from '../../functions/domain/format.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { faultsOfDefinition } from '../../functions/domain/read-inspection.ts';
import { seriesOf } from '../../functions/domain/series.ts';
import { readReported } from '../../functions/domain/submission.ts';
import { timeline } from '../../functions/domain/timeline.ts';
import { aMetric, type Figure, levelsOf, months, SETTINGS, statesOf } from '../support/build.ts';

/** Kinds of figures beside shares and counts: rates, ranges to stay within, values below zero, averages over years. */

const none = { kind: 'none', statement: 'The report says nothing.' } as const;
const standard = (value: number, fields: object = {}) =>
  ({ value, from: '2000-01', basis: 'local', note: 'a default', ...fields }) as const;
const judged = (metric: Metric, figures: readonly Figure[]) =>
  timeline(metric, seriesOf(metric, months(metric, figures)), SETTINGS);

const enquiries = aMetric({
  ...{ id: 'enquiries', title: 'Enquiries', kind: 'rate', unit: 'per 10,000 children', polarity: 'lower' },
  ...{ standards: [standard(15)], baseline: none },
});

test('a rate is judged by its count: 20 per 10,000 is chance among 1,500 children, and is not among 36,000', () => {
  expect(levelsOf(judged(enquiries, [[3, 1500]]).at(-1))).toEqual(['watch']);
  const [large] = judged(enquiries, [[72, 36_000]]);
  expect(large?.observation?.value).toBe(20);
  expect(levelsOf(large)).toEqual(['critical']);
  // Given bare it carries no evidence of chance.
  expect(levelsOf(judged(enquiries, [20]).at(-1))).toEqual(['watch']);
});

test('a rate that slowly gets worse is found, and one that wavers as its count does is not', () => {
  const quiet = { ...enquiries, standards: [] };
  const wavering = Array.from(
    { length: 24 },
    (_, index): Figure => [[48, 52, 55, 45, 50, 50][index % 6] ?? 50, 36_000],
  );
  expect(new Set(statesOf(judged(quiet, wavering)))).toEqual(new Set(['clear']));
  const doubled = [...wavering, ...Array.from({ length: 3 }, (): Figure => [100, 36_000])];
  expect(
    judged(quiet, doubled)
      .at(-1)
      ?.findings.map(({ evaluator }) => evaluator),
  ).toContain('change-point');
});

test('a rate says its counts; a small one is not given away', () => {
  const [observation] = seriesOf(enquiries, months(enquiries, [[3, 36_000]]));
  if (!observation) throw new Error('no observation');
  expect(formatObservation(enquiries, observation, 'show')).toBe('0.8 per 10,000 children (3 among 36,000)');
  expect(formatObservation(enquiries, observation, 'suppress')).toBe('5 or fewer among 36,000');
});

const visits = aMetric({
  ...{ polarity: 'target', baseline: { ...none }, standards: [standard(60, { upTo: 80 })] },
});

test('what is to stay within a range is raised on either side of it, and held against the whole range', () => {
  for (const outside of [40, 98]) {
    const last = judged(visits, [[outside, 100]]).at(-1);
    expect(levelsOf(last)).toEqual(['critical']);
    expect(last?.findings[0]?.text).toContain('the standard is 60% to 80%');
  }
  expect(
    statesOf(
      judged(visits, [
        [60, 100],
        [80, 100],
        [70, 100],
      ]),
    ),
  ).toEqual(['clear', 'clear', 'clear']);
  // From one side to the other it was never well in between.
  expect(
    statesOf(
      judged(visits, [
        [40, 100],
        [98, 100],
      ]),
    ),
  ).toEqual(['critical', 'critical']);
});

test('a range needs both ends in order, and no other metric has one', () => {
  expect(faultsOfDefinition({ polarity: 'target', standards: [standard(60)] }, [])).toHaveLength(1);
  expect(faultsOfDefinition({ polarity: 'target', standards: [standard(60, { upTo: 50 })] }, [])).toHaveLength(1);
  expect(faultsOfDefinition({ polarity: 'higher', standards: [standard(60, { upTo: 80 })] }, [])).toHaveLength(1);
  expect(faultsOfDefinition(visits as Parameters<typeof faultsOfDefinition>[0], [])).toEqual([]);
});

test('a mean may lie below zero where the metric says how far, and nowhere else', () => {
  const change = aMetric({ kind: 'mean', unit: 'posts', least: -50, baseline: none, standards: [standard(-5)] });
  expect(readReported(change, { value: -3.5 }).reported).toEqual({ value: -3.5 });
  expect(readReported(change, { value: -51 }).faults[0]?.detail).toContain('less than this can be, which is -50');
  const { least: _, ...never } = change;
  expect(readReported(never, { value: -3.5 }).faults[0]?.detail).toBe('cannot be negative');
  expect(statesOf(judged(change, [-3, -8]))).toEqual(['clear', 'warning']);
  expect(faultsOfDefinition({ kind: 'count', least: -3 }, [])).toHaveLength(1);
  expect(faultsOfDefinition({ kind: 'mean', standards: [standard(-3)] }, [])).toHaveLength(1);
});

test('an average over three years is held against its standard, and never judged by chance from month to month', () => {
  const days = aMetric({
    ...{ kind: 'mean', unit: 'days', polarity: 'lower', cases: 'stock', window: '36-months' },
    ...{ baseline: none, standards: [standard(426)] },
  });
  const rising = Array.from({ length: 30 }, (_, index) => 380 + index * 2);
  const entries = judged(days, rising);
  expect(new Set(entries.flatMap(({ findings }) => findings.map(({ evaluator }) => evaluator)))).toEqual(
    new Set(['standard']),
  );
  // It fails again and again, as each report holds nearly the same months: that is no reason to call it worse.
  expect(statesOf(entries).slice(-6)).toEqual(Array(6).fill('warning'));
  const yearly = { ...days, window: 'month' as const };
  expect(statesOf(judged(yearly, rising)).at(-1)).toBe('critical');
});

test('an inspection that says "at most" is compared as that bound, and says so', () => {
  const metric = aMetric({
    baseline: {
      kind: 'figure',
      value: 20,
      bound: 'upper',
      period: '2010-09',
      paragraphs: ['3'],
      statement: 'Fewer than.',
    },
  });
  expect(formatBaseline(metric)).toBe('at most 20% in September 2010 (paragraph 3)');
});
