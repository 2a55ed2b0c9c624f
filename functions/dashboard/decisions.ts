import { smallNumbersFor } from '../domain/authority.ts';
import { dayInEngland } from '../domain/period.ts';
import { ProgressBodySchema } from '../http/bodies.ts';
import { StandardBodySchema } from '../http/standard-bodies.ts';
import type { Refused } from '../pages/inputs.ts';
import type { FormError } from '../pages/layout.ts';
import { RefusalError, sentence } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { InvalidError, NotFoundError } from '../services/errors.ts';
import { reportProgress } from '../services/progress.ts';
import { readMetricHistory, readOverview } from '../services/record.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** What people decide beside the figures: what a metric is held against, and how far an action is. */

export async function getStandard(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  return showStandard(request, dependencies, request.query);
}

/**
 * The form that sets a standard; with something to try, also what that would have raised. What is wrong with it comes before what
 * is wrong with who decides and why: there is nothing to decide on yet.
 */
async function showStandard(
  { parameters: { authority = '', metric = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
  form: Readonly<Record<string, string>>,
  decision: readonly FormError[] = [],
): Promise<PageAnswer> {
  const [history, { changeIn, fieldOf, standardPage }, { tryOnHistory }] = await Promise.all([
    readMetricHistory(database, authority, metric, smallNumbers),
    import('../pages/standard.ts'),
    import('../services/standards.ts'),
  ]);
  const shown = smallNumbersFor(history.inspection, smallNumbers);
  const view = { ...history, smallNumbers: shown };
  if (!('from' in form)) return page(standardPage(visit, view, { form, errors: [] }));
  const { change, errors } = changeIn(form, view);
  if (errors.length > 0) return page(standardPage(visit, view, { form, errors }), 422);
  try {
    const tried = tryOnHistory(history, change, shown, now());
    return page(standardPage(visit, view, { form, errors: decision, tried }), decision.length > 0 ? 422 : 200);
  } catch (error) {
    return page(standardPage(visit, view, { form, errors: faultsOf(error, (name) => fieldOf(form, name)) }), 422);
  }
}

/** What a service refuses, beside the fields that it is about. Throws whatever else went wrong. */
function faultsOf(error: unknown, fieldOf: (name: string) => string): FormError[] {
  if (!(error instanceof InvalidError)) throw error;
  return error.faults.map(({ pointer = '', detail }) => ({
    text: sentence(detail),
    field: fieldOf(pointer.split('/').at(-1) ?? ''),
  }));
}

export async function postStandard(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', metric = '' } = request.parameters;
  const { database, now, smallNumbers } = dependencies;
  const { form } = request;
  const [history, { changeIn }, { setStandard }] = await Promise.all([
    readMetricHistory(database, authority, metric, smallNumbers),
    import('../pages/standard.ts'),
    import('../services/standards.ts'),
  ]);
  const { change, errors } = changeIn(
    { from: '', ...form },
    {
      ...history,
      smallNumbers: smallNumbersFor(history.inspection, smallNumbers),
    },
  );
  if (errors.length > 0) return showStandard(request, dependencies, { from: '', ...form });
  const { author = '', reason = '' } = form;
  const decided = StandardBodySchema.safeParse({ ...change, author: author.trim(), reason: reason.trim() });
  if (!decided.success) {
    const faulty = new Set(decided.error.issues.map(({ path }) => String(path[0])));
    const wanted = {
      author: 'Enter your name, in at most 200 characters',
      reason: 'Enter why it is changed, in at most 1000 characters',
    };
    const missing = Object.entries(wanted).flatMap(([name, text]) => (faulty.has(name) ? [{ field: name, text }] : []));
    // A form of this page holds nothing else.
    if (missing.length === 0) throw new RefusalError(422, 'Not accepted', 'Try the change out again, then save it.');
    return showStandard(request, dependencies, form, missing);
  }
  try {
    await setStandard(database, authority, metric, decided.data, { by: request.by, now: now() });
  } catch (error) {
    if (error instanceof InvalidError) return showStandard(request, dependencies, form);
    throw error;
  }
  return redirect(`/authorities/${authority}/metrics/${metric}#written`);
}

export async function getAction(
  { parameters: { authority = '', action: id = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
  refused?: Refused,
): Promise<PageAnswer> {
  const [overview, { actionPage }] = await Promise.all([
    readOverview(database, authority, 1, now()),
    import('../pages/action.ts'),
  ]);
  const action = overview.inspection.actions.find((each) => each.id === id);
  if (!action) throw new NotFoundError('action', id);
  const view = {
    ...overview,
    today: dayInEngland(now()),
    smallNumbers: smallNumbersFor(overview.inspection, smallNumbers),
  };
  return page(actionPage(visit, view, action, refused), refused ? 422 : 200);
}

const WHAT_IS_WANTED = {
  state: 'Choose whether it is completed',
  evidence: 'Enter what shows it, in at most 2000 characters',
  author: 'Enter your name, in at most 200 characters',
} as const;

export async function postAction(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', action = '' } = request.parameters;
  const { state = '', evidence = '', author = '' } = request.form;
  const reported = ProgressBodySchema.safeParse({ state, evidence: evidence.trim(), author: author.trim() });
  if (!reported.success) {
    const faulty = new Set(reported.error.issues.map(({ path }) => String(path[0])));
    const errors = Object.entries(WHAT_IS_WANTED).flatMap(([field, text]) =>
      faulty.has(field) ? [{ field, text }] : [],
    );
    return getAction(request, dependencies, { form: request.form, errors });
  }
  const { database, now } = dependencies;
  await reportProgress(database, authority, action, reported.data, { by: request.by, now: now() });
  return redirect(`/authorities/${authority}/actions/${encodeURIComponent(action)}`);
}
