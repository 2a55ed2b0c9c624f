import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startBrowser } from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that is no browser, so that the failure to start it says which was chosen. */
function aProgram(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, 'no browser', { mode: 0o700 });
  return path;
}

describe('the browser for the tests is', () => {
  test('what CHROME_PATH names, before all others', async () => {
    aProgram('chromium');
    const CHROME_PATH = aProgram('named');
    await expect(startBrowser({ env: { CHROME_PATH, PATH: folder } })).rejects.toThrow(
      `The browser for the tests, ${CHROME_PATH} (CHROME_PATH), did not start`,
    );
    await expect(startBrowser({ env: { CHROME_PATH: join(folder, 'absent') } })).rejects.toThrow(
      `CHROME_PATH is ${join(folder, 'absent')}, where there is nothing. Set it to the program of a browser.`,
    );
  });

  test('else one that is installed', async () => {
    const installed = aProgram('chromium');
    await expect(startBrowser({ channels: [], env: { PATH: folder } })).rejects.toThrow(
      `The browser for the tests, ${installed}, did not start`,
    );
  });

  test.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'arm64'],
  ])('else missed on %s %s, in one sentence that says what to install', async (platform, arch) => {
    await expect(startBrowser({ platform, arch, channels: [], env: {} })).rejects.toThrow(
      'The tests of the pages need a browser. Install Google Chrome, Chromium or Microsoft Edge, or set CHROME_PATH to the program of one that is installed.',
    );
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the browser from npm', () => {
  test('comes with its fonts', async () => {
    const browser = await startBrowser({ channels: [], env: {} });
    await browser.close();
  });

  test('is refused where it finds no font, as its text would be invisible', async () => {
    const withoutFonts = join(folder, 'fonts.conf');
    writeFileSync(withoutFonts, '<?xml version="1.0"?><fontconfig></fontconfig>');
    await expect(startBrowser({ channels: [], env: {}, writeFontsConf: () => withoutFonts })).rejects.toThrow(
      'draws no text (0 pixels of a capital M): it finds no font',
    );
  });
});
