import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium as driver, type LaunchOptions } from 'playwright-core';

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** The narrowest window that WCAG 2.1 asks for (1.4.10, Reflow). */
export const NARROW = { width: 320, height: 640 };

/** What decides which browser is found, and what it draws with. */
export interface Surroundings {
  readonly platform: string;
  readonly arch: string;
  readonly env: NodeJS.ProcessEnv;
  /** The installed browsers to look for where Playwright knows them to be, by its own names. */
  readonly channels: readonly string[];
  /** Makes the fontconfig file for the browser from npm, given the folder that it was unpacked into. */
  writeFontsConf(folder: string): string;
}

const { platform, arch, env } = process;
const HERE: Surroundings = { platform, arch, env, channels: ['chrome', 'chromium', 'msedge'], writeFontsConf };

/**
 * Starts the browser for the tests: what `CHROME_PATH` names, else a Chrome, Chromium or Edge that is installed, else on
 * Linux x64 the Chromium that npm delivers. Fails, saying what to do, where there is none or where it draws no text:
 * nothing is skipped.
 */
export async function startBrowser(given: Partial<Surroundings> = {}): Promise<Browser> {
  const surroundings = { ...HERE, ...given };
  const { name, browser } =
    (await startNamed(surroundings)) ?? (await startInstalled(surroundings)) ?? (await startFromNpm(surroundings));
  try {
    await requireGlyphs(browser, name);
  } catch (error) {
    await browser.close();
    throw error;
  }
  return browser;
}

interface Started {
  readonly name: string;
  readonly browser: Browser;
}

const ARGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
const INSTALL =
  'Install Google Chrome, Chromium or Microsoft Edge, or set CHROME_PATH to the program of one that is installed.';

async function startNamed({ env }: Surroundings): Promise<Started | undefined> {
  const executablePath = env.CHROME_PATH;
  if (executablePath === undefined || executablePath === '') return undefined;
  if (!existsSync(executablePath))
    throw new Error(`CHROME_PATH is ${executablePath}, where there is nothing. Set it to the program of a browser.`);
  return start(`${executablePath} (CHROME_PATH)`, { executablePath });
}

/** What the packages of Linux distributions and of Homebrew call them. */
const PROGRAMS = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge'];

async function startInstalled({ channels, env }: Surroundings): Promise<Started | undefined> {
  for (const channel of channels) {
    try {
      return { name: channel, browser: await driver.launch({ channel, args: ARGS }) };
    } catch (error) {
      const { message } = error as Error;
      if (!/is not found at|doesn't exist at|is not supported on/.test(message)) throw failure(channel, message);
    }
  }
  for (const program of PROGRAMS)
    for (const folder of (env.PATH ?? '').split(delimiter))
      if (existsSync(join(folder, program)))
        return start(join(folder, program), { executablePath: join(folder, program) });
  return undefined;
}

/**
 * `@sparticuz/chromium` is made for Lambda and packed for Linux x64 alone. It is unpacked into a temporary folder of its
 * own, as test files run beside each other, with its fonts and the system libraries that it needs and bare machines lack.
 */
async function startFromNpm({ platform, arch, env, ...surroundings }: Surroundings): Promise<Started> {
  if (platform !== 'linux' || arch !== 'x64') throw new Error(`The tests of the pages need a browser. ${INSTALL}`);
  const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-chromium-'));
  try {
    const executablePath = await unpack(folder);
    const started = await start('the Chromium from npm', {
      executablePath,
      env: {
        ...(env as Record<string, string>),
        LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
        FONTCONFIG_FILE: surroundings.writeFontsConf(folder),
      },
    });
    started.browser.once('disconnected', () => rmSync(folder, { recursive: true, force: true }));
    return started;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function unpack(folder: string): Promise<string> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const { default: chromium, inflate } = await import('@sparticuz/chromium');
    const archives = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..', 'bin');
    const executablePath = await chromium.executablePath();
    await inflate(join(archives, 'al2023.tar.br'));
    return executablePath;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/**
 * The file that is packed with the fonts names the folders of a Lambda only. With no font at all the text is invisible,
 * and the first form field ends the browser. The fonts of the machine are left out, so that pages look alike on each.
 */
function writeFontsConf(folder: string): string {
  const file = join(folder, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`,
  );
  return file;
}

async function start(name: string, options: LaunchOptions): Promise<Started> {
  try {
    return { name, browser: await driver.launch({ ...options, args: ARGS }) };
  } catch (error) {
    throw failure(name, (error as Error).message);
  }
}

function failure(name: string, message: string): Error {
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(message)?.[1];
  const reason = library === undefined ? message : `the system library ${library} is missing`;
  return new Error(`The browser for the tests, ${name}, did not start: ${reason}. ${INSTALL}`);
}

const INK = `(() => {
  const context = document.createElement('canvas').getContext('2d');
  context.font = '60px sans-serif';
  context.fillText('M', 10, 100);
  return context.getImageData(0, 0, 300, 150).data.filter((value, index) => index % 4 === 3 && value > 0).length;
})()`;

/** A capital M of 60 pixels leaves some 1,000 of them inked; without a font none. */
const MIN_INK = 100;

async function requireGlyphs(browser: Browser, name: string): Promise<void> {
  const page = await browser.newPage();
  const ink = (await page.evaluate(INK)) as number;
  await page.close();
  if (ink < MIN_INK)
    throw new Error(
      `The browser for the tests, ${name}, draws no text (${ink} pixels of a capital M): it finds no font. Install fonts, such as Debian's fonts-liberation.`,
    );
}
