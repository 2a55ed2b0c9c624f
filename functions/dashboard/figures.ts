import { smallNumbersFor } from '../domain/authority.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import { fileAnswer } from '../http/files.ts';
import { RangeQuerySchema } from '../http/queries.ts';
import type { RefusedCorrection } from '../pages/correction.ts';
import { RefusalError, sentence } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { MAX_REVISIONS, monthPage, submissionsPage } from '../pages/submissions.ts';
import { retractMonth } from '../services/accept.ts';
import { monthIn } from '../services/cell-periods.ts';
import { correctMonth } from '../services/correct.ts';
import { InvalidError, NotFoundError } from '../services/errors.ts';
import { checkOpen, metricIn, requireMetrics, withInspection } from '../services/inspections.ts';
import { readMonth, readNewestRevisions } from '../services/months.ts';
import { readSubmitted } from '../services/record.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** The months that were submitted: shown, taken away as files, corrected, taken back. */

export async function getSubmissions(
  { parameters: { authority = '' }, query, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const { inspection, months } = await readSubmitted(database, authority);
  const sent = query.accepted?.split(',') ?? [];
  const accepted = months.filter(({ period }) => sent.includes(period)).map(({ period }) => period);
  return page(submissionsPage(visit, inspection, months, accepted));
}

export async function getMonth(
  { parameters: { authority = '', period = '' }, visit }: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
): Promise<PageAnswer> {
  const [inspection, revisions] = await withInspection(database, authority, () =>
    readNewestRevisions(database, authority, period, MAX_REVISIONS),
  );
  return page(monthPage(visit, inspection, revisions, smallNumbersFor(inspection, smallNumbers)));
}

export async function getReceipt(
  { parameters: { authority = '', receipt: at = '' }, visit }: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ receiptPage }, { readReceipt }] = await Promise.all([
    import('../pages/receipt.ts'),
    import('../services/receipt.ts'),
  ]);
  const shown = (inspection: LoadedInspection) => smallNumbersFor(inspection, smallNumbers);
  const { inspection, receipt } = await readReceipt(database, authority, at, shown);
  return page(receiptPage(visit, inspection, receipt, shown(inspection)));
}

export async function getTemplate(
  { parameters: { authority = '' }, query }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const [from, to] = [query.from, query.to].map((text) => (text?.trim() ? monthIn(text) : undefined));
  const range = RangeQuerySchema.safeParse({ from, to });
  if ((query.from?.trim() && !from) || (query.to?.trim() && !to))
    throw new RefusalError(422, 'Not a month', 'Go back and write the months as in “September 2011”.');
  if (!range.success)
    throw new RefusalError(
      422,
      'Not in order',
      'The first month is later than the last. Go back and write the earlier one first.',
    );
  const { templateFile } = await import('../services/downloads.ts');
  return fileAnswer(await templateFile(database, authority, range.data, now()), `${authority}-template.xlsx`);
}

export async function getFigures(
  { parameters: { authority = '' } }: PageRequest,
  { database }: DashboardDependencies,
  format: 'csv' | 'xlsx',
): Promise<PageAnswer> {
  const { figuresFile } = await import('../services/downloads.ts');
  return fileAnswer(await figuresFile(database, authority, {}, format), `${authority}.${format}`);
}

export async function getCorrection(
  request: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
  refused?: RefusedCorrection,
): Promise<PageAnswer> {
  const { authority = '', period = '' } = request.parameters;
  const id = refused?.form.metric ?? request.query.metric ?? '';
  const [inspection, month] = await withInspection(database, authority, () => readMonth(database, authority, period));
  checkOpen(inspection);
  const metric = metricIn(inspection, id);
  const { correctionPage } = await import('../pages/correction.ts');
  const small = smallNumbersFor(inspection, smallNumbers);
  return page(correctionPage(request.visit, inspection.header, metric, month, small, refused), refused ? 422 : 200);
}

export async function postCorrection(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', period = '' } = request.parameters;
  const { form } = request;
  const { database, now, logger } = dependencies;
  const metric = (await requireMetrics(database, authority)).get(form.metric ?? '');
  if (!metric) throw new NotFoundError('metric', form.metric ?? '');
  const { patchIn } = await import('../pages/correction.ts');
  const { patch, errors } = patchIn(form, metric);
  if (errors.length > 0) return getCorrection(request, dependencies, { form, errors });
  const to = { database, now: now(), by: request.by, log: logger };
  try {
    await correctMonth(to, authority, period, patch, [Number(form.revision)]);
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    const named = error.faults.map(({ pointer = '', detail }) => {
      const field = pointer.split('/').at(-1) ?? '';
      return { text: sentence(detail), ...(field in form ? { field } : {}) };
    });
    return getCorrection(request, dependencies, { form, errors: named });
  }
  return redirect(`/authorities/${authority}/submissions/${period}`);
}

export async function getRetraction(
  { parameters: { authority = '', period = '' }, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ header }, month] = await withInspection(database, authority, () => readMonth(database, authority, period));
  const { retractionPage } = await import('../pages/correction.ts');
  return page(retractionPage(visit, header, month));
}

export async function postRetraction(
  { parameters: { authority = '', period = '' }, form, by }: PageRequest,
  { database, now, logger }: DashboardDependencies,
): Promise<PageAnswer> {
  await retractMonth({ database, now: now(), by, log: logger }, authority, period, [Number(form.revision)]);
  return redirect(`/authorities/${authority}/submissions/${period}`);
}
