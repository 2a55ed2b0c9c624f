import { formatBenchmark, formatEngland, formatNeighbours, provenanceOf } from '../domain/benchmark.ts';
import type { Acknowledgement, BoardAlert } from '../domain/board.ts';
import { withoutWorking } from '../domain/describe-finding.ts';
import {
  basisOf,
  cardinal,
  dateName,
  formatAbsence,
  formatBaseline,
  formatLimit,
  formatLine,
  formatNumber,
  formatObservation,
  formatParagraphs,
  formatStandard,
  monthName,
  NOBODY_HAS_IT_IN_HAND,
  sentence,
  whenDue,
} from '../domain/format.ts';
import type { Standard } from '../domain/metric.ts';
import { describeQuestion, questionsAbout } from '../domain/questions.ts';
import { latestPeriodOf, localStandardsOf } from '../domain/record.ts';
import { XMR_CLOSE_AMONG, XMR_CLOSE_POINTS, XMR_MIN_POINTS, XMR_RUN } from '../domain/rules.ts';
import { type Observation, seriesOf } from '../domain/series.ts';
import type { XmrPoint } from '../domain/statistics/xmr.ts';
import { type Judged, standardFor } from '../domain/timeline.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import { yearToDate } from '../domain/year-to-date.ts';
import { acknowledgementForm, type RefusedAcknowledgement } from './acknowledgement.ts';
import type { ChartPoint } from './chart.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, fact, inset, layout, missingText, NOTHING, pathOf, table, type Visit } from './layout.ts';
import { changesLink, confirmation } from './metric-changes.ts';
import { benchmarkOf, course, type Drawn, type MetricView, pointsOf } from './metric-chart.ts';
import { spcIcons } from './spc-icons.ts';
import {
  displayStateOf,
  entered,
  gradeOf,
  heldAgainst,
  STATE_WORD,
  standardNow,
  stateIcon,
  stateTag,
  timeName,
  travelOf,
  travelText,
  whereOf,
} from './words.ts';

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
${missingText([...(inspection.unreadable ?? []), ...unreadableMonths(view.months)])}
${findings(alert)}
<h2 class="govuk-heading-m">Month by month</h2>
${spcIcons(metric, drawn.at(-1)?.xmr, standardNow(inspection, metric, observations), displayStateOf(metric, alert, observations.length > 0), XMR_MIN_POINTS)}
${course(view, drawn)}
<p class="govuk-body-s"><a class="govuk-link" href="/how-it-judges">How it judges</a> says what each line and mark is worked out from.${
      metric.polarity !== 'neutral' &&
      html` <a class="govuk-link" href="${pathOf(authority, 'metrics', metric.id, 'standard')}">${visit.session?.scopes.includes('manage') ? 'Try out or set another standard' : 'Try out another standard'}</a>.`
    }</p>
${inHand(visit, view, refused)}
<h2 class="govuk-heading-m">In figures</h2>
${summary(view, observations)}
${observations.length > 0 && confirmation(visit, inspection, metric, standardNow(inspection, metric, observations))}
${history(view, drawn)}
${elsewhere(view)}
<h2 class="govuk-heading-m">What the inspection said</h2>
${fromInspection(view)}
${written(view)}
${changesLink(visit, inspection, metric)}
<p class="govuk-body-s">Small numbers: ${smallNumbers === 'suppress' ? 'counts of 1 to 5 read “5 or fewer”' : 'counts are shown as they are, as the readers are the authority’s own managers'}.</p>`,
  });
}

export function findings(alert: BoardAlert | undefined): Content {
  if (!alert) return undefined;
  const { findings, state } = alert;
  return inset(html`${findings.map(({ text, level }) => html`<p class="govuk-body">${stateIcon(level)} <span class="govuk-visually-hidden">${STATE_WORD[level]}:</span> ${withoutWorking(text)}</p>`)}
${state === 'recovering' && html`<p class="govuk-body">The latest period is clean. A second clean one clears the alert.</p>`}
${findings.some(({ text }) => withoutWorking(text) !== text) && working(findings)}`);
}

/** The same as analysts read it. */
const working = (findings: BoardAlert['findings']): Html =>
  html`<details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">How this was worked out</span></summary>
<div class="govuk-details__text"><ul class="govuk-list govuk-list--bullet">${findings.map(({ text }) => html`<li>${text}</li>`)}</ul></div></details>`;

function summary(view: MetricView, observations: readonly Observation[]): Html {
  const { metric, inspection, smallNumbers } = view;
  const last = observations.at(-1);
  const travel = travelOf(metric, observations);
  const standard = standardNow(inspection, metric, observations);
  const year = yearToDate(metric, observations);
  const benchmark = benchmarkOf(view);
  return html`<dl class="govuk-summary-list app-facts">
${fact('Latest', last && html`${formatObservation(metric, last, smallNumbers, heldAgainst(standard, travel))} in ${monthName(last.period)}${formatAbsence(metric, last.period, latestPeriodOf(view.months) ?? last.period)}`)}
${fact(
  'Please check',
  last &&
    questionsAbout(metric, observations)
      .map((question) => describeQuestion(metric, last, question, smallNumbers))
      .join(' '),
)}
${fact('Direction of travel', travel && travelText(metric, travel, smallNumbers))}
${fact(
  'Financial year to date',
  year &&
    html`${formatObservation(metric, year.pooled, smallNumbers)}, ${monthName(year.from)} to ${monthName(year.through)}, counts added up`,
)}
${fact('Standard', standard ? `${metric.polarity === 'target' ? 'Within' : metric.polarity === 'lower' ? 'At most' : 'At least'} ${formatStandard(metric, standard)}${noteOf(standard)}` : 'None. It is judged by how it has gone so far, and by what the inspection found, where that is a figure.')}
${fact('Inspection found', formatBaseline(metric))}
${fact('For comparison', benchmark && html`${sentence(formatBenchmark(metric, benchmark))}. <a class="govuk-link" href="#elsewhere">Where this comes from</a>`)}
${fact('Definition', metric.definition)}
</dl>`;
}

/** Where a standard comes from, as far as its basis does not say so already. */
function noteOf({ basis, note }: Standard): string {
  if (basis === 'inspection') return '';
  const more = note.startsWith(basisOf(basis)) ? note.slice(basisOf(basis).length).replace(/^[,;:] /, '') : note;
  return more && `; ${more}`;
}

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

/** Who has it in hand, and the form to say so. */
function inHand(visit: Visit, { metric, inspection, alert }: MetricView, refused?: RefusedAcknowledgement): Content {
  if (!alert?.episode) return undefined;
  const { acknowledgement: given } = alert;
  return html`<h2 class="govuk-heading-m" id="acknowledgement">Who has it in hand</h2>
<p class="govuk-body">${given ? said(given) : NOBODY_HAS_IT_IN_HAND}</p>
${given?.earlier && html`<h3 class="govuk-heading-s">Before that</h3><ul class="govuk-list govuk-list--spaced">${[...given.earlier].reverse().map((each) => html`<li>${said(each)}</li>`)}</ul>`}
${acknowledgementForm(visit, inspection.header.authority, metric.id, alert, refused)}`;
}

function said({ author, at, note, by }: Pick<Acknowledgement, 'author' | 'at' | 'note' | 'by'>): Html {
  return html`<strong>${author}</strong>, ${timeName(at)}: ${note} ${entered(by)}`;
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
        standard ? formatLine(metric, standard) : NOTHING,
        point.lower === null || point.upper === null
          ? NOTHING
          : `${formatLimit(metric, point.lower)} to ${formatLimit(metric, point.upper)}`,
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
function unusual({ cause, type }: XmrPoint, { meaning }: ChartPoint): Content {
  if (!cause) return NOTHING;
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
    ({ from, reason, author, setAt, by }) =>
      html`<li>${author}, ${timeName(setAt)}, on how it is judged from ${monthName(from)} on: “${reason}” ${entered(by)}</li>`,
  );
  const changes = (metric.changes ?? []).map(
    ({ at, what, author, reason, by }) =>
      html`<li>${author}, ${timeName(at)}, on the metric itself (${what}): “${reason}” ${entered(by)}</li>`,
  );
  const remarks = months
    .filter(({ commentary, observations }) => commentary && metric.id in observations)
    .slice(-MAX_REMARKS)
    .map(({ period, commentary }) => html`<li>With the figures of ${monthName(period)}: “${commentary}”</li>`);
  if (set.length + changes.length + remarks.length === 0) return undefined;
  return html`<h2 class="govuk-heading-m" id="written">What people wrote</h2>
<ul class="govuk-list govuk-list--spaced">${[...set, ...changes, ...remarks].reverse()}</ul>`;
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
    html`<ul class="govuk-list app-plain">${actions.map((action) => html`<li><strong>${action.id}</strong> <a class="govuk-link" href="${pathOf(inspection.header.authority, 'actions', action.id)}">${action.title}</a>, ${whenDue(action)} (${formatParagraphs([action.paragraph])})</li>`)}</ul>`,
)}
${fact('In the report', metric.paragraphs.length > 0 && sentence(formatParagraphs(metric.paragraphs)))}
</dl>`;
}
