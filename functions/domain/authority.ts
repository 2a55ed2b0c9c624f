import * as z from 'zod';
import { BySchema } from './access.ts';
import type { SmallNumbers } from './format.ts';

/** What a council decides for itself as a whole, beside its inspections and metrics. */

/** What is left out is as its inspection, the deployment or this service has it. */
export const AuthoritySettingsSchema = z.strictObject({
  /** As people write it, where that is not what its inspection says. */
  name: z.string().min(1).max(60).optional(),
  /** The working day after a month by the end of which its figures are due. */
  dueWorkingDay: z.int().min(1).max(20).optional(),
  /** Whether counts of 1 to 5 are shown on pages and in e-mails. */
  smallNumbers: z.enum(['show', 'suppress']).optional(),
  /** Nothing is taken in, judged or mailed any more; what there is stays to be read and taken out. */
  closed: z.literal(true).optional(),
});

export type AuthoritySettings = z.infer<typeof AuthoritySettingsSchema>;

/** All settings as they were from then on, with who set them and why. Versions count from 1; the newest holds. */
export const SettingsVersionSchema = AuthoritySettingsSchema.extend({
  version: z.int().min(1),
  author: z.string().min(1).max(200),
  reason: z.string().min(1).max(1000),
  setAt: z.iso.datetime(),
  by: BySchema.optional(),
});

export type SettingsVersion = z.infer<typeof SettingsVersionSchema>;

/** The settings that hold. */
export const settingsIn = (versions: readonly SettingsVersion[] = []): AuthoritySettings => versions.at(-1) ?? {};

declare const notForShowing: unique symbol;

/**
 * How a deployment has small numbers, which an authority may have otherwise. The compiler takes it nowhere where figures are put into
 * words: that takes what {@link smallNumbersFor} says, so that no page and no mail shows a number by the deployment's setting alone.
 */
export type DeployedSmallNumbers = SmallNumbers | { readonly [notForShowing]: true };

/** How an authority wants small numbers, and else the deployment. */
export function smallNumbersFor(
  { settings }: { readonly settings?: readonly SettingsVersion[] },
  deployed: DeployedSmallNumbers,
): SmallNumbers {
  return settingsIn(settings).smallNumbers ?? (deployed as SmallNumbers);
}
