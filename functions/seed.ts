import { Logger } from '@aws-lambda-powertools/logger';
import { SNSClient } from '@aws-sdk/client-sns';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';
import * as z from 'zod';
import herefordshire from '../seed/herefordshire-2010.json' with { type: 'json' };
import { LevelSchema } from './domain/lifecycle.ts';
import { readEnvironment } from './runtime/environment.ts';
import { describeFailure } from './runtime/failure.ts';
import { openDatabase } from './runtime/open-database.ts';
import { loadInspection, moveFormerInspections } from './services/inspections.ts';
import { noteDeployed, type Recipients, SNS_ATTEMPTS, settleFilters, takeOverRequests } from './services/recipients.ts';
import type { Database } from './store/database.ts';

/** The inspections that a deployment loads, one for each authority. Another is a file in `seed/` and a line here. */
const INSPECTIONS: readonly unknown[] = [herefordshire];

/** Whom the deployment subscribes; nobody where there is none. */
const PropertiesSchema = z.object({
  recipient: z.object({ authority: z.string(), address: z.string(), level: LevelSchema }).optional(),
});

export interface SeedDependencies extends Recipients {
  readonly database: Database<'baselines' | 'alerts'>;
  readonly now: () => Date;
  readonly inspections: readonly unknown[];
  /** Tells CloudFormation how it went. */
  readonly respond: (url: string, response: CloudFormationCustomResourceResponse) => Promise<void>;
  readonly logger: Logger;
}

/**
 * Loads the inspections and brings the recipients up to date when CloudFormation creates or updates the custom resource,
 * which it does with every change of either and of how recipients are kept. It always answers, since a
 * deployment waits for it; deletion leaves everything as it is, because the tables are kept or go as a whole.
 */
export function createHandler(dependencies: SeedDependencies) {
  const { database, inspections, respond, logger, now } = dependencies;
  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const common = {
      PhysicalResourceId: 'inspections',
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    };
    try {
      if (event.RequestType !== 'Delete') {
        for (const moved of await moveFormerInspections(database)) logger.info('former inspection moved', moved);
        for (const contents of inspections) {
          const { authority, written } = await loadInspection(database, contents);
          logger.info('inspection loaded', { authority, written });
          await takeOverRequests(dependencies, authority);
        }
        const { recipient } = PropertiesSchema.parse(event.ResourceProperties ?? {});
        const before = event.RequestType === 'Update' ? PropertiesSchema.parse(event.OldResourceProperties ?? {}) : {};
        // What was made of it since by API or page stays, as long as the deployment says nothing new.
        if (recipient && JSON.stringify(recipient) !== JSON.stringify(before.recipient))
          await noteDeployed(dependencies, recipient.authority, recipient, now());
        logger.info('filters settled', { changed: await settleFilters(dependencies, now()) });
      }
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

async function putResponse(url: string, response: CloudFormationCustomResourceResponse): Promise<void> {
  const { ok, status } = await fetch(url, {
    method: 'PUT',
    body: JSON.stringify(response),
    headers: { 'content-type': '' },
  });
  if (!ok) throw new Error(`CloudFormation did not take the answer: status ${status}`);
}

const environment = readEnvironment('ALERT_TOPIC_ARN');

export const handler = createHandler({
  database: openDatabase('baselines', 'alerts'),
  sns: new SNSClient({ maxAttempts: SNS_ATTEMPTS }),
  topicArn: environment.ALERT_TOPIC_ARN,
  now: () => new Date(),
  inspections: INSPECTIONS,
  respond: putResponse,
  logger: new Logger({ serviceName: 'seed' }),
});
