import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { CloudFormationCustomResourceResponse, Context } from 'aws-lambda';
import { DOCUMENTS } from '../../functions/http/routes.ts';
import { readAssets } from '../../functions/pages/assets.ts';
import { sendAll } from '../../functions/runtime/queue-client.ts';
import type { Database } from '../../functions/store/database.ts';
import type { TableName } from '../../functions/store/keys.ts';

/** The functions that are deployed, by the handlers that their Lambdas export, over whatever clients and clock are given. */

export type FunctionName = 'submit' | 'query' | 'manage' | 'dashboard' | 'evaluate' | 'notify' | 'seed';

export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** What one running copy of a function has of the world around it. */
export interface Surroundings {
  readonly database: Database<TableName>;
  readonly sns: SNSClient;
  readonly topicArn: string;
  /** Queues are called like the function that takes from them. */
  readonly sqs: Pick<SQSClient, 'send'>;
  /** How many subjects an hourly run works through without the queue; as many as deployed where it is left out. */
  readonly mostByItself?: number | undefined;
  readonly now: () => Date;
  /** Hears of each line of the log. */
  readonly onLog: (level: string, message: string, fields: unknown) => void;
  readonly onSeeded: (response: CloudFormationCustomResourceResponse) => void;
  readonly inspections: () => readonly unknown[];
}

const PAGE_URL = 'https://monitor.example';

/** Where the build puts what pages link to. */
function makeAssets(): string {
  const root = mkdtempSync(join(tmpdir(), 'simulation-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'assets'));
  for (const name of ['styles-0.css', 'icon-0.svg', ...DOCUMENTS.map((document) => `${document}.html`)])
    writeFileSync(join(root, 'assets', name), '');
  return root;
}
const ROOT = makeAssets();
const ASSETS = readAssets(join(ROOT, 'assets'));

// A Lambda reads its environment and opens its clients as it loads; those clients are never used here.
Object.assign(process.env, {
  ...{ BASELINES_TABLE: 'baselines', SUBMISSIONS_TABLE: 'submissions', ALERTS_TABLE: 'alerts', ACCESS_TABLE: 'access' },
  ...{ ALERT_TOPIC_ARN: 'arn:aws:sns:eu-west-2:000000000000:alerts', API_URL: PAGE_URL, SMALL_NUMBERS: 'show' },
  ...{ METRICS_NAMESPACE: 'simulation', AWS_REGION: 'eu-west-2', POWERTOOLS_METRICS_DISABLED: 'true' },
  LAMBDA_TASK_ROOT: ROOT,
});

// biome-ignore-start lint/style/noRestrictedImports: what is simulated is the Lambdas themselves, with clients and a clock of the simulation's.
export const LAMBDAS = {
  submit: await import('../../functions/submit.ts'),
  query: await import('../../functions/query.ts'),
  manage: await import('../../functions/manage.ts'),
  dashboard: await import('../../functions/dashboard.ts'),
  evaluate: await import('../../functions/evaluate.ts'),
  notify: await import('../../functions/notify.ts'),
  seed: await import('../../functions/seed.ts'),
};
// biome-ignore-end lint/style/noRestrictedImports: as above

const METRICS: Metrics = {
  addMetric() {},
  publishStoredMetrics() {},
  hasStoredMetrics: () => false,
  addDimension() {},
  singleMetric: () => METRICS,
} as unknown as Metrics;

/** A copy of a function, as its cold start makes it; of these modules, where it is to have others to itself. */
export function startFunction(name: FunctionName, around: Surroundings, lambdas: typeof LAMBDAS = LAMBDAS): Handler {
  const { database, sns, topicArn, now } = around;
  const line =
    (level: string) =>
    (message: string, fields: unknown): void =>
      around.onLog(level, message, fields);
  const logger = {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    addContext() {},
    appendKeys() {},
  } as unknown as Logger;
  const common = { database, now, logger };
  const smallNumbers = 'show';
  const hourly = {
    queue: { send: (subjects: readonly unknown[]) => sendAll(name, subjects, around.sqs) },
    ...(around.mostByItself === undefined ? {} : { mostByItself: around.mostByItself }),
  };
  switch (name) {
    case 'submit':
      return lambdas.submit.createHandler(common) as unknown as Handler;
    case 'query':
      return lambdas.query.createHandler(common) as unknown as Handler;
    case 'manage':
      return lambdas.manage.createHandler({ ...common, sns, topicArn }) as unknown as Handler;
    case 'evaluate':
      return lambdas.evaluate.createHandler({
        ...common,
        ...hourly,
        smallNumbers,
        metrics: METRICS,
      }) as unknown as Handler;
    case 'notify':
      return lambdas.notify.createHandler({
        ...common,
        ...hourly,
        sns,
        topicArn,
        pageUrl: PAGE_URL,
        smallNumbers,
        operations: undefined,
        metrics: METRICS,
      }) as unknown as Handler;
    case 'seed':
      return lambdas.seed.createHandler({
        ...common,
        sns,
        topicArn,
        inspections: around.inspections(),
        alertEmail: undefined,
        operations: undefined,
        metrics: METRICS,
        respond: async (_url, response) => around.onSeeded(response),
      }) as unknown as Handler;
    case 'dashboard':
      return lambdas.dashboard.createHandler({
        ...common,
        sns: async () => sns,
        topicArn,
        assets: ASSETS,
        contact: undefined,
        council: undefined,
        smallNumbers,
      }) as unknown as Handler;
  }
}
