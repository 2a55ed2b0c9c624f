import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Board } from '../functions/domain/board.ts';
import { type LoadedInspection, loadedFrom, storedFrom } from '../functions/domain/loaded-inspection.ts';
import { reconcile } from '../functions/domain/reconcile.ts';
import type { Month } from '../functions/domain/submission.ts';
import { readAssets } from '../functions/pages/assets.ts';
import { overviewPage } from '../functions/pages/overview.ts';
import { compressed, page } from '../functions/pages/respond.ts';
import { dataOf, itemOf } from '../functions/store/database.ts';
import { buildAssets } from '../lib/assets.ts';
import { type Spread, spreadOf } from './measure.ts';
import { makeMonths } from './record.ts';
import { INSPECTION } from './store.ts';

export interface PageCost {
  readonly months: number;
  /** CPU, user and system, of one overview from items read to the compressed answer; ms. */
  readonly cpu: Spread;
  /** The page itself, and with all that a first visit fetches beside it; compressed bytes without headers. */
  readonly bytes: number;
  readonly firstView: number;
}

/** The CPU and the size of the overview, all metrics reported in every month. */
export function measurePage(length: number, turns: number): PageCost {
  const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-bench-page-'));
  buildAssets(folder);
  const assets = readAssets(folder);
  rmSync(folder, { recursive: true });
  const { report, definitions } = storedFrom(INSPECTION);
  const stored = {
    fingerprint: 'bench',
    reports: [report],
    definitions,
    localStandards: [],
    progress: [],
    benchmarks: [],
  };
  const loaded = loadedFrom(stored) as LoadedInspection;
  const { header, metrics } = loaded;
  const items = makeMonths(metrics, length, '2010-10').map((month) =>
    itemOf('AUTHORITY#bench', `CURRENT#${month.period}`, month),
  );
  const months = items.map((item) => dataOf(item) as Month);
  const record = { inspection: header, acknowledgements: [], bankHolidays: new Set<string>(), ...loaded, months };
  const { board, notice } = reconcile(undefined, record, [], new Date('2026-01-01'), 'show');
  const boardItem = itemOf('AUTHORITY#bench', 'BOARD', board);
  const session = { forgeryToken: 'x'.repeat(43), label: 'bench', scopes: ['read', 'submit'] as const };

  const once = (): { answer: ReturnType<typeof page>; cpu: number } => {
    const start = process.cpuUsage();
    const overview = {
      inspection: loaded,
      months: items.map((item) => dataOf(item) as Month),
      board: dataOf(boardItem) as Board,
      notices: notice ? [notice] : [],
      unreadable: [],
      waiting: 0,
      lost: 0,
      today: '2026-01-01',
      smallNumbers: 'show',
    } as const;
    const answer = compressed(page(overviewPage({ assets, session }, overview)), BROWSER);
    const { user, system } = process.cpuUsage(start);
    return { answer, cpu: (user + system) / 1000 };
  };
  for (let warmUp = 0; warmUp < 3; warmUp++) once();
  const cpu = spreadOf(Array.from({ length: turns }, () => once().cpu));
  const bytes = sizeOf(once().answer);
  const beside = [assets.styles, assets.icon].map((path) =>
    sizeOf(compressed(assets.answer(path.replace('/assets/', '')) ?? {}, BROWSER)),
  );
  return { months: length, cpu, bytes, firstView: beside.reduce((sum, size) => sum + size, bytes) };
}

/** What every browser of today accepts. */
const BROWSER = { headers: { 'accept-encoding': 'gzip, deflate, br' } } as unknown as APIGatewayProxyEventV2;

const sizeOf = ({ body = '', isBase64Encoded }: ReturnType<typeof page>): number =>
  Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
