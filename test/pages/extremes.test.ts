import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LoadedInspection, loadedFrom, storedFrom } from '../../functions/domain/loaded-inspection.ts';
import type { MetricDefinition } from '../../functions/domain/metric.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { actionPage } from '../../functions/pages/action.ts';
import { readAssets } from '../../functions/pages/assets.ts';
import { boardPackPage } from '../../functions/pages/board-pack.ts';
import type { Visit } from '../../functions/pages/layout.ts';
import { metricPage } from '../../functions/pages/metric.ts';
import { metricsPage } from '../../functions/pages/metrics.ts';
import { type Overview, overviewPage } from '../../functions/pages/overview.ts';
import { recipientsPage } from '../../functions/pages/recipients.ts';
import { regionPage } from '../../functions/pages/region.ts';
import { tokensPage } from '../../functions/pages/tokens.ts';
import { buildAssets } from '../../lib/assets.ts';
import { DESKTOP, PHONE, startBrowser } from '../support/browser.ts';
import { aRecord, HEREFORDSHIRE, month, reported } from '../support/build.ts';
import { openPage, overflowOf, violationsOn } from '../support/look.ts';

/** Pages at their largest, and in Welsh: 400 metrics, 50 recipients, 50 councils, and words longer than a phone is wide. */

const PLACE = 'Tŷ Ŵyr Llanfairpwllgwyngyllgogerychwyrndrobwllllantysilio';
const TITLE = 'Ŵyr ac wyresau: cynadleddau amddiffyn plant a’r tŷ gwrthgyfansoddiadolgyfundrefnau';
const ADDRESS = 'gwasanaethau.cymdeithasol.plant.a.theuluoedd.cyfarwyddwr';

let browser: Browser;
let folder: string;
let visit: Visit;
let styles: string;
let overview: Overview;
beforeAll(async () => {
  browser = await startBrowser();
  folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-extremes-'));
  buildAssets(folder);
  const assets = readAssets(folder);
  styles = readFileSync(join(folder, assets.styles.slice('/assets/'.length)), 'utf8');
  const scopes = ['read', 'submit', 'acknowledge', 'manage'] as const;
  visit = { assets, session: { forgeryToken: 'x', label: `${ADDRESS}@sirgar.llyw.cymru`, scopes } };
  overview = overviewOf(400);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As many metrics, each with a year of figures in which every third fell below its standard. */
function overviewOf(count: number): Overview {
  const { report, definitions: own } = storedFrom({ ...HEREFORDSHIRE, name: PLACE });
  const definitions = Array.from({ length: count }, (_, index) => {
    const title = `${TITLE.slice(0, 70)} ${index}`;
    return { ...(own[index % own.length] as MetricDefinition), id: `metrig-${index}`, title, aliases: undefined };
  });
  const inspection = loadedFrom({
    ...{ fingerprint: '', localStandards: [], benchmarks: [], progress: [] },
    ...{ reports: [report], definitions },
  }) as LoadedInspection;
  const months = Array.from({ length: 12 }, (_, number) =>
    month(
      number < 3 ? `2010-1${number}` : `2011-0${number - 2}`,
      Object.fromEntries(
        inspection.metrics.map((metric, index) => {
          const fell = index % 3 === 0 && number > 9;
          return [
            metric.id,
            metric.kind === 'proportion'
              ? { numerator: fell ? 10 : 47, denominator: 50 }
              : reported(metric, fell ? 90 : 3),
          ];
        }),
      ),
    ),
  );
  const record = { ...aRecord({ metrics: inspection.metrics, months }), inspection: inspection.header };
  const { board, notice } = reconcile(undefined, record, [], new Date('2011-10-15'), 'show');
  const rest = { setAside: undefined, unreadable: [], waiting: 0, lost: 0, today: '2011-10-15' };
  return { inspection, months, board, notices: notice ? [notice] : [], ...rest, smallNumbers: 'show' };
}

/** Each page at its largest. */
const PAGES: Readonly<Record<string, () => unknown>> = {
  overview: () => overviewPage(visit, overview),
  'board pack': () => boardPackPage(visit, overview),
  metrics: () => metricsPage(visit, overview.inspection, overview.months, '2011-09', 'show'),
  metric: () => {
    const [metric] = overview.inspection.metrics;
    if (!metric) throw new Error('there is no metric');
    const alert = overview.board?.alerts[metric.id];
    const { inspection, months } = overview;
    return metricPage(visit, { metric, inspection, months, alert, judged: [], superseded: [], smallNumbers: 'show' });
  },
  action: () => {
    const [action] = overview.inspection.actions;
    if (!action) throw new Error('there is no action');
    return actionPage(visit, overview, action);
  },
  recipients: () =>
    recipientsPage(
      visit,
      overview.inspection.header,
      Array.from({ length: 50 }, (_, index) => ({
        id: `${index}`,
        address: `${ADDRESS}.${index}@sirgar.llyw.cymru`,
        level: 'warning' as const,
        summary: false,
        role: 'manage' as const,
        decided: { at: '2011-10-01T10:00:00.000Z', by: `${ADDRESS}@sirgar.llyw.cymru` },
        arn: `arn:aws:sns:eu-west-2:123456789012:alerts:${index}`,
      })),
    ),
  tokens: () =>
    tokensPage(visit, overview.inspection.header, {
      unreadable: [],
      answering: new Map([['0', 'may no longer']]),
      tokens: Array.from({ length: 50 }, (_, index) => ({
        id: `${index}`,
        label: `${TITLE.replaceAll(' ', '')} ${index}`,
        scopes: ['read' as const, 'submit' as const],
        authority: 'sir-gar',
        expires: 1_400_000_000,
        made: { at: '2011-10-01T10:00:00.000Z', by: `${ADDRESS}@sirgar.llyw.cymru` },
      })),
    }),
  region: () =>
    regionPage(
      visit,
      Array.from({ length: 50 }, (_, index) => ({
        id: `cyngor-${index}`,
        name: PLACE,
        glance: {
          unowned: ['metrig-0', 'metrig-3', 'metrig-6', 'metrig-9'],
          worse: ['metrig-3'],
          late: ['submission'],
        },
        metrics: overview.inspection.metrics,
        latestPeriod: '2011-09',
        isHeldUp: index === 7,
        closed: index === 8 || undefined,
      })),
      { after: 'cyngor-49', mayBegin: true },
    ),
};

describe.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
])('on a %s', (size, viewport) => {
  test.each(Object.keys(PAGES))('%s does not stick out, and nothing of it is cut', async (name) => {
    const page = await openPage(browser, { baseURL: 'http://127.0.0.1', viewport, javaScriptEnabled: true });
    const html = String(PAGES[name]?.())
      .replace(/<link rel="stylesheet"[^>]*>/, `<style>${styles}</style>`)
      .replaceAll(/(src|href)="\/assets\/[^"]*"/g, '');
    await page.setContent(html);
    if (process.env.EXTREMES)
      await page.screenshot({ path: join(process.env.EXTREMES, `${name}-${size}.png`), fullPage: false });
    expect(await overflowOf(page)).toBe(0);
    expect(await page.evaluate(CUT)).toEqual([]);
    // The longest take axe many seconds; what they are made of is looked at where they are short.
    if (!['overview', 'board pack', 'metrics'].includes(name) && size === 'phone')
      expect(await violationsOn(page)).toEqual([]);
  });
});

/** What is wider than the box that it is in: its end could not be read. */
const CUT = `[...document.querySelectorAll('main *:not(svg *), header *, nav *')].flatMap((element) => {
  const box = element.getBoundingClientRect();
  const isShown = element.checkVisibility() && box.width > 1 && getComputedStyle(element).overflowX !== 'auto';
  return isShown && box.right > innerWidth + 1 ? [element.outerHTML.slice(0, 100)] : [];
})`;
