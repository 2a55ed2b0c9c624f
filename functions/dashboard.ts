import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import type { SNSClient } from '@aws-sdk/client-sns';
import {
  getCatalogue,
  getMetricChange,
  getNewMetric,
  postBenchmarkRemoval,
  postBenchmarks,
  postConfirmation,
  postMetricChange,
  postNewMetric,
} from './dashboard/catalogue.ts';
import { getAction, getStandard, postAction, postStandard } from './dashboard/decisions.ts';
import type { DashboardDependencies } from './dashboard/dependencies.ts';
import {
  getCorrection,
  getFigures,
  getMonth,
  getReceipt,
  getRetraction,
  getSubmissions,
  getTemplate,
  postCorrection,
  postRetraction,
} from './dashboard/figures.ts';
import { getInspections, getSkeleton, postInspection, postInspectionCheck } from './dashboard/inspections.ts';
import { getNotice, getNotices } from './dashboard/notices.ts';
import {
  getBoardPack,
  getMetric,
  getMetrics,
  getOverview,
  getStart,
  postAcknowledgement,
} from './dashboard/overview.ts';
import { getRecipients, postRecipient, postRemoval, postTest } from './dashboard/recipients.ts';
import { getClosing, getSettings, postClosing, postSettings } from './dashboard/settings.ts';
import { getSessions, postLink, postSession, postSessionEnd, signIn, signOut } from './dashboard/sign-in.ts';
import { getSubmit, postCheck, postNameRemoval, postSubmissions } from './dashboard/submit.ts';
import { getTokens, postKeeping, postRevocation, postToken } from './dashboard/tokens.ts';
import { nothingThere } from './http/handler.ts';
import { PAGES } from './http/routes.ts';
import { readAssets } from './pages/assets.ts';
import { documentPage } from './pages/documents.ts';
import { RefusalError } from './pages/refusals.ts';
import { type PageAnswer, page } from './pages/respond.ts';
import { type PageRequest, pageHandler } from './pages/serve.ts';
import { linkPage, signInPage } from './pages/sign-in.ts';
import { readEnvironment } from './runtime/environment.ts';
import { openDatabase } from './runtime/open-database.ts';
import { listAuthorities } from './services/inspections.ts';
import { isSession, settingsId } from './services/sessions.ts';
import { readSession } from './services/sign-in.ts';
import { readGrant } from './services/tokens.ts';

/** The pages that people look at, and the forms on them. */
export function createHandler(dependencies: DashboardDependencies) {
  const { database, assets, contact, now, logger } = dependencies;
  return pageHandler(
    PAGES,
    {
      'GET /': (request) => getStart(request, dependencies),
      'GET /assets/{file}': (request) => getAsset(request, dependencies),
      'GET /how-it-judges': async ({ visit }) => page(documentPage(visit, 'how-it-judges', contact)),
      'GET /accessibility': async ({ visit }) => page(documentPage(visit, 'accessibility', contact)),
      'GET /privacy': async ({ visit }) => page(documentPage(visit, 'privacy-notice', contact)),
      'GET /sign-in': async ({ query, visit }) =>
        page(signInPage(visit, query.to ?? '/', dependencies.council !== undefined)),
      'POST /sign-in': (request) => signIn(request, dependencies),
      'POST /sign-in/mail': (request) => postLink(request, dependencies),
      'GET /sign-in/link': async ({ query, visit }) => page(linkPage(visit, query.link ?? '', query.to ?? '/')),
      'POST /sign-in/link': (request) => postSession(request, dependencies),
      'GET /sessions': (request) => getSessions(request, dependencies),
      'POST /sessions/{session}/end': (request) => postSessionEnd(request, dependencies),
      'POST /sign-out': (request) => signOut(request, dependencies),
      'GET /authorities/{authority}': (request) => getOverview(request, dependencies),
      'GET /authorities/{authority}/settings': (request) => getSettings(request, dependencies),
      'POST /authorities/{authority}/settings': (request) => postSettings(request, dependencies),
      'GET /authorities/{authority}/closing': (request) => getClosing(request, dependencies),
      'POST /authorities/{authority}/closing': (request) => postClosing(request, dependencies),
      'GET /authorities/{authority}/inspections': (request) => getInspections(request, dependencies),
      'POST /authorities/{authority}/inspections': (request) => postInspectionCheck(request, dependencies),
      'GET /authorities/{authority}/inspections/skeleton': (request) => getSkeleton(request),
      'POST /authorities/{authority}/inspections/{inspection}': (request) => postInspection(request, dependencies),
      'GET /authorities/{authority}/board-pack': (request) => getBoardPack(request, dependencies),
      'GET /authorities/{authority}/metrics': (request) => getMetrics(request, dependencies),
      'GET /authorities/{authority}/metrics/{metric}': (request) => getMetric(request, dependencies),
      'GET /authorities/{authority}/catalogue': (request) => getCatalogue(request, dependencies),
      'GET /authorities/{authority}/catalogue/metric': (request) => getNewMetric(request, dependencies),
      'POST /authorities/{authority}/catalogue/metric': (request) => postNewMetric(request, dependencies),
      'GET /authorities/{authority}/metrics/{metric}/changes': (request) => getMetricChange(request, dependencies),
      'POST /authorities/{authority}/metrics/{metric}/changes': (request) => postMetricChange(request, dependencies),
      'POST /authorities/{authority}/metrics/{metric}/confirmation': (request) =>
        postConfirmation(request, dependencies),
      'POST /authorities/{authority}/benchmarks': (request) => postBenchmarks(request, dependencies),
      'POST /authorities/{authority}/benchmarks/{metric}/removal': (request) =>
        postBenchmarkRemoval(request, dependencies),
      'GET /authorities/{authority}/metrics/{metric}/standard': (request) => getStandard(request, dependencies),
      'POST /authorities/{authority}/metrics/{metric}/standard': (request) => postStandard(request, dependencies),
      'GET /authorities/{authority}/actions/{action}': (request) => getAction(request, dependencies),
      'POST /authorities/{authority}/actions/{action}': (request) => postAction(request, dependencies),
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
      'GET /authorities/{authority}/receipts/{receipt}': (request) => getReceipt(request, dependencies),
      'POST /authorities/{authority}/names/{name}/removal': (request) => postNameRemoval(request, dependencies),
      'GET /authorities/{authority}/notices': (request) => getNotices(request, dependencies),
      'GET /authorities/{authority}/notices/{number}': (request) => getNotice(request, dependencies),
      'GET /authorities/{authority}/recipients': (request) => getRecipients(request, dependencies),
      'POST /authorities/{authority}/recipients': (request) => postRecipient(request, dependencies),
      'POST /authorities/{authority}/recipients/{recipient}/removal': (request) => postRemoval(request, dependencies),
      'POST /authorities/{authority}/recipients/{recipient}/test': (request) => postTest(request, dependencies),
      'GET /authorities/{authority}/tokens': (request) => getTokens(request, dependencies),
      'POST /authorities/{authority}/tokens': (request) => postToken(request, dependencies),
      'POST /authorities/{authority}/tokens/{token}/revocation': (request) => postRevocation(request, dependencies),
      'POST /authorities/{authority}/tokens/{token}/keeping': (request) => postKeeping(request, dependencies),
    },
    {
      nothingThere,
      nameOf: async (authority) => (await listAuthorities(database)).find(({ id }) => id === authority)?.name,
      grantOf: (token, authority) =>
        isSession(token)
          ? readSession({ ...dependencies, now: now() }, token, authority)
          : readGrant(database, token, now()),
      assets,
      logger,
    },
  );
}

async function getAsset({ parameters }: PageRequest, { assets }: DashboardDependencies): Promise<PageAnswer> {
  const asset = assets.answer(parameters.file ?? '');
  if (!asset) throw new RefusalError(404, 'Not found', 'There is no such file.');
  return asset;
}

const environment = readEnvironment('ALERT_TOPIC_ARN', 'SMALL_NUMBERS', 'CONTACT', 'COUNCIL_SIGN_IN');

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
  contact: environment.CONTACT,
  smallNumbers: environment.SMALL_NUMBERS,
  council: environment.COUNCIL_SIGN_IN && settingsId(environment.COUNCIL_SIGN_IN),
  now: () => new Date(),
  logger: new Logger({ serviceName: 'dashboard' }),
});
