import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { readCsv } from '../functions/services/csv.ts';
import { type Launched, launch, stopOnSignal } from '../local/launch.ts';
import { connect, submitMonth } from './client.ts';

const { exit } = new Command('npm run demo --')
  .description(
    'Shows the service at work: a year after the inspection (illustrative), then ten years of published figures.',
  )
  .option('--exit', 'end when all is shown, instead of leaving inbox and API up until Ctrl-C')
  .parse()
  .opts<{ exit?: true }>();

const AUTHORITY = 'herefordshire';
const example = (name: string) =>
  readCsv(readFileSync(new URL(`../seed/examples/${name}`, import.meta.url), 'utf8')).months;

const running: Launched[] = [];
const folders: string[] = [];
const end = async () => {
  for (const service of running) await service.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};
const stopped = stopOnSignal(end);
let shownInFull = false;

try {
  const illustrative = await start(
    '2011-10-15',
    'Twelve ILLUSTRATIVE months, October 2010 to September 2011. Every figure is invented.',
  );
  for (const month of example('herefordshire-illustrative-2010-2011.csv')) await submit(illustrative, month);
  console.log('\nSeptember held a typing error (4 of 15 for 14 of 15). The correction:');
  for (const month of example('herefordshire-illustrative-correction.csv')) await submit(illustrative, month);

  const published = await start(
    '2025-12-01',
    'REAL figures for Herefordshire, 2016 to 2025, published by the Department for Education.',
  );
  for (const month of example('herefordshire-published-2016-2025.csv')) await submit(published, month);

  for (const { api, inbox, token } of running) console.log(`\nInbox ${inbox}   API ${api}   token ${token}`);
  if (exit) await end();
  else {
    console.log('\nBoth stay up until Ctrl-C.');
    await stopped;
  }
} catch (error) {
  console.error(`The demonstration failed: ${(error as Error).message}`);
  process.exitCode = 1;
  await end();
}
process.exit();

async function start(clock: string, title: string): Promise<Launched> {
  const dataDir = mkdtempSync(join(tmpdir(), 'inspection-monitor-demo-'));
  folders.push(dataDir);
  const service = await launch({ dataDir, clock });
  running.push(service);
  console.log(`\n=== ${title}\n    The instance's clock says ${clock}. Inbox: ${service.inbox}\n`);
  return service;
}

async function submit(
  service: Launched,
  { period, body }: ReturnType<typeof readCsv>['months'][number],
): Promise<void> {
  const seen = new Set((await mailsIn(service)).map(({ id }) => id));
  const outcome = await submitMonth(connect(service.api, service.token), AUTHORITY, period, body, true);
  console.log(`${period} ${outcome}: ${Object.keys(body.observations).length} figures`);
  await service.idle();
  for (const mail of (await mailsIn(service)).filter(({ id }) => !seen.has(id))) {
    console.log(`  e-mail: ${mail.subject}`);
    if (!shownInFull) console.log(`\n${mail.text.replaceAll(/^/gm, '    | ')}\n`);
    shownInFull = true;
  }
}

interface Mail {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

async function mailsIn({ inbox }: Launched): Promise<Mail[]> {
  const response = await fetch(`${inbox}/api/email`);
  if (!response.ok) throw new Error(`the inbox answered ${response.status}`);
  return (await response.json()) as Mail[];
}
