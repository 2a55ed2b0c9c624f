import { createTransport } from 'nodemailer';
import type { Clock } from './clock.ts';

/** Emulates how SNS hands its mail over: by SMTP. */

export interface Mail {
  /** Becomes the Message-ID. Stays the same when the mail is sent once more after a crash, so that a repeat can be told. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** Resolves once the mail server has taken the mail. Rejects where it did not; then the caller tries again. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** Sends mail as SNS does. One connection is kept open: maildev holds each new one for 100 ms before its greeting. */
export function createMailer(smtpUrl: string, clock: Clock): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 1,
    maxMessages: Number.POSITIVE_INFINITY,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ id, to, subject, text }) {
      await transport.sendMail({
        from: { name: 'AWS Notifications', address: 'no-reply@sns.amazonaws.com' },
        to: { name: '', address: to },
        subject,
        text,
        messageId: messageId(id),
        date: new Date(clock.now()),
      });
    },
    close: () => transport.close(),
  };
}

export const messageId = (id: string): string => `<${id}@sns.amazonaws.com>`;
