import type { Metric } from '../functions/domain/metric.ts';
import { addMonths } from '../functions/domain/period.ts';
import type { Month, Reported } from '../functions/domain/submission.ts';
import { seededRandom } from './signal-worlds.ts';

/** A made-up record of so many months: every metric every month, mostly near its standard, now and then off. */
export function makeMonths(metrics: readonly Metric[], count: number, from = '1990-01', seed = 42): Month[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const period = addMonths(from, index);
    const observations = Object.fromEntries(metrics.map((metric) => [metric.id, report(metric, random)]));
    return { period, revision: 1, status: 'final' as const, submittedAt: '2026-01-01T00:00:00.000Z', observations };
  });
}

function report(metric: Metric, random: () => number): Reported {
  if (metric.kind === 'count') return { count: Math.floor(random() * 40) };
  if (metric.kind === 'mean') return { value: 14 + Math.round(random() * 60) / 10 };
  const denominator = 30 + Math.floor(random() * 30);
  const share = metric.polarity === 'lower' ? 0.05 : 0.92;
  let numerator = 0;
  for (let one = 0; one < denominator; one++) if (random() < share) numerator++;
  return { numerator, denominator };
}
