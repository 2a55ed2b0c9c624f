import { NotFoundException, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import type { Words } from '../domain/direct-mail.ts';
import { subjectLine } from '../domain/notice-subject.ts';
import { recipientId } from '../store/keys.ts';
import { publish, waitForTurn } from './publish.ts';
import { listSubscriptions, type Recipients } from './subscriptions.ts';

/** Who hears when the service itself fails. They are no recipients: nothing of an authority is theirs to read. */

/** The topic that alarms go to. */
export type Operations = Pick<Recipients, 'sns' | 'topicArn'>;

/**
 * Asks an operator's address to confirm, unless it has or is asked already. SNS forgets an address that does not confirm within
 * two days, and whoever follows the link at the end of a mail: then it is asked again. Returns how many have confirmed.
 */
export async function keepOperator(operations: Operations, address: string | undefined): Promise<number> {
  const found = await listSubscriptions(operations);
  if (address && !found.some(({ id }) => id === recipientId(address)))
    await operations.sns.send(
      new SubscribeCommand({
        TopicArn: operations.topicArn,
        Protocol: 'email',
        Endpoint: address,
        ReturnSubscriptionArn: true,
      }),
    );
  return found.filter(({ arn }) => arn).length;
}

/** Mails whoever hears when the service fails. */
export async function tellOperators({ sns, topicArn }: Operations, { subject, text }: Words): Promise<void> {
  await publish(sns, await waitForTurn('operators'), {
    TopicArn: topicArn,
    Subject: subjectLine(subject),
    Message: text,
  });
}

/** Stops telling an address. One that has not confirmed cannot be removed; SNS forgets it within two days. */
export async function removeOperator(operations: Operations, address: string): Promise<void> {
  const found = (await listSubscriptions(operations)).find(({ id }) => id === recipientId(address));
  if (!found?.arn) return;
  try {
    await operations.sns.send(new UnsubscribeCommand({ SubscriptionArn: found.arn }));
  } catch (error) {
    // Gone since it was listed.
    if (!(error instanceof NotFoundException)) throw error;
  }
}
