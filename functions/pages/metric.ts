import type { BoardAlert } from '../domain/board.ts';
import { chartOptions } from '../domain/evaluators/special-cause.ts';
import {
  cardinal,
  dateName,
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
import type { Metric } from '../domain/inspection.ts';
import { addMonths } from '../domain/period.ts';
import { localStandardsOf } from '../domain/record.ts';
import { XMR_CLOSE_AMONG, XMR_CLOSE_POINTS, XMR_RUN } from '../domain/rules.ts';
import { type Observation, observationIn, seriesOf } from '../domain/series.ts';
import { type XmrPoint, xmrChart } from '../domain/statistics/xmr.ts';
import type { Month } from '../domain/submission.ts';
import { type Judged, rebasePeriodsOf, standardFor } from '../domain/timeline.ts';
import { yearToDate } from '../domain/year-to-date.ts';
import type { MetricHistory } from '../services/record.ts';
import { acknowledgementForm, type RefusedAcknowledgement } from './acknowledgement.ts';
import { type ChartData, type ChartPoint, chart } from './chart.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, fact, inset, layout, NOTHING, table, type Visit } from './layout.ts';
import {
  displayStateOf,
  gradeOf,
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
${summary(view, observations)}
<h2 class="govuk-heading-m">Course</h2>
${course(view, drawn)}
${inHand(visit, view, refused)}
${history(view, drawn)}
<h2 class="govuk-heading-m">What the inspection said</h2>
${fromInspection(view)}
<p class="govuk-body-s">Small numbers: ${smallNumbers === 'suppress' ? 'counts of 1 to 5 read “5 or fewer”' : 'counts are shown as they are, as the readers are the authority’s own managers'}.</p>`,
  });
}

function findings(alert: BoardAlert | undefined): Content {
  if (!alert) return undefined;
  const { findings, state } = alert;
  return inset(html`${findings.map(({ text, level }) => html`<p class="govuk-body">${stateIcon(level)} <span class="govuk-visually-hidden">${STATE_WORD[level]}:</span> ${text}</p>`)}
${state === 'recovering' && html`<p class="govuk-body">The latest period is clean. A second clean one clears the alert.</p>`}`);
}

function summary({ metric, inspection, smallNumbers }: MetricView, observations: readonly Observation[]): Html {
  const last = observations.at(-1);
  const travel = travelOf(metric, observations);
  const standard = last && standardFor(metric, localStandardsOf(inspection, metric.id), last.period);
  const year = yearToDate(metric, observations);
  return html`<dl class="govuk-summary-list app-facts">
${fact('Latest', last && html`${formatObservation(metric, last, smallNumbers)} in ${monthName(last.period)}`)}
${fact('Direction of travel', travel && travelText(metric, travel, smallNumbers))}
${fact(
  'Financial year to date',
  year &&
    html`${formatObservation(metric, year.pooled, smallNumbers)}, ${shortMonth(year.from)} to ${shortMonth(year.through)}, counts added up`,
)}
${fact('Standard', standard && `${metric.polarity === 'lower' ? 'At most' : 'At least'} ${formatStandard(metric, standard)}: ${standard.note}`)}
${fact('Inspection found', formatBaseline(metric))}
${fact('Definition', metric.definition)}
</dl>`;
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
        lower: xmr.lower,
        upper: xmr.upper,
        group: xmr.group,
        special: SPECIAL[xmr.type],
        provisional: observation.status === 'provisional',
        revised: earlier.length > 0,
        alert: alertAfter(entry),
      },
    };
  });
}

const SPECIAL: Record<XmrPoint['type'], ChartPoint['special']> = {
  common_cause: undefined,
  special_cause_improvement: 'improvement',
  special_cause_concern: 'concern',
  special_cause_neutral_high: 'other',
  special_cause_neutral_low: 'other',
};

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
    baseline: metric.baseline.kind === 'figure' ? metric.baseline.value : undefined,
    levels: levelsOf(view, last.observation.period),
    rebases,
    isPercentage: metric.kind === 'proportion',
    unit: metric.unit,
  };
  const say = (value: number): string => formatNumber(metric, value);
  const title = `${metric.title}, ${monthName(first.observation.period)} to ${monthName(last.observation.period)}`;
  const values = data.points.map(({ value }) => value);
  const concerns = drawn.filter(({ point }) => point.special === 'concern').length;
  const alerted = drawn.filter(({ point }) => point.alert !== undefined).length;
  const description = [
    `${drawn.length} figures between ${say(Math.min(...values))} and ${say(Math.max(...values))}; the latest is ${formatObservation(metric, last.observation, smallNumbers)}.`,
    last.xmr.lower === null || last.xmr.upper === null
      ? 'There are no usual limits: the figures are too few or too even.'
      : `Usually between ${limit(metric, last.xmr.lower)} and ${limit(metric, last.xmr.upper)}.`,
    `${concerns} show a change of the concerning kind; an alert was raised in ${alerted}.`,
    'The table of figures has all of them.',
  ].join(' ');
  return html`<figure class="app-figure">
${chart(data, 'wide', { id: 'wide', title, description })}
${chart(data, 'narrow', { id: 'narrow', title, description })}
<figcaption>${key(data)}</figcaption></figure>`;
}

/** The level that was reached and the one since, where the latest finding says that it fell. */
function levelsOf({ judged }: MetricView, last: string): ChartData['levels'] {
  const levels = judged.at(-1)?.findings.find((finding) => finding.levels)?.levels;
  if (!levels) return [];
  return [levels.before, { ...levels.since, to: last }];
}

/** A limit of a percentage beyond 0 or 100 is none that a figure could cross. */
function limit(metric: Metric, value: number): string {
  const shown = metric.kind === 'proportion' ? Math.min(100, value) : value;
  return formatNumber(metric, Math.round(Math.max(0, shown) * 10) / 10);
}

/** What each mark means; only of marks that are there. */
function key({ points, baseline, standards, levels, rebases }: ChartData): Html {
  const some = (test: (point: ChartPoint) => boolean): boolean => points.some(test);
  const entry = (drawing: Html, text: string): Html =>
    html`<li><svg width="34" height="16" viewBox="0 0 34 16" aria-hidden="true" focusable="false">${drawing}</svg> ${text}</li>`;
  return html`<ul class="app-key">
${entry(html`<path d="M0 8H34" stroke="#12324a" stroke-width="2"/><circle cx="17" cy="8" r="4" fill="#12324a"/>`, 'Figure')}
${some(({ provisional }) => provisional) && entry(html`<circle cx="17" cy="8" r="4" fill="#fff" stroke="#12324a" stroke-width="1.5"/>`, 'Provisional figure')}
${some(({ revised }) => revised) && entry(html`<circle cx="17" cy="8" r="7" fill="none" stroke="#12324a" stroke-width="1.5"/><circle cx="17" cy="8" r="3" fill="#12324a"/>`, 'Corrected since first submitted')}
${some(({ special }) => special === 'concern') && entry(html`<path d="M17 1l7 7-7 7-7-7z" fill="#b10e1e"/>`, 'Unusual for this series: a concern')}
${some(({ special }) => special === 'improvement') && entry(html`<path d="M11 2h12v12H11z" fill="#1d70b8"/>`, 'Unusual for this series: an improvement')}
${some(({ special }) => special === 'other') && entry(html`<path d="M17 1l2 5h5l-4 3 2 6-5-4-5 4 2-6-4-3h5z" fill="#12324a"/>`, 'Unusual for this series')}
${entry(html`<path d="M0 8H34" stroke="#6f777b"/>`, 'Mean')}
${some(({ lower }) => lower !== null) && entry(html`<path d="M0 3H34M0 13H34" stroke="#6f777b" stroke-dasharray="5 4"/>`, 'Usual limits of this series (XmR)')}
${standards.length > 0 && entry(html`<path d="M0 8H34" stroke="#4c2c92" stroke-width="2" stroke-dasharray="10 4"/>`, 'Standard')}
${baseline !== undefined && entry(html`<path d="M0 8H34" stroke="#0b6b45" stroke-width="2" stroke-dasharray="2 4"/>`, 'What the inspection found')}
${levels.length > 0 && entry(html`<path d="M0 4H17M17 12H34" stroke="#a83f00" stroke-width="3"/>`, 'Its level before, and since')}
${rebases.length > 0 && entry(html`<path d="M17 0V16" stroke="#12324a" stroke-width="2" stroke-dasharray="1 4" stroke-linecap="round"/>`, 'The way of working changed')}
${(['critical', 'warning', 'watch', 'recovering'] as const).map(
  (level) =>
    some(({ alert }) => alert === level) &&
    html`<li><span class="app-key__icon">${stateIcon(level)}</span> Under the chart: ${STATE_WORD[level].toLowerCase()}</li>`,
)}
</ul>`;
}

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
        html`${formatObservation(metric, observation, smallNumbers)}${earlier.map((text) => html` <span class="app-when">Corrected: was ${text}</span>`)}`,
        standard ? formatNumber(metric, standard.value) : NOTHING,
        xmr.lower === null || xmr.upper === null
          ? NOTHING
          : `${limit(metric, xmr.lower)} to ${limit(metric, xmr.upper)}`,
        point.special ? sentence(`${CAUSE[xmr.cause ?? 'outside']}${SPECIAL_WORD[point.special]}`) : NOTHING,
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
const SPECIAL_WORD: Record<NonNullable<ChartPoint['special']>, string> = {
  concern: ', a concern',
  improvement: ', an improvement',
  other: '',
};

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
