import { smallNumbersFor } from '../domain/authority.ts';
import { firstOf } from '../domain/questions.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { logUnreadable } from '../runtime/logging.ts';
import { acceptMonths, BasisChangedError, type ComparedMonth, compareMonths } from '../services/accept-months.ts';
import { requireOpenInspection } from '../services/inspections.ts';
import { forgetName, listOwnNames, rememberNames } from '../services/own-names.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** Figures sent from the page: uploaded, looked at, accepted. */

export async function getSubmit(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, logger }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ header, metrics }, { submitPage }, ownNames] = await Promise.all([
    requireOpenInspection(database, authority),
    import('../pages/upload.ts'),
    listOwnNames(database, authority),
  ]);
  logUnreadable(logger, ownNames.unreadable);
  return page(submitPage(visit, header, metrics, ownNames));
}

export async function postNameRemoval(
  { parameters: { authority = '', name = '' } }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  await forgetName(database, authority, name);
  return redirect(`/authorities/${authority}/submit#names`);
}

export async function postCheck(
  { parameters: { authority = '' }, form: { figures = '', ...form }, files, visit, by }: PageRequest,
  { database, smallNumbers, now, logger }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ readUpload, packMonths, previewPage, faultsPage, modeIn }, { keptFile, meaningsIn }] = await Promise.all([
    import('../pages/upload.ts'),
    import('../pages/own-names.ts'),
  ]);
  const inspection = await requireOpenInspection(database, authority);
  const mode = modeIn(form.mode);
  const meanings = meaningsIn(form);
  if (meanings.length > 0) await rememberNames({ database, by, now: now() }, authority, meanings);
  const { names: ownNames, unreadable } = await listOwnNames(database, authority);
  logUnreadable(logger, unreadable);
  const upload = readUpload(files.file ?? keptFile(form), figures, { ...inspection, ownNames }, now());
  if (upload.faults.length > 0) return page(faultsPage(visit, inspection, upload, mode), 422);
  const months = await compareMonths(
    database,
    authority,
    { metrics: inspection.metrics, months: upload.months },
    { now: now() },
    mode,
  );
  const checked = { ...upload, packed: packMonths(upload.months), questions: questionsOf(months) };
  return page(previewPage(visit, inspection, checked, mode, months, smallNumbersFor(inspection, smallNumbers)));
}

/** What is to be asked of months before they are sent: the first of it. */
const questionsOf = (months: readonly ComparedMonth[]): string[] =>
  firstOf(months.flatMap(({ questions }) => questions));

const CHANGED_MEANWHILE =
  'Somebody else submitted one of these months since you checked them. Check again what would change, then send.';

export async function postSubmissions(
  { parameters: { authority = '' }, form: { months: packed = '', basis, ...form }, visit, by }: PageRequest,
  { database, smallNumbers, now, logger }: DashboardDependencies,
): Promise<PageAnswer> {
  const { unpackMonths, previewPage, modeIn } = await import('../pages/upload.ts');
  const inspection = await requireOpenInspection(database, authority);
  const mode = modeIn(form.mode);
  const { metrics } = inspection;
  const sent = { metrics, months: unpackMonths(packed, metrics, now()) };
  try {
    const months = await acceptMonths({ database, now: now(), by, log: logger }, authority, sent, { basis }, mode);
    const changed = months.filter(({ outcome }) => outcome !== 'unchanged');
    const accepted = (changed.length > 0 ? changed : months).map(({ period }) => period);
    return redirect(`/authorities/${authority}/submissions?accepted=${accepted.join(',')}`);
  } catch (error) {
    if (!(error instanceof BasisChangedError)) throw error;
    const months = await compareMonths(database, authority, sent, { now: now() }, mode);
    const again = {
      questions: questionsOf(months),
      packed,
      understood: [],
      otherSheets: [],
      unknown: [],
      pasted: '',
      file: undefined,
    };
    return page(
      previewPage(visit, inspection, again, mode, months, smallNumbersFor(inspection, smallNumbers), CHANGED_MEANWHILE),
      409,
    );
  }
}
