import { bodyOf } from '../domain/notice.ts';
import type { Notice } from '../domain/notice-contents.ts';
import { subjectOf } from '../domain/notice-subject.ts';
import type { Database } from '../store/database.ts';
import { readAuthority } from '../store/inspections.ts';
import {
  claimNotice,
  markSent,
  type NoticeReference,
  readUnsent,
  readUnsentInTurn,
  releaseNotice,
} from '../store/notices.ts';
import { CLAIM_MS } from './direct-mail.ts';
import { type AudienceReader, findHearer, findNewcomers, stillHears } from './hearers.ts';
import type { Log } from './log.ts';
import { knowsNow } from './newcomers.ts';
import { publish, type Turn, waitForTurn } from './publish.ts';
import type { Recipients } from './subscriptions.ts';

export { listUnsent, moveUnsent, type NoticeReference, noticeReference, type UnsentNotice } from '../store/notices.ts';
export { shareAudience } from './hearers.ts';

/** Where notices wait, where they are published, and who is told of it. */
export interface Delivering extends Recipients {
  readonly database: Recipients['database'] & Database<'baselines'>;
  /** Where the page is, without a trailing slash. */
  readonly pageUrl: string;
  readonly now: () => Date;
  readonly log: Log;
  /** What several that are sent one after the other share. */
  readonly audience: AudienceReader;
}

/**
 * What became of a notice. It is `kept` while nobody has confirmed who would get it, and `being sent` while another run has it, or one
 * that goes before it: whoever wants to be sure asks again later. Of a `closed` authority it waits until that is open again.
 */
export type Delivery = 'sent' | 'sent before' | 'kept' | 'being sent' | 'closed';

/** How far back a notice looks for others that should go first; the hourly run has those that wait longer. */
const MAX_BEFORE = 10;

/**
 * Publishes a notice, then records that it was sent: a crash in between repeats an e-mail (its number shows that) and never
 * loses one. The stream and the hourly run, as both do after an outage, do not send the same notice at once. It is sent when somebody would get it, before and after it was published: whoever leaves at that moment
 * does not count. Those of the same authority with lower numbers that can be sent go first.
 */
export async function deliverNotice(
  reference: NoticeReference,
  delivering: Delivering,
  before = MAX_BEFORE,
): Promise<Delivery> {
  const { database, now, log } = delivering;
  const { authority, number } = reference;
  const unsent = await readUnsentInTurn(database, reference);
  if (!unsent) return 'sent before';
  const { notice, isNext } = unsent;
  if ((await readAuthority(database, authority, true))?.closed) return 'closed';
  const earlier = { authority, number: number - 1 };
  if (before > 0 && !isNext)
    if ((await deliverNotice(earlier, delivering, before - 1)) === 'being sent') return 'being sent';
  const audience = await delivering.audience.read(delivering);
  const hearer = await findHearer(delivering, notice, now(), { audience });
  if (!hearer) return keep(reference, notice, log);
  const newcomers = await findNewcomers(delivering, notice, now(), audience);
  const turn = await waitForTurn(authority);
  const until = new Date(now().getTime() + CLAIM_MS);
  if (!(await claimNotice(database, reference, now(), until)))
    return (await readUnsent(database, reference)) ? 'being sent' : 'sent before';
  // From here on nobody greets them: the notice says all, and goes out sooner or later.
  for (const id of newcomers) await knowsNow(delivering, id, authority, now());
  if (newcomers.length > 0) delivering.audience.forget();
  const messageId = await publishNotice(notice, turn, delivering).catch(async (error: unknown) => {
    await releaseNotice(database, reference, until);
    throw error;
  });
  if (!(await stillHears(delivering, hearer, notice, now()))) {
    await releaseNotice(database, reference, until);
    return keep(reference, notice, log);
  }
  await markSent(database, reference, now());
  log.info('notice sent', { authority, number, noticeLevel: notice.level, messageId });
  return 'sent';
}

function publishNotice(
  notice: Notice,
  turn: Turn,
  { sns, topicArn, pageUrl, now }: Delivering,
): Promise<string | undefined> {
  return publish(sns, turn, {
    TopicArn: topicArn,
    Subject: subjectOf(notice),
    MessageStructure: 'json',
    Message: messageOf(notice, pageUrl, now()),
    MessageAttributes: {
      authority: { DataType: 'String', StringValue: notice.authority },
      level: { DataType: 'String', StringValue: notice.level },
    },
  });
}

function keep({ authority, number }: NoticeReference, { level: noticeLevel }: Notice, log: Log): Delivery {
  log.warn('notice kept: nobody who would get it has confirmed', { authority, number, noticeLevel });
  return 'kept';
}

/** SNS takes 256 KB with attributes: this leaves room for them. */
const MAX_MESSAGE_BYTES = 250_000;

/** People get the text; programs get the notice, or of one that is too large for both where it is to be read. */
export function messageOf(notice: Notice, pageUrl: string, now: Date): string {
  const { authority, number, level } = notice;
  const people = { default: subjectOf(notice), email: bodyOf(notice, `${pageUrl}/`, now) };
  const forPrograms = (json: string): string => JSON.stringify({ ...people, sqs: json, https: json });
  const whole = forPrograms(JSON.stringify(notice));
  if (Buffer.byteLength(whole) <= MAX_MESSAGE_BYTES) return whole;
  return forPrograms(
    JSON.stringify({ authority, number, level, notices: `${pageUrl}/v1/authorities/${authority}/notices` }),
  );
}
