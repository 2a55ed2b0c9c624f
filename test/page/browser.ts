import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium, { inflate, setupLambdaEnvironment } from '@sparticuz/chromium';
import { type Browser, chromium as driver } from 'playwright-core';

/**
 * Starts the Chromium that npm delivers (`@sparticuz/chromium`, built for Lambda). It unpacks itself into the
 * temporary folder, together with the system libraries it needs that Lambda and bare machines lack. What is missing
 * beyond those is said by name; nothing is skipped.
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await chromium.executablePath();
  const folder = dirname(executablePath);
  const libraries = join(folder, 'al2023', 'lib');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(libraries)) {
    const main = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
    await inflate(join(dirname(main), '..', 'bin', 'al2023.tar.br'));
  }
  setupLambdaEnvironment(libraries);
  const missing = missingLibraries(executablePath);
  if (missing.length > 0)
    throw new Error(
      `the browser needs system libraries that are not here: ${missing.join(', ')}; install them and run again`,
    );
  return driver.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
}

function missingLibraries(executable: string): string[] {
  const found = execFileSync('ldd', [executable], { encoding: 'utf8' });
  return [...found.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name ?? '');
}
