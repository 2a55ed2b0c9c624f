import { type Doing, ForbiddenError } from '../domain/access.ts';
import { FrameworkIdSchema } from '../domain/frameworks.ts';
import type { Metric } from '../domain/metric.ts';
import { skeletonOf } from '../domain/read-inspection.ts';
import type { Refused } from '../pages/inputs.ts';
import type { Destination } from '../pages/inspections.ts';
import { RefusalError } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { InvalidError } from '../services/errors.ts';
import type { InspectionChange } from '../services/inspection-files.ts';
import { isAuthorityId, requireInspection, requireOpenInspection } from '../services/inspections.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** Inspections brought in on the page: begun, checked, loaded. */

export async function getInspections(
  { parameters: { authority = '' }, query, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const [inspection, { inspectionsPage }] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/inspections.ts'),
  ]);
  return page(inspectionsPage(visit, inspection, query.loaded));
}

/** A report to fill in. */
export async function getSkeleton({ parameters: { authority = '' }, query }: PageRequest): Promise<PageAnswer> {
  const framework = FrameworkIdSchema.safeParse(query.framework);
  if (!framework.success) throw new RefusalError(422, 'No such kind', 'Go back and choose the kind of inspection.');
  return {
    statusCode: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="${authority}-inspection.json"`,
      'cache-control': 'no-store',
    },
    body: `${JSON.stringify(skeletonOf(framework.data, authority), null, 2)}\n`,
  };
}

/** What a report would change; or everything that is wrong with it. */
export async function postInspectionCheck(
  request: PageRequest,
  dependencies: DashboardDependencies,
): Promise<PageAnswer> {
  const { authority = '' } = request.parameters;
  const [inspection, { ofAuthority }, { loadInspectionFile }] = await Promise.all([
    requireOpenInspection(dependencies.database, authority),
    import('../pages/inspections.ts'),
    import('../services/inspection-files.ts'),
  ]);
  return checkReport(request, dependencies, ofAuthority(inspection), inspection.metrics, (contents, doing) => {
    const { id } = (contents ?? {}) as { id?: unknown };
    return loadInspectionFile(dependencies.database, { authority, id: String(id ?? '') }, contents, doing, true);
  });
}

async function checkReport(
  { form: { report = '' }, files, visit, by }: PageRequest,
  { now }: DashboardDependencies,
  destination: Destination,
  metrics: readonly Metric[],
  check: (contents: unknown, doing: Doing) => Promise<InspectionChange>,
): Promise<PageAnswer> {
  const [pages, { placeFaults }, { LIBRARY }] = await Promise.all([
    import('../pages/inspections.ts'),
    import('../services/inspection-files.ts'),
    import('../services/library.ts'),
  ]);
  const { readReport, packReport, reportFaultsPage, reportPreviewPage } = pages;
  const sent = readReport(files.file, report);
  const refuse = (faults: Parameters<typeof reportFaultsPage>[2]): PageAnswer =>
    page(reportFaultsPage(visit, destination, faults, sent.pasted), 422);
  if ('unreadable' in sent) return refuse(sent.unreadable.map((fault) => ({ ...fault, path: '' })));
  const { contents, lines } = sent;
  const { metrics: own } = (contents ?? {}) as { metrics?: { id?: unknown; title?: unknown }[] };
  try {
    const change = await check(contents, { by, now: now() });
    const titles = new Map(
      [...LIBRARY, ...metrics, ...(own ?? [])].map((each) => [String(each.id), String(each.title)]),
    );
    const titleOf = (metric: string): string => titles.get(metric) ?? metric;
    return page(reportPreviewPage(visit, destination, change, { packed: packReport(contents), titleOf }));
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return refuse(placeFaults(error.faults, lines));
  }
}

/** Loads a report that was checked. */
export async function postInspection(
  { parameters: { authority = '', inspection = '' }, form: { report = '' }, by }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ unpackReport }, { loadInspectionFile }] = await Promise.all([
    import('../pages/inspections.ts'),
    import('../services/inspection-files.ts'),
  ]);
  const doing = { by, now: now() };
  const { inspection: id } = await loadInspectionFile(
    database,
    { authority, id: inspection },
    unpackReport(report),
    doing,
    false,
  );
  return redirect(`/authorities/${authority}/inspections?loaded=${encodeURIComponent(id)}`);
}

/** Only whoever may manage every authority begins another. */
function requireEvery({ grant }: PageRequest): void {
  if (grant?.authority !== '*') throw new ForbiddenError();
}

/** How a council is begun that is not known yet: with the report of its first inspection. */
export async function getNewAuthority(request: PageRequest, refused?: Refused): Promise<PageAnswer> {
  requireEvery(request);
  const { newAuthorityPage } = await import('../pages/inspections.ts');
  return page(newAuthorityPage(request.visit, refused), refused ? 422 : 200);
}

/** A report to fill in of a council that is not known yet. */
export async function getNewSkeleton(request: PageRequest): Promise<PageAnswer> {
  requireEvery(request);
  const authority = request.query.authority?.trim() ?? '';
  if (isAuthorityId(authority)) return getSkeleton({ ...request, parameters: { authority } });
  const text =
    'Enter lower-case letters, digits and hyphens, as in north-shire; it begins with a letter and has at most 64';
  return getNewAuthority(request, { form: request.query, errors: [{ field: 'authority', text }] });
}

/** What the first report of a council would bring; or everything that is wrong with it. */
export async function postNewAuthorityCheck(
  request: PageRequest,
  dependencies: DashboardDependencies,
): Promise<PageAnswer> {
  requireEvery(request);
  const [{ OF_NEW_AUTHORITY }, { beginAuthority }] = await Promise.all([
    import('../pages/inspections.ts'),
    import('../services/inspection-files.ts'),
  ]);
  return checkReport(request, dependencies, OF_NEW_AUTHORITY, [], (contents, doing) =>
    beginAuthority(dependencies.database, contents, doing, true),
  );
}

/** Begins a council with a report that was checked. */
export async function postNewAuthority(
  request: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  requireEvery(request);
  const [{ unpackReport }, { beginAuthority }] = await Promise.all([
    import('../pages/inspections.ts'),
    import('../services/inspection-files.ts'),
  ]);
  const doing = { by: request.by, now: now() };
  const begun = await beginAuthority(database, unpackReport(request.form.report ?? ''), doing, false);
  return redirect(`/authorities/${begun.authority}/inspections?loaded=${encodeURIComponent(begun.inspection)}`);
}
