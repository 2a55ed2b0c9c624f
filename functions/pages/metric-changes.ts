import { DEFAULT, formatLine, monthName } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric, Standard } from '../domain/metric.ts';
import { type Content, type Html, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { errorSummary, forgeryField, layout, pathOf, type Visit } from './layout.ts';

/** What may be changed of a metric, beside its standard. */

/** For who may: one click makes what this service chose the council's own. */
export function confirmation(
  { session }: Visit,
  { header }: LoadedInspection,
  metric: Metric,
  standard: Standard | undefined,
): Content {
  if (standard?.basis !== 'local' || !session?.scopes.includes('manage')) return undefined;
  return html`<form method="post" action="${pathOf(header.authority, 'metrics', metric.id, 'confirmation')}">${forgeryField(session.forgeryToken)}
<p class="govuk-body">The standard is ${DEFAULT}, until the council sets or confirms it.</p>
<button class="govuk-button govuk-button--secondary">Confirm ${formatLine(metric, standard)} as our own standard</button></form>`;
}

/** The way to what may be changed of a metric, for who may. */
export function changesLink({ session }: Visit, { header }: LoadedInspection, { id }: Metric): Content {
  if (!session?.scopes.includes('manage')) return undefined;
  return html`<p class="govuk-body"><a class="govuk-link" href="${pathOf(header.authority, 'metrics', id, 'changes')}">Rename this metric, end it, or have another take its place</a></p>`;
}

/** Another name for a metric, its end, or the one that takes its place. */
export function metricChangesPage(
  visit: Visit,
  { header, metrics }: LoadedInspection,
  { id, title, until, replacedBy }: Metric,
  refused?: Refused,
): Html {
  const { authority, name } = header;
  const { text, area, choice } = inputs(
    { title, until: until ? monthName(until) : '', replacedBy: replacedBy ?? '' },
    refused,
  );
  const others = metrics.filter((metric) => metric.id !== id).map((metric) => [metric.id, metric.title] as const);
  return layout(visit, {
    title: `Change ${title}`,
    place: { authority, name, at: 'metrics' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<span class="govuk-caption-l">${title}</span>
<h1 class="govuk-heading-l">Change this metric</h1>
<p class="govuk-body">Its figures stay, and can be corrected. What it was called is kept.</p>
<form method="post" action="${pathOf(authority, 'metrics', id, 'changes')}" class="app-narrow">${visit.session && forgeryField(visit.session.forgeryToken)}
${text('title', 'What it is called', { required: true })}
${text('until', 'Last month', { hint: 'Nothing is judged after it. Such as September 2024; leave blank while it goes on.', width: 10 })}
${choice('replacedBy', 'What takes its place', [['', 'Nothing'], ...others])}
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
<div class="govuk-button-group"><button class="govuk-button">Change it</button>
<a class="govuk-link" href="${pathOf(authority, 'metrics', id)}">Leave it as it is</a></div></form>`,
  });
}
