import { PublishCommand, type PublishCommandInput, type SNSClient } from '@aws-sdk/client-sns';

/**
 * The one place that publishes, whatever is mailed: SNS suspends an address that is mailed faster than ten times a second, and after
 * an outage, or on the day of the summaries, much is to be mailed at once.
 */

/** How long SNS is asked to take a mail, with all its repetitions, before that counts as failed. */
export const PUBLISHING_MS = 10_000;

/** Whoever hears of an authority is not sent two of its notices closer together than this. */
const PAUSE_BETWEEN_SAME_MS = 200;
/** Nor any two mails: somebody may hear of many authorities, and who subscribed to the topic by hand gets all there is. */
const PAUSE_BETWEEN_ANY_MS = 125;

/** When the next mail about the same may be published, and any (`*`), by this process's own clock. */
const nextPublishAt = new Map<string, number>();

/** The leave to publish once, now. */
export interface Turn {
  readonly about: string;
}

/**
 * Waits until a mail may be published, and keeps the turn for whoever asked first.
 * @param about what mails have in common that go to the same people: an authority, or one recipient.
 */
export async function waitForTurn(about: string): Promise<Turn> {
  for (;;) {
    const wait = Math.max(nextPublishAt.get(about) ?? 0, nextPublishAt.get('*') ?? 0) - performance.now();
    if (wait <= 0) break;
    await new Promise((done) => setTimeout(done, Math.ceil(wait)));
  }
  pauseAfter(about);
  return { about };
}

/** Called again once it was published: SNS counts from there, and a slow call must not shorten the pause. */
function pauseAfter(about: string): void {
  const now = performance.now();
  for (const [other, at] of nextPublishAt) if (at <= now) nextPublishAt.delete(other);
  nextPublishAt.set(about, now + PAUSE_BETWEEN_SAME_MS);
  nextPublishAt.set('*', now + PAUSE_BETWEEN_ANY_MS);
}

/** Publishes in the turn that was waited for; gives the message's id. */
export async function publish(
  sns: SNSClient,
  { about }: Turn,
  message: PublishCommandInput,
): Promise<string | undefined> {
  try {
    const abortSignal = AbortSignal.timeout(PUBLISHING_MS);
    return (await sns.send(new PublishCommand(message), { abortSignal })).MessageId;
  } finally {
    pauseAfter(about);
  }
}
