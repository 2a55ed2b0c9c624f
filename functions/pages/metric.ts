import {
  type Benchmark,
  formatBenchmark,
  formatEngland,
  formatNeighbours,
  levelsOf,
  provenanceOf,
} from '../domain/benchmark.ts';
import type { BoardAlert } from '../domain/board.ts';
import { chartOptions, shownLimits } from '../domain/evaluators/special-cause.ts';
import {
  cardinal,
  dateName,
  formatAbsence,
  formatBaseline,
  formatDue,
  formatNumber,
  formatObservation,
  formatStandard,
  monthName,
  type SmallNumbers,
  sentence,
  shownValue,
} from '../domain/format.ts';
import type { Metric, Standard } from '../domain/inspection.ts';
import { highest } from '../domain/lifecycle.ts';
import { addMonths } from '../domain/period.ts';
import { latestPeriodOf, localStandardsOf } from '../domain/record.ts';
import { XMR_CLOSE_AMONG, XMR_CLOSE_POINTS, XMR_MIN_POINTS, XMR_RUN } from '../domain/rules.ts';
import { isWorse, type Observation, observationIn, seriesOf } from '../domain/series.ts';
import { type XmrPoint, xmrChart } from '../domain/statistics/xmr.ts';
import type { Month } from '../domain/submission.ts';
import { type Judged, rebasePeriodsOf, standardFor } from '../domain/timeline.ts';
import { yearToDate } from '../domain/year-to-date.ts';
import type { MetricHistory } from '../services/record.ts';
import { acknowledgementForm, type RefusedAcknowledgement } from './acknowledgement.ts';
import { type ChartData, type ChartPoint, type ChartReference, chart, MEANINGS, REFERENCES } from './chart.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, fact, inset, layout, NOTHING, table, type Visit } from './layout.ts';
import { spcIcons } from './spc-icons.ts';
import {
  displayStateOf,
  gradeOf,
  heldAgainst,
  STATE_WORD,
  shortMonth,
  stateIcon,
  stateTag,
  timeName,
  travelOf,
  travelText,
  whereOf,
} from './words.ts';

export interface MetricView extends MetricHistory {
  readonly smallNumbers: SmallNumbers;
}

/** Everything about one metric: how it is doing, why the service says so, and what the inspection said about it. */
export function metricPage(visit: Visit, view: MetricView, refused?: RefusedAcknowledgement): Html {
  const { metric, inspection, alert, months, smallNumbers } = view;
  const { authority, name } = inspection.header;
  const observations = seriesOf(metric, months);
  const judgement = inspection.judgements.find(({ id }) => id === metric.judgement);
  const drawn = pointsOf(view, observations);
  return layout(visit, {
    title: metric.title,
    place: { authority, name },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<span class="govuk-caption-l">${judgement ? html`${judgement.title} ${gradeOf(judgement)}` : 'Context'}</span>
<h1 class="govuk-heading-l">${metric.title}</h1>
<p class="app-standing">${stateTag(displayStateOf(metric, alert, observations.length > 0))}${alert?.since && html` <span class="app-when">since ${monthName(alert.since)}</span>`}</p>
${findings(alert)}
<h2 class="govuk-heading-m">Month by month</h2>
${spcIcons(metric, drawn.at(-1)?.xmr, standardNow(view, observations), displayStateOf(metric, alert, observations.length > 0), XMR_MIN_POINTS)}
${course(view, drawn)}
<p class="govuk-body-s"><a class="govuk-link" href="/how-it-judges">How it judges</a> says what each line and mark is worked out from.</p>
${inHand(visit, view, refused)}
<h2 class="govuk-heading-m">In figures</h2>
${summary(view, observations)}
${history(view, drawn)}
${elsewhere(view)}
<h2 class="govuk-heading-m">What the inspection said</h2>
${fromInspection(view)}
${written(view)}
<p class="govuk-body-s">Small numbers: ${smallNumbers === 'suppress' ? 'counts of 1 to 5 read “5 or fewer”' : 'counts are shown as they are, as the readers are the authority’s own managers'}.</p>`,
  });
}

function findings(alert: BoardAlert | undefined): Content {
  if (!alert) return undefined;
  const { findings, state } = alert;
  return inset(html`${findings.map(({ text, level }) => html`<p class="govuk-body">${stateIcon(level)} <span class="govuk-visually-hidden">${STATE_WORD[level]}:</span> ${text}</p>`)}
${state === 'recovering' && html`<p class="govuk-body">The latest period is clean. A second clean one clears the alert.</p>`}`);
}

/** The standard that the latest figure is held against. */
function standardNow({ metric, inspection }: MetricView, observations: readonly Observation[]): Standard | undefined {
  const last = observations.at(-1);
  return last && standardFor(metric, localStandardsOf(inspection, metric.id), last.period);
}

function summary(view: MetricView, observations: readonly Observation[]): Html {
  const { metric, smallNumbers } = view;
  const last = observations.at(-1);
  const travel = travelOf(metric, observations);
  const standard = standardNow(view, observations);
  const year = yearToDate(metric, observations);
  const benchmark = benchmarkOf(view);
  return html`<dl class="govuk-summary-list app-facts">
${fact('Latest', last && html`${formatObservation(metric, last, smallNumbers, heldAgainst(standard, travel))} in ${monthName(last.period)}${formatAbsence(metric, last.period, latestPeriodOf(view.months) ?? last.period)}`)}
${fact('Direction of travel', travel && travelText(metric, travel, smallNumbers))}
${fact(
  'Financial year to date',
  year &&
    html`${formatObservation(metric, year.pooled, smallNumbers)}, ${shortMonth(year.from)} to ${shortMonth(year.through)}, counts added up`,
)}
${fact('Standard', standard && `${metric.polarity === 'lower' ? 'At most' : 'At least'} ${formatStandard(metric, standard)}: ${standard.note}`)}
${fact('Inspection found', formatBaseline(metric))}
${fact('For comparison', benchmark && html`${sentence(formatBenchmark(metric, benchmark))}. <a class="govuk-link" href="#elsewhere">Where this comes from</a>`)}
${fact('Definition', metric.definition)}
</dl>`;
}

/** What was published of other places; undefined where nothing is loaded. */
const benchmarkOf = ({ inspection, metric }: MetricView): Benchmark | undefined =>
  inspection.benchmarks.find((benchmark) => benchmark.metric === metric.id);

/** What was published of England and of the neighbours, newest year first. No figure is held against it. */
function elsewhere(view: MetricView): Content {
  const benchmark = benchmarkOf(view);
  if (!benchmark) return undefined;
  const { metric } = view;
  return html`<h2 class="govuk-heading-m" id="elsewhere">Elsewhere</h2>
<p class="govuk-body">Published figures, to compare with. Nothing is judged by them.</p>
${table({
  caption: 'Published figures of other places, newest first',
  captionHidden: true,
  heads: ['Year', 'England', 'Statistical neighbours, the one in the middle'],
  rows: [...benchmark.years]
    .reverse()
    .map(({ year, england, neighbours }) => [
      String(year),
      england === undefined ? NOTHING : formatEngland(metric, england),
      neighbours ? formatNeighbours(metric, neighbours) : NOTHING,
    ]),
})}
<p class="govuk-body-s">${benchmark.neighbours.length > 0 && `Neighbours: ${benchmark.neighbours.join(', ')}. `}${provenanceOf(benchmark)}</p>`;
}

/** The months from which on the way of working is another. */
function rebasesOf({ inspection, metric }: MetricView): string[] {
  const rebaseDates = inspection.header.rebaseDates.map(({ date }) => date);
  return rebasePeriodsOf({ rebaseDates, localStandards: localStandardsOf(inspection, metric.id) });
}

/** A reported period with all there is to show of it. */
interface Drawn {
  readonly observation: Observation;
  readonly point: ChartPoint;
  readonly xmr: XmrPoint;
  readonly judged: Judged | undefined;
  /** What earlier revisions said, where they said something else. */
  readonly earlier: readonly string[];
}

function pointsOf(view: MetricView, observations: readonly Observation[]): Drawn[] {
  const { metric, judged, superseded, smallNumbers } = view;
  const { points } = xmrChart(
    observations.map(({ value }) => value),
    chartOptions(metric, observations, rebasesOf(view)),
  );
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
        // Of too few figures they would tell nothing.
        ...(xmr.shortGroup ? { lower: null, upper: null } : shownLimits(metric, xmr)),
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
  { type, shortGroup }: XmrPoint,
  entry: Judged | undefined,
): ChartPoint['meaning'] {
  const found = highest((entry?.findings ?? []).map(({ level }) => level));
  if (found) return found;
  if (type === 'common_cause' || shortGroup) return undefined;
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
  const before = observationIn(month, metric.id);
  const said = before ? formatObservation(metric, before, smallNumbers) : 'not reported';
  return said === formatObservation(metric, now, smallNumbers) ? [] : [`${said} in revision ${month.revision}`];
}

/** The chart with its key; what it shows is in the table below as well. */
function course(view: MetricView, drawn: readonly Drawn[]): Html {
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
  const data: ChartData = {
    points: drawn.map(({ point }) => point),
    standards: months.flatMap((period) => {
      const standard = standardFor(metric, localStandardsOf(inspection, metric.id), period);
      return standard ? [{ period, value: standard.value }] : [];
    }),
    references: referencesOf(view, drawn),
    rebases,
    isPercentage: metric.kind === 'proportion',
    unit: metric.unit,
    say: (value) => formatNumber(metric, value).split(' ', 1)[0] ?? '',
  };
  const say = (value: number): string => formatNumber(metric, value);
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
  const standing = data.standards.at(-1);
  const alerted = drawn.filter(({ point }) => point.alert !== undefined).length;
  const description = [
    `${drawn.length} figures between ${say(Math.min(...values))} and ${say(Math.max(...values))}; the latest is ${formatObservation(metric, last.observation, smallNumbers)}.`,
    last.point.lower === null || last.point.upper === null
      ? 'There are no usual limits: the figures are too few or too even.'
      : `Usually between ${limit(metric, last.point.lower)} and ${limit(metric, last.point.upper)}.`,
    `Held against: ${[...(standing ? [`standard ${say(standing.value)}`] : []), ...lines].join(', ') || 'nothing but its own usual level'}.`,
    ...(benchmark ? [`For comparison: ${formatBenchmark(metric, benchmark)}.`] : []),
    `${alerted === 0 ? 'No alert was raised.' : `An alert was raised in ${alerted} of them.`}`,
    'The table of figures has all of them.',
  ].join(' ');
  return html`<figure class="app-figure">
${chart(data, 'wide', { id: 'wide', title, description })}
${chart(data, 'narrow', { id: 'narrow', title, description })}
<figcaption>${key(data)}</figcaption></figure>`;
}

function limit(metric: Metric, value: number): string {
  return formatNumber(metric, Math.round(value * 10) / 10);
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
    ...foundOrEstimated(view, first, last),
    ...(before && before.to >= first
      ? [{ ...before, kind: 'reached' as const, from: before.from > first ? before.from : first }]
      : []),
    ...(since ? [{ ...since, kind: 'since' as const, to: last }] : []),
    ...levelsOf(benchmarkOf(view) ?? { years: [] }, first, last),
  ];
}

function foundOrEstimated({ metric, judged }: MetricView, from: string, to: string): ChartReference[] {
  if (metric.baseline.kind === 'figure') return [{ kind: 'inspection', from, to, value: metric.baseline.value }];
  const references: ChartReference[] = [];
  for (const { period, findings } of judged) {
    const value = findings.find(({ evaluator }) => evaluator === 'inspection')?.numbers.baseline;
    if (value === undefined) continue;
    const before = references.at(-1);
    if (before?.value === value) references[references.length - 1] = { ...before, to: period };
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
${some(({ revised }) => revised) && entry(html`<circle cx="17" cy="8" r="7" fill="none" stroke="#12324a" stroke-width="1.5"/><circle cx="17" cy="8" r="3" fill="#12324a"/>`, 'Corrected since first submitted')}
${(Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]).map((kind) => some(({ meaning }) => meaning === kind) && entry(html`<path d="${MARKS[kind]}" ${kind === 'concern' ? html`stroke="${MEANINGS[kind].colour}" stroke-width="2.500"` : html`fill="${MEANINGS[kind].colour}"`}/>`, MEANING_WORD[kind]))}
${entry(html`<path d="M0 8H34" stroke="#6f777b"/>`, 'Usual level (mean)')}
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
  watch: 'M17 2a6 6 0 1 0 .01 0z',
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
  estimate: 'This service’s own estimate, as the inspection gave no figure',
  reached: 'The level that it had reached',
  since: 'Its level since',
  england: 'England, as published for each year',
  neighbours: 'Statistical neighbours, the one in the middle',
};

/** Who has it in hand, and the form to say so. */
function inHand(visit: Visit, { metric, inspection, alert }: MetricView, refused?: RefusedAcknowledgement): Content {
  if (!alert?.episode) return undefined;
  const { acknowledgement: given } = alert;
  return html`<h2 class="govuk-heading-m" id="acknowledgement">Who has it in hand</h2>
<p class="govuk-body">${given ? html`<strong>${given.author}</strong>, ${timeName(given.at)}: ${given.note}` : 'Nobody has acknowledged this alert yet.'}</p>
${acknowledgementForm(visit, inspection.header.authority, metric.id, alert, refused)}`;
}

/** All figures, newest first: what the chart shows, for whoever cannot see it or wants the numbers. */
function history({ metric, inspection, smallNumbers }: MetricView, drawn: readonly Drawn[]): Content {
  if (drawn.length === 0) return undefined;
  return html`<h2 class="govuk-heading-m">Figures</h2>${table({
    caption: 'Figures, newest first',
    captionHidden: true,
    heads: ['Month', 'Figure', 'Standard', 'Usual limits', 'Unusual', 'Alert after it'],
    className: 'app-figures',
    rows: [...drawn].reverse().map(({ observation, xmr, point, earlier, judged }) => {
      const standard = standardFor(metric, localStandardsOf(inspection, metric.id), observation.period);
      const alert = point.alert;
      return [
        monthName(observation.period),
        html`${formatObservation(metric, observation, smallNumbers, heldAgainst(standard))}${earlier.map((text) => html` <span class="app-when">Corrected: was ${text}</span>`)}`,
        standard ? formatNumber(metric, standard.value) : NOTHING,
        point.lower === null || point.upper === null
          ? NOTHING
          : `${limit(metric, point.lower)} to ${limit(metric, point.upper)}`,
        unusual(xmr, point),
        alertText(alert, judged?.transition),
      ];
    }),
  })}`;
}

/** The alert after a period, and how it changed in it. */
function alertText(alert: ChartPoint['alert'], transition: Judged['transition']): Content {
  if (!alert) return transition === 'cleared' ? 'cleared' : NOTHING;
  const change = transition && transition !== 'recovering' && html` <span class="app-when">${transition}</span>`;
  return html`${stateTag(alert)}${change}`;
}

const CAUSE: Record<NonNullable<XmrPoint['cause']>, string> = {
  outside: 'beyond a limit',
  trend: `${cardinal(XMR_RUN)} in one direction`,
  'two-in-three': `${cardinal(XMR_CLOSE_POINTS)} of ${cardinal(XMR_CLOSE_AMONG)} near a limit`,
  shift: `${cardinal(XMR_RUN)} on one side of the mean`,
};

/** How a figure differs from the usual, and what the mark on it says. */
function unusual({ cause, type, shortGroup }: XmrPoint, { meaning }: ChartPoint): Content {
  if (!cause || shortGroup) return NOTHING;
  if (type === 'special_cause_improvement' && meaning !== 'improvement')
    return `${sentence(CAUSE[cause])}: better than usual, but not good enough`;
  const word = type === 'special_cause_concern' ? ', a concern' : meaning === 'improvement' ? ', an improvement' : '';
  return `${sentence(CAUSE[cause])}${word}`;
}

/** So many remarks on whole months are enough beside one metric. */
const MAX_REMARKS = 6;

/** What people wrote that bears on the metric: why a standard is as it is, and what was said with the figures. */
function written({ metric, inspection, months }: MetricView): Content {
  const set = localStandardsOf(inspection, metric.id).map(
    ({ from, reason, author, setAt }) =>
      html`<li>${author}, ${timeName(setAt)}, on how it is judged from ${monthName(from)} on: “${reason}”</li>`,
  );
  const remarks = months
    .filter(({ commentary, observations }) => commentary && metric.id in observations)
    .slice(-MAX_REMARKS)
    .map(({ period, commentary }) => html`<li>With the figures of ${monthName(period)}: “${commentary}”</li>`);
  if (set.length + remarks.length === 0) return undefined;
  return html`<h2 class="govuk-heading-m">What people wrote</h2>
<ul class="govuk-list govuk-list--spaced">${[...set, ...remarks].reverse()}</ul>`;
}

function fromInspection({ metric, inspection }: MetricView): Html {
  const judgement = inspection.judgements.find(({ id }) => id === metric.judgement);
  const actions = inspection.actions.filter(({ id }) => metric.actions.includes(id));
  const { baseline } = metric;
  const earlier = baseline.kind === 'figure' ? (baseline.earlier ?? []) : [];
  return html`<dl class="govuk-summary-list app-facts">
${fact('Found', html`${formatBaseline(metric)}${baseline.kind === 'figure' && html`. ${baseline.statement}`}`)}
${fact('Earlier figures', earlier.map(({ value, period }) => `${formatNumber(metric, value)} in ${dateName(period)}`).join(', '))}
${fact('Judgement', judgement && html`${judgement.title} ${gradeOf(judgement)} ${whereOf(judgement)}`)}
${fact(
  'Recommended actions',
  actions.length > 0 &&
    html`<ul class="govuk-list app-plain">${actions.map((action) => html`<li><strong>${action.id}</strong> ${action.title}, due ${formatDue(action)} (paragraph ${action.paragraph})</li>`)}</ul>`,
)}
${fact('Paragraphs', metric.paragraphs.join(', '))}
</dl>`;
}
