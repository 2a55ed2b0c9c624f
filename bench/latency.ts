import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../bin/client.ts';
import { addMonths } from '../functions/domain/period.ts';
import { type Spread, spreadOf } from './measure.ts';

export interface Latency {
  /** From the answer to the submission to the e-mail in the inbox, less the batch window; ms. */
  readonly toInbox: Spread;
  readonly batchWindow: number;
  /** From starting the command to the first request served; ms. */
  readonly toFirstRequest: Spread;
  /** Most memory that the service's process and its store ever held, in MB; where the system tells. */
  readonly peakMemory: number | undefined;
}

/** Seconds that evaluate's stream mapping gathers records; `lib/stack.ts` sets it. */
const BATCH_WINDOW_MS = 1000;

/** Starts the service as people do, and mails through it. */
export async function measureLatency(mails: number, starts: number): Promise<Latency> {
  const toFirstRequest: number[] = [];
  for (let turn = 1; turn < starts; turn++) toFirstRequest.push(await withService(async ({ served }) => served));
  const last = await withService(async ({ served, api, inbox, token, process }) => {
    toFirstRequest.push(served);
    const client = connect(api, token);
    const times: number[] = [];
    for (let turn = 0; turn < mails; turn++) {
      // Two bad months, then two good ones: every second month is mailed, so only those are timed.
      const bad = turn % 2 === 0;
      for (let month = 0; month < 2; month++) {
        const period = addMonths('2005-01', 2 * turn + month);
        const answer = await client.request('PUT', `/v1/authorities/herefordshire/submissions/${period}`, {
          status: 'final',
          observations: { 'protection-plans-allocated': { numerator: bad ? 90 : 100, denominator: 100 } },
        });
        if (answer.status !== 201) throw new Error(`expected 201, got ${answer.status}`);
        const accepted = performance.now();
        const mailed = bad ? month === 0 : month === 1;
        if (mailed) {
          await mailsReach(inbox, turn + 1);
          times.push(performance.now() - accepted - BATCH_WINDOW_MS);
        } else await sleep(BATCH_WINDOW_MS + 500);
      }
    }
    return { times, memory: peakMemoryOf(process.pid) };
  });
  return {
    toInbox: spreadOf(last.times),
    batchWindow: BATCH_WINDOW_MS,
    toFirstRequest: spreadOf(toFirstRequest),
    peakMemory: last.memory,
  };
}

interface Running {
  readonly api: string;
  readonly inbox: string;
  readonly token: string;
  readonly served: number;
  readonly process: ChildProcess;
}

async function withService<T>(work: (running: Running) => Promise<T>): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), 'inspection-monitor-bench-'));
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['bin/start.ts', '--json', '--port', '0', '--inbox-port', '0', '--data', data],
    { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((done) => child.once('exit', done));
  try {
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      child.once('exit', () => reject(new Error('the service ended before it was up')));
    });
    const { api, inbox, token } = JSON.parse(line) as Running;
    await fetch(`${api}/health`);
    return await work({ api, inbox, token, served: performance.now() - start, process: child });
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

async function mailsReach(inbox: string, number: number): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; await sleep(5)) {
    const mails = (await (await fetch(`${inbox}/api/email`)).json()) as unknown[];
    if (mails.length >= number) return;
  }
  throw new Error(`e-mail ${number} did not arrive within 20 s`);
}

/** Linux tells it; elsewhere the figure is left out. */
function peakMemoryOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes ? Math.round(Number(kilobytes) / 1024) : undefined;
  } catch {
    return undefined;
  }
}
