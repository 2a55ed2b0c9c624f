import type { DeployedSmallNumbers } from '../domain/authority.ts';
import { testMailOf } from '../domain/direct-mail.ts';
import { timeName } from '../domain/format.ts';
import { subjectLine } from '../domain/notice-subject.ts';
import type { Hears } from '../domain/recipient.ts';
import type { Database } from '../store/database.ts';
import { readInspection } from '../store/inspections.ts';
import { recipientId } from '../store/keys.ts';
import { readRecipient, saveRecipient } from '../store/recipients.ts';
import { NotFoundError, ServiceError } from './errors.ts';
import { checkOpen } from './inspections.ts';
import { publish, waitForTurn } from './publish.ts';
import { retryChanged } from './retry.ts';
import { listSubscriptions, type Recipients, readFilter } from './subscriptions.ts';

/** Mail to one recipient alone. */

/** What is to be sent once is left to one run for so long: it publishes and records that within it, or is no longer there. */
export const CLAIM_MS = 15_000;

/** What mail of an authority is put together from, and sent. */
export interface Telling extends Recipients {
  readonly database: Database<'baselines' | 'submissions' | 'alerts'>;
  readonly smallNumbers: DeployedSmallNumbers;
  /** Where the page is, without a trailing slash. */
  readonly pageUrl: string;
}

/** Somebody who has confirmed: what they hear of, and how to address them alone. */
export interface ConfirmedRecipient {
  readonly id: string;
  readonly address: string;
  readonly hears: Hears;
}

/** The recipient with this address, in upper or lower case, who has confirmed; undefined where there is none. */
export async function findConfirmed(
  recipients: Omit<Recipients, 'database'>,
  address: string,
): Promise<ConfirmedRecipient | undefined> {
  const id = recipientId(address);
  const found = (await listSubscriptions(recipients)).find((each) => each.id === id);
  const filter = found?.arn && (await readFilter(recipients, found.arn));
  return found && filter ? { id, address: found.address, hears: filter.hears } : undefined;
}

/**
 * Mails one recipient alone, whatever else is published: a greeting, a test, a link to sign in. False where nobody could
 * get it: the recipient has not confirmed, has left, or has a filter of before (`settleFilters`).
 *
 * Whoever subscribes to the topic by hand and without a filter gets these too. SNS takes no other protocol's text for
 * e-mail, so a queue or a program sees no more than the subject.
 */
export async function publishTo(
  recipients: Omit<Recipients, 'database'>,
  id: string,
  { subject, text }: { readonly subject: string; readonly text: string },
): Promise<boolean> {
  const found = (await listSubscriptions(recipients)).find((each) => each.id === id);
  const filter = found?.arn ? await readFilter(recipients, found.arn) : undefined;
  if (!filter?.addressed.includes(id)) return false;
  const Subject = subjectLine(subject);
  await publish(recipients.sns, await waitForTurn(id), {
    TopicArn: recipients.topicArn,
    Subject,
    MessageStructure: 'json',
    Message: JSON.stringify({ default: Subject, email: text }),
    MessageAttributes: { recipient: { DataType: 'String', StringValue: id } },
  });
  return true;
}

/** How long after one test another may be sent to the same recipient: a test is to be read, and no way to flood an address. */
const BETWEEN_TESTS_MS = 10 * 60 * 1000;

/** A test was sent to the recipient a moment ago. */
export class TestedError extends ServiceError {
  override readonly name = 'TestedError';
  override readonly reason = 'conflict';
  constructor(nextAt: Date) {
    super(`this recipient was sent a test a moment ago; wait until ${timeName(nextAt.toISOString())} for another`);
  }
}

/** Nothing can be mailed to a recipient who has not confirmed, or has left. */
export class UnreachedError extends ServiceError {
  override readonly name = 'UnreachedError';
  override readonly reason = 'conflict';
  constructor() {
    super('this recipient cannot be sent a test: they have not confirmed yet, or have unsubscribed since');
  }
}

/**
 * Mails a recipient of an authority a test, which says so and that nothing has changed. Throws {@link NotFoundError},
 * {@link TestedError}, {@link UnreachedError} or `ClosedError`.
 */
export async function sendTest(
  recipients: Recipients & { readonly database: Database<'baselines' | 'alerts'> },
  authority: string,
  id: string,
  pageUrl: string,
  now: Date,
): Promise<void> {
  const { database } = recipients;
  const inspection = await readInspection(database, authority);
  if (inspection) checkOpen(inspection);
  const least = await retryChanged(async () => {
    const read = await readRecipient(database, id);
    const level = read?.hears[authority];
    if (!read || !level) throw new NotFoundError('recipient', id);
    const nextAt = new Date(Date.parse(read.testedAt ?? '1970-01-01T00:00:00Z') + BETWEEN_TESTS_MS);
    if (now < nextAt) throw new TestedError(nextAt);
    // First, so that who asks twice at once is not sent two.
    await saveRecipient(database, read, { ...read, testedAt: now.toISOString() });
    return level;
  });
  const name = inspection?.header.name ?? authority;
  const words = testMailOf({ authority, name, least, now }, `${pageUrl}/`);
  if (!(await publishTo(recipients, id, words))) throw new UnreachedError();
}
