import { Logger } from '@aws-lambda-powertools/logger';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';
import herefordshire from '../seed/herefordshire-2010.json' with { type: 'json' };
import { describeFailure } from './runtime/failure.ts';
import { openDatabase } from './runtime/open-database.ts';
import { loadInspection, moveFormerInspections } from './services/inspections.ts';
import type { Database } from './store/database.ts';

/** The inspections that a deployment loads, one for each authority. Another is a file in `seed/` and a line here. */
const INSPECTIONS: readonly unknown[] = [herefordshire];

export interface SeedDependencies {
  readonly database: Database<'baselines'>;
  readonly inspections: readonly unknown[];
  /** Tells CloudFormation how it went. */
  readonly respond: (url: string, response: CloudFormationCustomResourceResponse) => Promise<void>;
  readonly logger: Logger;
}

/**
 * Loads the inspections when CloudFormation creates or updates the custom resource. It always answers, since a
 * deployment waits for it; deletion leaves everything as it is, because the tables are kept or go as a whole.
 */
export function createHandler({ database, inspections, respond, logger }: SeedDependencies) {
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
        }
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

export const handler = createHandler({
  database: openDatabase('baselines'),
  inspections: INSPECTIONS,
  respond: putResponse,
  logger: new Logger({ serviceName: 'seed' }),
});
