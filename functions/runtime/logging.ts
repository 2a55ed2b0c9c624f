import type { Logger } from '@aws-lambda-powertools/logger';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';

/** Every request is a line of the log: route and status, nothing about a person. */
export function logging(
  logger: Logger,
): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, Context> {
  return {
    before: ({ event, context }) => {
      logger.addContext(context);
      logger.appendKeys({ requestId: event.requestContext.requestId, route: event.routeKey });
    },
    after: ({ response }) => {
      logger.info('request answered', { status: response?.statusCode ?? 200 });
    },
    onError: ({ response }) => {
      logger.info('request refused', { status: response?.statusCode ?? 500 });
    },
  };
}
