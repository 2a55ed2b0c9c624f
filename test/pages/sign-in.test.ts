import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { openPage, overflowOf, violationsOn } from '../support/look.ts';
import { type Service, startService } from '../support/service.ts';
import { HOME, seenIn, signIn, tokenFor } from '../support/visit.ts';

const DIRECTOR = 'director@example.org';

let service: Service;
let browser: Browser;
beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${service.api}${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: service.api, ...headers },
    redirect: 'manual',
  });

/** The addresses of the links that were mailed so far, oldest first. */
async function links(): Promise<URL[]> {
  const mails = await service.mails();
  return mails
    .filter(({ subject }) => subject.startsWith('Your link to sign in'))
    .map(({ text }) => new URL(/http\S+\/sign-in\/link\S+/.exec(text)?.[0] ?? ''));
}

test('a director follows the link from the alert: asks for a link, presses the button, and is there', async () => {
  const page = await openPage(browser, { baseURL: service.api, javaScriptEnabled: false });
  await page.goto(`${HOME}/metrics/referral-backlog`);
  await page.getByLabel('E-mail address').fill(DIRECTOR.toUpperCase());
  await page.getByLabel('Stay signed in').check();
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor();
  const [link] = await links();
  // What looks through the mail follows the link as often as it likes.
  for (let i = 0; i < 3; i++) expect((await fetch(link as URL)).status).toBe(200);
  await page.goto(`${link}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Referral backlog' }).waitFor();
  const [cookie] = await page.context().cookies();
  expect(cookie?.httpOnly).toBe(true);
  expect((cookie?.expires ?? 0) - Date.now() / 1000).toBeGreaterThan(29 * 86_400);
  // An address may look, and no more, until more is set with it.
  expect(await page.getByRole('link', { name: 'Submit figures' }).count()).toBe(0);
  expect((await page.goto(`${HOME}/submit`))?.status()).toBe(403);

  await page.goto('/sessions');
  await page.getByText(DIRECTOR).first().waitFor();
  await page.getByRole('button', { name: /^End/ }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();

  await page.goto(`${link}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
});

test('the answer is the same for whoever gets no alerts, and takes as long; within a minute no second link is sent', async () => {
  const ask = async (address: string) => {
    const began = performance.now();
    const answer = await post('/sign-in/mail', { address });
    return {
      status: answer.status,
      text: (await answer.text()).replaceAll(address, ''),
      took: performance.now() - began,
    };
  };
  const before = (await links()).length;
  const known = await ask(DIRECTOR);
  const unknown = await ask('nobody@example.org');
  expect({ ...known, took: 0 }).toEqual({ ...unknown, took: 0 });
  for (const { took } of [known, unknown]) expect(took).toBeGreaterThan(1900);
  expect(await links()).toHaveLength(before);
});

test('a link is nothing without its secret, and a form of another host is not taken', async () => {
  const forged = await post('/sign-in/link', { link: `${'0'.repeat(16)}.${'A'.repeat(43)}`, to: '/' });
  expect(forged.status).toBe(403);
  const elsewhere = await post('/sign-in/mail', { address: DIRECTOR }, { origin: 'https://elsewhere.example' });
  expect(elsewhere.status).toBe(403);
});

test('what an address may do is set with it; removed, its sessions end at once and for good', async () => {
  const admin = await openPage(browser, { baseURL: service.api });
  await signIn(admin, await tokenFor(service), `${HOME}/recipients`);
  await admin.getByLabel('E-mail address').fill('chair@example.org');
  await admin.getByLabel('What it may do', { exact: true }).selectOption('submit');
  await admin.getByRole('button', { name: 'Save' }).click();
  await admin.getByRole('row', { name: /c…@example\.org/ }).waitFor();
  const confirm = async () => {
    const invitation = (await service.mails()).findLast(({ to }) => to[0]?.address === 'chair@example.org');
    await fetch(/http\S+confirm\S+/i.exec(invitation?.text ?? '')?.[0] ?? '');
  };
  await confirm();

  const chair = await openPage(browser, { baseURL: service.api });
  await chair.goto('/');
  await chair.getByLabel('E-mail address').fill('chair@example.org');
  await chair.getByRole('button', { name: 'Send me a link' }).click();
  await chair.getByRole('heading', { name: 'Check your e-mail' }).waitFor();
  await chair.goto(`${(await links()).at(-1)}`);
  await chair.getByRole('button', { name: 'Sign in' }).click();
  await chair.getByRole('link', { name: 'Submit figures' }).waitFor();
  await chair.goto('/sessions');
  expect([await violationsOn(chair), await overflowOf(chair)]).toEqual([[], 0]);

  await admin.reload();
  await admin
    .getByRole('row', { name: /c…@example\.org/ })
    .getByRole('button', { name: /Remove/ })
    .click();
  await admin.getByRole('row', { name: /c…@example\.org/ }).waitFor({ state: 'detached' });
  const [session] = await chair.context().cookies();
  await chair.goto(HOME);
  expect(new URL(chair.url()).pathname).toBe('/sign-in');

  await admin.getByLabel('E-mail address').fill('chair@example.org');
  await admin.getByRole('button', { name: 'Save' }).click();
  await admin.getByRole('row', { name: /c…@example\.org/ }).waitFor();
  await confirm();
  // As a device would send it that somebody else has by now.
  const kept = await fetch(`${service.api}${HOME}`, {
    headers: { cookie: `${session?.name}=${session?.value}` },
    redirect: 'manual',
  });
  expect(kept.headers.get('location')).toMatch(/^\/sign-in/);
});

/** SNS goes by a changed filter only after a while, and drops what is published meanwhile. */
describe('while a filter is changed', () => {
  const QUARTER = 15 * 60_000;
  const clock = (minutes: number): void =>
    service.moveClock(new Date(Date.parse('2011-10-16T10:00:00Z') + minutes * 60_000).toISOString());
  const mailedTo = async (address: string): Promise<number> =>
    (await service.mails()).filter(
      ({ subject, to }) => subject.startsWith('Your link to sign in') && to[0]?.address === address,
    ).length;
  const ask = async (address: string) => (await seenIn(await post('/sign-in/mail', { address }))).text;
  afterAll(() => service.delayFilterPolicies(0));

  test('whoever hears of less from now on is sent a link at once', async () => {
    clock(0);
    service.delayFilterPolicies(QUARTER);
    await service.client.request('POST', `/v1${HOME}/recipients`, { address: DIRECTOR, level: 'critical' });
    const before = await mailedTo(DIRECTOR);
    await ask(DIRECTOR);
    expect(await mailedTo(DIRECTOR)).toBe(before + 1);
  });

  test('that has let no mail to one alone through, none comes; the page says so, and one that is asked for afterwards comes', async () => {
    const address = 'member@example.org';
    const { endpoints, credentials, region, resources } = service;
    const sns = new SNSClient({ endpoint: endpoints.sns, credentials, region });
    service.delayFilterPolicies(0);
    // As an earlier version subscribed them.
    const FilterPolicy = JSON.stringify({ authority: ['herefordshire'], level: ['critical'] });
    await sns.send(
      new SubscribeCommand({
        ...{ TopicArn: resources.outputs.AlertTopicArn as string, Protocol: 'email', Endpoint: address },
        ...{ Attributes: { FilterPolicy }, ReturnSubscriptionArn: true },
      }),
    );
    expect([await ask(address), await mailedTo(address)]).toEqual([expect.stringContaining('it was confirmed'), 0]);
    const invitation = (await service.mails()).findLast(({ to }) => to[0]?.address === address);
    await fetch(/http\S+confirm\S+/i.exec(invitation?.text ?? '')?.[0] ?? '');
    service.delayFilterPolicies(QUARTER);
    await service.runSchedules();
    expect(await ask(address)).toContain('added or changed in the last 15 minutes, ask for another link');
    expect(await mailedTo(address)).toBe(0);
    clock(16);
    await ask(address);
    expect(await mailedTo(address)).toBe(1);
  });
});
