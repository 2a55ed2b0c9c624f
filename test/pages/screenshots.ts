import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESKTOP, startBrowser } from '../support/browser.ts';
import { startService } from '../support/service.ts';
import { EXAMPLE, HOME, signIn, submitExample, tokenFor } from '../support/visit.ts';

/** Draws the picture in the README, of the illustrative year: `npm run screenshots`. */

const TARGET = fileURLToPath(new URL('../../docs/screenshots/overview-wide.png', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-screenshots-'));
const service = await startService({ dataDir: folder });
const browser = await startBrowser();
try {
  await submitExample(service, EXAMPLE);
  const page = await browser.newPage({ baseURL: service.api, viewport: DESKTOP });
  await signIn(page, await tokenFor(service), HOME);
  await page.screenshot({ path: TARGET, clip: { x: 0, y: 0, width: DESKTOP.width, height: 2000 }, fullPage: true });
} finally {
  await browser.close();
  await service.end();
  rmSync(folder, { recursive: true, force: true });
}
