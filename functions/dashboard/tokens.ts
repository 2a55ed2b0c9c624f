import { scopesOf } from '../domain/person.ts';
import { TokenBodySchema } from '../http/bodies.ts';
import type { Refused } from '../pages/inputs.ts';
import { refusalFor } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { requireInspection } from '../services/inspections.ts';
import {
  answeringFor,
  keepToken,
  LabelTakenError,
  listTokensOf,
  MAX_TOKEN_DAYS,
  makeToken,
  revokeTokenOf,
  TooManyTokensError,
} from '../services/tokens.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** The tokens by which programs sign in. */

export async function getTokens(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, now, council }: DashboardDependencies,
  refused?: Refused,
): Promise<PageAnswer> {
  const [{ header }, list, { tokensPage }] = await Promise.all([
    requireInspection(database, authority),
    listTokensOf(database, authority, now()),
    import('../pages/tokens.ts'),
  ]);
  const answering = await answeringFor(database, authority, list.tokens, council !== undefined);
  return page(tokensPage(visit, header, { ...list, answering }, refused), refused ? 422 : 200);
}

const WHAT_IS_WANTED = {
  label: 'Enter what it is for, in at most 80 characters',
  role: 'Choose what it may do',
  days: `Enter for how many days, from 1 to ${MAX_TOKEN_DAYS}`,
} as const;

export async function postToken(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '' } = request.parameters;
  const { label = '', role = '', days = '' } = request.form;
  const { database, now } = dependencies;
  const { header } = await requireInspection(database, authority);
  const wanted = TokenBodySchema.safeParse({ label, role, days });
  if (!wanted.success) {
    const faulty = new Set(wanted.error.issues.map(({ path }) => String(path[0])));
    const errors = Object.entries(WHAT_IS_WANTED).flatMap(([field, text]) =>
      faulty.has(field) ? [{ field, text }] : [],
    );
    return getTokens(request, dependencies, { form: request.form, errors });
  }
  try {
    const { role, ...rest } = wanted.data;
    const doing = { by: request.by, now: now() };
    const made = await makeToken(database, authority, { ...rest, scopes: scopesOf(role) }, doing);
    const { tokenPage } = await import('../pages/tokens.ts');
    return page(tokenPage(request.visit, header, made));
  } catch (error) {
    // Also where the page with the token is loaded again: it makes no second one.
    if (!(error instanceof LabelTakenError || error instanceof TooManyTokensError)) throw error;
    const errors = [{ field: 'label', text: refusalFor(error)?.message ?? error.message }];
    return getTokens(request, dependencies, { form: request.form, errors });
  }
}

export async function postRevocation(
  { parameters: { authority = '', token = '' } }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  await revokeTokenOf(database, authority, token);
  return redirect(`/authorities/${authority}/tokens`);
}

export async function postKeeping(
  { parameters: { authority = '', token = '' }, by }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  await keepToken(database, authority, token, { by, now: now() });
  return redirect(`/authorities/${authority}/tokens`);
}
