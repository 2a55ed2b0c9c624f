import { type Benchmark, formatBenchmark, levelsOf } from '../domain/benchmark.ts';
import { shownChart } from '../domain/evaluators/special-cause.ts';
import {
  formatLimit,
  formatLine,
  formatNumber,
  formatObservation,
  formatSet,
  monthName,
  type SmallNumbers,
  shownValue,
} from '../domain/format.ts';
import { highest } from '../domain/lifecycle.ts';
import type { Metric } from '../domain/metric.ts';
import { addMonths } from '../domain/period.ts';
import { localStandardsOf } from '../domain/record.ts';
import { isWorse, type Observation, observationIn } from '../domain/series.ts';
import type { XmrPoint } from '../domain/statistics/xmr.ts';
import type { Month } from '../domain/submission.ts';
import { foundFigures, type Judged, rebasePeriodsOf, standardFor } from '../domain/timeline.ts';
import type { MetricHistory } from '../services/record.ts';
import { type ChartData, type ChartPoint, type ChartReference, chart, MEANINGS, REFERENCES } from './chart.ts';
import { type Html, html } from './html.ts';

/** A metric's months as a chart: its points, what it is held against, and what the marks mean. */

export interface MetricView extends MetricHistory {
  readonly smallNumbers: SmallNumbers;
}

/** What was published of other places; undefined where nothing is loaded. */
export const benchmarkOf = ({ inspection, metric }: MetricView): Benchmark | undefined =>
  inspection.benchmarks.find((benchmark) => benchmark.metric === metric.id);

/** The months from which on the way of working is another. */
function rebasesOf({ inspection, metric }: MetricView): string[] {
  const localStandards = localStandardsOf(inspection, metric.id);
  return rebasePeriodsOf({ rebaseDates: rebaseDatesOf(inspection), localStandards });
}

const rebaseDatesOf = ({ header }: MetricView['inspection']): string[] => header.rebaseDates.map(({ date }) => date);

/** A reported period with all there is to show of it. */
export interface Drawn {
  readonly observation: Observation;
  readonly point: ChartPoint;
  readonly xmr: XmrPoint;
  readonly judged: Judged | undefined;
  /** What earlier revisions said, where they said something else. */
  readonly earlier: readonly string[];
}

export function pointsOf(view: MetricView, observations: readonly Observation[]): Drawn[] {
  const { metric, judged, superseded, smallNumbers } = view;
  const points = shownChart(metric, observations, rebasesOf(view));
  return observations.map((observation, index) => {
    const xmr = points[index] as XmrPoint;
    const entry = judged.findLast(({ period }) => period === observation.period);
    const earlier = superseded
      .filter(({ period }) => period === observation.period)
      .sort((a, b) => a.revision - b.revision)
      .flatMap((month) => saidBefore(metric, month, observation, smallNumbers));
    return {
      observation,
      xmr,
      judged: entry,
      earlier,
      point: {
        period: observation.period,
        value: shownValue(metric, observation, smallNumbers),
        mean: xmr.mean,
        lower: xmr.lower,
        upper: xmr.upper,
        group: xmr.group,
        meaning: meaningOf(view, observation, xmr, entry),
        provisional: observation.status === 'provisional',
        revised: earlier.length > 0,
        alert: alertAfter(entry),
      },
    };
  });
}

/** What a figure means for children: what was found of it comes first, and what misses the standard is no improvement. */
function meaningOf(
  { metric, inspection }: MetricView,
  { period, value }: Observation,
  { type }: XmrPoint,
  entry: Judged | undefined,
): ChartPoint['meaning'] {
  const found = highest((entry?.findings ?? []).map(({ level }) => level));
  if (found) return found;
  if (type === 'common_cause') return undefined;
  if (type === 'special_cause_concern') return 'concern';
  if (type !== 'special_cause_improvement') return 'other';
  const standard = standardFor(metric, localStandardsOf(inspection, metric.id), period);
  return standard && isWorse(metric, value, standard.value) ? 'other' : 'improvement';
}

function alertAfter(entry: Judged | undefined): ChartPoint['alert'] {
  if (!entry || entry.alert.state === 'clear') return undefined;
  return entry.alert.state === 'recovering' ? 'recovering' : entry.alert.level;
}

/** What an earlier revision said of the metric, if that was something else. */
function saidBefore(metric: Metric, month: Month, now: Observation, smallNumbers: SmallNumbers): string[] {
  const before = observationIn(month, metric);
  const said = before ? formatObservation(metric, before, smallNumbers) : 'not reported';
  return said === formatObservation(metric, now, smallNumbers) ? [] : [`${said} in revision ${month.revision}`];
}

/** The chart with its key; what it shows is in the table below as well. */
export function course(view: MetricView, drawn: readonly Drawn[]): Html {
  const { metric, inspection, smallNumbers } = view;
  const [first, last] = [drawn[0], drawn.at(-1)];
  if (!first || !last) return html`<p class="govuk-body">No figure was submitted yet.</p>`;
  if (drawn.length === 1)
    return html`<p class="govuk-body">A chart needs at least two figures. So far there is the one of ${monthName(first.observation.period)}.</p>`;
  const months: string[] = [];
  for (let period = first.observation.period; period <= last.observation.period; period = addMonths(period, 1))
    months.push(period);
  const rebases = rebasesOf(view).filter(
    (rebase) => rebase > first.observation.period && rebase <= last.observation.period,
  );
  const standards = months.flatMap((period) => {
    const standard = standardFor(metric, localStandardsOf(inspection, metric.id), period);
    return standard ? [{ period, value: standard.value, upTo: standard.upTo }] : [];
  });
  const set = new Set(standards.flatMap(({ value, upTo = value }) => [value, upTo]));
  const say = (value: number): string =>
    set.has(value) ? formatSet(metric, value) : formatNumber(metric, value, [...set]);
  const data: ChartData = {
    points: drawn.map(({ point }) => point),
    standards,
    references: referencesOf(view, drawn),
    rebases,
    isPercentage: metric.kind === 'proportion',
    unit: metric.unit,
    say: (value) => say(value).split(' ', 1)[0] ?? '',
  };
  const title = `${metric.title}, ${monthName(first.observation.period)} to ${monthName(last.observation.period)}`;
  const values = data.points.map(({ value }) => value);
  const lines = [
    ...new Set(
      data.references.flatMap(({ kind, value, year }) =>
        year === undefined ? `${REFERENCES[kind].label.toLowerCase()} ${say(value)}` : [],
      ),
    ),
  ];
  const benchmark = benchmarkOf(view);
  const inForce = data.standards.at(-1);
  const alerted = drawn.filter(({ point }) => point.alert !== undefined).length;
  const description = [
    `${drawn.length} figures between ${say(Math.min(...values))} and ${say(Math.max(...values))}; the latest is ${formatObservation(metric, last.observation, smallNumbers, [...set])}.`,
    last.point.lower === null || last.point.upper === null
      ? 'There are no usual limits: the figures are too few or too even.'
      : `Usually between ${formatLimit(metric, last.point.lower)} and ${formatLimit(metric, last.point.upper)}.`,
    `Held against: ${[...(inForce ? [`standard ${formatLine(metric, inForce)}`] : []), ...lines].join(', ') || 'nothing but its own usual level'}.`,
    ...(benchmark ? [`For comparison: ${formatBenchmark(metric, benchmark)}.`] : []),
    `${alerted === 0 ? 'No alert was raised.' : `An alert was raised in ${alerted} of them.`}`,
    'The table of figures has all of them.',
  ].join(' ');
  return html`<figure class="app-figure">
${chart(data, 'wide', { id: 'wide', title, description })}
${chart(data, 'narrow', { id: 'narrow', title, description })}
<figcaption>${key(data)}</figcaption></figure>`;
}

/**
 * What beside the standard figures are held against: what the inspection found, else what this service took in its place;
 * and the level that was reached, where the latest finding says that it fell.
 */
function referencesOf(view: MetricView, drawn: readonly Drawn[]): ChartReference[] {
  const [first, last] = [drawn[0]?.observation.period, drawn.at(-1)?.observation.period];
  if (!first || !last) return [];
  const levels = view.judged.at(-1)?.findings.find((finding) => finding.levels)?.levels;
  const { before, since } = levels ?? {};
  return [
    ...foundOrEstimated(view, drawn),
    ...(before && before.to >= first
      ? [{ ...before, kind: 'reached' as const, from: before.from > first ? before.from : first }]
      : []),
    ...(since ? [{ ...since, kind: 'since' as const, to: last }] : []),
    ...levelsOf(benchmarkOf(view) ?? { years: [] }, first, last),
  ];
}

function foundOrEstimated({ metric, inspection, judged }: MetricView, drawn: readonly Drawn[]): ChartReference[] {
  const found = foundFigures(
    metric,
    drawn.map(({ observation }) => observation),
    { rebaseDates: rebaseDatesOf(inspection), localStandards: localStandardsOf(inspection, metric.id) },
  );
  const references = found.map(
    ({ isComparable, ...each }): ChartReference => ({ ...each, kind: isComparable ? 'comparable' : 'inspection' }),
  );
  const isFound = (period: string): boolean => found.some(({ from, to }) => from <= period && period <= to);
  for (const { period, findings } of judged) {
    const value = findings.find(({ evaluator }) => evaluator === 'inspection')?.numbers.baseline;
    if (value === undefined || isFound(period)) continue;
    const before = references.at(-1);
    if (before?.kind === 'estimate' && before.value === value)
      references[references.length - 1] = { ...before, to: period };
    else references.push({ kind: 'estimate', from: addMonths(period, -1), to: period, value });
  }
  return references;
}

/** What each mark means; only of marks that are there. */
function key({ points, references, standards, rebases }: ChartData): Html {
  const some = (test: (point: ChartPoint) => boolean): boolean => points.some(test);
  const entry = (drawing: Html, text: string): Html =>
    html`<li><svg width="34" height="16" viewBox="0 0 34 16" aria-hidden="true" focusable="false">${drawing}</svg> ${text}</li>`;
  return html`<ul class="app-key">
${entry(html`<path d="M0 8H34" stroke="#12324a" stroke-width="2"/><circle cx="17" cy="8" r="4" fill="#12324a"/>`, 'Figure')}
${some(({ provisional }) => provisional) && entry(html`<circle cx="17" cy="8" r="4" fill="#fff" stroke="#12324a" stroke-width="1.5"/>`, 'Provisional figure')}
${some(({ revised }) => revised) && entry(html`<path d="M10 1h14v14H10z" fill="none" stroke="#12324a" stroke-width="1.5"/><circle cx="17" cy="8" r="3" fill="#12324a"/>`, 'Corrected since first submitted')}
${(Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]).map((kind) => some(({ meaning }) => meaning === kind) && entry(html`<path d="${MARKS[kind]}" ${kind === 'concern' || kind === 'watch' ? html`fill="none" stroke="${MEANINGS[kind].colour}" stroke-width="2.500"` : html`fill="${MEANINGS[kind].colour}"`}/>`, MEANING_WORD[kind]))}
${entry(html`<path d="M0 8H34" stroke="#6f777b"/>`, some(({ lower }) => lower !== null) ? 'Usual level (mean)' : 'Mean of these figures')}
${some(({ lower }) => lower !== null) && entry(html`<path d="M0 3H34M0 13H34" stroke="#6f777b" stroke-dasharray="5 4"/>`, 'Usual limits of this series (XmR)')}
${standards.length > 0 && entry(html`<path d="M0 8H34" stroke="#4c2c92" stroke-width="2" stroke-dasharray="10 4"/>`, 'Standard')}
${[...new Set(references.map(({ kind }) => kind))].map((kind) => entry(html`<path d="M0 8H34" stroke="${REFERENCES[kind].colour}" stroke-width="2" stroke-dasharray="${REFERENCES[kind].dashes}"/>`, REFERENCE_WORD[kind]))}
${rebases.length > 0 && entry(html`<path d="M17 0V16" stroke="#12324a" stroke-width="2" stroke-dasharray="1 4" stroke-linecap="round"/>`, 'The way of working changed')}
</ul>`;
}

/** The marks of the chart, as its key draws them. */
const MARKS: Record<keyof typeof MEANINGS, string> = {
  critical: 'M17 0l8 8-8 8-8-8z',
  warning: 'M17 1l8 14H9z',
  watch: 'M17 2a6 6 0 1 0 .01 0zM17 7a1 1 0 1 0 .01 0z',
  concern: 'M12 3l10 10M22 3l-10 10',
  improvement: 'M11 2h12v12H11z',
  other: 'M17 1l2 5h5l-4 3 2 6-5-4-5 4 2-6-4-3h5z',
};

const MEANING_WORD: Record<keyof typeof MEANINGS, string> = {
  critical: 'Critical',
  warning: 'Warning',
  watch: 'To watch',
  concern: 'Part of an unusual run for the worse',
  improvement: 'Unusually good, and good enough',
  other: 'Unusual for this metric',
};

const REFERENCE_WORD: Record<ChartReference['kind'], string> = {
  inspection: 'What the inspection found',
  comparable: 'The same, as figures are counted since the way of working changed',
  estimate: 'This service’s own estimate, as the inspection gave no figure',
  reached: 'The level that it had reached',
  since: 'Its level since',
  england: 'England, as published for each year',
  neighbours: 'Statistical neighbours, the one in the middle',
};
