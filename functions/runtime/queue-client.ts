import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';

/** SQS's own limits: ten messages a call, 256 KB together; ours have a hundred bytes each. */
const MESSAGES_A_CALL = 10;
const CALLS_AT_ONCE = 10;
/** How often messages are sent that the queue took none of, though it took others of the same call. */
const ATTEMPTS = 3;

/**
 * Puts each of `subjects` into the queue as a message of its own, as JSON. Throws where some could not be put there, perhaps after
 * others were: whoever asks again puts them there twice.
 */
export async function sendAll(
  url: string,
  subjects: readonly unknown[],
  client: Pick<SQSClient, 'send'> = new SQSClient(),
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(subjects.length / MESSAGES_A_CALL) }, (_, at) =>
    subjects.slice(at * MESSAGES_A_CALL, (at + 1) * MESSAGES_A_CALL).map((subject) => JSON.stringify(subject)),
  );
  for (let start = 0; start < batches.length; start += CALLS_AT_ONCE)
    await Promise.all(batches.slice(start, start + CALLS_AT_ONCE).map((bodies) => sendBatch(url, bodies, client)));
}

async function sendBatch(url: string, bodies: readonly string[], client: Pick<SQSClient, 'send'>): Promise<void> {
  let left = bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody }));
  for (let attempt = 1; ; attempt++) {
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: left }));
    left = left.filter(({ Id }) => Failed.some((failed) => failed.Id === Id));
    if (left.length === 0) return;
    if (attempt === ATTEMPTS)
      throw new Error(`the queue did not take ${left.length} messages: ${Failed[0]?.Code} ${Failed[0]?.Message ?? ''}`);
  }
}
