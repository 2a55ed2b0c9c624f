import * as z from 'zod';

/** What a token may do. `manage` changes standards, actions, recipients; none includes another. */
export const SCOPES = ['read', 'submit', 'acknowledge', 'manage'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who did something, as it is kept with what they did: the address that signed in, or the label of the token. */
export const BySchema = z.string().min(1).max(254);

/** What a token allows: scopes, for one authority (or `*` for all), until `expires` (seconds since 1970). */
export const GrantSchema = z.object({
  scopes: z.array(z.enum(SCOPES)),
  authority: z.string().min(1),
  label: z.string(),
  expires: z.int(),
  /** Who made it, and when; absent where that was not recorded, as of a token made by command. */
  made: z.object({ at: z.iso.datetime(), by: BySchema }).optional(),
  /** Who answers for it since whoever made it may no longer manage, and since when. */
  kept: z.object({ at: z.iso.datetime(), by: BySchema }).optional(),
});
export type Grant = z.infer<typeof GrantSchema>;

/** Whoever has the grant, as {@link BySchema} keeps them. */
export const byOf = ({ label }: Pick<Grant, 'label'>): string => label.slice(0, 254) || 'token without a label';

/** Who does something, and when: both stay with what they do. */
export interface Doing {
  readonly by: string;
  readonly now: Date;
}

export const isExpired = ({ expires }: Grant, now: Date): boolean => expires * 1000 <= now.getTime();

/** A grant does not allow what was asked of it: it is for another authority, or has not the scope. */
export class ForbiddenError extends Error {
  override readonly name = 'ForbiddenError';
  /** The scope that is missing; undefined where the authority is another one. */
  readonly scope: Scope | undefined;
  constructor(scope?: Scope) {
    super(scope ? `this needs a token with the scope "${scope}"` : 'this token is for another authority');
    this.scope = scope;
  }
}

/**
 * Throws {@link ForbiddenError} unless the grant allows something of an authority; undefined where it is asked of none in
 * particular. The authority comes before the scope, and both before anything is looked up: whether an authority exists
 * is not for every token to know.
 */
export function authorize(grant: Grant, scope: Scope, authority: string | undefined): void {
  if (authority !== undefined && grant.authority !== '*' && grant.authority !== authority) throw new ForbiddenError();
  if (!grant.scopes.includes(scope)) throw new ForbiddenError(scope);
}
