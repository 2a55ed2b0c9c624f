import * as z from 'zod';

/** The environment variables that the stack sets, each where its function needs it: `ServiceFunction.tell` takes these names only. */
export const EnvironmentSchema = z.object({
  BASELINES_TABLE: z.string().min(1),
  SUBMISSIONS_TABLE: z.string().min(1),
  ALERTS_TABLE: z.string().min(1),
  ACCESS_TABLE: z.string().min(1),
  /** The topic that notices are published to. */
  ALERT_TOPIC_ARN: z.string().min(1),
  /** Whom the deployment has mailed from the first day; nobody where there is none. */
  ALERT_EMAIL: z.string().optional(),
  /** The topic that alarms go to; none where nothing is watched. */
  OPERATIONS_TOPIC_ARN: z.string().optional(),
  /** Whom the deployment has told when the service fails; nobody where there is none. */
  OPERATIONS_EMAIL: z.string().optional(),
  /** The queue of what is too much for one hourly run, which others like it take from there; none where there are few authorities. */
  WORK_QUEUE_URL: z.url().optional(),
  /** Whom people write to about the pages; nobody where none was named. */
  CONTACT: z.string().optional(),
  /** Where the page and the API are, without a trailing slash. */
  API_URL: z.url(),
  /** The CloudWatch namespace of the function's own metrics. */
  METRICS_NAMESPACE: z.string().min(1),
  /** Read by Powertools: no metrics are emitted. */
  POWERTOOLS_METRICS_DISABLED: z.literal('true').optional(),
  /** `suppress` writes 1 to 5 as "5 or fewer" in e-mails and pages. */
  SMALL_NUMBERS: z.enum(['show', 'suppress']),
  /** The settings of the council's own sign-in, as JSON (`CouncilSchema`); none where there is none. */
  COUNCIL_SIGN_IN: z.string().min(1).optional(),
});
export type Environment = z.infer<typeof EnvironmentSchema>;

/** Reads the named variables once, at cold start; throws one error that names every fault. */
export function readEnvironment<Name extends keyof Environment>(...names: Name[]): Pick<Environment, Name> {
  const mask = Object.fromEntries(names.map((name) => [name, true])) as Record<Name, true>;
  return EnvironmentSchema.pick(mask as never).parse(process.env) as unknown as Pick<Environment, Name>;
}
