import { aMetric, IN_WORDS, inFigures, judge as judgeSeries } from '../test/support/build.ts';
import { type Judge, judgingOnce, type Rule, reaching, type Score, type Series, type World } from './signal-worlds.ts';

/** The service's own rules in the simulated worlds, and what they have to reach there. */

const XMR = 'XmR, four rules (Making Data Count)';

/** The metric that the world's inspection and standard would have made. */
function metricOf({ world, baseline }: Series) {
  return aMetric({
    baseline: baseline === undefined ? IN_WORDS : inFigures(100 * baseline),
    standards: [{ value: 100 * world.standard, from: '2000-01', basis: 'local', note: 'simulated' }],
  });
}

/** The real thing: every evaluator, in the order and with the lifecycle that the service has. */
const judge: Judge = judgingOnce((series) => {
  const figures = series.numerators.map((numerator, i) => [numerator, series.denominators[i] as number] as const);
  return judgeSeries(metricOf(series), figures).map(({ findings }) =>
    Object.fromEntries(findings.map(({ evaluator, level }) => [evaluator, level])),
  );
});

/** The rules that are measured, by the names they are printed under. */
export const OURS: Readonly<Record<string, Rule>> = {
  critical: reaching(judge, 'critical'),
  'warning and above': reaching(judge, 'warning'),
  inspection: reaching(judge, 'warning', 'inspection'),
  'special-cause (watch)': reaching(judge, 'watch', 'special-cause'),
};

/** Why a target can't be reached where it isn't, by world. */
export const WHY: Readonly<Record<string, string>> = {
  '400 cases a month':
    'both rules are there in the first month, so neither can be earlier; XmR is wrong six times as often',
  'slow drift':
    'the fall passes the standard by 1.5 points a month; 79% and 77.5%, its first two months below, are within what 40 cases at 80% bring by chance',
  'over-dispersed':
    'the cases of a month hang together (correlation 0.02), so months vary 1.8 times as much as the exact tests allow for',
  seasonal:
    'a swing of 4 points to either side each year is no chance: in its low months the service truly is worse than the baseline',
  '8 cases, fall to 0.70':
    'too small a fall for so few cases: the best possible CUSUM, which knows both shares, has a median of 4 months as well',
};

export interface Target {
  readonly name: string;
  readonly reached: boolean;
}

/** The three signal rows of section 11, as far as they say anything of this world. */
export function targetsOf(world: World, scores: Readonly<Record<string, Score>>): Target[] {
  const { critical, inspection, [XMR]: xmr } = scores;
  if (!critical || !inspection || !xmr) return [];
  const targets: Target[] = [];
  const aboveBy = Math.round(100 * (world.p0 - world.standard));
  const belowBy = Math.round(100 * (world.standard - world.p1));
  const most = world.n <= 8 ? 0.06 : 0.05;
  if (aboveBy >= 8)
    targets.push({ name: `critical: at most ${most} false a year`, reached: critical.falseAYear <= most });
  if (belowBy >= 10)
    targets.push(
      { name: 'critical: median at most 2 months', reached: critical.delay <= 2 },
      { name: 'critical: at most 1% missed', reached: critical.missed <= 0.01 },
    );
  targets.push({ name: 'inspection: at most 0.06 false a year', reached: inspection.falseAYear <= 0.06 });
  if (!world.baselineInWords) {
    const earlier = inspection.delay < xmr.delay || inspection.meanDelay < xmr.meanDelay;
    targets.push({
      name: 'inspection: earlier than XmR, or missing less',
      reached: earlier || inspection.missed < xmr.missed,
    });
  }
  return targets;
}
