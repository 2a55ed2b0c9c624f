import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESKTOP, NARROW, startBrowser } from '../support/browser.ts';
import { startService } from '../support/service.ts';
import { CORRECTION, EXAMPLE, HOME, signIn, submitExample, tokenFor } from '../support/visit.ts';

/** Draws the pictures in `docs/screenshots`, of the illustrative year: `npm run screenshots`. */

const target = (name: string): string => fileURLToPath(new URL(`../../docs/screenshots/${name}.png`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-screenshots-'));
const service = await startService({ dataDir: folder });
const browser = await startBrowser();
try {
  const token = await tokenFor(service);
  await submitExample(service, EXAMPLE);
  const correction = readFileSync(CORRECTION, 'utf8');
  for (const [size, viewport] of Object.entries({ wide: DESKTOP, narrow: NARROW })) {
    const page = await browser.newPage({ baseURL: service.api, viewport });
    const shoot = (name: string, height: number) =>
      page.screenshot({
        path: target(`${name}-${size}`),
        clip: { x: 0, y: 0, width: viewport.width, height },
        fullPage: true,
      });
    await signIn(page, token, HOME);
    await shoot('overview', 2000);
    await page.goto(`${HOME}/metrics/initial-assessments-on-time`);
    await shoot('metric', size === 'wide' ? 1400 : 2300);
    await page.goto(`${HOME}/submit`);
    await page.getByLabel('Or paste the figures').fill(correction);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Nothing is stored yet.').waitFor();
    await shoot('upload', 1100);
    await page.close();
  }
} finally {
  await browser.close();
  await service.end();
  rmSync(folder, { recursive: true, force: true });
}
