import type * as z from 'zod';
import { ProgressSchema } from '../domain/action.ts';
import { BenchmarkSchema } from '../domain/benchmark.ts';
import { AcknowledgementSchema } from '../domain/board.ts';
import { FindingSchema } from '../domain/evaluators/evaluator.ts';
import { FigureSchema, GradedJudgementSchema, InspectionSchema } from '../domain/inspection.ts';
import { AlertStateSchema, EpisodeSchema } from '../domain/lifecycle.ts';
import { BaselineSchema, LocalStandardSchema, MOfNSchema, StandardSchema } from '../domain/metric.ts';
import { NoticeItemSchema } from '../domain/notice-contents.ts';
import { OwnNameMeaningSchema } from '../domain/own-name.ts';
import { MAX_MONTHS, ReportedSchema } from '../domain/submission.ts';
import { UnreadableSchema } from '../domain/unreadable.ts';
import * as answers from './answers.ts';
import * as bodies from './bodies.ts';
import * as queries from './queries.ts';
import { type RouteKey, XLSX } from './routes.ts';
import * as standards from './standard-bodies.ts';
import * as sent from './submission-answers.ts';

/**
 * The words of the API's description: what each route is for, what it takes and gives, and an example of each request.
 * Run in this order on a fresh instance each is answered as described.
 */

/** Named in the document as here. */
export const ANSWERS = {
  Authorities: answers.AuthoritiesAnswerSchema,
  Authority: answers.AuthorityAnswerSchema,
  Month: sent.MonthAnswerSchema,
  Months: answers.MonthsAnswerSchema,
  Revisions: answers.RevisionsAnswerSchema,
  Bulk: sent.BulkAnswerSchema,
  Receipt: answers.ReceiptAnswerSchema,
  OwnName: answers.OwnNameAnswerSchema,
  OwnNames: answers.OwnNamesAnswerSchema,
  Metrics: answers.MetricsAnswerSchema,
  ChangedMetric: answers.ChangedMetricSchema,
  Metric: answers.MetricAnswerSchema,
  Benchmarks: answers.BenchmarksAnswerSchema,
  Alert: answers.AlertAnswerSchema,
  Alerts: answers.AlertsAnswerSchema,
  Notices: answers.NoticesAnswerSchema,
  Inspection: answers.InspectionAnswerSchema,
  Inspections: answers.InspectionsAnswerSchema,
  InspectionChange: answers.InspectionChangeSchema,
  InspectionFileSchema: answers.InspectionFileSchemaAnswerSchema,
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
  Correction: bodies.CorrectionBodySchema,
  NewOwnName: OwnNameMeaningSchema,
  NewMetric: bodies.MetricBodySchema,
  NewMetricChange: bodies.MetricChangeBodySchema,
  NewBenchmarks: bodies.BenchmarksBodySchema,
  NewStandard: standards.StandardBodySchema,
  NewBacktest: standards.BacktestBodySchema,
  NewAcknowledgement: bodies.AcknowledgementBodySchema,
  NewProgress: bodies.ProgressBodySchema,
  NewInspection: InspectionSchema,
  NewRecipient: bodies.RecipientBodySchema,
  NewSettings: bodies.SettingsBodySchema,
} as const;

/** What stands in several of them: described once, and referred to by name. */
export const PARTS = {
  Observation: ReportedSchema,
  Change: sent.ChangeAnswerSchema,
  MeasuredMetric: answers.MeasuredMetricSchema,
  SeriesPoint: answers.SeriesPointSchema,
  Outcome: answers.OutcomeSchema,
  Notice: answers.NoticeAnswerSchema,
  Acknowledgement: AcknowledgementSchema,
  AlertState: AlertStateSchema,
  Baseline: BaselineSchema,
  Benchmark: BenchmarkSchema,
  Episode: EpisodeSchema,
  Figure: FigureSchema,
  Finding: FindingSchema,
  Judgement: GradedJudgementSchema,
  LocalStandard: LocalStandardSchema,
  MOfN: MOfNSchema,
  NoticeItem: NoticeItemSchema,
  Progress: ProgressSchema,
  Standard: StandardSchema,
  Unreadable: UnreadableSchema,
} as const;

/** What the operations are about, in the order in which somebody meets it. */
export const TAGS = {
  Submissions: 'Figures in, month by month: submit, correct, retract, read.',
  Metrics: 'What is measured, against which standard, and what each period showed.',
  Alerts: 'What is raised, who has it in hand, and what was mailed.',
  Inspection: 'What the inspectors found, what they recommended, and how that goes.',
  Recipients: 'Who is mailed.',
  Authority: 'What the authority decides for itself as a whole.',
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
  /** Of the example, where it is another than that of a first revision. */
  readonly etag?: string;
  /** Answers by status; null for one without a body. */
  readonly answers: Readonly<Record<number, keyof typeof ANSWERS | null>>;
  readonly file?: readonly string[];
  /** Other problems than those that its token, path, query and body can have. */
  readonly problems?: readonly number[];
}

const PAGE_WORDS = {
  limit: 'How many entries to return at most; 50 unless given.',
  cursor: 'The `next` of the previous answer.',
};
const RANGE_WORDS = { from: 'The first month, yyyy-mm.', to: 'The last month, yyyy-mm.' };
const DECISION = { reason: 'Agreed by the improvement board', author: 'Head of performance' };

/** A report as somebody sends it, short. */
const VISIT = {
  id: 'herefordshire-visit-2011',
  authority: 'herefordshire',
  name: 'Herefordshire',
  framework: 'focused-visit',
  title: 'Focused visit, June 2011',
  inspectorate: 'Ofsted',
  fieldwork: { from: '2011-06-14', to: '2011-06-15' },
  published: '2011-07-12',
  rebaseDates: [],
  judgements: [],
  actions: [
    { id: 'V1', title: 'See every child alone during an assessment', dueBasis: 'inspection', paragraph: 'improve' },
  ],
  findings: [
    {
      metric: 'initial-assessments-on-time',
      baseline: { kind: 'statement', statement: 'Most are on time.', period: '2011-06', paragraphs: ['4'] },
      actions: ['V1'],
      paragraphs: ['4'],
      judgement: null,
    },
  ],
  metrics: [],
  figures: [],
};

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
  'PATCH /v1/authorities/{authority}/submissions/{period}': {
    tag: 'Submissions',
    summary: 'Correct some of a month: what is not named stays',
    description:
      'A JSON merge patch (RFC 7396) of the month, also as `application/merge-patch+json`: null takes a figure or the commentary out. A percentage that becomes counts sets `value` to null.',
    body: {
      schema: 'Correction',
      example: { observations: { 'referral-backlog': { count: 4 } }, reason: 'Three referrals were counted twice.' },
    },
    ifMatch: 'needed',
    answers: { 200: 'Month' },
    problems: [409, 412, 428],
  },
  'POST /v1/authorities/{authority}/submissions': {
    tag: 'Submissions',
    summary: `Submit up to ${MAX_MONTHS} months at once`,
    description:
      'Either all months are stored or none, and they cause one e-mail. Months that are there already with the same content are skipped. Figures are added to months that are there: what is not sent stays, unless `mode=replace`, which puts each month sent in the place of the whole month. Figures that would become different are refused (409) by name, unless `revise=true`. CSV has one figure per line (`period,metric,numerator,denominator,count,value,status,commentary`), one month per line (`period,status,commentary` and columns such as `referral-backlog.count`) or one metric per line (`metric` and a column for each month); docs/figures.md says how it is read. A file is answered with `setAside`, too: every sheet, column and line of it that was not taken, and why.',
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
    query: queries.BulkQuerySchema,
    words: {
      mode: '`add` (unless said otherwise) keeps what a month has and the request does not name; `replace` takes the place of whole months.',
      revise: '`true` to change what was submitted before.',
    },
    answers: { 200: 'Bulk' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/submissions': {
    tag: 'Submissions',
    summary: 'List the months, oldest first',
    description: 'A file returns the whole range at once, in a form that can be submitted again unchanged.',
    query: queries.MonthsQuerySchema,
    words: { ...RANGE_WORDS, ...PAGE_WORDS, format: '`csv` or `xlsx` for a file with one figure per line.' },
    answers: { 200: 'Months' },
    file: ['text/csv', XLSX],
  },
  'GET /v1/authorities/{authority}/submissions/{period}': {
    tag: 'Submissions',
    summary: 'Read one month',
    answers: { 200: 'Month' },
  },
  'GET /v1/authorities/{authority}/submissions/{period}/revisions': {
    tag: 'Submissions',
    summary: 'List every revision of a month, oldest first',
    query: queries.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Revisions' },
  },
  'GET /v1/authorities/{authority}/template.xlsx': {
    tag: 'Submissions',
    summary: 'Download a workbook to fill in',
    description:
      'A row for each metric and month, with what was sent before; filled in, it is sent to the same place as any file. Unless said otherwise it goes from the first month that is still to come to the last that is over. At most 48 months.',
    query: queries.RangeQuerySchema,
    words: RANGE_WORDS,
    answers: { 200: null },
    file: [XLSX],
  },
  'GET /v1/authorities/{authority}/receipts/{receipt}': {
    tag: 'Submissions',
    summary: 'Read the receipt of what was sent: who, when, what changed, what is questioned, which alerts followed',
    description:
      'Whatever was sent has one, under the `submittedAt` of its months, whether or not they were revised since. Alerts follow within the hour, mostly within moments.',
    answers: { 200: 'Receipt' },
  },
  'POST /v1/authorities/{authority}/names': {
    tag: 'Submissions',
    summary: "Say what a name means in the authority's own files",
    description:
      'A column or a line under that name is understood from then on, however it is spelt. `metric` null leaves its lines out. What a metric is called itself, by id or title, cannot mean another.',
    body: {
      schema: 'NewOwnName',
      example: { name: 'Conferences in 15 days', metric: 'conferences-on-time', field: 'numerator' },
    },
    answers: { 200: 'OwnName' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/names': {
    tag: 'Submissions',
    summary: "List the names that are remembered of the authority's own files",
    answers: { 200: 'OwnNames' },
  },
  'DELETE /v1/authorities/{authority}/names/{name}': {
    tag: 'Submissions',
    summary: 'Forget a name',
    answers: { 204: null },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/metrics': {
    tag: 'Metrics',
    summary: 'List what is measured: definitions, baselines, standards in force',
    answers: { 200: 'Metrics' },
  },
  'GET /v1/authorities/{authority}/metrics/{metric}': {
    tag: 'Metrics',
    summary: 'Read one metric with its series: figures, limits, findings and alert in each period',
    query: queries.RangeQuerySchema,
    words: RANGE_WORDS,
    answers: { 200: 'Metric' },
  },
  'GET /v1/authorities/{authority}/alerts': {
    tag: 'Alerts',
    summary: 'List the alerts as they stand',
    query: queries.AlertsQuerySchema,
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
    query: queries.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Notices' },
  },
  'GET /v1/authorities/{authority}/inspection': {
    tag: 'Inspection',
    summary: 'Read the inspection: judgements, and recommended actions with their progress',
    answers: { 200: 'Inspection' },
  },
  'GET /v1/authorities/{authority}/inspections': {
    tag: 'Inspection',
    summary: 'List every inspection, the newest first, each with what became of its actions',
    answers: { 200: 'Inspections' },
  },
  'PUT /v1/authorities/{authority}/inspections/{inspection}': {
    tag: 'Inspection',
    summary: 'Load an inspection',
    description:
      'Others stay as they are. The newest full inspection is the one that figures are held against from the month of its publication on. Loaded again with other content it changes, and what people set and reported stays. Everything is judged again at once. The format is described in `docs/inspection-format.md`; fields that begin with `$` are passed over.',
    body: { schema: 'NewInspection', example: VISIT },
    query: queries.DryRunQuerySchema,
    words: { dryRun: '`true` to say what would change, and change nothing.' },
    answers: { 200: 'InspectionChange', 201: 'InspectionChange' },
    problems: [409],
  },
  'DELETE /v1/authorities/{authority}/inspections/{inspection}': {
    tag: 'Inspection',
    summary: 'Retire an inspection',
    description: 'It no longer counts, and stays to be read. The last one that counts cannot be retired.',
    query: queries.DryRunQuerySchema,
    words: { dryRun: '`true` to say what would change, and change nothing.' },
    answers: { 200: 'InspectionChange' },
    problems: [409],
  },
  'PUT /v1/authorities/{authority}/metrics/{metric}': {
    tag: 'Metrics',
    summary: "Start a metric of the authority's own, or define one anew",
    description:
      "It is there at once, for figures and on the page. A metric that an inspection brought is from then on the council's, and no file of an inspection changes it.",
    body: {
      schema: 'NewMetric',
      example: {
        title: 'Initial assessments on time',
        definition:
          'Of the initial assessments completed in the month, those completed within 10 working days of referral.',
        ...{
          kind: 'proportion',
          unit: 'percent',
          polarity: 'higher',
          frequency: 'monthly',
          cases: 'flow',
          window: 'month',
        },
        ...{ holdLine: false, tolerance: null, section: 'asked-for', source: 'National indicator 59' },
        standards: [{ value: 80, from: '2010-10', basis: 'council', note: 'agreed by the improvement board' }],
        ...DECISION,
      },
    },
    answers: { 200: 'ChangedMetric', 201: 'ChangedMetric' },
    problems: [409],
  },
  'POST /v1/authorities/{authority}/metrics/{metric}/changes': {
    tag: 'Metrics',
    summary: 'Rename a metric, end it, or say which one takes its place',
    description:
      'Its figures stay under both names. Nothing is judged after its last month; a month of the past can still be corrected. `until` or `replacedBy` null takes that back.',
    body: { schema: 'NewMetricChange', example: { title: 'First assessments on time', ...DECISION } },
    answers: { 200: 'ChangedMetric' },
    problems: [409],
  },
  'POST /v1/authorities/{authority}/benchmarks': {
    tag: 'Metrics',
    summary: 'Load published figures of England and statistical neighbours, to compare with',
    description:
      'They stand beside a metric on its page and in e-mails, and nothing is judged by them. `csv` names its columns in its first line: `metric` (or `measure`), `area`, `year` and `value`; others are passed over. Every area beside England, its regions and the authority itself is a neighbour. What was not published (`c`, `x`, `z`, `:`, `low`, `u`, `-`) is kept as such. For the metrics that a file has, it takes the place of what was there.',
    body: {
      schema: 'NewBenchmarks',
      example: {
        source: 'Department for Education, Local Authority Interactive Tool',
        author: 'Performance team',
        csv: 'metric,area,year,value\r\ninitial-assessments-on-time,England,2011,77.2\r\ninitial-assessments-on-time,Shropshire,2011,81.4\r\n',
      },
    },
    query: queries.DryRunQuerySchema,
    words: { dryRun: '`true` to say what would be loaded, and load nothing.' },
    answers: { 200: 'Benchmarks' },
    problems: [409],
  },
  'DELETE /v1/authorities/{authority}/benchmarks/{metric}': {
    tag: 'Metrics',
    summary: 'Take away the published figures beside a metric',
    answers: { 204: null },
    problems: [409],
  },
  'PUT /v1/authorities/{authority}/metrics/{metric}/standard': {
    tag: 'Metrics',
    summary: "Set the authority's own standard, tolerance, M of N or rebase dates for a metric",
    description:
      'Each setting is a new version that holds from a given month; earlier versions are kept. `value` null says that no standard holds from then on. Everything is judged again at once.',
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
      'SNS asks the address to confirm. An address that is already a recipient gets the new level. One that has confirmed for another authority is not asked again. A changed level takes up to 15 minutes; whoever hears of more by it is then told how things stand, in an e-mail to them alone. With `summary`, the address is also sent one e-mail a month that says how things stand, from the next month on.',
    body: {
      schema: 'NewRecipient',
      example: { address: 'head.of.service@example.org', level: 'critical', summary: true },
    },
    answers: { 200: 'Recipient', 201: 'Recipient' },
    problems: [409],
  },
  'GET /v1/authorities/{authority}/recipients': {
    tag: 'Recipients',
    summary: 'List the recipients, confirmed or not',
    description:
      'One that was mailed and has been unsubscribed, by whoever has the address or a scanner of mail, is `lost`: seen within the hour, and told to the others. Adding the address again asks it to confirm.',
    answers: { 200: 'Recipients' },
  },
  'POST /v1/authorities/{authority}/recipients/{recipient}/test': {
    tag: 'Recipients',
    summary: 'Send a recipient a test',
    description:
      'An e-mail to this recipient alone, which says that it is a test and that nothing has changed. At most one in ten minutes (409), and none to whoever has not confirmed (409).',
    answers: { 204: null },
    problems: [409],
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
    etag: '"2"',
    answers: { 200: 'Month' },
    problems: [409, 412, 428],
  },
  'GET /v1/authorities': {
    tag: 'Authority',
    summary: 'List the authorities that the token may see',
    query: queries.PageQuerySchema,
    words: PAGE_WORDS,
    answers: { 200: 'Authorities' },
  },
  'GET /v1/authorities/{authority}': {
    tag: 'Authority',
    summary: 'Read what holds for the authority as a whole, and who set it',
    answers: { 200: 'Authority' },
  },
  'PATCH /v1/authorities/{authority}': {
    tag: 'Authority',
    summary: 'Change its name, the day by which figures are due, or small numbers; close it, or open it again',
    description:
      'What is left out stays; null goes back to what holds where nothing is set. Everything is judged again at once. With `closed` true nothing is taken in (409), judged or mailed any more; what there is stays, and can be read and taken out. With `closed` false it goes on from there.',
    body: { schema: 'NewSettings', example: { dueWorkingDay: 12, ...DECISION } },
    answers: { 200: 'Authority' },
    problems: [409],
  },
  'GET /inspection.schema.json': {
    tag: 'Service',
    summary: "Read the JSON Schema of an inspection's file",
    answers: { 200: 'InspectionFileSchema' },
  },
  'GET /openapi.json': { tag: 'Service', summary: 'Read this description', answers: { 200: 'Description' } },
  'GET /health': { tag: 'Service', summary: 'Check that the service answers', answers: { 200: 'Health' } },
};

/** What a path parameter is, with an example. `recipient` is the identifier of the example address. */
export const PARAMETERS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  authority: { description: 'The organisation inspected.', example: 'herefordshire' },
  receipt: { description: 'When it was sent: the `submittedAt` of its months.', example: '2011-10-14T09:00:00.000Z' },
  name: { description: 'The `id` of a name that is remembered.', example: '9db04e22f1542800' },
  period: { description: 'A month, yyyy-mm.', example: '2011-08' },
  metric: { description: 'The id of a metric.', example: 'initial-assessments-on-time' },
  alert: {
    description: 'The id of an alert: that of its metric, or `submission` or `action`.',
    example: 'referral-backlog',
  },
  inspection: { description: 'The id of an inspection.', example: 'herefordshire-visit-2011' },
  action: { description: 'The id of a recommended action.', example: 'A1' },
  recipient: { description: 'The `id` of a recipient.', example: '6092f2e6b691852e' },
};
