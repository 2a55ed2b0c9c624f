import { formatReported, monthName, type SmallNumbers } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { Month } from '../domain/submission.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import { monthActions } from './correction.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, missingText, NOTHING, pathOf, table, type Visit } from './layout.ts';
import { counted, enteredBy, timeName } from './words.ts';

/** Every month that was submitted, newest first. `sent` are those that were accepted just now. */
export function submissionsPage(
  visit: Visit,
  { header }: LoadedInspection,
  months: readonly Month[],
  sent: readonly string[],
): Html {
  const { authority, name } = header;
  return layout(visit, {
    title: 'Submissions',
    place: { authority, name, at: 'submissions' },
    content: html`${sent.length > 0 && accepted(authority, months, sent)}
<h1 class="govuk-heading-l">Submissions</h1>
${missingText(unreadableMonths(months))}
${
  months.length > 0 &&
  html`<p class="govuk-body">Download all figures: <a class="govuk-link" href="${pathOf(authority, 'figures.xlsx')}">Excel workbook</a>, <a class="govuk-link" href="${pathOf(authority, 'figures.csv')}">CSV</a></p>`
}
${
  months.length === 0
    ? html`<p class="govuk-body">No month was submitted yet.</p>`
    : table({
        caption: 'Months, newest first',
        captionHidden: true,
        heads: ['Month', 'Status', 'Figures', 'Revision', 'Submitted', 'Entered by'],
        rows: [...months]
          .reverse()
          .map((month) => [
            html`<a class="govuk-link" href="${pathOf(authority, 'submissions', month.period)}">${monthName(month.period)}</a>`,
            statusOf(month),
            Object.keys(month.observations).length,
            month.revision === 1 ? 'first' : `${month.revision}, corrected`,
            submittedOn(authority, month),
            enteredBy(month.by),
          ]),
      })
}`,
  });
}

function accepted(authority: string, months: readonly Month[], periods: readonly string[]): Html {
  const at = months.find(({ period }) => period === periods.at(-1))?.submittedAt ?? '';
  return html`<div class="govuk-notification-banner govuk-notification-banner--success" role="alert" aria-labelledby="accepted" tabindex="-1" autofocus>
<div class="govuk-notification-banner__header"><h2 class="govuk-notification-banner__title" id="accepted">Accepted</h2></div>
<div class="govuk-notification-banner__content"><p class="govuk-notification-banner__heading">${counted(periods.length, 'month')} accepted: ${periods.map(monthName).join(', ')}.</p>
<p class="govuk-body">The figures are judged within moments; if anything changes for the worse or the better, recipients are mailed. <a class="govuk-notification-banner__link" href="${pathOf(authority, 'receipts', at)}">Keep the receipt</a></p></div></div>`;
}

function statusOf({ status, retracted, unreadable }: Month): string {
  if (unreadable) return 'cannot be read';
  return retracted ? 'retracted' : status;
}

const submittedOn = (authority: string, { submittedAt, unreadable }: Month): Content =>
  unreadable
    ? 'not known'
    : html`<a class="govuk-link" href="${pathOf(authority, 'receipts', submittedAt)}">${timeName(submittedAt)}</a>`;

/** So many revisions fit beside each other; the newest are shown. */
export const MAX_REVISIONS = 8;

/** One month with its newest revisions side by side; what a revision changed is marked. */
export function monthPage(
  visit: Visit,
  { header, metrics }: LoadedInspection,
  revisions: readonly Month[],
  smallNumbers: SmallNumbers,
): Html {
  const { authority, name } = header;
  const current = revisions.at(-1) as Month;
  const reported = metrics.filter(({ id }) => revisions.some(({ observations }) => id in observations));
  return layout(visit, {
    title: monthName(current.period),
    place: { authority, name, at: 'submissions' },
    content: html`<h1 class="govuk-heading-l">${monthName(current.period)}</h1>
${missingText(unreadableMonths(revisions))}
<p class="govuk-body">${counted(current.revision, 'revision')}; the newest counts.${current.revision > revisions.length && ` The newest ${revisions.length} are shown.`}${current.retracted && ' It retracts the month: no figure of it counts.'}</p>
<div class="app-scroll" tabindex="0" role="region" aria-label="Figures by revision">
${table({
  caption: 'Figures by revision',
  captionHidden: true,
  heads: ['Metric', ...revisions.map(({ revision }) => `Revision ${revision}`)],
  rows: [
    ['Submitted', ...revisions.map((each) => submittedOn(authority, each))],
    ['Entered by', ...revisions.map(({ by }) => enteredBy(by))],
    ['Status', ...revisions.map(statusOf)],
    ...reported.map((metric) => [
      html`<a class="govuk-link" href="${pathOf(authority, 'metrics', metric.id)}">${metric.title}</a>`,
      ...figures(metric, revisions, smallNumbers),
    ]),
    ...(revisions.some(({ commentary }) => commentary)
      ? [['Commentary', ...revisions.map(({ commentary }) => commentary || NOTHING)]]
      : []),
    ...(revisions.some(({ reason }) => reason) ? [['Why', ...revisions.map(({ reason }) => reason || NOTHING)]] : []),
  ],
})}</div>
${monthActions(visit, header, metrics, current)}`,
  });
}

/** A metric's figure in each revision; one that differs from the revision before is marked. */
function figures(metric: Metric, revisions: readonly Month[], smallNumbers: SmallNumbers): Content[] {
  const texts = revisions.map(
    (month) => formatReported(metric, { ...month, status: 'final' }, smallNumbers) ?? 'not reported',
  );
  return texts.map((text, index) =>
    index > 0 && text !== texts[index - 1]
      ? html`<mark class="app-changed">${text}</mark> <span class="app-when">changed</span>`
      : text,
  );
}
