import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium, { inflate, setupLambdaEnvironment } from '@sparticuz/chromium';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium as driver, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/**
 * Starts the Chromium that npm delivers (`@sparticuz/chromium`, made for Lambda). It unpacks itself into a temporary
 * folder, together with the system libraries that it needs and bare machines lack. What is missing beyond those is
 * said by name: nothing is skipped.
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await unpack();
  const missing = missingLibraries(executablePath);
  if (missing.length > 0)
    throw new Error(`the browser needs these system libraries, which are not here: ${missing.join(', ')}`);
  return driver.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
}

/** Test files run beside each other: each has a folder of its own, so that none starts what another is still writing. */
async function unpack(): Promise<string> {
  const folder = join(tmpdir(), `inspection-monitor-chromium-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => execFileSync('rm', ['-rf', folder]));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const executablePath = await chromium.executablePath();
    const libraries = join(folder, 'al2023', 'lib');
    if (!existsSync(libraries)) {
      const main = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
      await inflate(join(dirname(main), '..', 'bin', 'al2023.tar.br'));
    }
    setupLambdaEnvironment(libraries);
    return executablePath;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

function missingLibraries(executable: string): string[] {
  const found = execFileSync('ldd', [executable], { encoding: 'utf8' });
  return [...found.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name ?? '');
}

export const DESKTOP = { width: 1280, height: 900 };
/** The narrowest window that WCAG 2.1 asks for (1.4.10, Reflow). */
export const NARROW = { width: 320, height: 640 };

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
