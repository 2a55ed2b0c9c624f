import { formatReported, monthName, type SmallNumbers } from '../domain/format.ts';
import type { News } from '../domain/lifecycle.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { Month } from '../domain/submission.ts';
import type { Receipt, ReceivedMonth } from '../services/receipt.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, NOTHING, pathOf, table, type Visit } from './layout.ts';
import { counted, stateTag, timeName } from './words.ts';

const NEWS_WORD: Readonly<Record<News, string>> = {
  raised: 'raised',
  worsened: 'worse',
  eased: 'less bad',
  recovering: 'recovering',
  cleared: 'ended',
  withdrawn: 'withdrawn',
  reminded: 'told again',
  unreported: 'no longer reported',
};

/** What was sent at one time, to be kept: who, when, what changed, and what followed. */
export function receiptPage(
  visit: Visit,
  { header, metrics }: LoadedInspection,
  { at, by, months, questions, alerts }: Receipt,
  smallNumbers: SmallNumbers,
): Html {
  const { authority, name } = header;
  const figures = months.reduce((sum, { month }) => sum + Object.keys(month.observations).length, 0);
  return layout(visit, {
    title: `Receipt of ${timeName(at)}`,
    place: { authority, name, at: 'submissions' },
    content: html`<h1 class="govuk-heading-l">Receipt</h1>
<dl class="govuk-summary-list app-facts">
${[
  ['Figures of', name],
  ['Sent', timeName(at)],
  ['By', by ?? 'not recorded'],
  ['Holds', `${counted(months.length, 'month')}, ${counted(figures, 'figure')}`],
].map(
  ([key, value]) =>
    html`<div class="govuk-summary-list__row"><dt class="govuk-summary-list__key">${key}</dt><dd class="govuk-summary-list__value">${value}</dd></div>`,
)}
</dl>
${
  questions.length > 0 &&
  html`<h2 class="govuk-heading-m">Please check</h2>
<ul class="govuk-list govuk-list--bullet">${questions.map((text) => html`<li>${text}</li>`)}</ul>`
}
<h2 class="govuk-heading-m">Alerts that followed</h2>
${
  alerts.length === 0
    ? html`<p class="govuk-body">None, or none yet. Figures are judged within moments; whatever an event missed, within the hour.</p>`
    : table({
        caption: 'Alerts that followed',
        captionHidden: true,
        heads: ['Alert', 'What happened', 'Level', 'Told by'],
        rows: alerts.map(({ alert, title, transition, level, notice }) => [
          html`<a class="govuk-link" href="${pathOf(authority, 'metrics', alert)}">${title}</a>`,
          NEWS_WORD[transition],
          stateTag(level),
          html`<a class="govuk-link" href="${pathOf(authority, 'notices', String(notice))}">Notice ${notice}</a>`,
        ]),
      })
}
<h2 class="govuk-heading-m">What was sent</h2>
${months.map((month) => sentOf(authority, metrics, month, smallNumbers))}
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'submissions')}">All submissions</a></p>`,
  });
}

/** One month: all its figures where it was new, else what became different. */
function sentOf(
  authority: string,
  metrics: readonly Metric[],
  { month, before, isCurrent }: ReceivedMonth,
  smallNumbers: SmallNumbers,
): Html {
  const { period, revision } = month;
  const say = (of: Month, metric: Metric): string => formatReported(metric, of, smallNumbers) ?? 'not reported';
  const rows: Content[][] = metrics
    .filter(({ id }) => id in month.observations || (before && id in before.observations))
    .map((metric) => [metric.title, ...(before ? [say(before, metric)] : []), say(month, metric)])
    .filter((row) => !before || row[1] !== row[2]);
  const what = month.retracted ? 'taken back' : before ? `changes revision ${before.revision}` : 'new';
  const others = [
    before && before.status !== month.status && `The status was ${before.status} and became ${month.status}.`,
    (before?.commentary ?? '') !== (month.commentary ?? '') && `Commentary: ${month.commentary || NOTHING}`,
    month.reason && `Why: ${month.reason}`,
    !isCurrent && 'It was revised since.',
  ].filter((text) => typeof text === 'string');
  return html`<h3 class="govuk-heading-s"><a class="govuk-link" href="${pathOf(authority, 'submissions', period)}">${monthName(period)}</a>, revision ${revision}: ${what}${month.status === 'provisional' && ', provisional'}</h3>
${others.map((text) => html`<p class="govuk-body">${text}</p>`)}
${rows.length > 0 && table({ caption: `Figures of ${monthName(period)}`, captionHidden: true, heads: before ? ['Metric', 'Before', 'After'] : ['Metric', 'Figure'], rows })}`;
}
