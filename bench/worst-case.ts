import type { Metric } from '../functions/domain/metric.ts';
import type { Observation } from '../functions/domain/series.ts';
import { timeline } from '../functions/domain/timeline.ts';
import { aBacklog, aMetric, type Figure, IN_WORDS, inFigures, SETTINGS, series } from '../test/support/build.ts';
import { type Random, seededRandom } from './signal-worlds.ts';

/** The most that an evaluation spends on one metric: sought among records of 360 months that nobody would call likely. */

export interface WorstCase {
  /** CPU of judging the whole record, ms. */
  readonly cpu: number;
  readonly what: string;
}

/** The greatest accepted denominator. */
const MOST_CASES = 1e7;
const MONTHS = 360;

/** Judged before anything is measured, so that what is measured is the judging and not the compiler. */
const WARM_UP = 40;

/** The worst of so many, each judged once, with whatever it needs computed anew. */
export function seekWorstCase(candidates: number, seed: number): WorstCase {
  const random = seededRandom(seed);
  let worst: WorstCase = { cpu: 0, what: 'nothing' };
  for (let i = -WARM_UP; i < candidates; i++) {
    const { metric, observations, what } = drawCase(random);
    const start = process.cpuUsage();
    timeline(metric, observations, SETTINGS);
    const { user, system } = process.cpuUsage(start);
    const cpu = (user + system) / 1000;
    if (i >= 0 && cpu > worst.cpu) worst = { cpu, what };
  }
  return worst;
}

interface Case {
  readonly metric: Metric;
  readonly observations: readonly Observation[];
  readonly what: string;
}

/** Failure rates near 0, near 1 or between, months of one case to ten million, ragged by up to a hundredfold. */
function drawCase(random: Random): Case {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const kind = pick(['share', 'share', 'count', 'bare', 'mean'] as const);
  const [cases, polarity] = [pick(['flow', 'flow', 'stock'] as const), pick(['higher', 'lower'] as const)];
  const size = MOST_CASES ** random();
  const ragged = pick([0, 1, 2]) * random();
  const rate = pick([random(), 10 ** (-7 * random()), 1 - 10 ** (-7 * random())]);
  const worse = Math.min(1, rate * (1 + pick([0, 0.5, 2]) * random()));
  const percent = (failures: number): number => 100 * (polarity === 'higher' ? 1 - failures : failures);
  const casesIn = (): number =>
    Math.min(MOST_CASES, Math.max(1, Math.round(size * 10 ** (2 * ragged * (random() - 0.5)))));
  const isShare = kind === 'share' || kind === 'bare';
  const figures = Array.from({ length: MONTHS }, (): Figure => {
    const n = casesIn();
    if (kind === 'share') return [Math.round((n * percent(worse)) / 100), n];
    return kind === 'bare' ? percent(worse) : kind === 'count' ? Math.round(n * (1 + worse)) : n;
  });
  const found = isShare ? percent(rate) : size;
  const fields: Partial<Metric> = {
    ...{ cases, polarity, tolerance: cases === 'stock' ? 3 : null },
    baseline: random() < 0.5 ? IN_WORDS : inFigures(found),
    standards: random() < 0.5 ? [] : [{ value: found, from: '2000-01', basis: 'local', note: 'drawn' }],
  };
  const metric = isShare ? aMetric(fields) : aBacklog({ ...fields, kind });
  return {
    metric,
    observations: series(figures),
    what: `${kind}, ${cases}, ${polarity} is better, ${size.toPrecision(2)} cases ragged by 10^${ragged.toFixed(1)}, failure rate ${rate.toPrecision(4)}`,
  };
}
