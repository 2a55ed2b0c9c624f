import { settingsIn } from '../domain/authority.ts';
import { isAuthorityAlert, titleOfAlert } from '../domain/authority-alerts.ts';
import type { Acknowledgement, Board, BoardAlert } from '../domain/board.ts';
import { withoutWorking } from '../domain/describe-finding.ts';
import {
  basisOf,
  dateName,
  dayName,
  formatFound,
  formatObservation,
  monthName,
  NOBODY_HAS_IT_IN_HAND,
  placeInReport,
  type SmallNumbers,
  sentence,
  shownValue,
} from '../domain/format.ts';
import { frameworkOf } from '../domain/frameworks.ts';
import { glanceAt } from '../domain/glance.ts';
import type { GradedJudgement } from '../domain/inspection.ts';
import { rank } from '../domain/lifecycle.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { NoticeItem } from '../domain/notice-contents.ts';
import { dayInEngland } from '../domain/period.ts';
import { seriesOf } from '../domain/series.ts';
import type { Month } from '../domain/submission.ts';
import type { SetAside } from '../services/alerts.ts';
import type { AuthorityOverview } from '../services/record.ts';
import { acknowledgementForm, type RefusedOf, TAKE_IN_HAND } from './acknowledgement.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, inset, layout, missingText, NOTHING, pathOf, table, type Visit, warningText } from './layout.ts';
import { actions, otherInspections, otherJudgements } from './overview-inspections.ts';
import { sparkline } from './sparkline.ts';
import {
  counted,
  type DisplayState,
  displayStateOf,
  entered,
  gradeOf,
  heldAgainst,
  standardNow,
  standardText,
  stateIcon,
  stateTag,
  timeName,
  travelOf,
  travelText,
  whereOf,
} from './words.ts';

export interface Overview extends AuthorityOverview {
  /** `yyyy-mm-dd` in England. */
  readonly today: string;
  readonly smallNumbers: SmallNumbers;
}

/** What a director sees first: what is wrong, then every metric under the judgement it belongs to, then the actions. */
export function overviewPage(visit: Visit, overview: Overview, refused?: RefusedOf): Html {
  const { header } = overview.inspection;
  return layout(visit, {
    title: 'Overview',
    place: { authority: header.authority, name: header.name, at: 'overview' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<span class="govuk-caption-xl">${header.title}</span>
<h1 class="govuk-heading-xl app-title">${header.name}</h1>
<p class="govuk-body-s app-screen-only"><a class="govuk-link" href="${pathOf(header.authority, 'board-pack')}">Board pack, to print</a></p>
${closedText(overview.inspection)}
${latest(visit, overview)}
${isWatched(overview) && attention(visit, overview, refused)}
${metrics(overview)}
${actions(overview)}
${otherJudgements(overview)}
${otherInspections(overview)}`,
  });
}

/** That nothing is judged any more, since when, and who decided that. */
function closedText({ settings = [] }: LoadedInspection): Content {
  const last = settings.findLast(({ closed }, index) => closed && !settings[index - 1]?.closed);
  if (!settingsIn(settings).closed || !last) return undefined;
  return warningText(
    `Closed on ${timeName(last.setAt)} by ${last.author}: no figure is taken in, nothing is judged and nobody is mailed. Below is how things stood.`,
  );
}

/** Without any figures there is nothing to watch over yet, though there may be a board already. */
function isWatched({ months, board }: Overview): boolean {
  return board !== undefined && (months.length > 0 || Object.keys(board.alerts).length > 0);
}

/** Up to when there are figures, whether they are judged yet, and whether the next are late. */
function latest(
  { session }: Visit,
  { inspection, months, board, setAside, waiting, lost, unreadable }: Overview,
): Content {
  const { authority, published } = inspection.header;
  const last = months.findLast((month) => !month.retracted);
  const isHeldUp = setAside !== undefined && setAside.reason !== 'incomplete';
  if (!last)
    return html`${missingText(unreadable)}${inset(html`<p class="govuk-body">No figures were submitted yet. Below is what the inspection found, published on ${dayName(published)}: this is what the figures will be held against.</p>
${session?.scopes.includes('submit') && !settingsIn(inspection.settings).closed && html`<a class="govuk-button" href="${pathOf(authority, 'submit')}">Submit the first figures</a>`}`)}`;
  const late = board?.alerts.submission;
  return html`<p class="govuk-body-l app-latest">Figures up to <strong>${monthName(last.period)}</strong>${last.status === 'provisional' && ' (provisional)'}, submitted on ${timeName(last.submittedAt)}.</p>
${lost > 0 && warningText(html`${counted(lost, 'address', 'addresses')} no longer ${lost === 1 ? 'gets' : 'get'} the e-mails: unsubscribed. <a class="govuk-link" href="${pathOf(authority, 'recipients')}">See who is mailed</a>.`)}
${waiting > 0 && !settingsIn(inspection.settings).closed && warningText(html`${counted(waiting, 'notice')} could not be e-mailed: nobody who would get ${waiting === 1 ? 'it' : 'them'} has confirmed their address. <a class="govuk-link" href="${pathOf(authority, 'recipients')}">See who is mailed</a>.`)}
${missingText(unreadable)}
${late && warningText(late.findings.map(({ text }) => text).join(' '))}
${isHeldUp ? warningText(notJudged(setAside)) : !isJudged(months, board) && inset('The figures were submitted moments ago and are being judged. Load this page again to see the outcome.')}`;
}

function notJudged({ at, reason }: SetAside): string {
  const why = reason === 'too-long' ? 'it took too long' : 'something in the record cannot be read';
  return `These figures could not be judged on ${timeName(at)}: ${why}. They are safe, but the alerts below are from before. Whoever runs this service is told. It is tried again by itself, and whenever figures are submitted or corrected.`;
}

/** Whether the board was worked out from the months as they stand. */
function isJudged(months: readonly Month[], board: Board | undefined): boolean {
  return months.every(({ period, revision }) => board?.judged[period] === revision);
}

/** What is raised, the worst first, and what has ended with the latest month. */
function attention(visit: Visit, overview: Overview, refused: RefusedOf | undefined): Html {
  const { inspection, board } = overview;
  const { authority } = inspection.header;
  const alerts = Object.entries(board?.alerts ?? {})
    .map(([id, alert]) => ({ id, alert, metric: inspection.metrics.find((metric) => metric.id === id) }))
    .sort((a, b) => weight(b.alert) - weight(a.alert));
  const ended = newlyEnded(overview);
  const count = (state: DisplayState): number =>
    alerts.filter(({ alert, metric }) => displayStateOf(metric, alert, true) === state).length;
  const card = (state: DisplayState, word: string, number: number): Html => {
    const text = html`<span class="app-card__number">${number}</span> <span class="app-card__word">${stateIcon(state)} ${word}</span>`;
    return html`<li class="app-card app-card--${number > 0 ? state : 'none'}">${number > 0 ? html`<a class="app-card__link" href="#first-${state}">${text}</a>` : text}</li>`;
  };
  // Where a tile leads: to the first alert of its state.
  const first = new Map<DisplayState, string>();
  for (const { id, alert, metric } of alerts) {
    const state = displayStateOf(metric, alert, true);
    if (!first.has(state)) first.set(state, id);
  }
  const anchor = (state: DisplayState, id: string): Content => first.get(state) === id && html` id="first-${state}"`;
  return html`<h2 class="govuk-heading-l">What needs attention</h2>
${inTenSeconds(overview)}
<ul class="app-cards">
${card('critical', 'critical', count('critical'))}
${card('warning', 'warning', count('warning'))}
${card('watch', 'to watch', count('watch'))}
${card('recovering', 'recovering', count('recovering'))}
${card('clear', 'newly cleared', ended.length)}
</ul>
${
  alerts.length === 0
    ? html`<p class="govuk-body">Nothing is raised.</p>`
    : html`<ul class="app-alerts">${alerts.map(
        ({ id, alert, metric }) => html`<li class="app-alert"${anchor(displayStateOf(metric, alert, true), id)}>
<div class="app-alert__head">${stateTag(displayStateOf(metric, alert, true))}
<h3 class="app-alert__title">${
          metric
            ? html`<a class="govuk-link" href="${pathOf(authority, 'metrics', id)}">${metric.title}</a>`
            : titleOfAlert(id, inspection.metrics)
        }</h3>
<span class="app-alert__since">since ${monthOrDay(alert.since ?? alert.period)}</span></div>
${alert.findings.map(({ text }) => html`<p class="govuk-body-s app-alert__finding">${withoutWorking(text)}</p>`)}
${alert.state === 'recovering' && html`<p class="govuk-body-s app-alert__finding">One period without a finding; a second one clears it.</p>`}
<p class="govuk-body-s app-alert__owner">${acknowledged(alert)}</p>
${!metric && ownForm(visit, authority, id, alert, refused?.alert === id ? refused : undefined)}</li>`,
      )}</ul>`
}
${
  ended.length > 0 &&
  html`<h3 class="govuk-heading-s" id="first-clear">Ended with the latest figures</h3>
<ul class="govuk-list govuk-list--spaced">${ended.map(
    ({ alert, title, transition, reason }) =>
      html`<li>${stateIcon('clear')} ${isAuthorityAlert(alert) ? title : html`<a class="govuk-link" href="${pathOf(authority, 'metrics', alert)}">${title}</a>`}: ${transition}${reason && `, because ${reason}`}</li>`,
  )}</ul>`
}`;
}

/** So many names are read at a glance; the list below has them all. */
const MAX_NAMED = 4;

/** What got worse with the latest figures, what is critical and in nobody's hands, what is late. */
function inTenSeconds({ inspection, board, notices }: Overview): Content {
  const { authority } = inspection.header;
  const named = (ids: readonly string[]): Content => {
    const names = ids.slice(0, MAX_NAMED).map((id, index) => {
      const metric = inspection.metrics.find((candidate) => candidate.id === id);
      const name = metric
        ? html`<a class="govuk-link" href="${pathOf(authority, 'metrics', id)}">${metric.title}</a>`
        : html`<a class="govuk-link" href="${id === 'action' ? '#actions' : pathOf(authority, 'submissions')}">${titleOfAlert(id, inspection.metrics)}</a>`;
      return html`${index > 0 && ', '}${name}`;
    });
    return html`${names}${ids.length > MAX_NAMED && ` and ${ids.length - MAX_NAMED} more`}`;
  };
  const { unowned, worse, late } = glanceAt(board, notices);
  const line = (term: string, ids: readonly string[]): Content =>
    ids.length > 0 && html`<li><strong>${term}:</strong> ${named(ids)}</li>`;
  const lines = [
    line('Critical, and in nobody’s hands', unowned),
    line(`Got worse${board?.latestPeriod ? ` in ${monthName(board.latestPeriod)}` : ''}`, worse),
    line('Late', late),
  ].filter(Boolean);
  return lines.length > 0 && html`<ul class="govuk-list govuk-list--spaced app-glance">${lines}</ul>`;
}

/** Alerts of the authority have no page of their own, so the form to acknowledge them is here. */
function ownForm(
  visit: Visit,
  authority: string,
  id: string,
  alert: BoardAlert,
  refused: RefusedOf | undefined,
): Content {
  const form = acknowledgementForm(visit, authority, id, alert, refused);
  return (
    form &&
    html`<details class="govuk-details app-alert__form"${refused && html` open`}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">${TAKE_IN_HAND}</span></summary><div class="govuk-details__text">${form}</div></details>`
  );
}

function weight(alert: BoardAlert): number {
  return (alert.state === 'recovering' ? 0 : 10) + rank(alert.level);
}

function monthOrDay(date: string): string {
  return date.length > 7 ? dayName(date) : monthName(date);
}

function acknowledged({ acknowledgement, episode }: BoardAlert): Content {
  if (acknowledgement)
    return html`In hand: ${taken(acknowledgement)} ${entered(acknowledgement.by)}${acknowledgement.earlier
      ?.toReversed()
      .map((each) => html`<br>Before that: ${taken(each)} ${entered(each.by)}`)}`;
  return episode ? NOBODY_HAS_IT_IN_HAND : undefined;
}

const taken = ({ author, at, note }: Pick<Acknowledgement, 'author' | 'at' | 'note'>): string =>
  `${author} on ${dayName(dayInEngland(new Date(at)))}${note && `: ${note}`}`;

/** What the notices about the latest month said had ended, and has not come back. */
function newlyEnded({ notices, board }: Overview): NoticeItem[] {
  const ended = notices
    .filter(({ period }) => period === board?.latestPeriod)
    .flatMap(({ transitions }) => transitions)
    .filter(
      ({ alert, transition }) => (transition === 'cleared' || transition === 'withdrawn') && !board?.alerts[alert],
    );
  return [...new Map(ended.map((item) => [item.alert, item])).values()];
}

/** Every metric as a row, under the judgement that it belongs to. */
export function metrics(overview: Overview): Html {
  const { judgements, metrics } = overview.inspection;
  const titles = frameworkOf(overview.inspection.header).sections;
  const sections = Object.entries(titles).map(([section, title]) => {
    const groups = judgements
      .filter((judgement) => judgement.section === section)
      .map((judgement) => ({ judgement, members: metrics.filter((metric) => metric.judgement === judgement.id) }))
      .filter(({ members }) => members.length > 0);
    return html`<section aria-labelledby="${section}"><h2 class="govuk-heading-l" id="${section}">${title}</h2>
${groups.map(({ judgement, members }) => group(overview, members, judgement))}</section>`;
  });
  const known = new Set(judgements.map(({ id }) => id));
  const context = metrics.filter(({ judgement }) => judgement === null || !known.has(judgement));
  const [shown, judged] = [true, false].map((neutral) =>
    context.filter(({ polarity }) => (polarity === 'neutral') === neutral),
  );
  return html`${sections}${[judged, shown].map((members = []) => members.length > 0 && group(overview, members))}`;
}

const HEADS = ['Metric', 'Latest', 'Month by month', 'Direction of travel', 'Standard', 'Inspection found', 'State'];

function group(overview: Overview, members: readonly Metric[], judgement?: GradedJudgement): Html {
  const caption = judgement
    ? html`<span class="app-group__title">${judgement.title}</span> ${gradeOf(judgement)} <span class="app-group__where">${whereOf(judgement)}</span>`
    : members.every(({ polarity }) => polarity === 'neutral')
      ? html`<span class="app-group__title">Context</span> <span class="app-group__where">shown, not judged</span>`
      : html`<span class="app-group__title">Beside the inspection</span> <span class="app-group__where">no judgement of it stands for these</span>`;
  return table({
    caption,
    heads: HEADS,
    className: 'app-metrics',
    rows: members.map((metric) => row(overview, metric)),
  });
}

function row({ inspection, months, board, smallNumbers }: Overview, metric: Metric): Content[] {
  const observations = seriesOf(metric, months);
  const last = observations.at(-1);
  const travel = travelOf(metric, observations);
  const standard = standardNow(inspection, metric, observations);
  const state = displayStateOf(metric, board?.alerts[metric.id], last !== undefined);
  return [
    html`<a class="govuk-link" href="${pathOf(inspection.header.authority, 'metrics', metric.id)}">${metric.title}</a>`,
    last
      ? html`${formatObservation(metric, last, smallNumbers, heldAgainst(standard, travel))} <span class="app-when">${monthName(last.period)}</span>`
      : NOTHING,
    sparkline(
      observations.map((observation) => shownValue(metric, observation, smallNumbers)),
      standard?.value,
    ) ?? NOTHING,
    travel ? travelText(metric, travel, smallNumbers) : NOTHING,
    standard
      ? html`${standardText(metric, standard)} <span class="app-when">${basisOf(standard.basis)}</span>`
      : NOTHING,
    baselineOf(metric),
    stateTag(state),
  ];
}

function baselineOf(metric: Metric): Content {
  const { baseline } = metric;
  if (baseline.kind === 'none') return NOTHING;
  const place = baseline.paragraphs.length > 0 ? [placeInReport(baseline.paragraphs)] : [];
  if (baseline.kind === 'figure')
    return html`${formatFound(metric, baseline)} <span class="app-when">${[dateName(baseline.period), ...place].join('; ')}</span>`;
  return html`<span class="app-words">${baseline.statement}</span> <span class="app-when">${place.map(sentence)}</span>`;
}
