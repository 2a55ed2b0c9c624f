import { describe, expect, it } from 'vitest';
import {
  authoritiesOf,
  firstMonthBelowStandard,
  type Judge,
  reaching,
  SIMPLE_RULES,
  scoreRules,
  seededRandom,
  WORLDS,
  type World,
} from '../../bench/signal-worlds.ts';

const [ONE_OF_ONE, TWO_OF_THREE, TOLERANCE, XMR, LAST_MONTH] = [
  'below standard 1 of 1 (CloudWatch)',
  'below standard 2 of 3 (CloudWatch)',
  'baseline minus tolerance',
  'XmR, four rules (Making Data Count)',
  'worse than last month',
] as const;

/** False alarms a metric and year, and missed, as `python3 ../shared/oracles/signal/simulate.py` prints them. */
const PRINTED: readonly Record<string, readonly [number, number]>[] = [
  {
    [LAST_MONTH]: [3.91, 0],
    [ONE_OF_ONE]: [0.5, 0],
    [TWO_OF_THREE]: [0.04, 0],
    [TOLERANCE]: [1.63, 0],
    [XMR]: [0.27, 0],
  },
  {
    [LAST_MONTH]: [3.91, 0],
    [ONE_OF_ONE]: [0.5, 0.003],
    [TWO_OF_THREE]: [0.04, 0.102],
    [TOLERANCE]: [1.63, 0],
    [XMR]: [0.27, 0.073],
  },
  {
    [LAST_MONTH]: [3.96, 0],
    [ONE_OF_ONE]: [0.02, 0.001],
    [TWO_OF_THREE]: [0, 0.055],
    [TOLERANCE]: [1.4, 0],
    [XMR]: [0.25, 0.001],
  },
  {
    [LAST_MONTH]: [3.64, 0],
    [ONE_OF_ONE]: [0.08, 0.004],
    [TWO_OF_THREE]: [0, 0.146],
    [TOLERANCE]: [1.34, 0],
    [XMR]: [0.44, 0.007],
  },
];

describe('the simulated worlds', () => {
  it.each(PRINTED.map((printed, i) => [(WORLDS[i] as World).name, WORLDS[i] as World, printed] as const))(
    'give the simple rules the figures that the script prints, within noise: %s',
    (_, world, printed) => {
      const scores = scoreRules(SIMPLE_RULES, authoritiesOf(world, 2000, 1));
      expect(Object.keys(scores).toSorted()).toEqual(Object.keys(printed).toSorted());
      for (const [rule, [falseAYear, missed]] of Object.entries(printed)) {
        // Two samples of thousands: a tenth, and a little for what is rare.
        const score = scores[rule];
        expect(Math.abs((score?.falseAYear ?? Number.NaN) - falseAYear), rule).toBeLessThan(0.02 + 0.05 * falseAYear);
        expect(Math.abs((score?.missed ?? Number.NaN) - missed), rule).toBeLessThan(0.01 + 0.2 * missed);
      }
    },
  );

  it('are ten, with the same months for the same seed', () => {
    expect(WORLDS).toHaveLength(10);
    const world = WORLDS.find(({ correlation }) => correlation) as World;
    expect([...authoritiesOf(world, 2, 7)]).toEqual([...authoritiesOf(world, 2, 7)]);
    expect([...authoritiesOf(world, 2, 7)]).not.toEqual([...authoritiesOf(world, 2, 8)]);
  });

  it('have the mean they say, whatever spreads the months', () => {
    for (const world of WORLDS) {
      const stable = [...authoritiesOf(world, 300, 5)].flatMap((authority) => authority.stable.numerators);
      const mean = stable.reduce((sum, numerator) => sum + numerator, 0) / stable.length / world.n;
      expect(Math.abs(mean - world.p0), world.name).toBeLessThan(0.005);
    }
  });

  it('know from which month a slow fall is below the standard', () => {
    const drift = WORLDS.find(({ driftMonths }) => driftMonths) as World;
    // 1.5 points a month from 88%: 79% after the sixth, which has index 12 + 5.
    expect(firstMonthBelowStandard(drift)).toBe(17);
  });

  it('keep the baseline from rules where the inspection gave only words', () => {
    const words = WORLDS.find(({ baselineInWords }) => baselineInWords) as World;
    const [authority] = [...authoritiesOf(words, 1, 1)];
    expect(authority?.stable.baseline).toBeUndefined();
  });
});

describe('the scores', () => {
  const world = WORLDS[0] as World;
  const judge: Judge = (series) =>
    series.numerators.map((_, i) => ({
      standard: i === 13 || i >= 20 ? 'critical' : i === 15 ? 'warning' : undefined,
    }));

  it('count starts of alarms after the baseline year, and months from the fall', () => {
    const rules = { critical: reaching(judge, 'critical'), warning: reaching(judge, 'warning', 'standard') };
    const { critical, warning } = scoreRules(rules, authoritiesOf(world, 3, 1));
    expect(critical).toEqual({ falseAYear: 2 / 2, delay: 2, meanDelay: 2, missed: 0 });
    expect(warning?.falseAYear).toBe(3 / 2);
  });

  it('call a fall missed that raises nothing within 12 months', () => {
    const { silent } = scoreRules(
      { silent: (series) => series.numerators.map(() => false) },
      authoritiesOf(world, 3, 1),
    );
    expect(silent).toMatchObject({ falseAYear: 0, delay: Number.POSITIVE_INFINITY, missed: 1 });
  });
});

describe('the generator', () => {
  it('spreads evenly over 0 to 1', () => {
    const random = seededRandom(42);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const bin = Math.floor(random() * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
