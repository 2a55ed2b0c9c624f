import type { Node } from 'constructs';
import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { CouncilRulesSchema, IssuerSchema } from '../functions/domain/council.ts';
import { AuthorityIdSchema } from '../functions/domain/identifiers.ts';
import { LevelSchema } from '../functions/domain/lifecycle.ts';
import { readSeeds } from './seeds.ts';

/** What an address is set to so that there is none: a setting left out is not one withdrawn. */
export const NOBODY = 'nobody';
const Address = z
  .union([z.literal(NOBODY), z.email('must be an e-mail address, or nobody')])
  .transform((address) => (address === NOBODY ? undefined : address))
  .optional();

/** What `oidcIssuer` is set to so that there is none any more. */
export const NO_ISSUER = 'none';

/** The name of the stack where nothing else is said. The headings of docs/runbook.md begin with it. */
export const STACK = 'InspectionMonitor';

const SeededAuthority = AuthorityIdSchema.refine((authority) => readSeeds().authorities.includes(authority), {
  error: () => `must have its inspection in seed/, as ${readSeeds().authorities.join(', ')} has`,
});

/** How closely the service itself is watched: see `operations` below. */
export const OPERATIONS_LEVELS = ['full', 'basic', 'none'] as const;

/** What an installation decides for itself, as CDK context: `-c alertEmail=someone@example.org`. */
export const SettingsSchema = z.object({
  /** The name of the stack, which all that is in it is named after: another name is another, wholly separate deployment. */
  stack: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,59}$/, 'must be letters, digits and hyphens, at most 60, with a letter first')
    .default(STACK),
  /** Who is mailed from the first day; others are subscribed later. Without one nobody is mailed until then. */
  alertEmail: Address,
  /** The least level that `alertEmail` is mailed about. */
  alertLevel: z.enum(LevelSchema.options, `must be one of ${LevelSchema.options.join(', ')}`).default('warning'),
  /** Who is told when the service itself fails. */
  operationsEmail: Address,
  /**
   * How closely the service itself is watched, and so what it costs: `full` has an alarm for each way to fail and a dashboard,
   * `basic` two alarms that say that something failed or that nothing runs, `none` nothing. Without it, `full` for a stack
   * that keeps its data and `basic` for a trial.
   */
  operations: z.enum(OPERATIONS_LEVELS, 'must be full, basic or none').optional(),
  /** The organisation inspected: whose alerts `alertEmail` is sent. */
  authority: SeededAuthority.default('herefordshire'),
  /** Whom people write to about accessibility and privacy: the pages say so. */
  contact: Address,
  /** `suppress` writes 1 to 5 as "5 or fewer" in e-mails and pages. */
  smallNumbers: z.enum(['show', 'suppress'], 'must be show or suppress').default('show'),
  /** Where the council's own sign-in is (OpenID Connect), as it spells itself; `none` for none. The next four belong to it. */
  oidcIssuer: z
    .union([z.literal(NO_ISSUER), IssuerSchema])
    .transform((issuer) => (issuer === NO_ISSUER ? undefined : issuer))
    .optional(),
  /** What it calls this service. */
  oidcClientId: z.string().regex(/^\S+$/, 'must be the id of this service, as the issuer gave it').optional(),
  /** The name of the SSM parameter, a SecureString, that holds the secret which belongs to that id. */
  oidcSecretParameter: z
    .string()
    .regex(
      /^\/[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
      'must be the name of an SSM parameter, such as /inspection-monitor/oidc',
    )
    .refine((name) => !/^\/(aws|ssm)/i.test(name), 'must not begin with /aws or /ssm, which SSM keeps for itself')
    .optional(),
  /** The claim that says what somebody may do. Without it, `roles`. */
  oidcClaim: z.string().regex(/^\S+$/, 'must be the name of a claim, such as roles or groups').optional(),
  /** What somebody may do by what the claim holds: `manage@herefordshire=Monitor managers; look@*=Monitor readers`. */
  oidcRoles: z
    .string()
    .superRefine((text, context) => {
      for (const { message } of CouncilRulesSchema.safeParse(text).error?.issues ?? [])
        context.addIssue({ code: 'custom', message });
    })
    .optional(),
  /**
   * Whether what is too much for one hourly run is shared among several, by queues: for a thousand authorities and more. Lambda asks a queue
   * three times a minute and poller whether it holds anything, which costs the same with one authority.
   */
  queues: z.union([z.boolean(), z.stringbool()], 'must be true or false').default(false),
  /**
   * Whether tables refuse deletion and outlive the stack; off only where trying things out. The command line gives
   * a string, tests and `cdk.json` a boolean.
   */
  retain: z.union([z.boolean(), z.stringbool()], 'must be true or false').default(true),
});

/** The settings of the council's own sign-in, which are there together or not at all. */
export const OIDC = ['oidcIssuer', 'oidcClientId', 'oidcSecretParameter', 'oidcClaim', 'oidcRoles'] as const;
const NEEDED_WITH_ISSUER = ['oidcClientId', 'oidcSecretParameter', 'oidcRoles'] as const;

/** What was chosen, with what follows from it. */
const ResolvedSchema = SettingsSchema.transform(({ operations, ...settings }) => ({
  ...settings,
  operations: operations ?? (settings.retain ? 'full' : 'basic'),
}))
  .refine(({ operations, operationsEmail }) => operations !== 'none' || operationsEmail === undefined, {
    path: ['operationsEmail'],
    message: 'with operations=none nobody is told anything; leave it out, or choose basic or full',
  })
  .superRefine((settings, context) => {
    const given = (name: (typeof OIDC)[number]) => settings[name] !== undefined;
    const lacking = given('oidcIssuer') ? NEEDED_WITH_ISSUER.filter((name) => !given(name)) : [];
    for (const name of lacking)
      context.addIssue({ code: 'custom', path: [name], message: 'is needed with oidcIssuer' });
    for (const name of given('oidcIssuer') ? [] : OIDC.filter(given))
      context.addIssue({ code: 'custom', path: [name], message: 'is for a sign-in that oidcIssuer has to name' });
  });
export type Settings = z.infer<typeof ResolvedSchema>;

/** Context that describes no installation. `faults` has one line for each. */
export class SettingsError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `Settings that do not fit (given as -c name=value or in cdk.json):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

/**
 * The CDK's own context: feature flags and look-ups (`@aws-cdk/…`, `aws:cdk:…`, `vpc-provider:account=…`), and what its
 * command line keeps there. No setting of ours has such a name.
 */
const isOfCdk = (name: string): boolean => /[:/]/.test(name) || CDK_NAMES.includes(name);
const CDK_NAMES: readonly string[] = ['cli-telemetry', 'acknowledged-issue-numbers'];

/** Reads the settings from CDK context; throws one `SettingsError` that names every fault. */
export function readSettings(node: Node): Settings {
  return parseSettings(node.getAllContext() as Record<string, unknown>);
}

/** Reads the settings among `context`, by name; throws one `SettingsError` that names every fault. */
export const parseSettings = (context: Readonly<Record<string, unknown>>): Settings => parse(ResolvedSchema, context);

/** As {@link parseSettings}, of settings to which others come that are deployed: each is looked at by itself. */
export const parseGiven = (context: Readonly<Record<string, unknown>>): z.infer<typeof SettingsSchema> =>
  parse(SettingsSchema, context);

function parse<T>(schema: z.ZodType<T>, context: Readonly<Record<string, unknown>>): T {
  const names = Object.keys(SettingsSchema.shape);
  const unknown = Object.keys(context)
    .filter((name) => !names.includes(name) && !isOfCdk(name))
    .map((name) => `${name}: there is no such setting; the nearest is ${closest(name, names)}`);
  const read = schema.safeParse(context);
  if (read.success && unknown.length === 0) return read.data;
  const wrong = (read.error?.issues ?? []).map(
    ({ path: [name], message }) =>
      `${String(name)}: ${message}${Object.hasOwn(context, String(name)) ? `; got ${JSON.stringify(context[String(name)])}` : ''}`,
  );
  throw new SettingsError([...unknown, ...wrong]);
}

/**
 * Settings as `-c` takes them, every one by its name, but those of a sign-in that is not there: what is read from it is the
 * same again.
 */
export function spellSettings(settings: Settings): Partial<Record<keyof Settings, string>> {
  const names = Object.keys(SettingsSchema.shape) as (keyof Settings)[];
  const there = names.filter((name) => settings[name] !== undefined || !OIDC.some((each) => each === name));
  return Object.fromEntries(there.map((name) => [name, String(settings[name] ?? NOBODY)]));
}
