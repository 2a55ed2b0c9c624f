import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SNSClient } from '@aws-sdk/client-sns';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';
import * as z from 'zod';
import bristol2023 from '../seed/bristol-2023.json' with { type: 'json' };
import herefordshire2010 from '../seed/herefordshire-2010.json' with { type: 'json' };
import herefordshire2014 from '../seed/herefordshire-2014.json' with { type: 'json' };
import herefordshire2018 from '../seed/herefordshire-2018.json' with { type: 'json' };
import herefordshire2022 from '../seed/herefordshire-2022.json' with { type: 'json' };
import { InspectionSchema } from './domain/inspection.ts';
import { LevelSchema } from './domain/lifecycle.ts';
import { dayInEngland } from './domain/period.ts';
import { readEnvironment } from './runtime/environment.ts';
import type { HourlyEvent } from './runtime/events.ts';
import { describeFailure } from './runtime/failure.ts';
import { logUnreadable } from './runtime/logging.ts';
import { METRICS } from './runtime/metrics.ts';
import { openDatabase } from './runtime/open-database.ts';
import { UnreadableItemError } from './services/errors.ts';
import { listAuthorities, loadInspection, moveFormerInspections } from './services/inspections.ts';
import { keepOperator, type Operations, removeOperator } from './services/operators.ts';
import { askAgain, followDeployment, settleFilters, takeOverRequests } from './services/recipients-upkeep.ts';
import { type Recipients, SNS_ATTEMPTS } from './services/subscriptions.ts';
import type { Database } from './store/database.ts';

/**
 * The inspections that ship with the service, each authority's newest first, so that it is told once which one leads. A
 * deployment loads those of its authority; whatever else there is, `monitor inspection load` does.
 */
const INSPECTIONS: readonly unknown[] = [
  bristol2023,
  herefordshire2022,
  herefordshire2018,
  herefordshire2014,
  herefordshire2010,
];

/** Whom the deployment has asked; nobody where there is none. */
const PropertiesSchema = z.object({
  /** Whose inspections are loaded; everybody's where it does not say. */
  authority: z.string().optional(),
  recipient: z.object({ authority: z.string(), address: z.string(), level: LevelSchema }).optional(),
  operator: z.string().optional(),
});

export interface SeedDependencies extends Recipients {
  readonly database: Database<'baselines' | 'alerts'>;
  readonly now: () => Date;
  readonly inspections: readonly unknown[];
  /** The address that the deployment has mailed of an authority. */
  readonly alertEmail: string | undefined;
  /** The topic that alarms go to, and the address that the deployment has told. Undefined where there is none. */
  readonly operations: (Operations & { readonly email: string | undefined }) | undefined;
  /** Tells CloudFormation how it went. */
  readonly respond: (url: string, response: CloudFormationCustomResourceResponse) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Loads the inspections and brings the recipients up to date when CloudFormation creates or updates the custom resource,
 * which it does with every change of either and of how recipients are kept. It always answers, since a
 * deployment waits for it; deletion leaves everything as it is, because the tables are kept or go as a whole.
 *
 * Every hour it makes sure that whoever should be asked is, and that filters are as they should be.
 */
export function createHandler(dependencies: SeedDependencies) {
  const { respond, logger } = dependencies;
  return async (event: CloudFormationCustomResourceEvent | HourlyEvent): Promise<void> => {
    if (!('RequestType' in event)) return keepRecipients(dependencies);
    const common = {
      PhysicalResourceId: 'inspections',
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    };
    try {
      if (event.RequestType !== 'Delete') await deploy(event, dependencies);
      await respond(event.ResponseURL, { ...common, Status: 'SUCCESS' });
    } catch (error) {
      logger.error('inspection not loaded', { failure: describeFailure(error) });
      await respond(event.ResponseURL, {
        ...common,
        Status: 'FAILED',
        Reason: (error as Error).message.slice(0, 1000),
      });
    }
  };
}

async function deploy(event: CloudFormationCustomResourceEvent, dependencies: SeedDependencies): Promise<void> {
  const { database, inspections, operations, logger, now } = dependencies;
  for (const moved of await moveFormerInspections(database)) logger.info('former inspection moved', moved);
  const after = PropertiesSchema.parse(event.ResourceProperties ?? {});
  const today = dayInEngland(now());
  for (const inspection of inspections.map((contents) => InspectionSchema.parse(contents))) {
    // Where a clock says that a report is not out yet, as in a demonstration, it is not there.
    if (inspection.published > today || (after.authority && inspection.authority !== after.authority)) continue;
    const { authority, written } = await loadInspection(database, inspection, {
      at: now().toISOString(),
      by: 'a deployment',
    });
    logger.info('inspection loaded', { authority, written });
    await takeOverRequests(dependencies, authority);
  }
  const before = event.RequestType === 'Update' ? PropertiesSchema.parse(event.OldResourceProperties ?? {}) : {};
  await followDeployment(dependencies, before.recipient, after.recipient, now());
  if (operations) {
    if (before.operator && before.operator !== after.operator) await removeOperator(operations, before.operator);
    await keepOperator(operations, after.operator);
  }
  const { changed, unreadable } = await settleFilters(dependencies, now());
  logUnreadable(logger, unreadable);
  logger.info('filters settled', { changed });
}

/**
 * Asks again whose subscription is gone, sets filters right, and measures whether anybody hears when the service fails. Throws
 * {@link UnreadableItemError} in the end where a recipient cannot be read.
 */
async function keepRecipients(dependencies: SeedDependencies): Promise<void> {
  const { alertEmail, logger, now } = dependencies;
  const closed = (await listAuthorities(dependencies.database)).flatMap((each) => (each.closed ? each.id : []));
  const asked = alertEmail !== undefined && (await askAgain(dependencies, alertEmail, now(), new Set(closed)));
  const { changed, unreadable } = await settleFilters(dependencies, now());
  logger.info('recipients kept', { asked, changed });
  await keepOperators(dependencies);
  // The rest is done; this rings the alarm until they can be read.
  if (unreadable.length > 0) throw new UnreadableItemError(unreadable);
}

async function keepOperators({ operations, logger, metrics }: SeedDependencies): Promise<void> {
  if (!operations) return;
  const confirmed = await keepOperator(operations, operations.email);
  metrics.addMetric('ConfirmedOperators', METRICS.ConfirmedOperators.unit, confirmed);
  metrics.publishStoredMetrics();
  // For a deployment that is watched by its logs alone: see lib/operations.ts.
  if (confirmed === 0 && operations.email) logger.error('nobody has confirmed to hear of failures');
}

async function putResponse(url: string, response: CloudFormationCustomResourceResponse): Promise<void> {
  const { ok, status } = await fetch(url, {
    method: 'PUT',
    body: JSON.stringify(response),
    headers: { 'content-type': '' },
  });
  if (!ok) throw new Error(`CloudFormation did not take the answer: status ${status}`);
}

const environment = readEnvironment(
  'ALERT_TOPIC_ARN',
  'ALERT_EMAIL',
  'OPERATIONS_TOPIC_ARN',
  'OPERATIONS_EMAIL',
  'METRICS_NAMESPACE',
);
const sns = new SNSClient({ maxAttempts: SNS_ATTEMPTS });

export const handler = createHandler({
  database: openDatabase('baselines', 'alerts'),
  sns,
  topicArn: environment.ALERT_TOPIC_ARN,
  alertEmail: environment.ALERT_EMAIL,
  operations: environment.OPERATIONS_TOPIC_ARN
    ? { sns, topicArn: environment.OPERATIONS_TOPIC_ARN, email: environment.OPERATIONS_EMAIL }
    : undefined,
  now: () => new Date(),
  inspections: INSPECTIONS,
  respond: putResponse,
  logger: new Logger({ serviceName: 'seed' }),
  metrics: new Metrics({ namespace: environment.METRICS_NAMESPACE, serviceName: 'seed' }),
});
