import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import type { SNSClient } from '@aws-sdk/client-sns';
import { acknowledge, acknowledged } from './domain/board.ts';
import type { SmallNumbers } from './domain/format.ts';
import { dayInEngland } from './domain/period.ts';
import { timelines } from './domain/reconcile.ts';
import type { Month } from './domain/submission.ts';
import { AcknowledgementBodySchema, RecipientBodySchema } from './http/bodies.ts';
import { isAuthorityId } from './http/handler.ts';
import { ProblemError } from './http/problem.ts';
import type { RefusedAcknowledgement } from './pages/acknowledgement.ts';
import { type Assets, readAssets } from './pages/assets.ts';
import type { MetricView } from './pages/metric.ts';
import { NOTICES_A_PAGE, noticePage, noticesPage } from './pages/notices.ts';
import { type AuthorityState, overviewPage } from './pages/overview.ts';
import type { RefusedRecipient } from './pages/recipients.ts';
import { type PageAnswer, page, redirect } from './pages/respond.ts';
import { notFound, type PageRequest, pageHandler, RefusalError } from './pages/serve.ts';
import { endedSession, pathAfterSignIn, sessionCookie } from './pages/session.ts';
import { authoritiesPage, signInPage } from './pages/sign-in.ts';
import { MAX_REVISIONS, monthPage, submissionsPage } from './pages/submissions.ts';
import { readEnvironment } from './runtime/environment.ts';
import { openDatabase } from './runtime/open-database.ts';
import { checkRoom, revisionOf } from './services/accept.ts';
import type { Recipients } from './services/recipients.ts';
import { readGrant } from './store/access.ts';
import { saveAcknowledgement } from './store/acknowledgements.ts';
import { readBoard } from './store/boards.ts';
import type { Database } from './store/database.ts';
import { listAuthorities, readInspection } from './store/inspections.ts';
import { readNotices } from './store/notices.ts';
import { MonthChangedError, readMonths, readRevisions, readSuperseded, saveMonths } from './store/submissions.ts';

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
      'GET /sign-in': async ({ query, visit }) => page(signInPage(visit, query.to ?? '/')),
      'POST /sign-in': (request) => signIn(request, dependencies),
      'POST /sign-out': async ({ event }) => redirect('/sign-in', [endedSession(event)]),
      'GET /authorities/{authority}': (request) => getOverview(request, dependencies),
      'GET /authorities/{authority}/metrics/{metric}': (request) => getMetric(request, dependencies),
      'POST /authorities/{authority}/alerts/{alert}/acknowledgement': (request) =>
        postAcknowledgement(request, dependencies),
      'GET /authorities/{authority}/submissions': (request) => getSubmissions(request, dependencies),
      'GET /authorities/{authority}/submissions/{period}': (request) => getMonth(request, dependencies),
      'GET /authorities/{authority}/submit': (request) => getSubmit(request, dependencies),
      'POST /authorities/{authority}/submit': (request) => postCheck(request, dependencies),
      'POST /authorities/{authority}/submissions': (request) => postSubmissions(request, dependencies),
      'GET /authorities/{authority}/notices': (request) => getNotices(request, dependencies),
      'GET /authorities/{authority}/notices/{number}': (request) => getNotice(request, dependencies),
      'GET /authorities/{authority}/recipients': (request) => getRecipients(request, dependencies),
      'POST /authorities/{authority}/recipients': (request) => postRecipient(request, dependencies),
      'POST /authorities/{authority}/recipients/{recipient}/removal': (request) => postRemoval(request, dependencies),
    },
    { grantOf: (token) => readGrant(database, token, now()), assets, logger },
  );
}

async function getStart({ visit, grant }: PageRequest, { database }: DashboardDependencies): Promise<PageAnswer> {
  if (grant && grant.authority !== '*') return redirect(`/authorities/${grant.authority}`);
  const authorities = await listAuthorities(database);
  const [only] = authorities;
  if (only && authorities.length === 1) return redirect(`/authorities/${only.id}`);
  return page(authoritiesPage(visit, authorities));
}

async function getAsset({ parameters }: PageRequest, { assets }: DashboardDependencies): Promise<PageAnswer> {
  const asset = assets.answer(parameters.file ?? '');
  if (!asset) throw notFound('There is no such file.');
  return asset;
}

async function signIn(
  { event, visit, form }: PageRequest,
  { database, now }: DashboardDependencies,
): Promise<PageAnswer> {
  const token = (form.token ?? '').trim();
  const grant = await readGrant(database, token, now());
  if (!grant) return page(signInPage(visit, form.to ?? '/', 'This token is not valid, or no longer.'), 422);
  return redirect(pathAfterSignIn(form.to), [sessionCookie(event, token, grant.expires, now())]);
}

/** All that a page may need of an authority, or a refusal. */
async function stateOf({ parameters }: PageRequest, { database }: DashboardDependencies): Promise<AuthorityState> {
  const { authority } = parameters;
  if (!isAuthorityId(authority)) throw notFound('There is no such authority.');
  const [inspection, months, stored] = await Promise.all([
    readInspection(database, authority),
    readMonths(database, authority),
    readBoard(database, authority),
  ]);
  if (!inspection) throw notFound('No inspection is loaded for this authority.');
  const { board } = stored;
  if (!board) return { inspection, months, board };
  const alerts = Object.entries(board.alerts).map(([id, alert]) => [id, acknowledged(id, alert, stored)] as const);
  return { inspection, months, board: { ...board, alerts: Object.fromEntries(alerts) } };
}

/** A month has one notice, and one more for each correction of it. */
const NEWEST_NOTICES = 10;

async function getOverview(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { database, smallNumbers, now } = dependencies;
  const [state, { notices }] = await Promise.all([
    stateOf(request, dependencies),
    readNotices(database, request.parameters.authority ?? '', { limit: NEWEST_NOTICES }),
  ]);
  return page(
    overviewPage(request.visit, {
      ...state,
      notices: notices.map(({ notice }) => notice),
      today: dayInEngland(now()),
      smallNumbers,
    }),
  );
}

/** A metric with its figures, their earlier revisions and what was found in them. */
async function metricOf(request: PageRequest, dependencies: DashboardDependencies): Promise<MetricView> {
  const { database, smallNumbers } = dependencies;
  const { inspection, months, board } = await stateOf(request, dependencies);
  const metric = inspection.metrics.find(({ id }) => id === request.parameters.metric);
  if (!metric) throw notFound('There is no such metric.');
  const record = {
    inspection: inspection.header,
    metrics: [metric],
    months,
    localStandards: inspection.localStandards,
  };
  return {
    metric,
    inspection,
    months,
    superseded: await readSuperseded(database, inspection.header.authority, earlierRevisions(months)),
    alert: board?.alerts[metric.id],
    judged: timelines(record, smallNumbers).get(metric.id) ?? [],
    smallNumbers,
  };
}

/** The revisions before the current one, of each month. */
function earlierRevisions(months: readonly Month[]): [string, number][] {
  return months.flatMap(({ period, revision }) =>
    Array.from({ length: revision - 1 }, (_, index): [string, number] => [period, index + 1]),
  );
}

async function getMetric(
  request: PageRequest,
  dependencies: DashboardDependencies,
  refused?: RefusedAcknowledgement,
): Promise<PageAnswer> {
  // Not with the module: no other page draws charts, and what draws them takes long to load.
  const [view, { metricPage }] = await Promise.all([metricOf(request, dependencies), import('./pages/metric.ts')]);
  return page(metricPage(request.visit, view, refused), refused ? 422 : 200);
}

const WHAT_IS_WANTED: Readonly<Record<string, string>> = {
  author: 'Enter your name, in at most 200 characters',
  note: 'Enter what is being done, in at most 2000 characters',
};

async function postAcknowledgement(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { database, now } = dependencies;
  const { authority = '', alert = '' } = request.parameters;
  const { inspection, board } = await stateOf(request, dependencies);
  const isMetric = inspection.metrics.some(({ id }) => id === alert);
  const { author = '', note = '' } = request.form;
  const given = AcknowledgementBodySchema.safeParse({ author, note });
  if (!given.success) {
    const fields = new Set(given.error.issues.map(({ path }) => String(path[0])));
    const errors = [...fields].map((field) => ({
      field: `${alert}-${field}`,
      text: WHAT_IS_WANTED[field] ?? 'This cannot be taken',
    }));
    if (!isMetric) throw new RefusalError(422, 'Not accepted', `${errors.map(({ text }) => text).join('. ')}.`);
    const metric = { ...request, parameters: { ...request.parameters, metric: alert } };
    return getMetric(metric, dependencies, { author, note, errors });
  }
  const acknowledgement = acknowledge(board, alert, given.data, now());
  if (!acknowledgement)
    throw new RefusalError(409, 'Not accepted', 'This alert has ended meanwhile: there is nothing to take in hand.');
  await saveAcknowledgement(database, authority, acknowledgement, now());
  return redirect(`/authorities/${authority}${isMetric ? `/metrics/${alert}#acknowledgement` : ''}`);
}

async function getSubmissions(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { inspection, months } = await stateOf(request, dependencies);
  const sent = request.query.accepted?.split(',') ?? [];
  const accepted = months.filter(({ period }) => sent.includes(period)).map(({ period }) => period);
  return page(submissionsPage(request.visit, inspection, months, accepted));
}

async function getMonth(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { inspection, months } = await stateOf(request, dependencies);
  const month = months.find(({ period }) => period === request.parameters.period);
  if (!month) throw notFound('This month was not submitted.');
  const { revisions } = await readRevisions(dependencies.database, inspection.header.authority, month.period, {
    after: Math.max(0, month.revision - MAX_REVISIONS),
    limit: MAX_REVISIONS,
  });
  return page(monthPage(request.visit, inspection, revisions, dependencies.smallNumbers));
}

async function getSubmit(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const [{ inspection }, { submitPage }] = await Promise.all([
    stateOf(request, dependencies),
    import('./pages/upload.ts'),
  ]);
  return page(submitPage(request.visit, inspection.header));
}

async function postCheck(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { smallNumbers, now } = dependencies;
  const { readUpload, previewPage } = await import('./pages/upload.ts');
  const { inspection, months } = await stateOf(request, dependencies);
  const { file, figures = '' } = request.form;
  const upload = readUpload(file || figures, inspection.metrics, months, now());
  return page(previewPage(request.visit, inspection, upload, smallNumbers), upload.faults.length > 0 ? 422 : 200);
}

const CHANGED_MEANWHILE =
  'Somebody else submitted one of these months since you checked them. Check again what would change, then send.';

async function postSubmissions(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { database, smallNumbers, now } = dependencies;
  const { readUpload, previewPage, basisOf } = await import('./pages/upload.ts');
  const { inspection, months } = await stateOf(request, dependencies);
  const { authority } = inspection.header;
  const upload = readUpload(request.form.figures ?? '', inspection.metrics, months, now());
  if (upload.faults.length > 0) return page(previewPage(request.visit, inspection, upload, smallNumbers), 422);
  const sent = upload.months.filter(({ outcome }) => outcome !== 'same');
  // Sent again because no answer came, though all had been stored: the answer comes now.
  if (sent.length === 0) return toSubmissions(authority, upload.months);
  // What was looked at is what is sent: it holds only as long as it would take the place of the same revisions.
  if (basisOf(upload) !== request.form.basis)
    return page(previewPage(request.visit, inspection, upload, smallNumbers, CHANGED_MEANWHILE), 409);
  const fresh = sent.filter(({ outcome }) => outcome === 'new').length;
  if (fresh > 0) await checkRoom(database, authority, now(), fresh);
  const accepted = sent.map(({ period, submission, current }) => revisionOf(submission, period, current, now()));
  try {
    await saveMonths(database, authority, accepted, now());
  } catch (error) {
    if (!(error instanceof MonthChangedError)) throw error;
    throw new RefusalError(409, 'Not accepted', CHANGED_MEANWHILE);
  }
  return toSubmissions(authority, accepted);
}

/** To the list of months, which says that these were accepted. */
function toSubmissions(authority: string, accepted: readonly { readonly period: string }[]): PageAnswer {
  return redirect(`/authorities/${authority}/submissions?accepted=${accepted.map(({ period }) => period).join(',')}`);
}

async function getNotices(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { inspection } = await stateOf(request, dependencies);
  const before = /^[1-9]\d{0,5}$/.test(request.query.before ?? '') ? Number(request.query.before) : undefined;
  const found = await readNotices(dependencies.database, inspection.header.authority, {
    before,
    limit: NOTICES_A_PAGE,
  });
  return page(noticesPage(request.visit, inspection.header, found));
}

async function getNotice(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { inspection } = await stateOf(request, dependencies);
  const { number = '' } = request.parameters;
  const known = /^[1-9]\d{0,4}$/.test(number);
  const { notices } = known
    ? await readNotices(dependencies.database, inspection.header.authority, { before: Number(number) + 1, limit: 1 })
    : { notices: [] };
  const [stored] = notices;
  if (!stored || String(stored.notice.number) !== number) throw notFound('There is no such notice.');
  const { headers } = request.event;
  const pageUrl = `${headers['x-forwarded-proto']}://${headers.host}/`;
  return page(noticePage(request.visit, inspection.header, stored, pageUrl));
}

async function recipientsOf({ database, sns, topicArn }: DashboardDependencies): Promise<Recipients> {
  return { database, sns: await sns(), topicArn };
}

async function getRecipients(
  request: PageRequest,
  dependencies: DashboardDependencies,
  refused?: RefusedRecipient,
): Promise<PageAnswer> {
  const { inspection } = await stateOf(request, dependencies);
  const [{ recipientsPage }, { listRecipients }] = await Promise.all([
    import('./pages/recipients.ts'),
    import('./services/recipients.ts'),
  ]);
  const recipients = await listRecipients(
    await recipientsOf(dependencies),
    inspection.header.authority,
    dependencies.now(),
  );
  return page(recipientsPage(request.visit, inspection.header, recipients, refused), refused ? 422 : 200);
}

async function postRecipient(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { inspection } = await stateOf(request, dependencies);
  const { authority } = inspection.header;
  const { address = '', level = '' } = request.form;
  const wanted = RecipientBodySchema.safeParse({ address: address.trim(), level });
  if (!wanted.success)
    return getRecipients(request, dependencies, {
      address,
      level,
      fault: 'Enter an e-mail address and choose a level',
    });
  const { addRecipient } = await import('./services/recipients.ts');
  try {
    await addRecipient(await recipientsOf(dependencies), authority, wanted.data, dependencies.now());
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return getRecipients(request, dependencies, { address, level, fault: error.errors[0]?.detail ?? error.message });
  }
  return redirect(`/authorities/${authority}/recipients`);
}

async function postRemoval(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { inspection } = await stateOf(request, dependencies);
  const { authority } = inspection.header;
  const { removeRecipient } = await import('./services/recipients.ts');
  await removeRecipient(
    await recipientsOf(dependencies),
    authority,
    request.parameters.recipient ?? '',
    dependencies.now(),
  );
  return redirect(`/authorities/${authority}/recipients`);
}

const environment = readEnvironment('ALERT_TOPIC_ARN', 'SMALL_NUMBERS');

let sns: Promise<SNSClient> | undefined;

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  sns: () => {
    sns ??= Promise.all([import('@aws-sdk/client-sns'), import('./services/recipients.ts')]).then(
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
