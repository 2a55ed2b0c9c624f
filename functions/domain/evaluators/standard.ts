import type { Level } from '../lifecycle.ts';
import type { Metric, MOfN, Standard } from '../metric.ts';
import { addMonths, monthsBetweenReports } from '../period.ts';
import {
  CRITICAL_CHANCE,
  DEFAULT_M_OF_N,
  REPEATED_AMONG,
  REPEATED_CHANCE,
  REPEATED_FAILURES,
  SIZE_DEVIATIONS,
  SUSTAINED_FAILURES,
  WARNING_CHANCE,
} from '../rules.ts';
import { failuresOf, hasCounts, isShared, isWorse, type Observation, scaleOf } from '../series.ts';
import { binomialAtLeast, binomialAtMost, poissonAtLeast } from '../statistics/binomial.ts';
import { type Datapoint, evaluationRange, judgeMOfN } from '../statistics/m-of-n.ts';
import { isCohort, isOverlapping } from './change-point.ts';
import { dispersionAmong, spreadByRanges, toleranceBySize } from './dispersion.ts';
import type { Context, Evaluator, Reason } from './evaluator.ts';

/** How bad, and why. */
interface Judgement {
  readonly level: Level;
  readonly reason: Reason;
  readonly numbers?: Readonly<Record<string, number>>;
}

/**
 * Compares with the standard in force in the period.
 *
 * Flow proportions with counts: failing is `watch`; so low that chance gives it one month in thirty is `warning`; one in
 * forty, or two of the last three failing with the counts pooled from the first failure on at one in twenty, is `critical` (exact binomial
 * tests, one-sided, so small months need no rule of their own). Everything else: failing is `warning`, M of the last N
 * `critical`; of snapshots, rolling sums and averages, failing by more than two standard deviations, or six times in a row. `holdLine`
 * metrics and counts whose standard is zero are `critical` at the first failure.
 */
export const standard: Evaluator = (metric, observations, context) => {
  const { period, standardIn } = context;
  const inForce = standardIn(period);
  if (metric.polarity === 'neutral' || !inForce) return undefined;
  const last = observations.at(-1);
  const current = last?.period === period ? last : undefined;
  if (current && !isWorse(metric, current.value, inForce.value)) return undefined;
  // An absent report counts only where the metric chose so.
  if (!current && ruleOf(metric).missing !== 'breaching') return undefined;
  const { level, reason, numbers } = judge(metric, current, observations, inForce, context);
  return {
    evaluator: 'standard',
    level,
    ...(current ? { figure: current } : {}),
    period,
    reference: { kind: 'standard', standard: inForce },
    reason,
    numbers: { ...(current ? { value: current.value } : {}), standard: inForce.value, ...numbers },
  };
};

function judge(
  metric: Metric,
  current: Observation | undefined,
  observations: readonly Observation[],
  inForce: Standard,
  context: Context,
): Judgement {
  if (!current) return judgeByRepetition(metric, observations, context, false);
  if (metric.holdLine || (metric.kind === 'count' && inForce.value === 0))
    return { level: 'critical', reason: { kind: 'any-failure' } };
  const areNew = metric.cases === 'flow' || isCohort(metric);
  const chanceDecides = areNew && isShared(metric);
  const isCounted = chanceDecides
    ? hasCounts(current)
    : areNew && metric.kind === 'count' && metric.polarity === 'lower';
  if (isCounted) return judgeByChance(metric, current, observations, inForce, context);
  // Each report is of nearly the same months as the one before: that it fails again says nothing new.
  if (isOverlapping(metric) && !metric.mOfN) return { level: 'warning', reason: { kind: 'failure', bare: false } };
  // A snapshot within what its own size explains may be chance, and stays so for months: the same children are in the next.
  const tolerance = metric.mOfN || chanceDecides ? 0 : toleranceOf(metric, observations, context);
  if (tolerance > 0) return judgeBySize(metric, observations, context, tolerance);
  const repeated = judgeByRepetition(metric, observations, context, chanceDecides);
  // So may one figure without counts.
  return chanceDecides && repeated.level === 'warning' ? { ...repeated, level: 'watch' } : repeated;
}

/**
 * How much worse than its standard a figure may be by its own size or, of an average, by its moving ranges; 0 where unknown. More of a
 * count is better where it is of places or people that are there; only a sum of months is of what happens by chance.
 */
function toleranceOf(metric: Metric, observations: readonly Observation[], context: Context): number {
  const { period, standardIn } = context;
  if (metric.kind === 'mean') return SIZE_DEVIATIONS * spreadByRanges(metric, context, observations.length);
  if (metric.kind === 'count' && metric.polarity !== 'lower' && metric.window !== '12-months') return 0;
  const current = observations.at(-1) as Observation;
  return toleranceBySize(metric, current, standardIn(period)?.value ?? 0, SIZE_DEVIATIONS);
}

/**
 * Failures by more than two standard deviations are failures like any other; within them it takes as many reports in a row
 * as tell a level from chance.
 */
function judgeBySize(
  metric: Metric,
  observations: readonly Observation[],
  context: Context,
  tolerance: number,
): Judgement {
  const isBeyond = (observation: Observation): boolean => fails(metric, observation, context, tolerance);
  const recent = observations.slice(-REPEATED_AMONG);
  const beyond = recent.filter(isBeyond).length;
  if (beyond >= REPEATED_FAILURES)
    return {
      level: 'critical',
      reason: { kind: 'repeated', failing: beyond, among: recent.length, bare: false },
      numbers: { failing: beyond },
    };
  const run = observations.slice(-SUSTAINED_FAILURES);
  const isSustained =
    run.length === SUSTAINED_FAILURES && run.every((observation) => fails(metric, observation, context));
  if (isSustained)
    return {
      level: 'warning',
      reason: { kind: 'repeated', failing: run.length, among: run.length, bare: false },
      numbers: { failing: run.length },
    };
  const level = isBeyond(observations.at(-1) as Observation) ? 'warning' : 'watch';
  return { level, reason: { kind: 'failure', bare: false } };
}

function judgeByChance(
  metric: Metric,
  current: Observation,
  observations: readonly Observation[],
  inForce: Standard,
  context: Context,
): Judgement {
  const recent = observations.slice(-REPEATED_AMONG);
  const isFailing = (observation: Observation): boolean => fails(metric, observation, context);
  const failing = recent.filter(isFailing).length;
  // What was good before the first failure says nothing of how it is since.
  const since = recent.slice(recent.findIndex(isFailing));
  const chanceIf = (dispersion: number) => ({
    chance: chanceOf(metric, [current], inForce, dispersion),
    pooledChance: failing < REPEATED_FAILURES ? 1 : chanceOf(metric, since, inForce, dispersion),
  });
  const undispersed = chanceIf(1);
  // What is no chance at all needs no second look; how much months vary is asked only where it could matter.
  const matters = undispersed.chance <= WARNING_CHANCE || undispersed.pooledChance <= REPEATED_CHANCE;
  const dispersion = matters ? dispersionAmong(metric, context, observations.length) : 1;
  const { chance, pooledChance } = dispersion === 1 ? undispersed : chanceIf(dispersion);
  if (chance <= CRITICAL_CHANCE)
    return { level: 'critical', reason: { kind: 'chance', chance, atMost: CRITICAL_CHANCE }, numbers: { chance } };
  if (pooledChance <= REPEATED_CHANCE)
    return {
      level: 'critical',
      reason: { kind: 'pooled', failing, among: recent.length },
      numbers: { chance, pooledChance, failing },
    };
  if (chance <= WARNING_CHANCE)
    return { level: 'warning', reason: { kind: 'chance', chance, atMost: WARNING_CHANCE }, numbers: { chance } };
  return { level: 'watch', reason: { kind: 'chance', chance }, numbers: { chance } };
}

/** How likely a service exactly at the standard is to look this bad or worse, where its months vary so many times as counts do. */
function chanceOf(
  metric: Metric,
  observations: readonly Observation[],
  { value }: Standard,
  dispersion: number,
): number {
  if (metric.kind === 'count') {
    const total = observations.reduce((sum, { value }) => sum + value, 0);
    return poissonAtLeast(Math.floor(total / dispersion), (value * observations.length) / dispersion);
  }
  const counted = observations.filter(hasCounts);
  const all = counted.reduce((sum, { denominator }) => sum + denominator, 0);
  const failures = counted.reduce((sum, observation) => sum + failuresOf(metric, observation), 0);
  const share = Math.min(value / scaleOf(metric), 1);
  const denominator = Math.ceil(all / dispersion);
  const failed = Math.floor(failures / dispersion);
  return metric.polarity === 'higher'
    ? binomialAtMost(denominator - failed, denominator, share)
    : binomialAtLeast(failed, denominator, share);
}

/** @param by how much worse than its standard. */
function fails(metric: Metric, { period, value }: Observation, { standardIn }: Context, by = 0): boolean {
  const then = standardIn(period)?.value;
  if (then === undefined) return false;
  return isWorse(metric, value, metric.polarity === 'higher' ? then - by : then + by);
}

const ruleOf = ({ mOfN = DEFAULT_M_OF_N }: Metric): MOfN => mOfN;

/** @param bare chance would decide if the figure came with its counts. */
function judgeByRepetition(
  metric: Metric,
  observations: readonly Observation[],
  context: Context,
  bare: boolean,
): Judgement {
  const rule = ruleOf(metric);
  const { m, n } = rule;
  const points = datapoints(metric, observations, context, rule);
  const failing = points.slice(-n).filter((point) => point === true).length;
  const outcome = judgeMOfN({ m, n, treatMissing: rule.missing }, points);
  const numbers = { failing, m, n };
  if (outcome === 'ALARM') {
    const reason: Reason =
      rule.missing === 'ignore'
        ? { kind: 'repeated', failing, among: points.length, bare }
        : { kind: 'repeated-or-absent', m, n, bare };
    return { level: 'critical', reason, numbers };
  }
  // Too few reports to tell: the state stays what it was.
  if (outcome !== 'OK' && context.levelBefore === 'critical')
    return { level: 'critical', reason: { kind: 'still-critical', bare }, numbers };
  return { level: 'warning', reason: { kind: 'failure', bare }, numbers };
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
