import { PublishCommand } from '@aws-sdk/client-sns';
import { subjectLine } from '../domain/notice.ts';
import type { Hears } from '../domain/recipient.ts';
import { recipientId } from '../store/keys.ts';
import { listSubscriptions, type Recipients, readFilter } from './subscriptions.ts';

/** Mail to one recipient alone. */

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
  await recipients.sns.send(
    new PublishCommand({
      TopicArn: recipients.topicArn,
      Subject,
      MessageStructure: 'json',
      Message: JSON.stringify({ default: Subject, email: text }),
      MessageAttributes: { recipient: { DataType: 'String', StringValue: id } },
    }),
  );
  return true;
}
