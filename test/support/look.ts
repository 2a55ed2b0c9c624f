import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { DESKTOP } from './browser.ts';

/** A new visitor, without cookies; gone when the test is. Whatever the console says is wrong fails the test. */
export async function openPage(
  browser: Browser,
  options: { viewport?: typeof DESKTOP; javaScriptEnabled?: boolean; baseURL: string },
): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ viewport: DESKTOP, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The browser itself reports answers that are errors; tests look at those by their status.
    const isStatus = message.text().startsWith('Failed to load resource: the server responded');
    if (message.type() === 'error' && !isStatus) complaints.push(message.text());
  });
  page.on('requestfailed', (request) => {
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()} could not be loaded`);
  });
  onTestFinished(async () => {
    await context.close();
    if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
  });
  return page;
}

/** What axe-core finds wrong on the page as it is now, by rule and element. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** Whether anything sticks out of the window sideways. */
export async function overflowOf(page: Page): Promise<number> {
  return (await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')) as number;
}

/** What of the page a keyboard cannot come to, or comes to without showing it. */
export async function keyboardFaultsOn(page: Page): Promise<string[]> {
  await page.keyboard.press('Tab');
  // Where something is wrong with a form, the focus is on what says so.
  const begins = await page.evaluate(
    'document.querySelector("[autofocus]") !== null || document.activeElement.matches(".govuk-skip-link")',
  );
  const faults = (await page.evaluate(FOCUS)) as string[];
  return [...(begins ? [] : ['Tab does not begin at “Skip to main content”']), ...faults];
}

/** Focuses all that can be pressed or filled in, one after the other, as Tab would. */
const FOCUS = `[
  ...[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].flatMap((element) => {
    if (!element.checkVisibility()) return [];
    element.focus();
    const { outlineStyle, boxShadow, textDecorationLine } = getComputedStyle(element);
    const name = element.outerHTML.slice(0, 120);
    if (document.activeElement !== element || element.tabIndex !== 0) return ['not reached: ' + name];
    return outlineStyle === 'none' && boxShadow === 'none' ? ['focus not shown: ' + name] : [];
  })
]`;

/** What of the page's words nobody outside would say. */
export async function oddWordsOn(page: Page, names: readonly string[]): Promise<string[]> {
  return oddWordsIn((await page.evaluate('document.body.innerText')) as string, names);
}

/** Months and days as programs write them, and names that only programs know. What somebody typed is quoted. */
export function oddWordsIn(text: string, names: readonly string[]): string[] {
  const said = text.replaceAll(/https?:\/\/\S+|“[^”]*”|"[^"]*"/g, '');
  const words =
    said.match(/\b\d{4}-\d{2}(-\d{2})?\b|\byyyy\b|\b[a-z\d]+(-[a-z\d]+)+\b|undefined|\bnull\b|NaN|\[object/g) ?? [];
  return [...new Set(words)].filter(
    (word) => /\d{4}-|yyyy|undefined|null|NaN|\[object/.test(word) || names.includes(word),
  );
}

/** Which labels of the charts that are to be seen lie on another, on a line or a mark, or leave the drawing. */
export async function labelFaultsOn(page: Page): Promise<string[]> {
  return (await page.evaluate(LABELS)) as string[];
}

/** A box that text fills to its edge has air in it: so many pixels may be shared. */
const LABELS = `[...document.querySelectorAll('svg.app-chart')].filter((svg) => svg.checkVisibility()).flatMap((svg) => {
  const AIR = 2;
  const name = svg.querySelector('title').textContent;
  const frame = svg.getBoundingClientRect();
  const labels = [...svg.querySelectorAll('text')].map((element) => ({ text: element.textContent, box: element.getBoundingClientRect() }));
  const isGrid = (element) => element.closest('[stroke-opacity]') !== null || element.closest('[aria-label]') !== null;
  const drawn = [...svg.querySelectorAll('path, line, circle')].filter((element) => !isGrid(element) && element.getTotalLength() > 8);
  const points = drawn.flatMap((element) => {
    const length = element.getTotalLength();
    const toScreen = element.getScreenCTM();
    return Array.from({ length: Math.ceil(length / 3) + 1 }, (_, index) =>
      element.getPointAtLength(Math.min(length, index * 3)).matrixTransform(toScreen),
    );
  });
  return labels.flatMap(({ text, box }, index) => {
    const inside = ({ x, y }) => x > box.left + AIR && x < box.right - AIR && y > box.top + AIR && y < box.bottom - AIR;
    const over = labels.slice(index + 1).filter(({ box: other }) =>
      Math.min(box.right, other.right) - Math.max(box.left, other.left) > AIR && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > AIR);
    return [
      ...over.map((other) => name + ': “' + text + '” lies on “' + other.text + '”'),
      ...(points.some(inside) ? [name + ': “' + text + '” lies on a line'] : []),
      ...(box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1 ? [name + ': “' + text + '” leaves the drawing'] : []),
    ];
  });
})`;
