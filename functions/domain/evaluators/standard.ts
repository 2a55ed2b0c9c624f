import type { Metric, MOfN, Standard } from '../inspection.ts';
import type { Level } from '../lifecycle.ts';
import { addMonths, monthsBetweenReports } from '../period.ts';
import { CRITICAL_CHANCE, DEFAULT_M_OF_N, REPEATED_AMONG, REPEATED_FAILURES, WARNING_CHANCE } from '../rules.ts';
import { type CountedObservation, hasCounts, isWorse, type Observation } from '../series.ts';
import { binomialAtLeast, binomialAtMost } from '../statistics/binomial.ts';
import { type Datapoint, evaluationRange, judgeMOfN } from '../statistics/m-of-n.ts';
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
 * Flow proportions with counts: failing is `watch`; so low that chance gives it one month in ten is `warning`; one in
 * forty, or two of the last three failing with their pooled counts at one in ten, is `critical` (exact binomial tests,
 * one-sided, so small months need no rule of their own). Everything else: failing is `warning`, M of the last N
 * `critical`. `holdLine` metrics and counts whose standard is zero are `critical` at the first failure.
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
  const chanceDecides = metric.kind === 'proportion' && metric.cases === 'flow';
  if (chanceDecides && hasCounts(current)) return judgeByChance(metric, current, observations, inForce, context);
  return judgeByRepetition(metric, observations, context, chanceDecides);
}

function judgeByChance(
  metric: Metric,
  current: CountedObservation,
  observations: readonly Observation[],
  inForce: Standard,
  context: Context,
): Judgement {
  const chance = chanceOf(metric, current.numerator, current.denominator, inForce);
  if (chance <= CRITICAL_CHANCE)
    return { level: 'critical', reason: { kind: 'chance', chance, atMost: CRITICAL_CHANCE }, numbers: { chance } };
  const recent = observations.slice(-REPEATED_AMONG);
  const failing = recent.filter((observation) => fails(metric, observation, context)).length;
  const counted = recent.filter(hasCounts);
  const numerator = counted.reduce((sum, observation) => sum + observation.numerator, 0);
  const denominator = counted.reduce((sum, observation) => sum + observation.denominator, 0);
  const pooledChance = chanceOf(metric, numerator, denominator, inForce);
  if (failing >= REPEATED_FAILURES && pooledChance <= WARNING_CHANCE)
    return {
      level: 'critical',
      reason: { kind: 'pooled', failing, among: recent.length },
      numbers: { chance, pooledChance, failing },
    };
  if (chance <= WARNING_CHANCE)
    return { level: 'warning', reason: { kind: 'chance', chance, atMost: WARNING_CHANCE }, numbers: { chance } };
  return { level: 'watch', reason: { kind: 'chance', chance }, numbers: { chance } };
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
