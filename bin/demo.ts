import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { monthName } from '../functions/domain/format.ts';
import { type Level, LevelSchema } from '../functions/domain/lifecycle.ts';
import { addDays, workingDayAfter } from '../functions/domain/working-days.ts';
import { readCsv } from '../functions/services/csv.ts';
import type { Launched } from '../local/launch.ts';
import bankHolidays from '../seed/calendar/bank-holidays.json' with { type: 'json' };
import { type Client, connect, submitMonth } from './client.ts';
import { showProgress } from './progress.ts';

const { exit } = new Command('npm run demo --')
  .description(
    'Shows the service at work: a year after the inspection (illustrative), then ten years of published figures.',
  )
  .option('--exit', 'end when everything has been shown, instead of keeping pages and inboxes up until Ctrl-C')
  .parse()
  .opts<{ exit?: true }>();

const AUTHORITY = '/v1/authorities/herefordshire';
const LEVELS = LevelSchema.options;
const FREE_DAYS: ReadonlySet<string> = new Set(bankHolidays);
/** A month is submitted on this working day after it: well before it is late. */
const SUBMITTED_ON = 5;
/** How many alerts are named at the end of a chapter. */
const MAX_ALERTS_TO_LOOK_AT = 3;

const DAY_WIDTH = '30 September 2011'.length;

type Month = ReturnType<typeof readCsv>['months'][number];

/** A story on an instance of its own, whose clock is moved from each day of it to the next. */
interface Chapter {
  readonly title: string;
  readonly service: Launched;
  readonly client: Client;
  /** Ids of the e-mails that were shown. */
  readonly shown: Set<string>;
  /** The day that it has come to, yyyy-mm-dd. */
  today: string;
}

/** An inspection's file, as far as the story needs to know it. */
interface Report {
  readonly id: string;
  readonly title: string;
  readonly published: string;
}

/** A day of a story. */
interface Day {
  /** yyyy-mm-dd */
  readonly date: string;
  /** What is submitted on it; where nothing is, the service looks by itself, as it does every hour. */
  readonly months: readonly Month[];
  /** A report that is loaded on it. */
  readonly report?: Report;
  readonly remark?: string;
  /** Whether its e-mails are shown to the end. */
  readonly inFull?: boolean;
}

const progress = showProgress();
progress.say('Loading');
// It loads CDK, which takes seconds: the line above is to move meanwhile.
const { launch, stopOnSignal } = await import('../local/launch.ts');

const chapters: Chapter[] = [];
const folders: string[] = [];
const end = async () => {
  await progress.stop();
  for (const { service } of chapters) await service.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};
let isTold = false;
let isInterrupted = false;
const stopped = stopOnSignal(() => {
  isInterrupted = true;
  return end();
}).then(() => process.exit(isTold ? 0 : 130));

try {
  const year = await tellTheYear();
  const decade = await tellTheDecade();
  await showWhatToLookAt(year, [
    'Initial conferences on time, raised by the typing error and withdrawn by its correction',
    'authorities/herefordshire/metrics/conferences-on-time',
  ]);
  await showWhatToLookAt(decade, [
    'Initial conferences on time beside England and the statistical neighbours',
    'authorities/herefordshire/metrics/conferences-on-time',
  ]);
  isTold = true;
  if (exit) {
    await end();
    progress.print('\nThese have ended. Run it without --exit to look at them.');
  } else {
    progress.print('\nBoth stay up until Ctrl-C.');
    await progress.stop();
    await stopped;
  }
} catch (error) {
  if (isInterrupted) await stopped;
  await end();
  console.error(`The demonstration failed: ${(error as Error).message}`);
  process.exitCode = 1;
}
process.exit();

async function tellTheYear(): Promise<Chapter> {
  const months = example('herefordshire-illustrative-2010-2011.csv');
  const chapter = await begin('A year after the inspection', months, [
    'ILLUSTRATIVE: every figure of these twelve months is invented.',
  ]);
  const [first, ...others] = daysOf(months, await dueDates(chapter));
  if (first) await live(chapter, { ...first, inFull: true });
  for (const day of others) await live(chapter, day);
  await live(chapter, {
    date: addDays(others.at(-1)?.date ?? '', 3),
    months: example('herefordshire-illustrative-correction.csv'),
    remark: 'September held a typing error: 4 of 15 conferences on time for 14 of 15.',
    inFull: true,
  });
  return chapter;
}

async function tellTheDecade(): Promise<Chapter> {
  const months = example('herefordshire-published-2016-2025.csv');
  const chapter = await begin('Ten years of published figures', months, [
    'REAL figures, published by the Department for Education, each for a year to March.',
    'They are sent as if each had been known in the April after, and held against the',
    'inspection of their time: that of 2014 at first, then those of 2018 and 2022, each',
    'loaded with the first figures after its publication.',
  ]);
  const reports = ['herefordshire-2018', 'herefordshire-2022'].map(shippedReport);
  for (const day of daysOf(months, [])) {
    const report = reports.find(({ published }) => published <= day.date);
    if (report) reports.splice(reports.indexOf(report), 1);
    const remark = report && `The report published on ${dayName(report.published)} is loaded: ${report.title}.`;
    await live(chapter, remark ? { ...day, report, remark } : day);
  }
  // Not before: nobody had these figures in the years that they are of.
  progress.say('Loading what was published of England and of the statistical neighbours, to compare with');
  await chapter.client.request('POST', `${AUTHORITY}/benchmarks`, {
    source: 'Department for Education, Local Authority Interactive Tool',
    author: 'The demonstration',
    csv: readFileSync(new URL('../seed/examples/england-and-neighbours-2016-2025.csv', import.meta.url), 'utf8'),
  });
  return chapter;
}

function example(name: string): readonly Month[] {
  return readCsv(readFileSync(new URL(`../seed/examples/${name}`, import.meta.url), 'utf8')).months;
}

/** Starts an instance on the day of the first submission. */
async function begin(title: string, months: readonly Month[], remarks: readonly string[]): Promise<Chapter> {
  progress.print(`\n=== ${title}\n${remarks.map((line) => `    ${line}`).join('\n')}\n`);
  progress.say('Synthesizing the stack, and starting on this machine what it describes');
  const dataDir = mkdtempSync(join(tmpdir(), 'inspection-monitor-demo-'));
  folders.push(dataDir);
  const today = submittedOn(months[0]);
  const service = await launch({ dataDir, clock: morningOf(today) });
  const chapter = { title, service, client: connect(service.api, service.token), shown: new Set<string>(), today };
  chapters.push(chapter);
  return chapter;
}

async function actionsOf({ client }: Chapter): Promise<readonly { id: string; due?: string }[]> {
  return (await client.request('GET', `${AUTHORITY}/inspection`)).body.actions;
}

async function dueDates(chapter: Chapter): Promise<string[]> {
  return (await actionsOf(chapter)).flatMap(({ due }) => due ?? []);
}

/** Each month on the day of its submission, and in between the days on which due dates have just passed. */
function daysOf(months: readonly Month[], due: readonly string[]): Day[] {
  const days: Day[] = months.map((month) => ({ date: submittedOn(month), months: [month] }));
  const [first = '', last = ''] = [days[0]?.date, days.at(-1)?.date];
  const passed = new Set(due.map((date) => addDays(date, 1)).filter((date) => date > first && date < last));
  for (const date of passed) days.push({ date, months: [], remark: 'Recommended actions were due the day before.' });
  return days.sort(byDate);
}

function byDate(one: Day, other: Day): number {
  return one.date < other.date ? -1 : 1;
}

function shippedReport(name: string): Report {
  return JSON.parse(readFileSync(new URL(`../seed/${name}.json`, import.meta.url), 'utf8'));
}

function submittedOn(month: Month | undefined): string {
  return workingDayAfter(month?.period ?? '', SUBMITTED_ON, FREE_DAYS);
}

async function live(chapter: Chapter, { date, months, report, remark, inFull }: Day): Promise<void> {
  const { service, client, shown } = chapter;
  const day = dayName(date);
  chapter.today = date;
  service.moveClock(morningOf(date));
  if (remark) progress.print(`${day}  ${remark}`);
  for (const { period, body } of months) {
    progress.say(`${day}: submitting ${monthName(period)}`);
    const outcome = await submitMonth(client, 'herefordshire', period, body, true);
    progress.print(`${day}  ${monthName(period)} ${outcome}: ${Object.keys(body.observations).length} figures`);
  }
  // After the figures: in between, those of the year before would be late.
  if (report) await client.request('PUT', `${AUTHORITY}/inspections/${report.id}`, report);
  progress.say(`${day}: judging and mailing`);
  if (months.length === 0) await service.runSchedules();
  await service.idle();
  for (const mail of (await mailsIn(service)).filter(({ id }) => !shown.has(id))) {
    shown.add(mail.id);
    progress.print(`${' '.repeat(DAY_WIDTH)}  e-mail: ${mail.subject}${inFull ? `\n${textOf(mail)}\n` : ''}`);
  }
}

/** An e-mail's text, without what SNS writes below each. */
function textOf({ text }: Mail): string {
  const [ours = ''] = text.split(/^-- *$/m);
  return ours.trim().replaceAll(/^/gm, '      | ');
}

async function showWhatToLookAt(
  { title, service, client, shown, today }: Chapter,
  ...more: readonly (readonly [what: string, path: string])[]
): Promise<void> {
  const { metrics } = (await client.request('GET', `${AUTHORITY}/metrics`)).body;
  const ids = new Set(metrics.map(({ id }: { id: string }) => id));
  const { alerts } = (await client.request('GET', `${AUTHORITY}/alerts?state=raised`)).body;
  const worstFirst = (alerts as RaisedAlert[])
    .filter(({ alert }) => ids.has(alert))
    .sort((one, other) => LEVELS.indexOf(other.episode.level) - LEVELS.indexOf(one.episode.level));
  const places = [
    ...worstFirst
      .slice(0, MAX_ALERTS_TO_LOOK_AT)
      .map(({ alert, title, episode, since }) => [
        `${title}, ${episode.level} since ${monthName(since)}`,
        `authorities/herefordshire/metrics/${alert}`,
      ]),
    ...more,
    ['What was mailed, and why', 'authorities/herefordshire/notices'],
  ];
  progress.print(`
=== ${title}, as it stands on ${dayName(today).trim()}
    Page   ${service.page} (asks for the token)
    Token  ${service.token}
    Inbox  ${service.inbox} (${shown.size} e-mails)

    Look at
${places.map(([what, path]) => `      ${what}\n        ${service.page}${path}`).join('\n')}`);
}

interface RaisedAlert {
  readonly alert: string;
  readonly title: string;
  readonly since: string;
  readonly episode: { readonly level: Level };
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

function morningOf(date: string): string {
  return `${date}T09:00:00.000Z`;
}

/** `7 September 2011`, all of one width. */
function dayName(date: string): string {
  const name = new Date(date).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  return name.padStart(DAY_WIDTH);
}
