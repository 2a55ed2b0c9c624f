import { SettingsBodySchema } from '../http/bodies.ts';
import type { Refused } from '../pages/inputs.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { changeSettings } from '../services/authorities.ts';
import { requireInspection } from '../services/inspections.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** What the council decides for itself as a whole: its settings, and whether it goes on. */

export async function getSettings(
  { parameters: { authority = '' }, visit, grant }: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
  refused?: Refused,
): Promise<PageAnswer> {
  const [inspection, { settingsPage }] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/settings.ts'),
  ]);
  const mayBegin = grant?.authority === '*';
  return page(settingsPage(visit, inspection, { deployed: smallNumbers, mayBegin }, refused), refused ? 422 : 200);
}

export async function getClosing(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database }: DashboardDependencies,
  refused?: Refused,
): Promise<PageAnswer> {
  const [inspection, { closingPage }] = await Promise.all([
    requireInspection(database, authority),
    import('../pages/settings.ts'),
  ]);
  return page(closingPage(visit, inspection, refused), refused ? 422 : 200);
}

const WHAT_IS_WANTED: Readonly<Record<string, string>> = {
  name: 'A name has at most 60 characters',
  dueWorkingDay: 'Enter a whole number from 1 to 20',
  smallNumbers: 'Choose one of these',
  author: 'Enter your name, in at most 200 characters',
  reason: 'Enter why, in at most 1000 characters',
};

export function postSettings(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { name = '', dueWorkingDay = '', smallNumbers = '' } = request.form;
  const day = dueWorkingDay.trim();
  const wanted = {
    name: name.trim() || null,
    dueWorkingDay: day ? Number(day) : null,
    smallNumbers: smallNumbers || null,
  };
  return change(wanted, request, dependencies, getSettings);
}

export function postClosing(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  return change({ closed: request.form.closed === 'yes' }, request, dependencies, getClosing);
}

async function change(
  wanted: object,
  request: PageRequest,
  dependencies: DashboardDependencies,
  again: typeof getSettings,
): Promise<PageAnswer> {
  const { parameters, form, by } = request;
  const { authority = '' } = parameters;
  const { author = '', reason = '' } = form;
  const read = SettingsBodySchema.safeParse({ ...wanted, author, reason });
  if (!read.success) {
    const fields = new Set(read.error.issues.map(({ path }) => String(path[0])));
    const errors = [...fields].map((field) => ({ field, text: WHAT_IS_WANTED[field] ?? 'This cannot be taken' }));
    return again(request, dependencies, { form, errors });
  }
  const { author: said, reason: why, closed, ...settings } = read.data;
  const { database, now } = dependencies;
  await changeSettings(
    database,
    authority,
    { ...settings, ...(closed === undefined ? {} : { closed: closed || null }) },
    { author: said, reason: why },
    { by, now: now() },
  );
  return redirect(`/authorities/${authority}/settings`);
}
