import { FrameworkIdSchema } from '../domain/frameworks.ts';
import { skeletonOf } from '../domain/read-inspection.ts';
import { RefusalError } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { InvalidError } from '../services/errors.ts';
import { requireInspection, requireOpenInspection } from '../services/inspections.ts';
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
  { parameters: { authority = '' }, form: { report = '' }, files, visit, by }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const [inspection, pages, { loadInspectionFile, placeFaults }, { LIBRARY }] = await Promise.all([
    requireOpenInspection(database, authority),
    import('../pages/inspections.ts'),
    import('../services/inspection-files.ts'),
    import('../services/library.ts'),
  ]);
  const { readReport, packReport, reportFaultsPage, reportPreviewPage } = pages;
  const sent = readReport(files.file, report);
  const refuse = (faults: Parameters<typeof reportFaultsPage>[2]): PageAnswer =>
    page(reportFaultsPage(visit, inspection, faults, sent.pasted), 422);
  if ('unreadable' in sent) return refuse([{ ...sent.unreadable, path: '' }]);
  const { contents, lines } = sent;
  const { id, metrics: own } = (contents ?? {}) as { id?: unknown; metrics?: { id?: unknown; title?: unknown }[] };
  try {
    const doing = { by, now: now() };
    const change = await loadInspectionFile(database, { authority, id: String(id ?? '') }, contents, doing, true);
    const titles = new Map(
      [...LIBRARY, ...inspection.metrics, ...(own ?? [])].map((each) => [String(each.id), String(each.title)]),
    );
    const titleOf = (metric: string): string => titles.get(metric) ?? metric;
    return page(reportPreviewPage(visit, inspection, change, { packed: packReport(contents), titleOf }));
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
