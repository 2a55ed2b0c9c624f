import { formatObservation, formatStandard } from '../format.ts';
import type { Metric, MOfN, Standard } from '../inspection.ts';
import type { Level } from '../lifecycle.ts';
import { addMonths, monthsBetweenReports } from '../period.ts';
import { type CountedObservation, hasCounts, isWorse, type Observation } from '../series.ts';
import { binomialAtLeast, binomialAtMost } from '../statistics/binomial.ts';
import { type Datapoint, evaluationRange, judgeMOfN } from '../statistics/m-of-n.ts';
import type { Context, Evaluator, Finding } from './evaluator.ts';

/** A service exactly at the standard looks this bad at most one month in ten. Assumption of this service (`local`). */
const UNLIKELY = 1 / 10;
/** … at most one month in forty. Assumption of this service (`local`). */
const VERY_UNLIKELY = 1 / 40;
/** Reported periods that are pooled, and how many of them must fail. Assumption of this service (`local`). */
const LAST = 3;
const FAILING = 2;

const DEFAULT_M_OF_N: MOfN = { m: FAILING, n: LAST, missing: 'ignore' };

/**
 * Compares with the standard in force in the period.
 *
 * Flow proportions with counts: failing is `watch`; so low that chance gives it one month in ten is `warning`; one in
 * forty, or two of the last three failing with their pooled counts at one in ten, is `critical` (exact binomial tests,
 * one-sided, so small months need no rule of their own). Everything else: failing is `warning`, M of the last N
 * `critical`. `holdLine` metrics and counts whose standard is zero are `critical` at the first failure.
 */
export const standard: Evaluator = (metric, observations, context) => {
  const inForce = context.standardIn(context.period);
  if (metric.polarity === 'neutral' || !inForce) return undefined;
  const last = observations.at(-1);
  const current = last?.period === context.period ? last : undefined;
  if (!current) return judgeAbsent(metric, observations, inForce, context);
  if (!isWorse(metric, current.value, inForce.value)) return undefined;
  const said = `${formatObservation(metric, current, context.smallNumbers)} in ${current.period}; the standard is ${formatStandard(metric, inForce)}`;
  const numbers = { value: current.value, standard: inForce.value };

  if (metric.holdLine || (metric.kind === 'count' && inForce.value === 0))
    return finding('critical', `${said}; any failure counts at once (local policy)`, numbers);

  if (metric.kind === 'proportion' && metric.cases === 'flow' && hasCounts(current)) {
    const judged = judgeByChance(metric, current, observations, inForce, context);
    return finding(judged.level, `${said}; ${judged.why}`, { ...numbers, ...judged.numbers });
  }
  const bare =
    metric.kind === 'proportion' && metric.cases === 'flow' ? '; given without counts, so chance cannot be tested' : '';
  const judged = judgeByRepetition(metric, observations, context);
  return finding(judged.level, `${said}${judged.why}${bare}`, { ...numbers, ...judged.numbers });
};

function finding(level: Level, text: string, numbers: Record<string, number>): Finding {
  return { evaluator: 'standard', level, text, numbers };
}

function judgeByChance(
  metric: Metric,
  current: CountedObservation,
  observations: readonly Observation[],
  inForce: Standard,
  context: Context,
): { level: Level; why: string; numbers: Record<string, number> } {
  const chance = chanceOf(metric, current.numerator, current.denominator, inForce);
  const recent = observations.slice(-LAST);
  const failing = recent.filter((observation) => fails(metric, observation, context)).length;
  const counted = recent.filter(hasCounts);
  const numerator = counted.reduce((sum, observation) => sum + observation.numerator, 0);
  const denominator = counted.reduce((sum, observation) => sum + observation.denominator, 0);
  const pooled = chanceOf(metric, numerator, denominator, inForce);
  if (chance <= VERY_UNLIKELY)
    return {
      level: 'critical',
      why:
        chance === 0
          ? 'chance explains no failure of a service at this standard'
          : 'a service exactly at the standard looks this bad in at most 1 month of 40, by chance',
      numbers: { chance },
    };
  if (failing >= FAILING && pooled <= UNLIKELY)
    return {
      level: 'critical',
      why: `${failing} of the last ${recent.length} reported periods fail, and together they are too far off for chance`,
      numbers: { chance, pooledChance: pooled, failing },
    };
  if (chance <= UNLIKELY)
    return {
      level: 'warning',
      why: 'a service exactly at the standard looks this bad in at most 1 month of 10, by chance',
      numbers: { chance },
    };
  return {
    level: 'watch',
    why: 'a service exactly at the standard has such a month now and then',
    numbers: { chance },
  };
}

/** How likely a service exactly at the standard is to look this bad or worse. */
function chanceOf(metric: Metric, numerator: number, denominator: number, { value }: Standard): number {
  const share = Math.min(value / 100, 1);
  return metric.polarity === 'higher'
    ? binomialAtMost(numerator, denominator, share)
    : binomialAtLeast(numerator, denominator, share);
}

function fails(metric: Metric, observation: Observation, context: Context): boolean {
  const then = context.standardIn(observation.period);
  return then !== undefined && isWorse(metric, observation.value, then.value);
}

function judgeByRepetition(
  metric: Metric,
  observations: readonly Observation[],
  context: Context,
): { level: Level; why: string; numbers: Record<string, number> } {
  const rule = metric.mOfN ?? DEFAULT_M_OF_N;
  const points = datapoints(metric, observations, context, rule);
  const failing = points.slice(-rule.n).filter((point) => point === true).length;
  const outcome = judgeMOfN({ m: rule.m, n: rule.n, treatMissing: rule.missing }, points);
  const numbers = { failing, m: rule.m, n: rule.n };
  if (outcome === 'ALARM')
    return {
      level: 'critical',
      why:
        rule.missing === 'ignore'
          ? `; ${failing} of the last ${points.length} reported periods fail`
          : `; at least ${rule.m} of the last ${rule.n} periods fail or are not reported`,
      numbers,
    };
  // Too few reports to tell: the state stays what it was.
  if (outcome !== 'OK' && context.levelBefore === 'critical')
    return { level: 'critical', why: '; too little was reported since to say that it is less than critical', numbers };
  return { level: 'warning', why: '', numbers };
}

/**
 * Whether each of the last periods fails: only reported ones where absence is ignored, else every expected one. Before
 * the first report nothing was expected, so nothing failed.
 */
function datapoints(metric: Metric, observations: readonly Observation[], context: Context, rule: MOfN): Datapoint[] {
  if (rule.missing === 'ignore')
    return observations.slice(-rule.n).map((observation) => fails(metric, observation, context));
  const byPeriod = new Map(observations.map((observation) => [observation.period, observation]));
  const step = monthsBetweenReports(metric.frequency);
  const points: Datapoint[] = [];
  for (let back = evaluationRange(rule.n) - 1; back >= 0; back--) {
    const period = addMonths(context.period, -back * step);
    const observation = byPeriod.get(period);
    const absent = period < (observations[0]?.period ?? '') ? false : null;
    points.push(observation ? fails(metric, observation, context) : absent);
  }
  return points;
}

/** An absent report counts only where the metric chose so. */
function judgeAbsent(
  metric: Metric,
  observations: readonly Observation[],
  inForce: Standard,
  context: Context,
): Finding | undefined {
  const rule = metric.mOfN ?? DEFAULT_M_OF_N;
  if (rule.missing !== 'breaching') return undefined;
  const judged = judgeByRepetition(metric, observations, context);
  return finding(
    judged.level,
    `nothing was reported for ${context.period}, which counts as failing here; the standard is ${formatStandard(metric, inForce)}${judged.why}`,
    { standard: inForce.value, ...judged.numbers },
  );
}
