import type * as z from 'zod';
import { AcknowledgementSchema } from '../domain/board.ts';
import { FindingSchema } from '../domain/evaluators/evaluator.ts';
import {
  BaselineSchema,
  FigureSchema,
  GradedJudgementSchema,
  LocalStandardSchema,
  MOfNSchema,
  ProgressSchema,
  StandardSchema,
} from '../domain/inspection.ts';
import { AlertStateSchema, EpisodeSchema } from '../domain/lifecycle.ts';
import { NoticeItemSchema } from '../domain/notice.ts';
import { MAX_MONTHS, ReportedSchema } from '../domain/submission.ts';
import * as answers from './answers.ts';
import * as bodies from './bodies.ts';
import type { RouteKey } from './routes.ts';

/**
 * The words of the API's description: what each route is for, what it takes and gives, and an example of each request.
 * Run in this order on a fresh instance each is answered as described.
 */

/** Named in the document as here. */
export const ANSWERS = {
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
  StandardVersion: answers.StandardAnswerSchema,
  Backtest: answers.BacktestAnswerSchema,
  Recipient: answers.RecipientAnswerSchema,
  Recipients: answers.RecipientsAnswerSchema,
  Health: answers.HealthAnswerSchema,
  Description: answers.DescriptionAnswerSchema,
  Problem: answers.ProblemAnswerSchema,
} as const;

export const BODIES = {
  Submission: bodies.SubmissionBodySchema,
  Submissions: bodies.BulkSchema,
  NewStandard: bodies.StandardBodySchema,
  NewBacktest: bodies.BacktestBodySchema,
  NewAcknowledgement: bodies.AcknowledgementBodySchema,
  NewProgress: bodies.ProgressBodySchema,
  NewRecipient: bodies.RecipientBodySchema,
} as const;

/** What stands in several of them: described once, and referred to by name. */
export const PARTS = {
  Observation: ReportedSchema,
  Change: answers.ChangeAnswerSchema,
  MeasuredMetric: answers.MeasuredMetricSchema,
  SeriesPoint: answers.SeriesPointSchema,
  Outcome: answers.OutcomeSchema,
  Notice: answers.NoticeAnswerSchema,
  Acknowledgement: AcknowledgementSchema,
  AlertState: AlertStateSchema,
  Baseline: BaselineSchema,
  Episode: EpisodeSchema,
  Figure: FigureSchema,
  Finding: FindingSchema,
  Judgement: GradedJudgementSchema,
  LocalStandard: LocalStandardSchema,
  MOfN: MOfNSchema,
  NoticeItem: NoticeItemSchema,
  Progress: ProgressSchema,
  Standard: StandardSchema,
} as const;

/** What the operations are about, in the order in which somebody meets it. */
export const TAGS = {
  Submissions: 'Figures in, month by month: submit, correct, retract, read.',
  Metrics: 'What is measured, against which standard, and what each period showed.',
  Alerts: 'What is raised, who has it in hand, and what was mailed.',
  Inspection: 'What the inspectors found, what they recommended, and how that goes.',
  Recipients: 'Who is mailed.',
  Service: 'The service itself.',
} as const;

export interface Operation {
  readonly tag: keyof typeof TAGS;
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

const PAGE_WORDS = {
  limit: 'How many entries to return at most; 50 unless given.',
  cursor: 'The `next` of the previous answer.',
};
const RANGE_WORDS = { from: 'The first month, yyyy-mm.', to: 'The last month, yyyy-mm.' };
const DECISION = { reason: 'Agreed by the improvement board', author: 'Head of performance' };

export const OPERATIONS: Readonly<Record<RouteKey, Operation>> = {
  'PUT /v1/authorities/{authority}/submissions/{period}': {
    tag: 'Submissions',
    summary: 'Submit one whole month',
    description:
      'A new month is answered with 201. Sent again with the same content, it is answered with 200 and nothing is stored. Changed content becomes a new revision, and needs `If-Match` with the ETag of the revision it replaces.',
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
    tag: 'Submissions',
    summary: `Submit up to ${MAX_MONTHS} months at once`,
    description:
      'Either all months are stored or none, and they cause one e-mail. Months that are there already with the same content are skipped. Months that would change are refused (409), naming what would change, unless `revise=true`. CSV has one figure per line (`period,metric,numerator,denominator,count,value,status,commentary`), one month per line (`period,status,commentary` and columns such as `referral-backlog.count`) or one metric per line (`metric` and a column for each month); docs/figures.md says how it is read.',
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
    words: { revise: '`true` to change months that were submitted before.' },
    answers: { 200: 'Bulk' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/submissions': {
    tag: 'Submissions',
    summary: 'List the months, oldest first',
    description: 'CSV returns the whole range at once, in a form that can be submitted again unchanged.',
    query: bodies.MonthsQuerySchema,
    words: { ...RANGE_WORDS, ...PAGE_WORDS, format: '`csv` for one figure per line.' },
    answers: { 200: 'Months' },
    csv: true,
  },
  'GET /v1/authorities/{authority}/submissions/{period}': {
    tag: 'Submissions',
    summary: 'Read one month',
    answers: { 200: 'Month' },
  },
  'GET /v1/authorities/{authority}/submissions/{period}/revisions': {
    tag: 'Submissions',
    summary: 'List every revision of a month, oldest first',
    query: bodies.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Revisions' },
  },
  'GET /v1/authorities/{authority}/metrics': {
    tag: 'Metrics',
    summary: 'List what is measured: definitions, baselines, standards in force',
    answers: { 200: 'Metrics' },
  },
  'GET /v1/authorities/{authority}/metrics/{metric}': {
    tag: 'Metrics',
    summary: 'Read one metric with its series: figures, limits, findings and alert in each period',
    query: bodies.RangeQuerySchema,
    words: RANGE_WORDS,
    answers: { 200: 'Metric' },
  },
  'GET /v1/authorities/{authority}/alerts': {
    tag: 'Alerts',
    summary: 'List the alerts as they stand',
    query: bodies.AlertsQuerySchema,
    words: { state: 'Only alerts in this state.' },
    answers: { 200: 'Alerts' },
  },
  'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement': {
    tag: 'Alerts',
    summary: 'Say who has an alert in hand',
    description: 'It holds until the alert worsens or clears.',
    body: {
      schema: 'NewAcknowledgement',
      example: { author: 'Head of service', note: 'Two more screeners from Monday.' },
    },
    answers: { 200: 'Alert' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/notices': {
    tag: 'Alerts',
    summary: 'List what was mailed, newest first',
    query: bodies.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Notices' },
  },
  'GET /v1/authorities/{authority}/inspection': {
    tag: 'Inspection',
    summary: 'Read the inspection: judgements, and recommended actions with their progress',
    answers: { 200: 'Inspection' },
  },
  'PUT /v1/authorities/{authority}/metrics/{metric}/standard': {
    tag: 'Metrics',
    summary: "Set the authority's own standard, tolerance, M of N or rebase dates for a metric",
    description:
      'Each setting is a new version that holds from a given month; earlier versions are kept. Everything is judged again at once.',
    body: { schema: 'NewStandard', example: { from: '2011-04', value: 85, ...DECISION } },
    answers: { 200: 'StandardVersion', 201: 'StandardVersion' },
    problems: [409],
  },
  'POST /v1/authorities/{authority}/backtests': {
    tag: 'Metrics',
    summary: 'Try another standard, tolerance, M of N or rebase date, or fewer evaluators, on the record',
    description: 'Shows what would have been raised next to what was. Nothing is stored.',
    body: { schema: 'NewBacktest', example: { metric: 'initial-assessments-on-time', value: 75 } },
    answers: { 200: 'Backtest' },
  },
  'PUT /v1/authorities/{authority}/actions/{action}': {
    tag: 'Inspection',
    summary: 'Report the progress of a recommended action',
    body: {
      schema: 'NewProgress',
      example: { state: 'completed', evidence: 'Audit of 40 cases, March 2011', author: 'Head of service' },
    },
    answers: { 200: 'Action', 201: 'Action' },
    problems: [409],
  },
  'POST /v1/authorities/{authority}/recipients': {
    tag: 'Recipients',
    summary: 'Add a recipient',
    description:
      'SNS asks the address to confirm. An address that is already a recipient gets the new level. One that has confirmed for another authority is not asked again. A changed level takes up to 15 minutes.',
    body: { schema: 'NewRecipient', example: { address: 'head.of.service@example.org', level: 'critical' } },
    answers: { 200: 'Recipient', 201: 'Recipient' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/recipients': {
    tag: 'Recipients',
    summary: 'List the recipients, confirmed or not',
    answers: { 200: 'Recipients' },
  },
  'DELETE /v1/authorities/{authority}/recipients/{recipient}': {
    tag: 'Recipients',
    summary: 'Remove a recipient',
    description:
      'The address goes on hearing of other authorities. A recipient who has not confirmed cannot be removed (409); SNS forgets the request after 48 hours.',
    answers: { 204: null },
    problems: [409],
  },
  'DELETE /v1/authorities/{authority}/submissions/{period}': {
    tag: 'Submissions',
    summary: 'Retract a month',
    description: 'The month no longer counts; its history is kept. Submitting it again counts as a change.',
    ifMatch: 'needed',
    answers: { 200: 'Month' },
    problems: [409, 412, 428],
  },
  'GET /openapi.json': { tag: 'Service', summary: 'Read this description', answers: { 200: 'Description' } },
  'GET /health': { tag: 'Service', summary: 'Check that the service answers', answers: { 200: 'Health' } },
};

/** What a path parameter is, with an example. `recipient` is the identifier of the example address. */
export const PARAMETERS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  authority: { description: 'The organisation inspected.', example: 'herefordshire' },
  period: { description: 'A month, yyyy-mm.', example: '2011-08' },
  metric: { description: 'The id of a metric.', example: 'initial-assessments-on-time' },
  alert: {
    description: 'The id of an alert: that of its metric, or `submission` or `action`.',
    example: 'referral-backlog',
  },
  action: { description: 'The id of a recommended action.', example: 'A1' },
  recipient: { description: 'The `id` of a recipient.', example: '6092f2e6b691852e' },
};
