import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../bin/client.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/demo.ts', import.meta.url));

interface Chapter {
  readonly page: string;
  readonly token: string;
  /** What was printed of it: each line that begins with a day, and the subjects of the e-mails below that. */
  readonly days: readonly { readonly date: string; readonly line: string; readonly subjects: readonly string[] }[];
  readonly links: readonly string[];
  /** `time` is what their Date header says. */
  readonly mails: readonly { readonly subject: string; readonly text: string; readonly time: string }[];
  readonly transitions: readonly { readonly alert: string }[];
}

let child: ChildProcess;
let output = '';
let chapters: readonly Chapter[];
beforeAll(async () => {
  child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let complaints = '';
    child.stderr?.on('data', (chunk) => {
      complaints += chunk;
    });
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      if (output.includes('until Ctrl-C')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${complaints}`)));
  });
  const [year = '', decade = '', ...ends] = output.split(/^=== /m).slice(1);
  chapters = await Promise.all([year, decade].map((story, index) => readChapter(story, ends[index] ?? '')));
});
afterAll(() => child.kill('SIGKILL'));

async function readChapter(story: string, end: string): Promise<Chapter> {
  const field = (name: string) => new RegExp(`^    ${name} +(\\S+)`, 'm').exec(end)?.[1] ?? '';
  const [page, token, inbox] = [field('Page'), field('Token'), field('Inbox')];
  const days: { date: string; line: string; subjects: string[] }[] = [];
  for (const line of story.split('\n')) {
    const [, date, rest] = /^ *(\d+ [A-Z]\w+ \d{4}) {2}(.*)/.exec(line) ?? [];
    const [, subject] = /^ +e-mail: (.*)/.exec(line) ?? [];
    if (date && rest) days.push({ date, line: rest, subjects: [] });
    if (subject) days.at(-1)?.subjects.push(subject);
  }
  const { notices } = (await connect(page, token).request('GET', '/v1/authorities/herefordshire/notices?limit=100'))
    .body;
  return {
    page,
    token,
    days,
    links: [...end.matchAll(/^ +(http\S+\/authorities\S+)$/gm)].map(([, link = '']) => link),
    mails: (await (await fetch(`${inbox}/api/email`)).json()) as Chapter['mails'],
    transitions: notices.flatMap(({ transitions }: any) => transitions),
  };
}

const dayOf = (date: string): string =>
  new Date(date).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'Europe/London' });

describe('the demonstration', () => {
  test('shows twelve months, what fell due, a correction and ten years', () => {
    const submitted = chapters.map(({ days }) => days.filter(({ line }) => line.includes(' accepted: ')).length);
    expect(submitted).toEqual([12, 10]);
    expect(chapters[0]?.days.filter(({ line }) => /due/.test(line))).toHaveLength(2);
    expect(chapters[0]?.days.at(-1)).toMatchObject({ line: expect.stringMatching(/^September 2011 revised: \d+/) });
    expect(chapters[0]?.days.at(-1)?.subjects).toHaveLength(1);
  });

  test('submits each month within days of its end', () => {
    for (const { days } of chapters)
      for (const { date, line } of days) {
        const [, month] = /^(.*) accepted: /.exec(line) ?? [];
        if (!month) continue;
        const end = new Date(`1 ${month} UTC`);
        end.setUTCMonth(end.getUTCMonth() + 1);
        const late = (Date.parse(`${date} UTC`) - end.getTime()) / (24 * 60 * 60 * 1000);
        expect(late, `${month} on ${date}`).toBeGreaterThanOrEqual(0);
        expect(late, `${month} on ${date}`).toBeLessThan(14);
      }
  });

  test('dates each e-mail on the day of the story that causes it', () => {
    for (const { days, mails } of chapters) {
      const told = days.flatMap(({ date, subjects }) => subjects.map((subject) => [date, subject]));
      expect(told.length).toBeGreaterThan(5);
      expect(mails.map(({ time, subject }) => [dayOf(time), subject])).toEqual(told);
    }
  });

  test('mails nothing of missing figures: each month comes before it is late', () => {
    for (const { mails, transitions } of chapters) {
      expect(transitions.length).toBeGreaterThan(5);
      expect(transitions.filter(({ alert }) => alert === 'submission')).toEqual([]);
      for (const { text } of mails) expect(text).not.toMatch(/not in\b|missing|not reported|Monthly figures/i);
    }
  });

  test('ends with page, token and what to look at, and moves only on a terminal', async () => {
    for (const { page, token, links } of chapters) {
      const { metrics } = (await connect(page, token).request('GET', '/v1/authorities/herefordshire/metrics')).body;
      const pages = metrics.map(({ id }: any) => `${page}authorities/herefordshire/metrics/${id}`);
      expect(links.length).toBeGreaterThan(2);
      expect(links.filter((link) => !pages.includes(link))).toEqual([`${page}authorities/herefordshire/notices`]);
    }
    expect(output.includes('\u001b') || output.includes('\r')).toBe(false);
  });

  test('ends on Ctrl-C', async () => {
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
  });
});
