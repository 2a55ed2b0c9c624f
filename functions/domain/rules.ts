import type { MOfN } from './metric.ts';

/**
 * Every number that judging rests on, and nowhere else: evaluators, pages, answers and `docs/how-it-judges.md` read them
 * here. That document says what each does and where it comes from; a test holds its table to this file, and another changes
 * each number here and sees all of its readers follow. What computation needs to be exact enough is not a rule, and stands
 * where it is computed.
 */

// ---- the standard

/** A service exactly at the standard looks this bad in at most one month of thirty: `warning`. Assumption of this service. */
export const WARNING_CHANCE = 1 / 30;
/** … in at most one month of forty: `critical`. Assumption of this service. */
export const CRITICAL_CHANCE = 1 / 40;
/** So many failures … Assumption of this service. */
export const REPEATED_FAILURES = 2;
/** … among so many reported periods, which from the first failure on a service at the standard has with at most this chance, are critical. Assumption of this service. */
export const REPEATED_CHANCE = 1 / 20;
/** … among so many reported periods are `critical`: together unlikely, or where chance cannot be tested. Assumption of this service. */
export const REPEATED_AMONG = 3;

/** What makes failures `critical` where neither the metric nor the authority says otherwise. */
export const DEFAULT_M_OF_N: MOfN = { m: REPEATED_FAILURES, n: REPEATED_AMONG, missing: 'ignore' };

/** So many more periods than N are looked at, so that reported ones can stand in for absent ones (CloudWatch's tables). */
export const M_OF_N_EXTRA_PERIODS = 2;

/** Months that vary at least so many times as much as their counts explain (Laney) count as so many times fewer cases. Assumption of this service. */
export const DISPERSION_FROM = 2;
/** Snapshots and rolling sums within so many standard deviations of a line, by their own size (of a count's square root, of a share's arcsine), are no news of themselves. Assumption of this service. */
export const SIZE_DEVIATIONS = 2;
/** So many reports in a row that fail within that are a warning all the same. Assumption of this service. */
export const SUSTAINED_FAILURES = 6;

// ---- what the inspection found

/** Where the inspection gave words, so many final submissions stand in for its figure. Assumption of this service. */
export const ESTIMATE_FROM_SUBMISSIONS = 6;
/** … at so many standard deviations to the worse side of their mean: a lucky start is no baseline. Assumption of this service. */
export const ESTIMATE_DEVIATIONS = 1;
/** Of snapshots and averages, what stands in is uncertain too: a figure may differ from it by so many times as much. Assumption of this service. */
export const ESTIMATE_SPREAD = 1.4;
/** A typical month is the median of so many latest reports, so that it follows the service's size. Assumption of this service. */
export const TYPICAL_MONTH_REPORTS = 24;
/** … to so many digits: ragged months then share a few limits, each of which takes long to compute. Assumption of this service. */
export const TYPICAL_MONTH_DIGITS = 2;

/** The CUSUM is tuned to so many times the odds of failure, or the mean count (Steiner et al. 2000) … Assumption of this service. */
export const CUSUM_RATIO = 2;
/** … or to so many standard deviations of a typical month where that is less. Assumption of this service. */
export const CUSUM_DEVIATIONS = 1.65;
/** The CUSUM's wanted average months from one false alarm to the next: more than 20 years. Assumption of this service. */
export const CUSUM_MONTHS_TO_FALSE_ALARM = 250;
/** The CUSUM goes no higher than so many limits, or it would stay raised for years after a bad one. Assumption of this service. */
export const CUSUM_CAP_IN_LIMITS = 1.5;

// ---- a metric's own course: XmR charts as NHSRplotthedots 0.2.2 draws them ("Making Data Count")

/** Limits are made of the first so many reports since the way of working last changed, and then stay. */
export const XMR_POINTS_IN_LIMITS = 12;
/** With fewer reports than this, the package warns, limits are not to be relied upon. */
export const XMR_MIN_POINTS = 13;
/** From the mean to a limit, in mean moving ranges: 3 / d2 for ranges of two points, as the package rounds it. */
export const XMR_LIMIT_IN_RANGES = 2.66;
/** A moving range from so many mean moving ranges on is left out of their mean: D4 for ranges of two points. */
export const XMR_SCREEN_IN_RANGES = 3.267;
/** Beyond this part of the way to a limit a point is close to it. */
export const XMR_CLOSE = 2 / 3;
/** So many points close to a limit … */
export const XMR_CLOSE_POINTS = 2;
/** … among so many on that side are special cause. */
export const XMR_CLOSE_AMONG = 3;
/** The points of a shift (all on one side of the mean) and of a trend (each further than the one before). */
export const XMR_RUN = 7;

// ---- figures that do not come

/** A month's figures are due by the end of this working day after it. Assumption of this service. */
export const SUBMISSION_WORKING_DAYS = 10;
/** … and very late so many calendar months after that day. Assumption of this service. */
export const SUBMISSION_VERY_LATE_MONTHS = 1;
/** Up to so many months in a row that are not in, though later ones are, were skipped; a longer gap is between two records. Assumption of this service. */
export const SKIPPED_MONTHS_MAX = 6;

// ---- figures that can hardly be right

/** Fewer reports than this do not say what is usual. Assumption of this service. */
export const QUESTION_RECORD_MIN = 3;
/** So many times what is usual, or so small a part of it, is a figure of another unit. Assumption of this service. */
export const QUESTION_STEP = 100;
/** So many times as many cases as usual are another population. Assumption of this service. */
export const QUESTION_DENOMINATOR = 10;
/** New cases that are the same so many times in a row … Assumption of this service. */
export const QUESTION_SAME_REPORTS = 3;
/** … and at least so many (of a share, on either side) were copied. Assumption of this service. */
export const QUESTION_SAME_FROM = 10;

// ---- telling again

/** What is critical and in nobody's hands is told again so many months after it was last told. Assumption of this service. */
export const REMIND_EVERY_MONTHS = 3;
/** That a raised metric is not reported any more is told once so many reports that were expected did not come. Assumption of this service. */
export const ABSENT_REPORTS_TOLD = 2;

// ---- the level that was reached: change points

/** The worse level covers the last 1 to so many reports … Assumption of this service. */
export const CHANGE_SINCE_MAX = 12;
/** … the level before it at least so many: an improvement that lasted half a year is a level. Assumption of this service. */
export const CHANGE_BEFORE_MIN = 6;
/** … and at most so many: a director thinks of the last two years. Assumption of this service. */
export const CHANGE_BEFORE_MAX = 24;
/** … of which these stand for all between them. The shortest are for what was told, which is known to be a level. Assumption of this service. */
export const CHANGE_BEFORE_LENGTHS = [1, 2, 3, 4, CHANGE_BEFORE_MIN, 9, 12, 18, CHANGE_BEFORE_MAX] as const;
/** Twice the log-likelihood ratio above which two levels explain the reports better than one. Computed: see ADR 0081. */
export const CHANGE_LIMIT = 13;
/** Once found it holds until a figure is back within this part of the gap of the better level. Assumption of this service. */
export const CHANGE_HOLDS = 0.25;
/** Successive sums of 12 months share eleven of them. */
export const CHANGE_ROLLING_CORRELATION = 11 / 12;
/** Where a metric's own moving ranges say how much it varies, at least so many of them. Making Data Count asks as many points of a chart. */
export const CHANGE_RANGES_MIN = 12;
/** Moving ranges of two points tell a standard deviation as well as so many times as many independent reports. */
export const CHANGE_RANGES_EFFICIENCY = 0.6;
/** Where counts say how much months vary at least, fewer reports than so many say by how much more as well as these would. Assumption of this service: see ADR 0149. */
export const CHANGE_COUNTED_REPORTS = 10;
/** A share without counts that comes once a year is worse than when it was last told from so many points on. Assumption of this service. */
export const CHANGE_OF_A_YEAR = 5;
