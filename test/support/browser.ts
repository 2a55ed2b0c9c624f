import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium, { inflate } from '@sparticuz/chromium';
import { type Browser, chromium as driver } from 'playwright-core';

export const DESKTOP = { width: 1280, height: 900 };
/** The narrowest window that WCAG 2.1 asks for (1.4.10, Reflow). */
export const NARROW = { width: 320, height: 640 };

/**
 * Starts the Chromium that npm delivers (`@sparticuz/chromium`, made for Lambda), unpacked into a temporary folder
 * together with fonts and with the system libraries that it needs and bare machines lack. What is missing beyond those
 * is said by name: nothing is skipped.
 */
export async function startBrowser(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-chromium-'));
  const executablePath = await unpack(folder);
  const env = {
    ...(process.env as Record<string, string>),
    LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
    FONTCONFIG_PATH: join(folder, 'fonts'),
  };
  const missing = missingLibraries(executablePath, env);
  if (missing.length > 0) {
    rmSync(folder, { recursive: true });
    throw new Error(`the browser needs these system libraries, which are not here: ${missing.join(', ')}`);
  }
  const browser = await driver.launch({
    executablePath,
    env,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
  browser.once('disconnected', () => rmSync(folder, { recursive: true, force: true }));
  return browser;
}

/** Into a folder of its own, as test files run beside each other: none may start what another is still writing. */
async function unpack(folder: string): Promise<string> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const archives = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..', 'bin');
    const executablePath = await chromium.executablePath();
    await inflate(join(archives, 'al2023.tar.br'));
    return executablePath;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

function missingLibraries(executable: string, env: Record<string, string>): string[] {
  const found = execFileSync('ldd', [executable], { encoding: 'utf8', env });
  return [...found.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name ?? '');
}
