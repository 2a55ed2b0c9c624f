import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionLog } from './function-log.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Mail, Mailer } from './mail.ts';

/**
 * Emulates SNS's promise to deliver what it has accepted. A message is on disk from before it is acknowledged until each of its
 * mails has been taken by a mail server, so a kill may repeat mails but loses none.
 */
export interface Outbox {
  /** Takes a message over, one mail for each recipient. It is on disk when this returns; the mails follow. */
  accept(id: string, mails: readonly Mail[]): void;
  /** How many messages have mails left. */
  size(): number;
  /** Sends the mails that can be sent, for `graceMs` at most. The others come after the next start. */
  stop(graceMs: number): Promise<void>;
}

interface Message {
  readonly id: string;
  readonly sequence: number;
  readonly deliveries: readonly Mail[];
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;

/** Opens the outbox in `directory` and begins to deliver what an earlier instance left there. */
export function openOutbox(directory: string, mailer: Mailer, log: FunctionLog): Outbox {
  const messages = load(directory);
  let sequence = messages.at(-1)?.sequence ?? 0;
  let delivering: Promise<void> | undefined;
  const stopping = new AbortController();

  const path = ({ id, sequence: number }: Message) => join(directory, `${String(number).padStart(12, '0')}-${id}.json`);

  /** Whether the mail is over and done with. */
  const attempt = async (mail: Mail): Promise<boolean> => {
    try {
      await mailer.send(mail);
      return true;
    } catch (error) {
      const { message, responseCode = 0 } = error as Error & { responseCode?: number };
      log.write({ source: 'sns', stream: 'platform', message: `delivery failed: ${message}` });
      // From 500 on the mail server refuses it for good; what waits behind it must not wait for ever.
      return responseCode >= 500;
    }
  };

  /** In the order of acceptance, each mail until it is done. */
  const deliverAll = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    for (let message = messages[0]; message !== undefined; message = messages[0]) {
      const [mail, ...left] = message.deliveries;
      if (mail !== undefined && !(await attempt(mail))) {
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
    accept(id, mails) {
      if (mails.length === 0) return;
      sequence++;
      const message: Message = { id, sequence, deliveries: mails };
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
  return new Set(load(directory).flatMap(({ deliveries }) => deliveries.map(({ id }) => id)));
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
