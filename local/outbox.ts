import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionLog } from './function-log.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Mail, Mailer } from './mail.ts';
import type { Queues } from './sqs.ts';

export type Delivery =
  | ({ readonly protocol: 'email' } & Mail)
  | { readonly protocol: 'sqs'; readonly queueArn: string; readonly body: string };

/**
 * What SNS has accepted and not delivered yet. A message is on disk from before it is acknowledged until each of its
 * deliveries has been made, so a kill may repeat deliveries but loses none.
 */
export interface Outbox {
  /** Takes a message over. It is on disk when this returns; the deliveries follow. */
  accept(id: string, deliveries: readonly Delivery[]): void;
  /** How many messages have deliveries left. */
  size(): number;
  /** Makes the deliveries that can be made, for `graceMs` at most. The others come after the next start. */
  stop(graceMs: number): Promise<void>;
}

interface Message {
  readonly id: string;
  readonly sequence: number;
  readonly deliveries: readonly Delivery[];
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;

/** Opens the outbox in `directory` and begins to deliver what an earlier instance left there. */
export function openOutbox(directory: string, mailer: Mailer, queues: Queues, log: FunctionLog): Outbox {
  const messages = load(directory);
  let sequence = messages.at(-1)?.sequence ?? 0;
  let delivering: Promise<void> | undefined;
  const stopping = new AbortController();

  const path = ({ id, sequence: number }: Message) => join(directory, `${String(number).padStart(12, '0')}-${id}.json`);

  const deliver = async (delivery: Delivery): Promise<void> => {
    if (delivery.protocol === 'sqs') queues.send(delivery.queueArn, delivery.body);
    else await mailer.send(delivery);
  };

  /** Whether the delivery is over and done with. */
  const attempt = async (delivery: Delivery): Promise<boolean> => {
    try {
      await deliver(delivery);
      return true;
    } catch (error) {
      const { message, responseCode = 0 } = error as Error & { responseCode?: number };
      log.write({ source: 'sns', stream: 'platform', message: `delivery failed: ${message}` });
      // From 500 on the mail server refuses it for good; what waits behind it must not wait for ever.
      return responseCode >= 500;
    }
  };

  /** In the order of acceptance, each delivery until it is done. */
  const deliverAll = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    for (let message = messages[0]; message !== undefined; message = messages[0]) {
      const [delivery, ...left] = message.deliveries;
      if (delivery !== undefined && !(await attempt(delivery))) {
        if (stopping.signal.aborted) return;
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
        pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
        continue;
      }
      pauseMs = FIRST_PAUSE_MS;
      if (left.length > 0) {
        messages[0] = { ...message, deliveries: left };
        writeJson(path(message), messages[0]);
      } else {
        messages.shift();
        rmSync(path(message), { force: true });
      }
    }
  };

  const run = () => {
    if (delivering !== undefined || messages.length === 0 || stopping.signal.aborted) return;
    delivering = deliverAll().finally(() => {
      delivering = undefined;
      run();
    });
  };

  run();
  return {
    accept(id, deliveries) {
      if (deliveries.length === 0) return;
      sequence++;
      const message: Message = { id, sequence, deliveries };
      writeJson(path(message), message);
      messages.push(message);
      run();
    },
    size: () => messages.length,
    async stop(graceMs) {
      stopping.abort();
      await Promise.race([delivering, sleep(graceMs, undefined, { ref: false })]);
    },
  };
}

/** Ids of the mails that the outbox in `directory` does not know to have been taken by a mail server. */
export function undeliveredMails(directory: string): ReadonlySet<string> {
  const deliveries = load(directory).flatMap((message) => message.deliveries);
  return new Set(deliveries.flatMap((delivery) => (delivery.protocol === 'email' ? [delivery.id] : [])));
}

/** In the order of acceptance. */
function load(directory: string): Message[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readJson<Message>(join(directory, file)))
    .filter((message) => message !== undefined);
}
