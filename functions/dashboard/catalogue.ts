import type * as z from 'zod';
import type { MetricDefinition } from '../domain/metric.ts';
import { BenchmarksBodySchema, MetricBodySchema, MetricChangeBodySchema } from '../http/bodies.ts';
import type { Looked } from '../pages/catalogue.ts';
import type { Refused } from '../pages/inputs.ts';
import type { FormError } from '../pages/layout.ts';
import { sentence } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { changeMetric, putMetric } from '../services/catalogue.ts';
import { monthIn } from '../services/cell-periods.ts';
import { InvalidError, NotFoundError } from '../services/errors.ts';
import { metricIn, requireInspection } from '../services/inspections.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** What a council measures, changed on the page. */

export async function getCatalogue(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database }: DashboardDependencies,
  shown: { readonly refused?: Refused; readonly looked?: Looked } = {},
): Promise<PageAnswer> {
  const [inspection, { cataloguePage }, { LIBRARY }] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/catalogue.ts'),
    import('../services/library.ts'),
  ]);
  return page(cataloguePage(visit, inspection, LIBRARY, shown), shown.refused ? 422 : 200);
}

/** A metric of the library, where one is named. Throws {@link NotFoundError}. */
async function takenFrom(id: string): Promise<MetricDefinition | undefined> {
  if (id === '') return undefined;
  const { LIBRARY } = await import('../services/library.ts');
  const found = LIBRARY.find((metric) => metric.id === id);
  if (!found) throw new NotFoundError('metric', id);
  return found;
}

export async function getNewMetric(
  { parameters: { authority = '' }, query, visit }: PageRequest,
  { database }: DashboardDependencies,
  refused?: Refused,
): Promise<PageAnswer> {
  const [{ header }, { newMetricPage }, taken] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/catalogue.ts'),
    takenFrom(refused?.form.library ?? query.library ?? ''),
  ]);
  return page(newMetricPage(visit, header, taken, refused), refused ? 422 : 200);
}

export async function postNewMetric(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { parameters, form, by } = request;
  const { authority = '' } = parameters;
  const { database, now } = dependencies;
  const [{ metrics }, { readMetric }, taken] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/catalogue.ts'),
    takenFrom(form.library ?? ''),
  ]);
  const { id, wanted, errors } = readMetric(form, taken);
  const refuse = (more: readonly FormError[]) =>
    getNewMetric(request, dependencies, { form, errors: [...errors, ...more] });
  const read = MetricBodySchema.safeParse({ ...wanted, author: form.author, reason: form.reason });
  if (metrics.some((metric) => metric.id === id))
    return refuse([{ field: 'title', text: 'There is a metric of this name already; change it on its own page' }]);
  if (!read.success || errors.length > 0) return refuse(read.success ? [] : errorsOf(read.error.issues));
  const { author, reason, ...definition } = read.data;
  try {
    await putMetric(database, { authority, id }, definition, { author, reason }, { by, now: now() });
  } catch (error) {
    return refuse(faultsOf(error));
  }
  return redirect(`/authorities/${authority}/metrics/${id}`);
}

const WHAT_IS_WANTED: Readonly<Record<string, string>> = {
  title: 'Enter what it is called, in at most 80 characters',
  definition: 'Enter what is counted, in at most 2000 characters',
  unit: 'Enter what is counted, in at most 60 characters',
  from: 'Enter a month, such as September 2024',
  until: 'Enter a month, such as September 2024, or leave it blank',
  standardFrom: 'Enter a month, such as September 2024',
  source: 'Enter at most 300 characters',
  author: 'Enter your name, in at most 200 characters',
  reason: 'Enter why, in at most 1000 characters',
};

/** The field of the form that a part of a definition comes from. */
function fieldOf(path: readonly PropertyKey[]): string {
  const [first = '', , inner = ''] = path.map(String);
  if (first === 'standards') return inner === 'from' ? 'standardFrom' : inner || 'value';
  return first === 'cases' || first === 'window' ? 'covers' : first === 'metric' ? 'title' : first;
}

/** What a service refused, each fault at its field. Throws what is no refusal. */
function faultsOf(error: unknown): FormError[] {
  if (!(error instanceof InvalidError)) throw error;
  return error.faults.map(({ pointer = '', detail }) => ({
    field: fieldOf(pointer.split('/').slice(1)),
    text: sentence(detail),
  }));
}

/** One error for each field. */
function errorsOf(issues: readonly z.core.$ZodIssue[]): FormError[] {
  const fields = new Set(issues.map(({ path }) => fieldOf(path)));
  return [...fields].map((field) => ({
    field,
    text: WHAT_IS_WANTED[field] ?? 'This cannot be taken',
  }));
}

export async function getMetricChange(
  { parameters: { authority = '', metric = '' }, visit }: PageRequest,
  { database }: DashboardDependencies,
  refused?: Refused,
): Promise<PageAnswer> {
  const [inspection, { metricChangesPage }] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/metric-changes.ts'),
  ]);
  return page(metricChangesPage(visit, inspection, metricIn(inspection, metric), refused), refused ? 422 : 200);
}

export async function postMetricChange(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { parameters, form, by } = request;
  const { authority = '', metric = '' } = parameters;
  const { database, now } = dependencies;
  const { title = '', until = '', replacedBy = '', author, reason } = form;
  const wanted = {
    title,
    until: monthIn(until) ?? (until.trim() || null),
    replacedBy: replacedBy || null,
    author,
    reason,
  };
  const read = MetricChangeBodySchema.safeParse(wanted);
  const refuse = (errors: readonly FormError[]) => getMetricChange(request, dependencies, { form, errors });
  if (!read.success) return refuse(errorsOf(read.error.issues));
  const { author: said, reason: why, ...fate } = read.data;
  try {
    await changeMetric(database, { authority, id: metric }, fate, { author: said, reason: why }, { by, now: now() });
  } catch (error) {
    return refuse(faultsOf(error));
  }
  return redirect(`/authorities/${authority}/metrics/${metric}`);
}

/** One click: whoever is signed in says so, and when. */
export async function postConfirmation(
  { parameters: { authority = '', metric = '' }, by, visit }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const { confirmStandard } = await import('../services/standards.ts');
  await confirmStandard(database, authority, metric, visit.session?.label ?? by, { by, now: now() });
  return redirect(`/authorities/${authority}/metrics/${metric}`);
}

export async function postBenchmarks(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { parameters, form, files, by } = request;
  const { authority = '' } = parameters;
  const { database, now } = dependencies;
  const [{ loadBenchmarks }, { decodeText, UnreadableFileError }] = await Promise.all([
    import('../services/benchmarks.ts'),
    import('../services/csv.ts'),
  ]);
  const refuse = (errors: readonly FormError[]) => getCatalogue(request, dependencies, { refused: { form, errors } });
  try {
    const csv = files.file ? decodeText(files.file) : '';
    const read = BenchmarksBodySchema.safeParse({ source: form.source, author: form.author, csv });
    if (!read.success)
      return refuse(
        errorsOf(read.error.issues).map((error) => ({
          ...error,
          text: BENCHMARK_WANTS[error.field ?? ''] ?? error.text,
          field: error.field === 'csv' ? 'file' : (error.field ?? ''),
        })),
      );
    const loaded = form.do === 'load';
    const looked = await loadBenchmarks(database, authority, read.data, { by, now: now() }, !loaded);
    return getCatalogue(request, dependencies, { looked: { read: looked, loaded } });
  } catch (error) {
    if (error instanceof UnreadableFileError)
      return refuse([{ field: 'file', text: `Line ${error.line} ${error.message}` }]);
    if (!(error instanceof InvalidError)) throw error;
    return refuse(
      error.faults
        .slice(0, MAX_NAMED)
        .map(({ line, detail }) => ({ field: 'file', text: `${line ? `Line ${line}: ` : ''}${detail}` })),
    );
  }
}

const BENCHMARK_WANTS: Readonly<Record<string, string>> = {
  csv: 'Choose a file',
  source: 'Enter the publication, in at most 300 characters',
};
/** So many faults of a file are read. */
const MAX_NAMED = 20;

export async function postBenchmarkRemoval(
  { parameters: { authority = '', metric = '' } }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const { dropBenchmark } = await import('../services/benchmarks.ts');
  await dropBenchmark(database, authority, metric);
  return redirect(`/authorities/${authority}/catalogue#elsewhere`);
}
