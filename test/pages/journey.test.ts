import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../functions/domain/access.ts';
import type { PageKey } from '../../functions/http/routes.ts';
import { DESKTOP, NARROW, startBrowser } from '../support/browser.ts';
import { keyboardFaultsOn, openPage, overflowOf, violationsOn } from '../support/look.ts';
import { type Service, startService } from '../support/service.ts';
import { CORRECTION, EXAMPLE, HOME, loadSecondAuthority, signIn, submitExample, tokenFor } from '../support/visit.ts';

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

  test.each([
    ['desktop', DESKTOP],
    ['320 pixels', NARROW],
  ])('is accessible and does not stick out, at %s', async (_, viewport) => {
    const page = await openPage(browser, { baseURL: service.api, viewport });
    const found: Record<string, unknown> = {};
    const look = async (path: string) => {
      const script = await page.locator('script').count();
      const violations = await violationsOn(page);
      // Last, as it moves the focus.
      found[path] = { script, violations, overflow: await overflowOf(page), keyboard: await keyboardFaultsOn(page) };
    };
    await page.goto('/sign-in');
    await look('/sign-in');
    await page.getByLabel('Token').fill('imt_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await look('/sign-in refused');
    await signIn(page, token);
    const { submittedAt } = await service.get('/submissions/2011-09');
    for (const path of Object.values(pathsWith(submittedAt)).flat()) {
      await page.goto(path);
      await look(path);
    }
    await page.goto(`${HOME}/submit`);
    await page.getByLabel('Or paste the figures').fill('period,metric,count\n2011-13,referral-backlog,x');
    await page.getByRole('button', { name: 'Check' }).click();
    await look('faults');
    await page.getByLabel('Or paste the figures').fill(`${MONTH}\n2011-08,referral-backlog,,,3,,`);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Nothing is stored yet.').waitFor();
    await look('preview');
    await page.goto(`${HOME}/tokens`);
    await page.getByLabel('What it is for').fill(`Returns, at ${viewport.width} pixels`);
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('It cannot be shown again.').waitFor();
    await look('token');
    const clean = { script: 0, violations: [], overflow: 0, keyboard: [] };
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((path) => [path, clean])));
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
