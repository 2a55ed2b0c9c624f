import { smallNumbersFor } from '../domain/authority.ts';
import { isAuthorityAlert } from '../domain/authority-alerts.ts';
import { addMonths, dayInEngland, periodOf } from '../domain/period.ts';
import { AcknowledgementBodySchema } from '../http/bodies.ts';
import type { RefusedAcknowledgement, RefusedOf } from '../pages/acknowledgement.ts';
import { overviewPage } from '../pages/overview.ts';
import { AUTHORITIES_A_PAGE, regionPage } from '../pages/region.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { acknowledgeAlert } from '../services/alerts.ts';
import { listAuthorities } from '../services/inspections.ts';
import { readMetricHistory, readOverview, readSubmitted } from '../services/record.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** Where things stand: of an authority, of its metrics, of one, and that an alert was taken in hand. */

export async function getStart(
  { visit, grant, query }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const several = grant?.authorities ?? [];
  if (grant && grant.authority !== '*' && several.length < 2) return redirect(`/authorities/${grant.authority}`);
  const all = await listAuthorities(database);
  const authorities = several.length > 0 ? all.filter(({ id }) => several.includes(id)) : all;
  const [only] = authorities;
  if (only && authorities.length === 1) return redirect(`/authorities/${only.id}`);
  const rest = authorities.filter(({ id }) => id > (query.after ?? '')).sort((a, b) => (a.id < b.id ? -1 : 1));
  const shown = rest.slice(0, AUTHORITIES_A_PAGE);
  const { readRegion } = await import('../services/region.ts');
  const after = rest.length > shown.length ? shown.at(-1)?.id : undefined;
  const mayBegin = grant?.authority === '*' && grant.scopes.includes('manage');
  return page(regionPage(visit, await readRegion(database, shown), { after, mayBegin }));
}

/** A month has one notice, and one more for each correction of it. */
const NEWEST_NOTICES = 10;

export async function getOverview(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
  refused?: RefusedOf,
): Promise<PageAnswer> {
  const overview = await readOverview(database, authority, NEWEST_NOTICES, now());
  const shown = {
    ...overview,
    today: dayInEngland(now()),
    smallNumbers: smallNumbersFor(overview.inspection, smallNumbers),
  };
  return page(overviewPage(visit, shown, refused), refused ? 422 : 200);
}

export async function getBoardPack(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const [overview, { boardPackPage }] = await Promise.all([
    readOverview(database, authority, NEWEST_NOTICES, now()),
    import('../pages/board-pack.ts'),
  ]);
  return page(
    boardPackPage(visit, {
      ...overview,
      today: dayInEngland(now()),
      smallNumbers: smallNumbersFor(overview.inspection, smallNumbers),
    }),
  );
}

export async function getMetric(
  { parameters: { authority = '', metric = '' }, visit }: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
  refused?: RefusedAcknowledgement,
): Promise<PageAnswer> {
  // Not with the module: no other page draws charts, and what draws them takes long to load.
  const [history, { metricPage }] = await Promise.all([
    readMetricHistory(database, authority, metric, smallNumbers),
    import('../pages/metric.ts'),
  ]);
  return page(
    metricPage(visit, { ...history, smallNumbers: smallNumbersFor(history.inspection, smallNumbers) }, refused),
    refused ? 422 : 200,
  );
}

const WHAT_IS_WANTED: Readonly<Record<string, string>> = {
  author: 'Enter your name, in at most 200 characters',
  note: 'Enter what is being done, in at most 2000 characters',
};

export async function postAcknowledgement(
  request: PageRequest,
  dependencies: DashboardDependencies,
): Promise<PageAnswer> {
  const { authority = '', alert = '' } = request.parameters;
  const { author = '', note = '' } = request.form;
  const given = AcknowledgementBodySchema.safeParse({ author, note });
  if (!given.success) {
    const fields = new Set(given.error.issues.map(({ path }) => String(path[0])));
    const errors = [...fields].map((field) => ({
      field: `${alert}-${field}`,
      text: WHAT_IS_WANTED[field] ?? 'This cannot be taken',
    }));
    if (isAuthorityAlert(alert)) return getOverview(request, dependencies, { alert, author, note, errors });
    const metric = { ...request, parameters: { authority, metric: alert } };
    return getMetric(metric, dependencies, { author, note, errors });
  }
  const { database, now } = dependencies;
  await acknowledgeAlert(database, authority, alert, given.data, { by: request.by, now: now() });
  return redirect(`/authorities/${authority}${isAuthorityAlert(alert) ? '' : `/metrics/${alert}#acknowledgement`}`);
}

export async function getMetrics(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ inspection, months }, { metricsPage }] = await Promise.all([
    readSubmitted(database, authority),
    import('../pages/metrics.ts'),
  ]);
  const last = addMonths(periodOf(dayInEngland(now())), -1);
  return page(metricsPage(visit, inspection, months, last, smallNumbersFor(inspection, smallNumbers)));
}
