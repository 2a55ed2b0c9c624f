import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DESKTOP, startBrowser } from '../support/browser.ts';
import { type Service, startService } from '../support/service.ts';
import { EXAMPLE, HOME, signIn, submitExample, tokenFor } from '../support/visit.ts';

/** The pack for a board, as the browser prints it: forty metrics of the illustrative year. */

let service: Service;
let browser: Browser;
beforeAll(async () => {
  service = await startService();
  browser = await startBrowser();
  await submitExample(service, EXAMPLE);
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

test('is at most eight pages of A4, with every metric and action, without menu, and with nothing cut', async () => {
  const page = await browser.newPage({ baseURL: service.api, viewport: DESKTOP });
  await signIn(page, await tokenFor(service), HOME);
  await page.getByRole('link', { name: 'Board pack, to print' }).click();
  await page.getByRole('heading', { name: 'What needs attention' }).waitFor();
  const { metrics } = await service.get('/metrics');
  const { actions } = await service.get('/inspection');
  const said = await page.locator('main').innerText();
  for (const { title } of [...metrics, ...actions]) expect(said).toContain(title);
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByRole('navigation').isVisible()).toBe(false);
  expect(await page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false);
  // As wide as A4 between its margins, in pixels of 1/96 inch.
  const width = Math.floor(((210 - 2 * 10) / 25.4) * 96);
  await page.setViewportSize({ width, height: 1000 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  const pdf = (
    await page.pdf({ preferCSSPageSize: true, ...(process.env.PACK ? { path: process.env.PACK } : {}) })
  ).toString('latin1');
  const pages = pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(1);
  expect(pages).toBeLessThanOrEqual(8);
  // 210 by 297 mm in points.
  expect(pdf).toMatch(/\/MediaBox\s*\[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
});
