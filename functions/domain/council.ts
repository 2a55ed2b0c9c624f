import * as z from 'zod';
import { AuthorityIdSchema } from './identifiers.ts';
import { higherRole, type Role, RoleSchema } from './person.ts';

/** The council's own sign-in (OpenID Connect): what its settings say, and what a person may do by what it says of them. */

/** A rule of the mapping: whoever has `value` in the claim has the role in the authority, or in all (`*`). */
const RuleSchema = z.object({
  role: RoleSchema,
  authority: z.union([z.literal('*'), AuthorityIdSchema]),
  value: z.string().min(1),
});
export type CouncilRule = z.infer<typeof RuleSchema>;

const RULE = /^([^@=]*)@([^=]*)=(.*)$/s;
const HOW = 'write role@authority=value, such as manage@herefordshire=Monitor managers; several with ; between them';

/**
 * The mapping as a setting spells it: `role@authority=value`, with `;` between two. The value is the rest, so that it may be the
 * distinguished name of a group.
 *
 * @example
 * CouncilRulesSchema.parse('manage@herefordshire=Directors; look@*=CN=Staff,OU=Council')
 * // [{ role: 'manage', authority: 'herefordshire', value: 'Directors' }, { role: 'look', authority: '*', value: 'CN=Staff,OU=Council' }]
 */
export const CouncilRulesSchema = z
  .string()
  .max(2000, 'is at most 2,000 characters; map groups that are made for this service')
  .transform((text, context): CouncilRule[] => {
    const parts = text
      .split(';')
      .map((part) => part.trim())
      .filter(Boolean);
    const rules = parts.flatMap((part) => {
      const [, role, authority, value] = RULE.exec(part) ?? [];
      const read = RuleSchema.safeParse({ role: role?.trim(), authority: authority?.trim(), value: value?.trim() });
      if (read.success) return [read.data];
      context.addIssue({ code: 'custom', message: `"${part}" is no rule; ${HOW}` });
      return [];
    });
    if (parts.length === 0) context.addIssue({ code: 'custom', message: `has no rule; ${HOW}` });
    return rules;
  });

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** Plain HTTP is for a provider on this very machine, to try things out with. */
const isLoopback = (url: URL): boolean => url.protocol === 'http:' && LOOPBACK.includes(url.hostname);

/** Entra ID's issuers for whoever has an account with Microsoft: they would let the world say which address it has. */
const isForAnybody = ({ hostname, pathname }: URL): boolean =>
  hostname === 'login.microsoftonline.com' && /^\/(common|organizations|consumers)\b/i.test(pathname);

/** Where the council's sign-in is, as it spells itself. */
export const IssuerSchema = z.string().refine(
  (text) => {
    const url = URL.parse(text);
    return (
      url !== null &&
      (url.protocol === 'https:' || isLoopback(url)) &&
      !/[?#]/.test(text) &&
      url.username === '' &&
      !isForAnybody(url)
    );
  },
  {
    error:
      'must be an https:// address without ? and #, as your own issuer spells itself (of Entra ID, that of one tenant)',
  },
);

/** Everything that is set of it, as a function is told it. The secret is in the parameter that is named here. */
export const CouncilSchema = z.object({
  issuer: IssuerSchema,
  clientId: z.string().min(1),
  secretParameter: z.string().min(1),
  /** The claim that the rules look at. */
  claim: z.string().min(1),
  rules: CouncilRulesSchema,
});
export type Council = z.infer<typeof CouncilSchema>;

/** Whether the issuer is spoken to in the clear. */
export const isPlain = ({ issuer }: Pick<Council, 'issuer'>): boolean => isLoopback(new URL(issuer));

/** What a person may do, by authority or `*`; empty where nothing of the claim is in the rules. The highest role counts. */
export function rolesFor(claim: unknown, rules: readonly CouncilRule[]): Record<string, Role> {
  const values = [claim].flat();
  const roles: Record<string, Role> = {};
  for (const { role, authority, value } of rules)
    if (values.includes(value)) roles[authority] = higherRole(roles[authority], role);
  return roles;
}
