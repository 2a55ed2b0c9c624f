import { formatReported, monthName, type SmallNumbers } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import { addMonths, monthsBetweenReports, type Period } from '../domain/period.ts';
import type { Month } from '../domain/submission.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, NOTHING, pathOf, table, type Visit } from './layout.ts';
import { sentence } from './refusals.ts';

const NEEDS: Readonly<Record<Metric['kind'], string>> = {
  proportion: 'numerator and denominator, or the percentage',
  rate: 'cases and children of the place, or the rate',
  count: 'a whole number',
  mean: 'a number',
};

/** Everything that is measured: what it means, what it needs, when it last came and when it is expected next. */
export function metricsPage(
  visit: Visit,
  { header, metrics }: LoadedInspection,
  months: readonly Month[],
  /** The last month that is over. */
  last: Period,
  smallNumbers: SmallNumbers,
): Html {
  const { authority, name } = header;
  return layout(visit, {
    title: 'Metrics',
    place: { authority, name, at: 'metrics' },
    content: html`<h1 class="govuk-heading-l">Metrics</h1>
<p class="govuk-body">What is measured, what each figure needs, and when it is expected. Who is mailed about it is under <a class="govuk-link" href="${pathOf(authority, 'recipients')}">Recipients</a>.${
      visit.session?.scopes.includes('submit') &&
      html` <a class="govuk-link" href="${pathOf(authority, 'submit')}">Get a workbook to fill in</a>.`
    }${
      visit.session?.scopes.includes('manage') &&
      html` <a class="govuk-link" href="${pathOf(authority, 'catalogue')}">Start a metric, or load published figures of other places</a>.`
    }</p>
${table({
  caption: 'Metrics',
  captionHidden: true,
  heads: ['Metric', 'What it is', 'Needs', 'How often', 'Latest figure', 'Next expected for'],
  rows: metrics.map((metric) => {
    const latest = months.findLast(({ observations }) => metric.id in observations);
    return [
      html`<a class="govuk-link" href="${pathOf(authority, 'metrics', metric.id)}">${metric.title}</a>${metric.aliases && html`<br><span class="app-when">Also: ${metric.aliases.join(', ')}</span>`}`,
      metric.definition,
      NEEDS[metric.kind],
      sentence(metric.frequency),
      latest ? `${monthName(latest.period)}: ${formatReported(metric, latest, smallNumbers)}` : NOTHING,
      expected(metric, latest?.period, last),
    ];
  }),
})}`,
  });
}

/** The month that is expected next; late where it is over already. A metric that never came is not waited for. */
function expected({ frequency }: Metric, latest: Period | undefined, last: Period): Content {
  if (!latest) return NOTHING;
  const next = addMonths(latest, monthsBetweenReports(frequency));
  return next <= last ? html`<strong>${monthName(next)}, not sent yet</strong>` : monthName(next);
}
