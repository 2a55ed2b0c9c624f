import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../lib/app.ts';
import { OPERATIONS_LEVELS } from '../lib/settings.ts';
import { countCalls, type Tally } from './calls.ts';
import { bundlePlainly, measureColdStarts, measureParts } from './cold-start.ts';
import { type CostModel, type CostRow, costsOf, fixedIn, PRICE_LIST } from './cost.ts';
import { measureLatency } from './latency.ts';
import { say } from './measure.ts';
import { measurePage } from './page.ts';
import { measureReconcile } from './reconcile.ts';
import { httpEvent, startStore } from './store.ts';
import { measureWarm } from './warm.ts';
import { measureWorkbook } from './workbook.ts';
import { seekWorstCase } from './worst-case.ts';

const { values } = parseArgs({
  options: { json: { type: 'string', default: 'bench-results.json' }, quick: { type: 'boolean', default: false } },
});
const turns = (full: number): number => (values.quick ? Math.ceil(full / 5) : full);

const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-bench-'));
createApp({
  outdir: join(folder, 'assembly'),
  context: { alertEmail: 'bench@example.org', operationsEmail: 'bench@example.org' },
}).synth();
const store = await startStore();
const rows: [string, string, string, string][] = [];
const report = (what: string, measured: string, goal = '', verdict = ''): void =>
  void rows.push([what, measured, goal, verdict]);
const within = (value: number, limit: number): string =>
  value <= limit ? 'reached' : `missed by ${(100 * (value / limit - 1)).toFixed(0)}%`;

progress('cold starts');
const token = `imt_${'A'.repeat(43)}`;
const at = { authority: 'herefordshire', period: '2011-01' };
const cold = await measureColdStarts({
  bundles: {
    submit: {
      file: bundleOf('submit'),
      event: httpEvent('PUT /v1/authorities/{authority}/submissions/{period}', at, token, {}),
    },
    query: { file: bundleOf('query'), event: httpEvent('GET /v1/authorities/{authority}/alerts', at, token) },
    'bare handler': { file: bundlePlainly(join(import.meta.dirname, 'bare/dynamodb.ts'), folder, 'esm'), event: {} },
    'bare handler, CommonJS': {
      file: bundlePlainly(join(import.meta.dirname, 'bare/dynamodb.ts'), folder, 'cjs'),
      event: {},
    },
  },
  bare: 'bare handler',
  environment: { ...store.environment, PATH: process.env.PATH ?? '' },
  turns: turns(31),
});
for (const { name, load, total, ratio, bytes, gzipped } of cold) {
  const judged = name === 'submit' || name === 'query';
  report(
    `${name}: load + first call`,
    `${say(ratio, 2)} × bare; ${say(load)} + ${(total.median - load.median).toFixed(1)} ms; ${kb(bytes)}, ${kb(gzipped)} zipped`,
    judged ? '≤ 1.0 ×' : '',
    judged ? within(ratio.median, 1) : '',
  );
}
const parts = await measureParts(folder, turns(21));
for (const { name, load } of parts) report(`  load of ${name}`, `${say(load)} ms`);
for (const name of ['evaluate', 'notify', 'seed', 'dashboard', 'manage'])
  for (const file of bundleFiles(name)) report(`${name}: bundle`, kb(readFileSync(file).length));

progress('warm calls');
const warm = await measureWarm(store, { submit: bundleOf('submit'), query: bundleOf('query') }, turns(300));
for (const { name, ours, bare, ratio } of warm)
  report(
    `${name}, warm`,
    `${say(ratio, 2)} × the bare calls; ${say(ours, 2)} against ${say(bare, 2)} ms`,
    name === 'submit' ? '≤ 1.3 ×' : '',
    name === 'submit' ? within(ratio.median, 1.3) : '',
  );

progress('a workbook');
const workbook = await measureWorkbook(store, turns(6));
report(
  'workbook of 40 metrics × 48 months, read, previewed, stored',
  `${say(workbook.cpu, 0)} ms CPU, ${say(workbook.wall, 0)} ms; ${kb(workbook.bytes)}`,
  '≤ 3,000 ms',
  within(workbook.wall.median, 3000),
);
report('  memory of that', `${workbook.megabytes.toFixed(0)} MB at most`, '≤ 512 MB', within(workbook.megabytes, 512));
await store.end();

progress('reconcile');
/** CPU of a reconcile by the months of its record, ms. */
const RECONCILE_GOALS: Readonly<Record<number, number>> = { 120: 20, 360: 40 };
const reconciles = measureReconcile([12, 60, 120, 360], turns(50));
for (const { months, cpu, bytes } of reconciles)
  report(
    `reconcile, 40 metrics × ${months} months`,
    `${say(cpu)} ms CPU; ${kb(bytes)} read`,
    RECONCILE_GOALS[months] ? `≤ ${RECONCILE_GOALS[months]} ms` : '',
    RECONCILE_GOALS[months] ? within(cpu.median, RECONCILE_GOALS[months]) : '',
  );
const worst = seekWorstCase(turns(300), 2010);
report(
  'judging one metric × 360 months, worst found',
  `${worst.cpu.toFixed(0)} ms CPU; ${worst.what}`,
  '≤ 50 ms',
  within(worst.cpu, 50),
);

progress('page');
const overview = measurePage(60, turns(50));
report('overview, 40 metrics × 60 months', `${say(overview.cpu)} ms CPU`, '≤ 150 ms', within(overview.cpu.median, 150));
report(
  'first view of the overview',
  `${kb(overview.firstView)} compressed, ${kb(overview.bytes)} of it the page`,
  '≤ 60 KB',
  within(overview.firstView, 60_000),
);

progress('calls');
const { tallies, durations, template } = await countCalls();
for (const { what, dynamodbCalls, evaluateCalls, snsCalls, sent, received, writeUnits, readUnits } of tallies) {
  const judges = evaluateCalls > 1;
  report(
    what,
    `${dynamodbCalls} DynamoDB${judges ? `, ${evaluateCalls} of them to judge,` : ''} + ${snsCalls} SNS calls; ${kb(sent)} out, ${kb(received)} in; ${writeUnits} write + ${readUnits} read units`,
    judges ? '≤ 5 to judge' : '',
    judges ? within(evaluateCalls, 5) : '',
  );
}

progress('latency');
const latency = await measureLatency(turns(20), turns(5));
report(
  'accepted → in the inbox',
  `${say(latency.toInbox, 0)} ms beyond the batch window of ${latency.batchWindow} ms`,
  '≤ 300 ms',
  within(latency.toInbox.median, 300),
);
report('npm start → first request', `${say(latency.toFirstRequest, 0)} ms`);
if (latency.peakMemory) report('peak memory of the local service', `${latency.peakMemory} MB`);

const used: Omit<CostModel, 'fixed'> = {
  submission: find('submission after 120 months'),
  read: find('read of the alerts after 120 months'),
  hourly: find('hourly run, 5'),
  efforts: {
    submit: { memoryMb: memoryOf('Submit'), milliseconds: median('submit') },
    query: { memoryMb: memoryOf('Query'), milliseconds: median('query') },
    evaluate: { memoryMb: memoryOf('Evaluate'), milliseconds: durations.evaluate ?? Number.NaN },
    notify: { memoryMb: memoryOf('Notify'), milliseconds: durations.notify ?? Number.NaN },
  },
  storedBytes: 2 * (reconciles.find(({ months }) => months === 120)?.bytes ?? 0),
};
const costs = Object.fromEntries(
  OPERATIONS_LEVELS.map((level) => [level, costsOf({ ...used, fixed: fixedIn(resourcesWith(level)) })]),
) as Record<(typeof OPERATIONS_LEVELS)[number], CostRow[]>;
const marginal = sum(costs.full.map((row) => row.marginal));
report('cost of one more authority and year', `${marginal.toFixed(4)} USD`, '≤ 0.05 USD', within(marginal, 0.05));
const fixed = sum(costs.full.map((row) => row.fixed));
for (const level of OPERATIONS_LEVELS) {
  const atThisLevel = sum(costs[level].map((row) => row.fixed));
  report(
    `fixed cost a year, operations=${level}`,
    `${atThisLevel.toFixed(2)} USD`,
    level === 'basic' ? '≤ 15 USD' : '',
    level === 'basic' ? within(atThisLevel, 15) : '',
  );
}
for (const authorities of [1, 153, 25_000])
  report(
    `cost a year of ${authorities.toLocaleString('en')} ${authorities === 1 ? 'authority' : 'authorities'}`,
    `${(fixed + authorities * marginal).toFixed(2)} USD: ${fixed.toFixed(2)} fixed + ${(authorities * marginal).toFixed(2)}; most for ${dominant(authorities)}`,
  );

printTable([['what', 'measured: median (quartiles)', 'goal', ''], ...rows]);
console.log(`\nCost in USD a year at ${PRICE_LIST.region}; sources of the prices read ${PRICE_LIST.dated}:`);
printTable([
  ['item', 'one more authority', ...OPERATIONS_LEVELS.map((level) => `fixed, ${level}`)],
  ...costs.full.map(({ item, marginal }, i) => [
    item,
    marginal.toFixed(5),
    ...OPERATIONS_LEVELS.map((level) => (costs[level][i]?.fixed ?? Number.NaN).toFixed(2)),
  ]),
]);
writeFileSync(
  values.json,
  `${JSON.stringify({ machine: cpus()[0]?.model, node: process.version, cold, parts, warm, workbook, reconciles, tallies, durations, latency, costs, marginal, fixed }, null, 2)}\n`,
);
console.log(`\nAll figures are in ${values.json}.`);
rmSync(folder, { recursive: true, force: true });

function bundleFiles(name: string): string[] {
  const assembly = join(folder, 'assembly');
  return readdirSync(assembly)
    .filter((entry) => entry.startsWith('asset.'))
    .flatMap((asset) =>
      readdirSync(join(assembly, asset))
        .filter((file) => file === `${name}.cjs`)
        .map((file) => join(assembly, asset, file)),
    );
}

function bundleOf(name: string): string {
  const [file] = bundleFiles(name);
  if (!file) throw new Error(`there is no bundle of ${name}`);
  return file;
}

function find(what: string): Tally {
  const tally = tallies.find((candidate) => candidate.what.startsWith(what));
  if (!tally) throw new Error(`nothing was counted for "${what}"`);
  return tally;
}

/** The stack's resources at one level of operations. */
function resourcesWith(operations: string) {
  const outdir = join(folder, operations);
  const context = { operations, operationsEmail: operations === 'none' ? 'nobody' : 'bench@example.org' };
  return createApp({ outdir, context }).synth().getStackByName('InspectionMonitor').template.Resources;
}

function memoryOf(name: string): number {
  const [, found] =
    Object.entries(template.Resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(`${name}Function`),
    ) ?? [];
  return Number((found?.Properties as { MemorySize?: number } | undefined)?.MemorySize ?? Number.NaN);
}

function median(name: string): number {
  return warm.find((row) => row.name === name)?.ours.median ?? Number.NaN;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function dominant(authorities: number): string {
  const total = (row: CostRow): number => row.fixed + authorities * row.marginal;
  const [most] = [...costs.full].sort((a, b) => total(b) - total(a));
  return most ? `${most.item} (${((100 * total(most)) / (fixed + authorities * marginal)).toFixed(0)}%)` : 'nothing';
}

function kb(bytes: number): string {
  return `${Math.round(bytes / 1024)} KB`;
}

function progress(what: string): void {
  console.error(`measuring ${what} …`);
}

function printTable(lines: readonly (readonly string[])[]): void {
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
