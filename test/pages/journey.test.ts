import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../functions/domain/access.ts';
import { MetricEvaluatorSchema } from '../../functions/domain/evaluators/evaluator.ts';
import { addMonths } from '../../functions/domain/period.ts';
import type { PageKey } from '../../functions/http/routes.ts';
import { type ChartData, chart, REFERENCES } from '../../functions/pages/chart.ts';
import { packMonths } from '../../functions/pages/upload.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { recipientId } from '../../functions/store/keys.ts';
import herefordshire2018 from '../../seed/herefordshire-2018.json' with { type: 'json' };
import { DESKTOP, NARROW, PHONE, startBrowser } from '../support/browser.ts';
import { HEREFORDSHIRE } from '../support/build.ts';
import { loadSecondAuthority } from '../support/caller.ts';
import { keyboardFaultsOn, labelFaultsOn, oddWordsOn, openPage, overflowOf, violationsOn } from '../support/look.ts';
import { type Service, startService } from '../support/service.ts';
import { CORRECTION, EXAMPLE, HOME, signIn, submitExample, tokenFor } from '../support/visit.ts';

/** Charts with all there can be in them, as close together as they can be. */
const CROWDED = [2, 98].flatMap((level) => {
  const periods = Array.from({ length: 60 }, (_, index) => addMonths('2006-10', index));
  const data: ChartData = {
    points: periods.map((period, index) => ({
      ...{ period, value: index % 2 === 0 ? 0 : 100, mean: 50, lower: 1, upper: 99, group: 0, meaning: 'critical' },
      ...{ provisional: false, revised: true, alert: 'critical' },
    })),
    standards: periods.map((period, index) => ({ period, value: level + (index % 7 === 0 ? 1 : 0), upTo: 99 })),
    references: (Object.keys(REFERENCES) as (keyof typeof REFERENCES)[]).map((kind, index) => ({
      ...(kind === 'england' || kind === 'neighbours' ? { year: 2011 } : {}),
      ...{ kind, from: '2006-10', to: '2011-09', value: level + index / 10 },
    })),
    rebases: ['2008-03', '2011-08'],
    isPercentage: false,
    unit: 'cases per full-time social worker',
    say: (value) => value.toFixed(1),
  };
  const title = `Crowded at ${level}`;
  return (['wide', 'narrow'] as const).map((size) => `${chart(data, size, { id: size, title, description: '' })}`);
});

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

/** One month of the example that raises alerts, as a file. */
const MONTH = readFileSync(EXAMPLE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('period,') || line.startsWith('2010-11,'))
  .join('\n');
/** A line of figures, as the preview of it hands it on. */
const packedOf = (line: string): string => {
  const known = new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]));
  return packMonths(readFigures(`period,metric,numerator,denominator,count,value,status\n${line}`, known).months);
};
/** Who is mailed by the deployment. */
const DIRECTOR = recipientId('director@example.org');
const FILE = { name: 'november.csv', mimeType: 'text/csv', buffer: Buffer.from(MONTH) };

describe('the whole journey: sign in, upload, see the alert, acknowledge, sign out', () => {
  let service: Service;
  let token: string;
  beforeAll(async () => {
    service = await startService();
    token = await tokenFor(service);
  });
  afterAll(() => service?.end());

  test('with a mouse and without JavaScript', async () => {
    const page = await openPage(browser, { baseURL: service.api, javaScriptEnabled: false });
    await signIn(page, token, `${HOME}/submit`);
    expect(new URL(page.url()).pathname).toBe(`${HOME}/submit`);

    await page.getByLabel('Excel workbook or CSV file').setInputFiles(FILE);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Nothing is stored yet.').waitFor();
    expect(await service.get('/submissions')).toMatchObject({ submissions: [] });

    await page.getByRole('button', { name: 'Send 1 month' }).click();
    await page.getByRole('heading', { name: 'Accepted' }).waitFor();
    await service.idle();

    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('link', { name: 'Referral backlog' }).first().click();
    await page.getByText('Nobody has said that they have it in hand.').waitFor();
    await page.getByLabel('Your name').fill('J. Davies');
    await page.getByLabel('What is being done').fill('Two workers <moved> to the front door');
    await page.getByRole('button', { name: 'Say that you have it in hand' }).click();
    await page.getByText('Two workers <moved> to the front door').waitFor();
    await service.idle();
    await page.goto(HOME);
    expect(await page.getByText(/In hand: J\. Davies/).count()).toBe(1);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    // Whoever sits down here next and presses Back gets nothing of what was looked at.
    await page.goBack();
    expect([new URL(page.url()).pathname, await page.getByText('In hand: J. Davies').count()]).toEqual(['/sign-in', 0]);
    await page.goto(HOME);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
  });

  test('with the keyboard alone', async () => {
    const page = await openPage(browser, { baseURL: service.api });
    await page.goto(`${HOME}/metrics/closure-backlog`);
    await tabTo(page, 'Token');
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Closure backlog' }).waitFor();

    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to main content');

    await follow(page, 'Submit figures', 'Submit figures');
    await tabTo(page, 'Or paste the figures');
    await page.keyboard.insertText(MONTH.replaceAll('2010-11', '2010-12'));
    await follow(page, 'Check', 'Check before sending');
    await follow(page, 'Send 1 month', 'Accepted');
    await service.idle();

    await follow(page, 'Overview', 'What needs attention');
    await follow(page, 'Closure backlog', 'Closure backlog');
    await tabTo(page, 'Your name');
    await page.keyboard.type('P. Roberts');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Closed by the end of the week');
    await tabTo(page, 'Say that you have it in hand');
    await page.keyboard.press('Enter');
    await page.getByText('Closed by the end of the week').waitFor();

    await follow(page, 'Sign out', 'Sign in');
  });
});

/** Sends a form as a page of this host would. */
async function sendForm(page: Page, path: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const send = `(([path, fields]) => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: path });
    for (const [name, value] of Object.entries(fields))
      form.append(Object.assign(document.createElement('textarea'), { name, value }));
    document.body.append(form);
    form.submit();
  })(${JSON.stringify([path, fields])})`;
  await Promise.all([page.waitForEvent('load'), page.evaluate(send)]);
}

/** The name of what has the focus: its label, or its text. */
async function focused(page: Page): Promise<string> {
  const name = await page.evaluate('(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()');
  return name as string;
}

/** Presses Tab until something of this name has the focus, as whoever has no mouse does. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 200; presses++) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === name) return;
  }
  throw new Error(`Tab never comes to "${name}"`);
}

/** Goes to a link or button by Tab, presses Enter, and waits for the page with this heading. */
async function follow(page: Page, name: string, heading: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: heading, exact: true }).first().waitFor();
}

describe('every page, with a year of figures and a correction', () => {
  let service: Service;
  let token: string;
  beforeAll(async () => {
    service = await startService();
    // For every authority, of which there are two.
    token = await tokenFor(service, SCOPES, '*');
    await submitExample(service, EXAMPLE);
    await submitExample(service, CORRECTION, true);
    await loadSecondAuthority(service);
  });
  afterAll(() => service?.end());

  /** Every page that can be asked for, so that none is left out; what is fetched as a file is none. */
  type Shown = Exclude<
    Extract<PageKey, `GET ${string}`>,
    | 'GET /assets/{file}'
    | `GET /authorities/{authority}/${'template.xlsx' | 'figures.csv' | 'figures.xlsx' | 'inspections/skeleton'}`
  >;
  const pathsWith = (receipt: string): Record<Shown, readonly string[]> => ({
    'GET /': ['/'],
    'GET /how-it-judges': ['/how-it-judges'],
    'GET /accessibility': ['/accessibility'],
    'GET /privacy': ['/privacy'],
    'GET /sign-in': ['/sign-in?to=/sessions'],
    'GET /sign-in/link': ['/sign-in/link?link=x'],
    'GET /sessions': ['/sessions'],
    'GET /authorities/{authority}': [HOME, '/no-such-page'],
    'GET /authorities/{authority}/board-pack': [`${HOME}/board-pack`],
    'GET /authorities/{authority}/metrics': [`${HOME}/metrics`],
    'GET /authorities/{authority}/metrics/{metric}': [
      'initial-assessments-on-time',
      'conferences-on-time',
      'complaints',
      'chronologies-complete',
      'no-such-metric',
    ].map((metric) => `${HOME}/metrics/${metric}`),
    'GET /authorities/{authority}/metrics/{metric}/standard': [
      `${HOME}/metrics/conferences-on-time/standard`,
      `${HOME}/metrics/conferences-on-time/standard?value=95%25&from=March+2011&tolerance=2`,
      `${HOME}/metrics/conferences-on-time/standard?value=lots&from=soon`,
      `${HOME}/metrics/conferences-on-time/standard?mOfN=1+of+3&rebaseDates=1+April+2011&from=March+2011`,
      `${HOME}/metrics/conferences-on-time/standard?mOfN=often&rebaseDates=soon&from=`,
    ],
    'GET /authorities/{authority}/catalogue': [`${HOME}/catalogue`],
    'GET /authorities/{authority}/catalogue/metric': [
      `${HOME}/catalogue/metric`,
      `${HOME}/catalogue/metric?library=re-referrals`,
    ],
    'GET /authorities/{authority}/metrics/{metric}/changes': [`${HOME}/metrics/conferences-on-time/changes`],
    'GET /authorities/{authority}/closing': [`${HOME}/closing`],
    'GET /authorities/{authority}/actions/{action}': [`${HOME}/actions/A1`],
    'GET /authorities/{authority}/submissions': [`${HOME}/submissions`],
    'GET /authorities/{authority}/submissions/{period}': [`${HOME}/submissions/2011-09`],
    'GET /authorities/{authority}/submissions/{period}/correction': [
      `${HOME}/submissions/2011-09/correction?metric=conferences-on-time`,
    ],
    'GET /authorities/{authority}/submissions/{period}/retraction': [`${HOME}/submissions/2011-09/retraction`],
    'GET /authorities/{authority}/submit': [`${HOME}/submit`],
    'GET /authorities/{authority}/receipts/{receipt}': [`${HOME}/receipts/${receipt}`],
    'GET /authorities/{authority}/notices': [`${HOME}/notices`],
    'GET /authorities/{authority}/notices/{number}': [`${HOME}/notices/1`],
    'GET /authorities/{authority}/recipients': [`${HOME}/recipients`],
    'GET /authorities/{authority}/tokens': [`${HOME}/tokens`],
    'GET /authorities/{authority}/settings': [`${HOME}/settings`],
    'GET /authorities/{authority}/inspections': [`${HOME}/inspections`],
  });

  /** What only programs call metrics by. */
  /** What only programs say: the ids of all that is there, but of actions, which people number. */
  const ids = [
    ...HEREFORDSHIRE.metrics.map(({ id }) => id),
    ...[HEREFORDSHIRE, herefordshire2018].flatMap(({ id, framework, judgements }) => [
      ...[id, framework, ...judgements.flatMap((each) => [each.id, each.section, each.grade ?? ''])],
    ]),
  ].filter((id) => id.includes('-'));
  /** “How it judges” alone says what the names of its rules mean. */
  const idsOn = (path: string) => (path === '/how-it-judges' ? ids : [...ids, ...MetricEvaluatorSchema.options]);

  const ANOTHER = {
    ...herefordshire2018,
    id: 'herefordshire-another',
    fieldwork: { from: '2011-01-10', to: '2011-01-21' },
    published: '2011-02-10',
  };

  /** What pages answer to a form with, beside leading on to another page: as it is sent, and what its heading says. */
  type Posted = readonly [path: string, fields: Readonly<Record<string, string>>, heading: string | RegExp];
  const said = { author: 'A. Head', reason: ' ' };
  const postsWith = (width: number): Record<Extract<PageKey, `POST ${string}`>, readonly Posted[]> => ({
    'POST /sign-in': [['/sign-in', { token: 'imt_wrong' }, 'Sign in']],
    'POST /sign-in/mail': [
      ['/sign-in/mail', { address: 'nobody' }, 'Sign in'],
      ['/sign-in/mail', { address: 'nobody@example.org' }, 'Check your e-mail'],
    ],
    'POST /sign-in/link': [['/sign-in/link', { link: 'used' }, 'This link does not work any more']],
    // They lead to the page to sign in, and to the sessions.
    'POST /sign-out': [],
    'POST /sessions/{session}/end': [],
    'POST /authorities/{authority}/settings': [[`${HOME}/settings`, { dueWorkingDay: '40' }, 'Settings']],
    'POST /authorities/{authority}/inspections': [
      [`${HOME}/inspections`, { report: '{\n"id": 1' }, 'Nothing was loaded'],
      [
        `${HOME}/inspections`,
        { report: JSON.stringify({ ...ANOTHER, published: '2031-01-01' }) },
        'Nothing was loaded',
      ],
      [`${HOME}/inspections`, { report: JSON.stringify(ANOTHER) }, 'Check before loading'],
    ],
    'POST /authorities/{authority}/inspections/{inspection}': [
      [`${HOME}/inspections/herefordshire-another`, { report: 'AAAA' }, 'Not accepted'],
    ],
    'POST /authorities/{authority}/closing': [[`${HOME}/closing`, { closed: 'yes' }, 'Close this authority']],
    'POST /authorities/{authority}/catalogue/metric': [
      [`${HOME}/catalogue/metric`, { title: '', kind: 'proportion', value: '0.8' }, 'Start a metric of your own'],
    ],
    'POST /authorities/{authority}/metrics/{metric}/changes': [
      [`${HOME}/metrics/conferences-on-time/changes`, { title: '', until: 'soon' }, 'Change this metric'],
    ],
    'POST /authorities/{authority}/metrics/{metric}/confirmation': [
      [`${HOME}/metrics/looked-after-children/confirmation`, {}, 'Not accepted'],
    ],
    'POST /authorities/{authority}/benchmarks': [[`${HOME}/benchmarks`, { source: '' }, 'Change what is measured']],
    'POST /authorities/{authority}/benchmarks/{metric}/removal': [[`${HOME}/benchmarks/none/removal`, {}, 'Not found']],
    'POST /authorities/{authority}/metrics/{metric}/standard': [
      [`${HOME}/metrics/conferences-on-time/standard`, { value: '95%', from: 'March 2011', ...said }, 'The standard'],
    ],
    'POST /authorities/{authority}/actions/{action}': [[`${HOME}/actions/A1`, { state: 'completed' }, /./]],
    'POST /authorities/{authority}/alerts/{alert}/acknowledgement': [
      [`${HOME}/alerts/referral-backlog/acknowledgement`, { author: ' ', note: 'x' }, 'Referral backlog'],
      [`${HOME}/alerts/action/acknowledgement`, { author: ' ', note: 'x' }, 'Herefordshire'],
      [`${HOME}/alerts/complaints/acknowledgement`, { author: 'x', note: 'y' }, 'Not accepted'],
    ],
    'POST /authorities/{authority}/submissions/{period}/correction': [
      [
        `${HOME}/submissions/2011-07/correction`,
        { metric: 'referral-backlog', count: 'c', revision: '1', reason: '' },
        'Referral backlog, July 2011',
      ],
      [
        `${HOME}/submissions/2011-07/correction`,
        { metric: 'referral-backlog', count: '8', revision: '7', reason: 'counted twice' },
        'Not accepted',
      ],
    ],
    'POST /authorities/{authority}/submissions/{period}/retraction': [
      [`${HOME}/submissions/2011-07/retraction`, { revision: '7' }, 'Not accepted'],
    ],
    'POST /authorities/{authority}/submit': [
      [`${HOME}/submit`, { figures: 'period,metric,count\n2011-13,referral-backlog,x' }, /./],
      [`${HOME}/submit`, { figures: `${MONTH}\n2011-08,referral-backlog,,,3,,` }, 'Check before sending'],
      [`${HOME}/submit`, { figures: 'Month,CLA,Our own heading\nAug-09,312,12' }, 'Check before sending'],
    ],
    'POST /authorities/{authority}/submissions': [
      [
        `${HOME}/submissions`,
        { months: packedOf('2011-08,referral-backlog,,,9,,'), basis: '2011-08=7' },
        'Check before sending',
      ],
      [`${HOME}/submissions`, { months: 'AAAA', basis: '' }, 'Not accepted'],
    ],
    'POST /authorities/{authority}/names/{name}/removal': [[`${HOME}/names/none/removal`, {}, 'Not found']],
    'POST /authorities/{authority}/recipients': [
      [`${HOME}/recipients`, { address: 'nobody', level: 'all' }, 'Recipients'],
    ],
    'POST /authorities/{authority}/recipients/{recipient}/removal': [
      [`${HOME}/recipients/${DIRECTOR}/removal`, {}, 'Remove the last address?'],
    ],
    'POST /authorities/{authority}/recipients/{recipient}/test': [
      [`${HOME}/recipients/${DIRECTOR}/test`, {}, /Recipients|Not accepted/],
    ],
    'POST /authorities/{authority}/tokens': [
      [`${HOME}/tokens`, { label: ' ', role: 'look', days: '400' }, 'Tokens'],
      [`${HOME}/tokens`, { label: `Returns, at ${width} pixels`, role: 'submit', days: '30' }, 'Your new token'],
    ],
    'POST /authorities/{authority}/tokens/{token}/revocation': [[`${HOME}/tokens/none/revocation`, {}, 'Not found']],
    'POST /authorities/{authority}/tokens/{token}/keeping': [[`${HOME}/tokens/none/keeping`, {}, 'Not found']],
  });

  /** At which widths anything of the page sticks out: the one that it has, and where that is the narrowest, a phone's. */
  async function overflowsOf(page: Page, viewport: typeof DESKTOP): Promise<number[]> {
    const widths = viewport === NARROW ? [PHONE.width, NARROW.width] : [viewport.width];
    const found = [];
    for (const width of widths) {
      await page.setViewportSize({ ...viewport, width });
      if ((await overflowOf(page)) > 0) found.push(width);
    }
    return found;
  }

  test.each([
    ['desktop', DESKTOP],
    ['320 and 390 pixels', NARROW],
  ])('is accessible and does not stick out, at %s', async (_, viewport) => {
    const page = await openPage(browser, { baseURL: service.api, viewport });
    const found: Record<string, unknown> = {};
    const look = async (path: string) => {
      const script = await page.locator('script').count();
      const violations = await violationsOn(page);
      // Last, as it moves the focus.
      const words = await oddWordsOn(page, idsOn(path));
      const overflow = await overflowsOf(page, viewport);
      found[path] = { script, violations, overflow, words, keyboard: await keyboardFaultsOn(page) };
    };
    await page.goto('/sign-in');
    await look('/sign-in');
    await signIn(page, token);
    const { submittedAt } = await service.get('/submissions/2011-09');
    for (const path of Object.values(pathsWith(submittedAt)).flat()) {
      await page.goto(path);
      await look(path);
    }
    const clean = { script: 0, violations: [], overflow: [], words: [], keyboard: [] };
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((path) => [path, clean])));
  });

  test.each([
    ['desktop', DESKTOP],
    ['320 and 390 pixels', NARROW],
  ])('that answers a form is accessible and does not stick out, at %s', async (_, viewport) => {
    const page = await openPage(browser, { baseURL: service.api, viewport });
    const found: Record<string, unknown> = {};
    await signIn(page, token, `${HOME}/tokens`);
    const forgery = await page.locator('input[name=forgeryToken]').first().inputValue();
    const look = async (name: string, heading: Posted[2], path: string, fields: Posted[1]) => {
      await page.goto('/accessibility');
      await sendForm(page, path, fields);
      expect.soft(await page.locator('h1').innerText(), name).toMatch(heading);
      const script = await page.locator('script').count();
      const violations = await violationsOn(page);
      const words = await oddWordsOn(page, idsOn(path));
      const overflow = await overflowsOf(page, viewport);
      found[name] = { script, violations, overflow, words, keyboard: await keyboardFaultsOn(page) };
    };
    for (const [route, posts] of Object.entries(postsWith(viewport.width)))
      for (const [index, [path, fields, heading]] of posts.entries())
        await look(`${route}, ${index + 1}`, heading, path, { ...fields, forgeryToken: forgery });
    const written = { author: 'A. Head', note: 'Two more screeners start on Monday, and the backlog is gone through.' };
    const path = `${HOME}/alerts/referral-backlog/acknowledgement`;
    await look('a form of another session', 'Check and send again', path, { ...written, forgeryToken: 'other' });
    await page.context().clearCookies();
    await look('a form without one', 'You are signed out; what you wrote is kept', path, written);
    const clean = { script: 0, violations: [], overflow: [], words: [], keyboard: [] };
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, clean])));
  });

  test('on a phone the first alert is on the first screen', async () => {
    const page = await openPage(browser, { baseURL: service.api, viewport: PHONE });
    await signIn(page, token, HOME);
    const first = await page.locator('.app-alert__title').first().boundingBox();
    expect((first?.y ?? Infinity) + (first?.height ?? 0)).toBeLessThan(844);
  });

  test('no label of any chart lies on another, on a line or outside, at either width', async () => {
    const { metrics } = await service.get('/metrics');
    const page = await openPage(browser, { baseURL: service.api });
    await signIn(page, token, HOME);
    const paths = [
      ...metrics.map(({ id }: { id: string }) => `metrics/${id}`),
      'metrics/conferences-on-time/standard?value=95%25&from=March+2011',
      'metrics/referral-backlog/standard?value=3&from=September+2011',
      'metrics/conferences-on-time/standard?mOfN=1+of+3&rebaseDates=1+April+2011&comparable=26%25&from=March+2011',
    ];
    const charts = paths.map(async (path) => {
      const { html } = await page.request
        .get(`${HOME}/${path}`)
        .then(async (answer) => ({ html: await answer.text() }));
      return /<figure[\s\S]*?<\/figure>/.exec(html)?.[0] ?? '';
    });
    const drawn = [...(await Promise.all(charts)), ...CROWDED].filter(Boolean);
    expect(drawn.length).toBeGreaterThan(25);
    await page.evaluate(`document.querySelector('main').innerHTML = ${JSON.stringify(drawn.join(''))}`);
    const faults: string[] = [];
    for (const width of [DESKTOP.width, PHONE.width]) {
      await page.setViewportSize({ ...PHONE, width });
      faults.push(...(await labelFaultsOn(page)).map((fault) => `at ${width} pixels: ${fault}`));
    }
    expect(faults).toEqual([]);
  });

  test('the first view of the overview takes at most 60 KB on the wire', async () => {
    const page = await openPage(browser, { baseURL: service.api });
    await signIn(page, token);
    const cookies = await page.context().cookies();
    const fresh = await openPage(browser, { baseURL: service.api });
    await fresh.context().addCookies(cookies);
    const network = await fresh.context().newCDPSession(fresh);
    await network.send('Network.enable');
    let bytes = 0;
    network.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await fresh.goto(HOME, { waitUntil: 'networkidle' });
    expect(await fresh.getByRole('heading', { name: 'Safeguarding', exact: true }).count()).toBe(1);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThanOrEqual(60_000);
  });
});
