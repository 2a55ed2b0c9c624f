import { DEFAULT, formatLine } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric, Standard } from '../domain/metric.ts';
import { type Content, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { forgeryField, pathOf, type Visit } from './layout.ts';

/** What may be changed of a metric, on its own page. */

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

/** For who may: another name for a metric, its end, the one that takes its place, or that its standard is the council's own. */
export function metricChanges(
  { session }: Visit,
  { header, metrics }: LoadedInspection,
  { id, title, until, replacedBy }: Metric,
  refused?: Refused,
): Content {
  if (!session?.scopes.includes('manage')) return undefined;
  const { text, area, choice } = inputs(
    { title, until: until ?? '', replacedBy: replacedBy ?? '' },
    refused,
    'change-',
  );
  const others = metrics.filter((metric) => metric.id !== id).map((metric) => [metric.id, metric.title] as const);
  return html`<h2 class="govuk-heading-m" id="change">Change this metric</h2>
<p class="govuk-body">Its figures stay, and can be corrected. What it was called is kept.</p>
<form method="post" action="${pathOf(header.authority, 'metrics', id, 'changes')}" class="app-narrow">${forgeryField(session.forgeryToken)}
${text('title', 'What it is called', { required: true })}
${text('until', 'Last month', { hint: 'Nothing is judged after it, yyyy-mm. Leave blank while it goes on.', width: 10 })}
${choice('replacedBy', 'What takes its place', [['', 'Nothing'], ...others])}
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
<button class="govuk-button govuk-button--secondary">Change it</button></form>`;
}
