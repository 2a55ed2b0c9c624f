import * as z from 'zod';
import { MAX_MONTHS, SubmissionSchema } from '../domain/submission.ts';
import * as answers from './answers.ts';
import * as bodies from './bodies.ts';
import { STATUS } from './problem.ts';
import { MAX_BODY_BYTES, ROUTES, type Route, type RouteKey } from './routes.ts';

/**
 * The description of the API, OpenAPI 3.1: routes and scopes from `routes.ts`, the shape of everything from the same
 * schemas that read and write it. Here are only the words, and an example of each request: run in this order on a fresh
 * instance each is answered as described.
 */

export const DescriptionSchema = z.looseObject({ openapi: z.literal('3.1.1') });

/** Named in the document as here. */
const ANSWERS = {
  Month: answers.MonthAnswerSchema,
  Months: answers.MonthsAnswerSchema,
  Revisions: answers.RevisionsAnswerSchema,
  Bulk: answers.BulkAnswerSchema,
  Metrics: answers.MetricsAnswerSchema,
  Metric: answers.MetricAnswerSchema,
  Alert: answers.AlertAnswerSchema,
  Alerts: answers.AlertsAnswerSchema,
  Notices: answers.NoticesAnswerSchema,
  Inspection: answers.InspectionAnswerSchema,
  Action: answers.ActionAnswerSchema,
  Standard: answers.StandardAnswerSchema,
  Backtest: answers.BacktestAnswerSchema,
  Recipient: answers.RecipientAnswerSchema,
  Recipients: answers.RecipientsAnswerSchema,
  Health: answers.HealthAnswerSchema,
  Description: DescriptionSchema,
  Problem: answers.ProblemAnswerSchema,
} as const;

const BODIES = {
  Submission: SubmissionSchema,
  Submissions: bodies.BulkSchema,
  StandardSetting: bodies.StandardBodySchema,
  BacktestSetting: bodies.BacktestBodySchema,
  Acknowledgement: bodies.AcknowledgementBodySchema,
  Progress: bodies.ProgressBodySchema,
  NewRecipient: bodies.RecipientBodySchema,
} as const;

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly body?: { readonly schema: keyof typeof BODIES; readonly example: unknown; readonly csv?: string };
  readonly query?: z.ZodObject;
  /** Words for query parameters, by name. */
  readonly words?: Readonly<Record<string, string>>;
  readonly ifMatch?: 'needed' | 'to change';
  /** Answers by status; null for one without a body. */
  readonly answers: Readonly<Record<number, keyof typeof ANSWERS | null>>;
  readonly csv?: true;
  /** Other problems than those that its token, path, query and body can have. */
  readonly problems?: readonly number[];
}

const PAGE_WORDS = { limit: 'How many at most; 50 where it is not said.', cursor: 'The `next` of the answer before.' };
const RANGE_WORDS = { from: 'The first month, yyyy-mm.', to: 'The last month, yyyy-mm.' };
const DECISION = { reason: 'Agreed by the improvement board', author: 'Head of performance' };

const OPERATIONS: Readonly<Record<RouteKey, Operation>> = {
  'PUT /v1/authorities/{authority}/submissions/{period}': {
    summary: 'Submit one whole month',
    description:
      'The first time 201. The same content again: 200, and nothing is stored. Changed content is a new revision and needs `If-Match` with the ETag of the one it replaces.',
    body: {
      schema: 'Submission',
      example: {
        status: 'final',
        observations: {
          'initial-assessments-on-time': { numerator: 39, denominator: 50 },
          'referral-backlog': { count: 41 },
          'children-feel-safe': { value: 86 },
        },
        commentary: 'Two posts were vacant.',
      },
    },
    ifMatch: 'to change',
    answers: { 200: 'Month', 201: 'Month' },
    problems: [409, 412, 428],
  },
  'POST /v1/authorities/{authority}/submissions': {
    summary: `Submit up to ${MAX_MONTHS} months at once`,
    description:
      'All or nothing, and one e-mail. Months that are there already and the same are skipped. Months that would change are refused (409), naming what would become different, unless `revise=true`. CSV is one figure a line (`period,metric,numerator,denominator,count,value,status,commentary`) or one month a line (`period,status,commentary` and columns such as `referral-backlog.count`).',
    body: {
      schema: 'Submissions',
      example: {
        submissions: [
          { period: '2011-06', observations: { 'referral-backlog': { count: 12 } } },
          { period: '2011-07', status: 'provisional', observations: { 'referral-backlog': { count: 3 } } },
        ],
      },
      csv: 'period,metric,numerator,denominator,count,value,status\r\n2011-05,conferences-on-time,14,15,,,final\r\n',
    },
    query: bodies.BulkQuerySchema,
    words: { revise: '`true` to change months that are there already.' },
    answers: { 200: 'Bulk' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/submissions': {
    summary: 'List the months as they stand, oldest first',
    description: 'As CSV it is the whole range at once, and can be submitted again unchanged.',
    query: bodies.MonthsQuerySchema,
    words: { ...RANGE_WORDS, ...PAGE_WORDS, format: '`csv` for one figure a line.' },
    answers: { 200: 'Months' },
    csv: true,
  },
  'GET /v1/authorities/{authority}/submissions/{period}': {
    summary: 'One month as it stands',
    answers: { 200: 'Month' },
  },
  'GET /v1/authorities/{authority}/submissions/{period}/revisions': {
    summary: 'Every revision of a month, oldest first',
    query: bodies.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Revisions' },
  },
  'GET /v1/authorities/{authority}/metrics': {
    summary: 'What is measured: definitions, baselines, standards in force',
    answers: { 200: 'Metrics' },
  },
  'GET /v1/authorities/{authority}/metrics/{metric}': {
    summary: 'One metric with its series: figures, limits, findings and alert in each period',
    query: bodies.RangeQuerySchema,
    words: RANGE_WORDS,
    answers: { 200: 'Metric' },
  },
  'GET /v1/authorities/{authority}/alerts': {
    summary: 'The alerts as they stand',
    query: bodies.AlertsQuerySchema,
    words: { state: 'Only alerts in this state.' },
    answers: { 200: 'Alerts' },
  },
  'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement': {
    summary: 'Say who has an alert in hand',
    description: 'It holds until the alert worsens or clears.',
    body: {
      schema: 'Acknowledgement',
      example: { author: 'Head of service', note: 'Two more screeners from Monday.' },
    },
    answers: { 200: 'Alert' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/notices': {
    summary: 'What was mailed, newest first',
    query: bodies.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Notices' },
  },
  'GET /v1/authorities/{authority}/inspection': {
    summary: 'The inspection: judgements, recommended actions with their progress',
    answers: { 200: 'Inspection' },
  },
  'PUT /v1/authorities/{authority}/metrics/{metric}/standard': {
    summary: "Set the authority's own standard, tolerance, M of N or rebase dates for a metric",
    description: 'Each is a new version, from a month on; earlier versions stay. Everything is judged again at once.',
    body: { schema: 'StandardSetting', example: { from: '2011-04', value: 85, ...DECISION } },
    answers: { 200: 'Standard', 201: 'Standard' },
    problems: [409],
  },
  'POST /v1/authorities/{authority}/backtests': {
    summary: 'Try another standard, tolerance, M of N or rebase date on the record',
    description: 'Shows what would have been raised, beside what is. Writes nothing.',
    body: { schema: 'BacktestSetting', example: { metric: 'initial-assessments-on-time', value: 75 } },
    answers: { 200: 'Backtest' },
  },
  'PUT /v1/authorities/{authority}/actions/{action}': {
    summary: 'Report the progress of a recommended action',
    body: {
      schema: 'Progress',
      example: { state: 'completed', evidence: 'Audit of 40 cases, March 2011', author: 'Head of service' },
    },
    answers: { 200: 'Action', 201: 'Action' },
    problems: [409],
  },
  'POST /v1/authorities/{authority}/recipients': {
    summary: 'Have an address mailed',
    description:
      'SNS asks the address to confirm. One that is mailed already gets the level said. One address is mailed of one authority.',
    body: { schema: 'NewRecipient', example: { address: 'head.of.service@example.org', level: 'critical' } },
    answers: { 200: 'Recipient', 201: 'Recipient' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/recipients': {
    summary: 'Who is mailed, confirmed or not',
    answers: { 200: 'Recipients' },
  },
  'DELETE /v1/authorities/{authority}/recipients/{recipient}': {
    summary: 'Stop mailing an address',
    description: 'One that has not confirmed cannot be removed (409): SNS forgets it after 48 hours.',
    answers: { 204: null },
    problems: [409],
  },
  'DELETE /v1/authorities/{authority}/submissions/{period}': {
    summary: 'Retract a month',
    description: 'The month no longer counts; its history stays. Submitting it again is a change.',
    ifMatch: 'needed',
    answers: { 200: 'Month' },
    problems: [409, 412, 428],
  },
  'GET /openapi.json': { summary: 'This description', answers: { 200: 'Description' } },
  'GET /health': { summary: 'Whether the service answers', answers: { 200: 'Health' } },
};

/** What a path parameter is, with an example. `recipient` is the identifier of the example address. */
const PARAMETERS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  authority: { description: 'The organisation inspected.', example: 'herefordshire' },
  period: { description: 'A month, yyyy-mm.', example: '2011-08' },
  metric: { description: 'The id of a metric.', example: 'initial-assessments-on-time' },
  alert: { description: 'The id of an alert: that of its metric.', example: 'referral-backlog' },
  action: { description: 'The id of a recommended action.', example: 'A1' },
  recipient: { description: 'The `id` of a recipient.', example: '6092f2e6b691852e' },
};

type Json = Record<string, unknown>;

export function describeApi(): Json & { openapi: '3.1.1' } {
  const paths: Record<string, Json> = {};
  for (const [key, operation] of Object.entries(OPERATIONS) as [RouteKey, Operation][]) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(path, ROUTES[key], operation, key) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Inspection monitor',
      version: '1',
      description:
        "Monthly figures of a children's service in, judged against what its inspection found, and what came of it.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token `imt_…` with the scope that the operation names.',
        },
      },
      schemas: {
        ...schemasOf(BODIES, 'input'),
        ...schemasOf(ANSWERS, 'output'),
      },
    },
  };
}

function schemasOf(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Record<string, Json> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemaOf(schema, io)]));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, ...described } = z.toJSONSchema(schema, { io });
  return described;
}

function describeOperation(path: string, route: Route, operation: Operation, key: RouteKey): Json {
  const { summary, description, body, query, words = {}, ifMatch, csv } = operation;
  const scope = route.scope ? `Needs the scope \`${route.scope}\`.` : 'Needs no token.';
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
      ...PARAMETERS[name],
    })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: false,
      description: words[name],
      schema: schemaOf(schema as z.ZodType, 'input'),
    })),
    ...(ifMatch
      ? [
          {
            name: 'If-Match',
            in: 'header',
            required: ifMatch === 'needed',
            description: 'The ETag of the revision that is replaced.',
            schema: { type: 'string' },
            ...(ifMatch === 'needed' ? { example: '"1"' } : {}),
          },
        ]
      : []),
  ];
  return {
    operationId: operationIdOf(key),
    summary,
    description: [description, scope].filter(Boolean).join(' '),
    ...(route.scope ? {} : { security: [] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            description: `At most ${(route.maxBodyBytes ?? MAX_BODY_BYTES) / 1024} KB.`,
            content: {
              'application/json': { schema: reference(body.schema), example: body.example },
              ...(body.csv ? { 'text/csv': { schema: { type: 'string' }, example: body.csv } } : {}),
            },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, name]) => [status, describeAnswer(status, name, csv)]),
      ),
      ...(key.startsWith('GET ') ? { 304: { description: 'Unchanged since the ETag in If-None-Match.' } } : {}),
      ...Object.fromEntries(problemsOf(path, route, operation).map((status) => [status, describeProblem(status)])),
    },
  };
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function describeAnswer(status: string, name: string | null, csv: true | undefined): Json {
  const description = status === '201' ? 'Stored.' : status === '204' ? 'Done.' : 'As asked.';
  if (!name) return { description };
  return {
    description,
    content: {
      'application/json': { schema: reference(name) },
      ...(csv ? { 'text/csv': { schema: { type: 'string' } } } : {}),
    },
  };
}

function problemsOf(path: string, { scope, body }: Route, { query, problems = [] }: Operation): number[] {
  const statuses = [
    ...(scope ? [401, 403] : []),
    ...(path.includes('{') ? [404] : []),
    ...(body ? [400, 413, 415, 422] : []),
    ...(query ? [422] : []),
    ...problems,
    429,
    500,
  ];
  return [...new Set(statuses)].sort();
}

function describeProblem(status: number): Json {
  if (status === 429) return { description: 'Too many requests at once; API Gateway answers this itself, as JSON.' };
  const kinds = Object.entries(STATUS).flatMap(([kind, of]) => (of === status ? [kind.replaceAll('-', ' ')] : []));
  return {
    description: `Refused: ${kinds.join(' or ')}.`,
    content: { 'application/problem+json': { schema: reference('Problem') } },
  };
}

/** `PUT /v1/authorities/{authority}/submissions/{period}` is `putSubmissionsPeriod`. */
function operationIdOf(key: RouteKey): string {
  const [method = '', path = ''] = key.split(' ');
  const words = path
    .replace(/^\/v1\/authorities\/\{authority\}/, '')
    .split(/[^a-z]+/)
    .filter(Boolean);
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
