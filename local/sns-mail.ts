import type { Mail } from './mail.ts';

/** Emulates the e-mails that SNS sends, in its words: what was published with the way out below, and the request to confirm. */

/** What the mails need to know of a subscription. */
export interface Addressee {
  readonly arn: string;
  readonly topicArn: string;
  readonly endpoint: string;
  /** Confirms the subscription. */
  readonly token: string;
}

/** `base` is where the links lead: the gateway's URL. `id` is the message's. */
export function notificationMail(
  base: string,
  { arn, endpoint }: Addressee,
  { id, subject = 'AWS Notification Message', body }: { id: string; subject: string | undefined; body: string },
): Mail {
  const link = `${base}/sns/unsubscribe.html?${new URLSearchParams({ SubscriptionArn: arn, Endpoint: endpoint })}`;
  const footer = [
    '',
    '',
    '--',
    'If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:',
    link,
    '',
    'Please do not reply directly to this email. If you have any questions or comments regarding this email, ' +
      'please contact us at https://aws.amazon.com/support',
    '',
  ];
  return { id: mailId(id, arn), to: endpoint, subject, text: body + footer.join('\n') };
}

export function confirmationMail(base: string, { arn, topicArn, endpoint, token }: Addressee, id: string): Mail {
  const link = `${base}/sns/confirmation.html?${new URLSearchParams({ TopicArn: topicArn, Token: token, Endpoint: endpoint })}`;
  const text = [
    'You have chosen to subscribe to the topic:',
    topicArn,
    '',
    'To confirm this subscription, click or visit the link below (If this was in error no action is necessary):',
    link,
    '',
    'Please do not reply directly to this email.',
    '',
  ].join('\n');
  return { id: mailId(id, arn), to: endpoint, subject: 'AWS Notification - Subscription Confirmation', text };
}

/** A message goes to several; each gets a mail of its own. */
const mailId = (messageId: string, arn: string): string => `${messageId}.${arn.slice(arn.lastIndexOf(':') + 1)}`;
