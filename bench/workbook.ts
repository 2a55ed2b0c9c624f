import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Logger } from '@aws-lambda-powertools/logger';
import { packMonths, previewPage, readUpload, unpackMonths } from '../functions/pages/upload.ts';
import { openDatabase } from '../functions/runtime/open-database.ts';
import { acceptMonths, basisOf, compareMonths } from '../functions/services/accept-months.ts';
import { requireInspection } from '../functions/services/inspections.ts';
import { writeFigures } from '../functions/services/template.ts';
import { NO_ASSETS } from '../test/support/build.ts';
import { type Spread, spreadOf } from './measure.ts';
import { makeMonths } from './record.ts';
import { INSPECTION, type Store } from './store.ts';

/** Processor time and memory of a workbook that is read, previewed and stored, in a process of its own as a function is. */
export interface WorkbookCost {
  readonly cpu: Spread;
  readonly wall: Spread;
  /** The most that any of the processes held, all of Node.js included. */
  readonly megabytes: number;
  readonly bytes: number;
}

const MONTHS = 48;

interface Once {
  readonly cpu: number;
  readonly wall: number;
  readonly megabytes: number;
  readonly bytes: number;
}

/** Each turn sends 48 months of all metrics that were never sent; the store's record holds seven such files. */
export async function measureWorkbook(store: Store, turns: number): Promise<WorkbookCost> {
  const runs: Once[] = [];
  for (let turn = 0; turn < Math.min(turns, 6); turn += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, String(2000 + 4 * turn)], {
      env: { ...process.env, ...store.environment },
    });
    runs.push(JSON.parse(stdout) as Once);
  }
  return {
    cpu: spreadOf(runs.map(({ cpu }) => cpu)),
    wall: spreadOf(runs.map(({ wall }) => wall)),
    megabytes: Math.max(...runs.map(({ megabytes }) => megabytes)),
    bytes: runs[0]?.bytes ?? 0,
  };
}

/** What the page does with a file between "Check" and "Accepted". */
async function once(from: number): Promise<Once> {
  const { authority, metrics } = INSPECTION;
  const file = writeFigures({ authority, metrics, months: makeMonths(metrics, MONTHS, `${from}-01`) });
  const database = openDatabase('baselines', 'submissions', 'alerts');
  const now = new Date('2026-01-15');
  const start = { cpu: process.cpuUsage(), wall: performance.now() };

  const inspection = await requireInspection(database, authority);
  const upload = readUpload(file, '', { metrics: inspection.metrics, ownNames: [] }, now);
  const { metrics: known } = inspection;
  const months = await compareMonths(database, authority, { metrics: known, months: upload.months }, { now });
  const packed = packMonths(upload.months);
  const checked = { ...upload, packed, questions: months.flatMap(({ questions }) => questions) };
  previewPage({ assets: NO_ASSETS }, inspection, checked, 'add', months, 'show');
  const sent = { metrics: known, months: unpackMonths(packed, known, now) };
  const to = { database, now, by: 'bench', log: new Logger({ logLevel: 'SILENT' }) };
  const stored = await acceptMonths(to, authority, sent, { basis: basisOf(months) });
  if (stored.length !== MONTHS) throw new Error(`${stored.length} months were stored of ${MONTHS}`);

  const { user, system } = process.cpuUsage(start.cpu);
  return {
    cpu: (user + system) / 1000,
    wall: performance.now() - start.wall,
    megabytes: process.resourceUsage().maxRSS / 1024,
    bytes: file.length,
  };
}

if (import.meta.main) console.log(JSON.stringify(await once(Number(process.argv[2]))));
