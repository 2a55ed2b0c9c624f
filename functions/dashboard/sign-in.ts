import * as z from 'zod';
import { LINK_MINUTES } from '../domain/person.ts';
import { RefusalError } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { endedSession, pathAfterSignIn, sessionCookie, tokenOf } from '../pages/session.ts';
import { linkAskedPage, sessionsPage, signInPage } from '../pages/sign-in.ts';
import { describeFailure } from '../runtime/failure.ts';
import { endSession, listSessions } from '../services/sessions.ts';
import { sendLink, useLink } from '../services/sign-in.ts';
import { readGrant } from '../services/tokens.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** Signing in by link or token, sessions, and signing out. */

export async function signIn(
  { event, visit, form }: PageRequest,
  { database, now, council }: DashboardDependencies,
): Promise<PageAnswer> {
  const token = (form.token ?? '').trim();
  const grant = await readGrant(database, token, now());
  const fault = { token: 'This token is not valid, or no longer.' };
  if (!grant) return page(signInPage(visit, form.to ?? '/', council !== undefined, fault), 422);
  return redirect(pathAfterSignIn(form.to), [sessionCookie(event, token, grant.expires, now())]);
}

/** Every answer takes as long, so that nobody learns from it whether an address gets the alerts. SNS and the store take less. */
const LINK_ANSWER_MS = 2000;

export async function postLink(
  { event, visit, form }: PageRequest,
  { logger, ...dependencies }: DashboardDependencies,
): Promise<PageAnswer> {
  const to = pathAfterSignIn(form.to);
  const address = z.email().max(254).safeParse(form.address?.trim());
  if (!address.success)
    return page(
      signInPage(visit, to, dependencies.council !== undefined, {
        address: 'Enter an e-mail address, like name@example.org',
      }),
      422,
    );
  // API Gateway answers under no other host than its own; on one machine, no page of another origin comes this far.
  const origin = `${event.headers['x-forwarded-proto']}://${event.headers.host}`;
  const linkTo = (code: string): string => `${origin}/sign-in/link?${new URLSearchParams({ link: code, to })}`;
  const sent = sendLink({ ...dependencies, now: dependencies.now() }, address.data, form.remember === 'yes', linkTo)
    .then((outcome) => logger.info('link to sign in asked for', { outcome }))
    // The answer must not tell that it was an address that a link was to be sent to. They will ask again.
    .catch((error: unknown) => logger.error('link to sign in failed', { failure: describeFailure(error) }));
  await Promise.all([sent, new Promise((done) => setTimeout(done, LINK_ANSWER_MS))]);
  return page(linkAskedPage(visit, address.data));
}

export async function postSession(
  { event, form }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const begun = await useLink({ database, now: now() }, form.link ?? '');
  if (!begun)
    throw new RefusalError(
      403,
      'This link does not work any more',
      `A link works once, for ${LINK_MINUTES} minutes. Ask for another on the page to sign in.`,
    );
  const expires = Math.floor(Date.parse(begun.session.expires) / 1000);
  return redirect(pathAfterSignIn(form.to), [sessionCookie(event, begun.cookie, expires, now(), Infinity)]);
}

export async function getSessions(
  { event, visit }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  return page(sessionsPage(visit, await listSessions(database, tokenOf(event) ?? '', now())));
}

export async function postSessionEnd(
  { event, parameters }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  await endSession(database, tokenOf(event) ?? '', now(), parameters.session);
  return redirect('/sessions');
}

export async function signOut({ event }: PageRequest, { database, now }: DashboardDependencies): Promise<PageAnswer> {
  await endSession(database, tokenOf(event) ?? '', now());
  const answer = redirect('/sign-in', [endedSession(event)]);
  // Whatever the browser has kept of pages goes with the session.
  return { ...answer, headers: { ...answer.headers, 'clear-site-data': '"cache"' } };
}
