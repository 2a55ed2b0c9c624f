import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import type { SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { isAuthorityAlert } from './domain/authority-alerts.ts';
import type { SmallNumbers } from './domain/format.ts';

import { addMonths, dayInEngland, periodOf } from './domain/period.ts';
import { LINK_MINUTES } from './domain/person.ts';
import { AcknowledgementBodySchema, RangeQuerySchema, RecipientBodySchema } from './http/bodies.ts';
import { fileAnswer } from './http/files.ts';

import type { RefusedAcknowledgement } from './pages/acknowledgement.ts';
import { type Assets, readAssets } from './pages/assets.ts';
import type { RefusedCorrection } from './pages/correction.ts';
import { howItJudgesPage } from './pages/how-it-judges.ts';
import { NOTICES_A_PAGE, noticePage, noticesPage } from './pages/notices.ts';
import { overviewPage } from './pages/overview.ts';
import type { RefusedRecipient } from './pages/recipients.ts';
import { RefusalError, refusalFor, sentence } from './pages/refusals.ts';
import { type PageAnswer, page, redirect } from './pages/respond.ts';
import { type PageRequest, pageHandler } from './pages/serve.ts';
import { endedSession, pathAfterSignIn, sessionCookie, tokenOf } from './pages/session.ts';
import { authoritiesPage, linkAskedPage, linkPage, sessionsPage, signInPage } from './pages/sign-in.ts';
import { MAX_REVISIONS, monthPage, submissionsPage } from './pages/submissions.ts';
import { readEnvironment } from './runtime/environment.ts';
import { describeFailure } from './runtime/failure.ts';
import { openDatabase } from './runtime/open-database.ts';
import { retractMonth } from './services/accept.ts';
import { acceptMonths, BasisChangedError, compareMonths } from './services/accept-months.ts';
import { acknowledgeAlert } from './services/alerts.ts';
import { correctMonth } from './services/correct.ts';
import { InvalidError, NotFoundError } from './services/errors.ts';
import { listAuthorities, requireInspection, requireMetrics, withInspection } from './services/inspections.ts';
import { readMonth, readNewestRevisions } from './services/months.ts';
import { readNotice, readNotices } from './services/notices.ts';
import { readMetricHistory, readOverview, readSubmitted } from './services/record.ts';
import {
  endSession,
  isSession,
  listSessions,
  readRole,
  readSession,
  sendLink,
  setRole,
  useLink,
} from './services/sign-in.ts';
import type { Recipients } from './services/subscriptions.ts';
import { readGrant } from './services/tokens.ts';
import type { Database } from './store/database.ts';

export interface DashboardDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  /** Made when it is first needed: most visits do not need it, and loading it takes time that they would wait for. */
  readonly sns: () => Promise<SNSClient>;
  readonly topicArn: string;
  readonly assets: Assets;
  readonly smallNumbers: SmallNumbers;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** The pages that people look at, and the forms on them. */
export function createHandler(dependencies: DashboardDependencies) {
  const { database, assets, now, logger } = dependencies;
  return pageHandler(
    {
      'GET /': (request) => getStart(request, dependencies),
      'GET /assets/{file}': (request) => getAsset(request, dependencies),
      'GET /how-it-judges': async ({ visit }) => page(howItJudgesPage(visit)),
      'GET /sign-in': async ({ query, visit }) => page(signInPage(visit, query.to ?? '/')),
      'POST /sign-in': (request) => signIn(request, dependencies),
      'POST /sign-in/mail': (request) => postLink(request, dependencies),
      'GET /sign-in/link': async ({ query, visit }) => page(linkPage(visit, query.link ?? '', query.to ?? '/')),
      'POST /sign-in/link': (request) => postSession(request, dependencies),
      'GET /sessions': (request) => getSessions(request, dependencies),
      'POST /sessions/{session}/end': (request) => postSessionEnd(request, dependencies),
      'POST /sign-out': (request) => signOut(request, dependencies),
      'GET /authorities/{authority}': (request) => getOverview(request, dependencies),
      'GET /authorities/{authority}/metrics': (request) => getMetrics(request, dependencies),
      'GET /authorities/{authority}/metrics/{metric}': (request) => getMetric(request, dependencies),
      'POST /authorities/{authority}/alerts/{alert}/acknowledgement': (request) =>
        postAcknowledgement(request, dependencies),
      'GET /authorities/{authority}/submissions': (request) => getSubmissions(request, dependencies),
      'GET /authorities/{authority}/submissions/{period}': (request) => getMonth(request, dependencies),
      'GET /authorities/{authority}/submissions/{period}/correction': (request) => getCorrection(request, dependencies),
      'POST /authorities/{authority}/submissions/{period}/correction': (request) =>
        postCorrection(request, dependencies),
      'GET /authorities/{authority}/submissions/{period}/retraction': (request) => getRetraction(request, dependencies),
      'POST /authorities/{authority}/submissions/{period}/retraction': (request) =>
        postRetraction(request, dependencies),
      'GET /authorities/{authority}/template.xlsx': (request) => getTemplate(request, dependencies),
      'GET /authorities/{authority}/figures.csv': (request) => getFigures(request, dependencies, 'csv'),
      'GET /authorities/{authority}/figures.xlsx': (request) => getFigures(request, dependencies, 'xlsx'),
      'GET /authorities/{authority}/submit': (request) => getSubmit(request, dependencies),
      'POST /authorities/{authority}/submit': (request) => postCheck(request, dependencies),
      'POST /authorities/{authority}/submissions': (request) => postSubmissions(request, dependencies),
      'GET /authorities/{authority}/notices': (request) => getNotices(request, dependencies),
      'GET /authorities/{authority}/notices/{number}': (request) => getNotice(request, dependencies),
      'GET /authorities/{authority}/recipients': (request) => getRecipients(request, dependencies),
      'POST /authorities/{authority}/recipients': (request) => postRecipient(request, dependencies),
      'POST /authorities/{authority}/recipients/{recipient}/removal': (request) => postRemoval(request, dependencies),
    },
    {
      grantOf: (token, authority) =>
        isSession(token)
          ? readSession({ ...dependencies, now: now() }, token, authority)
          : readGrant(database, token, now()),
      assets,
      logger,
    },
  );
}

async function getStart({ visit, grant }: PageRequest, { database }: DashboardDependencies): Promise<PageAnswer> {
  const several = grant?.authorities ?? [];
  if (grant && grant.authority !== '*' && several.length < 2) return redirect(`/authorities/${grant.authority}`);
  const all = await listAuthorities(database);
  const authorities = several.length > 0 ? all.filter(({ id }) => several.includes(id)) : all;
  const [only] = authorities;
  if (only && authorities.length === 1) return redirect(`/authorities/${only.id}`);
  return page(authoritiesPage(visit, authorities));
}

async function getAsset({ parameters }: PageRequest, { assets }: DashboardDependencies): Promise<PageAnswer> {
  const asset = assets.answer(parameters.file ?? '');
  if (!asset) throw new RefusalError(404, 'Not found', 'There is no such file.');
  return asset;
}

async function signIn(
  { event, visit, form }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const token = (form.token ?? '').trim();
  const grant = await readGrant(database, token, now());
  if (!grant) return page(signInPage(visit, form.to ?? '/', { token: 'This token is not valid, or no longer.' }), 422);
  return redirect(pathAfterSignIn(form.to), [sessionCookie(event, token, grant.expires, now())]);
}

/** Every answer takes as long, so that nobody learns from it whether an address gets the alerts. SNS and the store take less. */
const LINK_ANSWER_MS = 2000;

async function postLink(
  { event, visit, form }: PageRequest,
  { logger, ...dependencies }: DashboardDependencies,
): Promise<PageAnswer> {
  const to = pathAfterSignIn(form.to);
  const address = z.email().max(254).safeParse(form.address?.trim());
  if (!address.success)
    return page(signInPage(visit, to, { address: 'Enter an e-mail address, like name@example.org' }), 422);
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

async function postSession(
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

async function getSessions(
  { event, visit }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  return page(sessionsPage(visit, await listSessions(database, tokenOf(event) ?? '', now())));
}

async function postSessionEnd(
  { event, parameters }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  await endSession(database, tokenOf(event) ?? '', now(), parameters.session);
  return redirect('/sessions');
}

async function signOut({ event }: PageRequest, { database, now }: DashboardDependencies): Promise<PageAnswer> {
  await endSession(database, tokenOf(event) ?? '', now());
  return redirect('/sign-in', [endedSession(event)]);
}

/** A month has one notice, and one more for each correction of it. */
const NEWEST_NOTICES = 10;

async function getOverview(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const overview = await readOverview(database, authority, NEWEST_NOTICES, now());
  return page(overviewPage(visit, { ...overview, today: dayInEngland(now()), smallNumbers }));
}

async function getMetric(
  { parameters: { authority = '', metric = '' }, visit }: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
  refused?: RefusedAcknowledgement,
): Promise<PageAnswer> {
  // Not with the module: no other page draws charts, and what draws them takes long to load.
  const [history, { metricPage }] = await Promise.all([
    readMetricHistory(database, authority, metric, smallNumbers),
    import('./pages/metric.ts'),
  ]);
  return page(metricPage(visit, { ...history, smallNumbers }, refused), refused ? 422 : 200);
}

const WHAT_IS_WANTED: Readonly<Record<string, string>> = {
  author: 'Enter your name, in at most 200 characters',
  note: 'Enter what is being done, in at most 2000 characters',
};

async function postAcknowledgement(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', alert = '' } = request.parameters;
  const { author = '', note = '' } = request.form;
  const given = AcknowledgementBodySchema.safeParse({ author, note });
  if (!given.success) {
    const fields = new Set(given.error.issues.map(({ path }) => String(path[0])));
    const errors = [...fields].map((field) => ({
      field: `${alert}-${field}`,
      text: WHAT_IS_WANTED[field] ?? 'This cannot be taken',
    }));
    if (isAuthorityAlert(alert))
      throw new RefusalError(422, 'Not accepted', `${errors.map(({ text }) => text).join('. ')}.`);
    const metric = { ...request, parameters: { authority, metric: alert } };
    return getMetric(metric, dependencies, { author, note, errors });
  }
  const { database, now } = dependencies;
  await acknowledgeAlert(database, authority, alert, given.data, now());
  return redirect(`/authorities/${authority}${isAuthorityAlert(alert) ? '' : `/metrics/${alert}#acknowledgement`}`);
}

async function getSubmissions(
  { parameters: { authority = '' }, query, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const { inspection, months } = await readSubmitted(database, authority);
  const sent = query.accepted?.split(',') ?? [];
  const accepted = months.filter(({ period }) => sent.includes(period)).map(({ period }) => period);
  return page(submissionsPage(visit, inspection, months, accepted));
}

async function getMonth(
  { parameters: { authority = '', period = '' }, visit }: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
): Promise<PageAnswer> {
  const [inspection, revisions] = await withInspection(database, authority, () =>
    readNewestRevisions(database, authority, period, MAX_REVISIONS),
  );
  return page(monthPage(visit, inspection, revisions, smallNumbers));
}

async function getTemplate(
  { parameters: { authority = '' }, query }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const range = RangeQuerySchema.safeParse({ from: query.from || undefined, to: query.to || undefined });
  if (!range.success) throw new RefusalError(422, 'Not a month', 'Write the months as yyyy-mm, such as 2024-08.');
  const { templateFile } = await import('./services/downloads.ts');
  return fileAnswer(await templateFile(database, authority, range.data, now()), `${authority}-template.xlsx`);
}

async function getFigures(
  { parameters: { authority = '' } }: PageRequest,
  { database }: DashboardDependencies,
  format: 'csv' | 'xlsx',
): Promise<PageAnswer> {
  const { figuresFile } = await import('./services/downloads.ts');
  return fileAnswer(await figuresFile(database, authority, {}, format), `${authority}.${format}`);
}

async function getMetrics(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ inspection, months }, { metricsPage }] = await Promise.all([
    readSubmitted(database, authority),
    import('./pages/metrics.ts'),
  ]);
  const last = addMonths(periodOf(dayInEngland(now())), -1);
  return page(metricsPage(visit, inspection, months, last, smallNumbers));
}

async function getCorrection(
  request: PageRequest,
  { database, smallNumbers }: DashboardDependencies,
  refused?: RefusedCorrection,
): Promise<PageAnswer> {
  const { authority = '', period = '' } = request.parameters;
  const id = refused?.form.metric ?? request.query.metric ?? '';
  const [{ header, metrics }, month] = await withInspection(database, authority, () =>
    readMonth(database, authority, period),
  );
  const metric = metrics.find((known) => known.id === id);
  if (!metric) throw new NotFoundError('metric', id);
  const { correctionPage } = await import('./pages/correction.ts');
  return page(correctionPage(request.visit, header, metric, month, smallNumbers, refused), refused ? 422 : 200);
}

async function postCorrection(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', period = '' } = request.parameters;
  const { form } = request;
  const { database, now, logger } = dependencies;
  const metric = (await requireMetrics(database, authority)).get(form.metric ?? '');
  if (!metric) throw new NotFoundError('metric', form.metric ?? '');
  const { patchIn } = await import('./pages/correction.ts');
  const { patch, errors } = patchIn(form, metric);
  if (errors.length > 0) return getCorrection(request, dependencies, { form, errors });
  const to = { database, now: now(), log: logger };
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

async function getRetraction(
  { parameters: { authority = '', period = '' }, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ header }, month] = await withInspection(database, authority, () => readMonth(database, authority, period));
  const { retractionPage } = await import('./pages/correction.ts');
  return page(retractionPage(visit, header, month));
}

async function postRetraction(
  { parameters: { authority = '', period = '' }, form }: PageRequest,
  { database, now, logger }: DashboardDependencies,
): Promise<PageAnswer> {
  await retractMonth({ database, now: now(), log: logger }, authority, period, [Number(form.revision)]);
  return redirect(`/authorities/${authority}/submissions/${period}`);
}

async function getSubmit(
  { parameters: { authority = '' }, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const [{ header }, { submitPage }] = await Promise.all([
    requireInspection(database, authority),
    import('./pages/upload.ts'),
  ]);
  return page(submitPage(visit, header));
}

async function postCheck(
  { parameters: { authority = '' }, form: { figures = '', ...form }, files: { file }, visit }: PageRequest,
  { database, smallNumbers, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const { readUpload, packMonths, previewPage, faultsPage, modeIn } = await import('./pages/upload.ts');
  const inspection = await requireInspection(database, authority);
  const mode = modeIn(form.mode);
  const upload = readUpload(file, figures, inspection.metrics, now());
  if (upload.faults.length > 0) return page(faultsPage(visit, inspection.header, upload, mode), 422);
  const months = await compareMonths(database, authority, upload.months, now(), mode);
  return page(
    previewPage(visit, inspection, { ...upload, months: packMonths(upload.months) }, mode, months, smallNumbers),
  );
}

const CHANGED_MEANWHILE =
  'Somebody else submitted one of these months since you checked them. Check again what would change, then send.';

async function postSubmissions(
  { parameters: { authority = '' }, form: { months: packed = '', basis, ...form }, visit }: PageRequest,
  { database, smallNumbers, now, logger }: DashboardDependencies,
): Promise<PageAnswer> {
  const { unpackMonths, previewPage, modeIn } = await import('./pages/upload.ts');
  const inspection = await requireInspection(database, authority);
  const mode = modeIn(form.mode);
  const sent = unpackMonths(packed, inspection.metrics, now());
  try {
    const months = await acceptMonths({ database, now: now(), log: logger }, authority, sent, { basis }, mode);
    const changed = months.filter(({ outcome }) => outcome !== 'unchanged');
    const accepted = (changed.length > 0 ? changed : months).map(({ period }) => period);
    return redirect(`/authorities/${authority}/submissions?accepted=${accepted.join(',')}`);
  } catch (error) {
    if (!(error instanceof BasisChangedError)) throw error;
    const months = await compareMonths(database, authority, sent, now(), mode);
    const again = { months: packed, understood: [], otherSheets: [] };
    return page(previewPage(visit, inspection, again, mode, months, smallNumbers, CHANGED_MEANWHILE), 409);
  }
}

async function getNotices(
  { parameters: { authority = '' }, query, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const before = /^[1-9]\d{0,5}$/.test(query.before ?? '') ? Number(query.before) : undefined;
  const [{ header }, found] = await withInspection(database, authority, () =>
    readNotices(database, authority, { before, limit: NOTICES_A_PAGE }),
  );
  return page(noticesPage(visit, header, found));
}

async function getNotice(
  { parameters: { authority = '', number = '' }, event: { headers }, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  if (!/^[1-9]\d{0,4}$/.test(number)) throw new NotFoundError('notice', number);
  const [{ header }, notice] = await withInspection(database, authority, () =>
    readNotice(database, authority, Number(number)),
  );
  return page(noticePage(visit, header, notice, `${headers['x-forwarded-proto']}://${headers.host}/`));
}

async function recipientsOf({ database, sns, topicArn }: DashboardDependencies): Promise<Recipients> {
  return { database, sns: await sns(), topicArn };
}

async function getRecipients(
  { parameters: { authority = '' }, visit }: PageRequest,
  dependencies: DashboardDependencies,
  refused?: RefusedRecipient,
): Promise<PageAnswer> {
  const { header } = await requireInspection(dependencies.database, authority);
  const [{ recipientsPage }, { listRecipients }] = await Promise.all([
    import('./pages/recipients.ts'),
    import('./services/recipients.ts'),
  ]);
  const mailed = await listRecipients(await recipientsOf(dependencies), authority, dependencies.now());
  const recipients = await Promise.all(
    mailed.map(async (each) => ({ ...each, role: await readRole(dependencies.database, each.id, authority) })),
  );
  return page(recipientsPage(visit, header, recipients, refused), refused ? 422 : 200);
}

async function postRecipient(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '' } = request.parameters;
  await requireInspection(dependencies.database, authority);
  const { address = '', level = '', role = 'look' } = request.form;
  const wanted = RecipientBodySchema.safeParse({ address: address.trim(), level, role });
  if (!wanted.success)
    return getRecipients(request, dependencies, {
      address,
      level,
      role,
      fault: 'Enter an e-mail address, and choose a level and what it may do',
    });
  const { addRecipient } = await import('./services/recipients.ts');
  try {
    const now = dependencies.now();
    const { recipient } = await addRecipient(await recipientsOf(dependencies), authority, wanted.data, now);
    await setRole(dependencies.database, recipient.id, authority, wanted.data.role ?? 'look', now);
  } catch (error) {
    const refusal = refusalFor(error);
    if (!refusal) throw error;
    return getRecipients(request, dependencies, { address, level, role, fault: refusal.message });
  }
  return redirect(`/authorities/${authority}/recipients`);
}

async function postRemoval(
  { parameters: { authority = '', recipient = '' } }: PageRequest,
  dependencies: DashboardDependencies,
): Promise<PageAnswer> {
  await requireInspection(dependencies.database, authority);
  const { removeRecipient } = await import('./services/recipients.ts');
  await removeRecipient(await recipientsOf(dependencies), authority, recipient, dependencies.now());
  await setRole(dependencies.database, recipient, authority, 'look', dependencies.now());
  return redirect(`/authorities/${authority}/recipients`);
}

const environment = readEnvironment('ALERT_TOPIC_ARN', 'SMALL_NUMBERS');

let sns: Promise<SNSClient> | undefined;

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  sns: () => {
    sns ??= Promise.all([import('@aws-sdk/client-sns'), import('./services/subscriptions.ts')]).then(
      ([{ SNSClient }, { SNS_ATTEMPTS }]) => new SNSClient({ maxAttempts: SNS_ATTEMPTS }),
    );
    return sns;
  },
  topicArn: environment.ALERT_TOPIC_ARN,
  assets: readAssets(join(process.env.LAMBDA_TASK_ROOT ?? '.', 'assets')),
  smallNumbers: environment.SMALL_NUMBERS,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'dashboard' }),
});
