import { type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  COUNCIL_PAGES,
  DEFAULT_ROUTE,
  type HttpFunction,
  PAGES,
  ROUTES,
  type Route,
} from '../functions/http/routes.ts';
import type { ServiceFunction } from './service-function.ts';

export interface ApiProps {
  /** `openid` where there is a sign-in of the council's own: its pages come with it. */
  readonly functions: Readonly<Record<Exclude<HttpFunction, 'openid'>, ServiceFunction>> & {
    readonly openid?: ServiceFunction | undefined;
  };
  readonly logRemoval: RemovalPolicy;
}

/**
 * An authority sends a month and looks at a page: this is for hundreds of them at once, and for telling a program that
 * has run wild to wait (429).
 */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/**
 * Routes that anybody may ask have a limit of their own, each: who floods one of them takes nothing of what the others share.
 * People sign in a few times a month; what pages look like each browser asks for once.
 */
const ANYBODY = { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 50 };

/** The address that people know leads to the sign-in page, too. */
const START = 'GET /';
const ASSETS = 'GET /assets/{file}' satisfies keyof typeof PAGES;

/** A line of the access log. The address is there to find out about a stolen token; nothing else is about a person. */
const ACCESS_LOG = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  address: '$context.identity.sourceIp',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  functionMilliseconds: '$context.integrationLatency',
  functionRequestId: '$context.integration.requestId',
  functionError: '$context.integrationErrorMessage',
};

/** The HTTP API: the routes and pages of `functions/http/routes.ts`, and a function that answers for every other path. No CORS. */
export class Api extends Construct {
  readonly api: apigateway.HttpApi;
  readonly accessLog: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.api = new apigateway.HttpApi(this, 'Api', { apiName: Stack.of(this).stackName, createDefaultStage: false });

    const handlers = Object.entries(props.functions);
    const targets = new Map(
      handlers.flatMap(([name, handler]) => (handler ? [[name, this.integrate(handler)] as const] : [])),
    );
    const all: Record<string, Route> = { ...ROUTES, ...PAGES, ...(props.functions.openid && COUNCIL_PAGES) };
    const routes: [string, HttpFunction][] = Object.entries(all).map(([key, route]) => [key, route.handledBy]);
    const made = [...routes, ['$default', DEFAULT_ROUTE] as const].map(([routeKey, handledBy]) => {
      const route = new apigateway.CfnRoute(this, routeKey, {
        apiId: this.api.apiId,
        routeKey,
        target: `integrations/${targets.get(handledBy)}`,
      });
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'The function checks the token itself, before anything else: an authorizer of API Gateway answers in its own format and cannot take header or cookie.',
      });
      return route;
    });

    this.accessLog = new logs.LogGroup(this, 'AccessLog', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: props.logRemoval,
    });
    const stage = new apigateway.HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new apigateway.LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    const { node } = stage;
    const anybodys = Object.entries(all).flatMap(([key, { scope }]) => (scope === null ? [key] : []));
    const asMany = { ThrottlingRateLimit: THROTTLE.rateLimit, ThrottlingBurstLimit: THROTTLE.burstLimit };
    const keys = [...anybodys, START, '$default'];
    const limits = Object.fromEntries(keys.map((key) => [key, key === ASSETS ? asMany : ANYBODY]));
    (node.defaultChild as apigateway.CfnStage).routeSettings = limits;
    // A stage does not know the limits of routes that are not there yet.
    node.addDependency(...made.filter(({ routeKey }) => routeKey in limits));
  }

  /** Where the API is, without a trailing slash. */
  get url(): string {
    return this.api.apiEndpoint;
  }

  /** Tells a function where the API and the page are. Not for functions behind the API: neither could be made first. */
  tellUrl(to: ServiceFunction): void {
    to.tell('API_URL', this.url);
  }

  /**
   * Lets the API call a function; returns the integration's id. One permission covers every route: one a route, as
   * `HttpLambdaIntegration` makes them, would fill the function's policy, which has a limit.
   */
  private integrate(handler: ServiceFunction): string {
    const integration = new apigateway.CfnIntegration(this, handler.name, {
      apiId: this.api.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: handler.function.functionArn,
      payloadFormatVersion: '2.0',
    });
    handler.function.addPermission('Api', {
      principal: new iam.ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        // Any stage, any route: also `$default`, which is one segment shorter than a method with its path.
        resourceName: '*/*',
      }),
    });
    return integration.ref;
  }
}
