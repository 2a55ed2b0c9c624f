import { type Action, compareDue, type Progress, withProgress } from '../domain/action.ts';
import { dayName, formatDue, placeInReport, sentence } from '../domain/format.ts';
import { frameworkOf } from '../domain/frameworks.ts';
import type { Inspected } from '../domain/loaded-inspection.ts';
import { dayInEngland } from '../domain/period.ts';
import type { AuthorityOverview } from '../services/record.ts';
import { type Content, type Html, html } from './html.ts';
import { NOTHING, pathOf, table } from './layout.ts';
import {
  counted,
  DISPLAY_STATES,
  displayStateOf,
  entered,
  enteredBy,
  gradeOf,
  STATE_WORD,
  stateIcon,
  timeName,
  whereOf,
} from './words.ts';

/** What the overview says of the inspections: their actions, and the inspections that do not lead. */

/** The metrics that show how an action goes, the worst first. */
export function shownBy({ inspection, months, board }: AuthorityOverview, { id }: Action): Content {
  const members = inspection.metrics.filter((metric) => metric.actions.includes(id));
  if (members.length === 0) return 'No metric shows it';
  return html`<ul class="govuk-list app-plain">${members
    .map((metric) => ({
      metric,
      state: displayStateOf(
        metric,
        board?.alerts[metric.id],
        months.some(({ observations }) => metric.id in observations),
      ),
    }))
    .sort((a, b) => DISPLAY_STATES.indexOf(a.state) - DISPLAY_STATES.indexOf(b.state))
    .map(
      ({ metric, state }) =>
        html`<li>${stateIcon(state)} <span class="govuk-visually-hidden">${STATE_WORD[state]}:</span> <a class="govuk-link" href="${pathOf(inspection.header.authority, 'metrics', metric.id)}">${metric.title}</a></li>`,
    )}</ul>`;
}

/** The recommended actions by their deadline, each with how the metrics that show its progress do. */
export function actions(overview: AuthorityOverview & { readonly today: string }): Html {
  const { inspection, today } = overview;
  const { authority } = inspection.header;
  return html`<section aria-labelledby="actions"><h2 class="govuk-heading-l" id="actions">Recommended actions</h2>
${table({
  caption: 'Actions by deadline',
  captionHidden: true,
  heads: ['Action', 'Due', 'Progress', 'How its metrics do'],
  className: 'app-actions',
  rows: [...inspection.actions]
    .sort(compareDue)
    .map((action) => [
      html`<span class="app-action__id">${action.id}</span> <a class="govuk-link" href="${pathOf(authority, 'actions', action.id)}">${action.title}</a> <span class="app-when">${sentence(placeInReport([action.paragraph]))}</span>`,
      html`${formatDue(action)} <span class="app-when">${dueIn(action, today)}</span>`,
      progressOf(inspection.progress.findLast(({ action: id }) => id === action.id)),
      shownBy(overview, action),
    ]),
})}</section>`;
}

/** How far the authority says an action is, with its evidence. */
function progressOf(progress: Progress | undefined): Content {
  if (!progress) return NOTHING;
  return html`<strong>${progress.state === 'completed' ? 'Completed' : 'Open'}</strong> <span class="app-when">${progress.author}, ${dayName(dayInEngland(new Date(progress.at)))}: ${progress.evidence}</span> ${entered(progress.by)}`;
}

/** When it was asked for, and how long that is from today. */
export function dueIn({ due, timescale }: Action, today: string): string {
  const asked =
    timescale === undefined ? [] : [timescale === 'immediate' ? 'asked for at once' : `within ${timescale}`];
  if (due === undefined) return asked.join('');
  const days = Math.round((Date.parse(due) - Date.parse(today)) / 86_400_000);
  const left = days < 0 ? 'the deadline has passed' : days === 0 ? 'today' : `in ${counted(days, 'day')}`;
  return [...asked, left].join('; ');
}

/** Each inspection beside the leading one, with its grades and what became of its actions. */
export function otherInspections({ inspection: { header, inspections } }: AuthorityOverview): Html | false {
  const others = inspections.filter((inspected) => inspected.header.id !== header.id);
  if (others.length === 0) return false;
  return html`<section aria-labelledby="inspections"><h2 class="govuk-heading-l" id="inspections">Other inspections</h2>
${others.map(otherInspection)}</section>`;
}

function otherInspection({ header, retired, loaded, retiredBy, judgements, actions, progress }: Inspected): Html {
  const reported = actions.map((action) => withProgress(action, progress));
  const completed = reported.filter(({ state }) => state === 'completed').length;
  const what = [frameworkOf(header).full ? undefined : 'a visit', retired ? 'no longer counted' : undefined];
  return html`<details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">${[header.title, ...what.filter(Boolean)].join(', ')}</span></summary>
<div class="govuk-details__text"><p class="govuk-body">Published on ${dayName(header.published)}. ${counted(actions.length, 'action')}, ${completed} reported as completed. Brought in by: ${enteredBy(loaded?.by)}${loaded && `, ${timeName(loaded.at)}`}.${retiredBy && ` Retired by: ${retiredBy.by}, ${timeName(retiredBy.at)}.`}</p>
${
  judgements.length > 0 &&
  table({
    caption: `Grades given in: ${header.title}`,
    captionHidden: true,
    heads: ['Judgement', 'Grade', 'Where'],
    rows: judgements
      .filter(({ record }) => record)
      .map((judgement) => [judgement.title, gradeOf(judgement), whereOf(judgement)]),
  })
}
${
  reported.length > 0 &&
  table({
    caption: `What became of the actions of: ${header.title}`,
    captionHidden: true,
    heads: ['Action', 'Progress'],
    rows: reported.map(({ progress: versions, ...action }) => [
      html`<span class="app-action__id">${action.id}</span> ${action.title} <span class="app-when">${sentence(placeInReport([action.paragraph]))}</span>`,
      progressOf(versions.at(-1)),
    ]),
  })
}</div></details>`;
}

/** Judgements that no metric stands under. */
export function otherJudgements({ inspection: { judgements, metrics } }: AuthorityOverview): Html {
  const others = judgements.filter(({ id }) => !metrics.some((metric) => metric.judgement === id));
  return html`<details class="govuk-details"><summary class="govuk-details__summary"><span class="govuk-details__summary-text">${counted(others.length, 'judgement')} of the inspection without a metric</span></summary>
<div class="govuk-details__text">${table({
    caption: 'Judgements without a metric',
    captionHidden: true,
    heads: ['Judgement', 'Grade', 'Where'],
    rows: others.map((judgement) => [
      judgement.title,
      gradeOf(judgement),
      html`${whereOf(judgement)}${judgement.note && html`. ${judgement.note}`}`,
    ]),
  })}</div></details>`;
}
