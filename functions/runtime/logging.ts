import type { Logger } from '@aws-lambda-powertools/logger';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';

/**
 * Every request is a line of the log: route and status, and the id of the token once that is known to be valid
 * ({@link logToken}); nothing about a person.
 */
export function logging(
  logger: Logger,
): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, Context> {
  return {
    before: ({ event, context }) => {
      logger.addContext(context);
      // Keys stay from one request of an instance to the next.
      logger.appendKeys({ requestId: event.requestContext.requestId, route: event.routeKey, token: undefined });
    },
    after: ({ response }) => {
      logger.info('request answered', { status: response?.statusCode ?? 200 });
    },
    onError: ({ response }) => {
      logger.info('request refused', { status: response?.statusCode ?? 500 });
    },
  };
}

/** Puts the id of the token that a request came with under all that is logged of it: a leaked one's doings can be listed. */
export function logToken(logger: Logger, id: string): void {
  logger.appendKeys({ token: id });
}

interface Warning {
  warn(message: string, fields: Record<string, unknown>): void;
}

interface Item {
  readonly table: string;
  readonly key: string;
  readonly of: string;
  readonly why: string;
}

/** Names what is stored and cannot be read, which the rest was done without. */
export function logUnreadable(log: Warning, unreadable: readonly Item[]): void {
  for (const { table, key, of, why } of unreadable) log.warn('cannot be read', { table, key, of, why });
}
