import { titleOfAlert } from '../domain/authority-alerts.ts';
import { monthName } from '../domain/format.ts';
import type { Glance } from '../domain/glance.ts';
import type { RegionRow } from '../services/region.ts';
import { type Content, type Html, html } from './html.ts';
import { layout, NOTHING, pathOf, table, type Visit } from './layout.ts';
import { counted, stateIcon } from './words.ts';

/** So many authorities are on a page. */
export const AUTHORITIES_A_PAGE = 50;

/** Every authority that somebody may see, a row each: what to look at first is at the top. */
export function regionPage(
  visit: Visit,
  rows: readonly RegionRow[],
  { after, mayBegin }: { readonly after: string | undefined; readonly mayBegin: boolean },
): Html {
  const nothing = rows.filter((row) => weight(row) === 0).length;
  return layout(visit, {
    title: 'Authorities',
    content: html`<h1 class="govuk-heading-l">Authorities</h1>
${
  rows.length === 0
    ? html`<p class="govuk-body">No inspection is loaded yet. A deployment loads those in <code>seed/</code>.</p>`
    : html`<p class="govuk-body">${nothing === rows.length ? 'Nothing got worse, and nothing is late.' : `${counted(rows.length - nothing, 'authority', 'authorities')} of ${rows.length} to look at, the most pressing first.`}</p>
${table({
  caption: 'Authorities, the most pressing first',
  captionHidden: true,
  heads: ['Authority', 'Critical, and in nobody’s hands', 'Got worse with the latest figures', 'Late', 'Figures up to'],
  className: 'app-region',
  rows: [...rows].sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1)).map(rowOf),
})}`
}
${after !== undefined && html`<p class="govuk-body"><a class="govuk-link" href="/?after=${after}">The next authorities</a></p>`}
${mayBegin && html`<p class="govuk-body"><a class="govuk-link" href="/new-authority">Add a council</a></p>`}`,
  });
}

/** What is critical and nobody's counts for more than anything that got worse, and that for more than what is late. */
function weight({ glance, isHeldUp, closed }: RegionRow): number {
  if (closed) return 0;
  if (!glance) return Number.MAX_SAFE_INTEGER;
  return glance.unowned.length * 1e6 + glance.worse.length * 1e3 + glance.late.length + (isHeldUp ? 1 : 0);
}

function rowOf(row: RegionRow): Content[] {
  const { id, name, closed, glance, latestPeriod, isHeldUp } = row;
  const link = html`<a class="govuk-link" href="${pathOf(id)}">${name}</a>${closed && ' (closed)'}`;
  if (!glance) return [link, 'It cannot be read. Whoever runs this service is told.', NOTHING, NOTHING, NOTHING];
  return [
    link,
    glance.unowned.length > 0 ? html`${stateIcon('critical')} ${named(row, glance.unowned)}` : NOTHING,
    named(row, glance.worse),
    isHeldUp ? 'The newest figures could not be judged' : named(row, glance.late),
    latestPeriod ? monthName(latestPeriod) : 'None yet',
  ];
}

/** So many names are read at a glance; the authority's own page has them all. */
const MAX_NAMED = 3;

function named({ id, metrics }: RegionRow, alerts: Glance[keyof Glance]): Content {
  if (alerts.length === 0) return NOTHING;
  const known = new Set(metrics.map((metric) => metric.id));
  const names = alerts.slice(0, MAX_NAMED).map((alert, index) => {
    const title = titleOfAlert(alert, metrics);
    return html`${index > 0 && ', '}${known.has(alert) ? html`<a class="govuk-link" href="${pathOf(id, 'metrics', alert)}">${title}</a>` : title}`;
  });
  return html`<strong>${alerts.length}</strong>: ${names}${alerts.length > MAX_NAMED && ` and ${alerts.length - MAX_NAMED} more`}`;
}
