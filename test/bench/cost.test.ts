import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Tally } from '../../bench/calls.ts';
import { type CostModel, costsOf, fixedIn, PRICE_LIST, PriceListSchema } from '../../bench/cost.ts';
import { createApp } from '../../lib/app.ts';
import { OPERATIONS_LEVELS } from '../../lib/settings.ts';

const none: Tally = {
  what: '',
  dynamodbCalls: 0,
  evaluateCalls: 0,
  snsCalls: 0,
  sent: 0,
  received: 0,
  writeUnits: 0,
  readUnits: 0,
};
const idle = { memoryMb: 0, milliseconds: 0 };
const model: CostModel = {
  submission: none,
  read: none,
  hourly: none,
  efforts: { submit: idle, query: idle, evaluate: idle, notify: idle },
  fixed: { alarms: 0, keys: 0, dashboards: 0, customMetrics: 0, polledQueues: 0 },
  storedBytes: 0,
};
const rowOf = (item: string, changed: Partial<CostModel>) =>
  costsOf({ ...model, ...changed }).find((row) => row.item === item);

describe('the price list', () => {
  const { snsEmail } = PRICE_LIST.prices;

  it('refuses a price that names no source', () => {
    const sourceless = { ...PRICE_LIST, prices: { ...PRICE_LIST.prices, snsEmail: { ...snsEmail, source: '' } } };
    expect(PriceListSchema.safeParse(sourceless).error?.issues).toMatchObject([
      { path: ['prices', 'snsEmail', 'source'] },
    ]);
  });

  it('refuses to do without a price', () => {
    const { snsEmail: _, ...others } = PRICE_LIST.prices;
    expect(PriceListSchema.safeParse({ ...PRICE_LIST, prices: others }).success).toBe(false);
  });
});

describe('the cost of a year', () => {
  it('counts what is stored once for the table and once for its backup, each month', () => {
    const { dynamodbGbMonth, dynamodbBackupGbMonth } = PRICE_LIST.prices;
    expect(rowOf('DynamoDB storage and backup', { storedBytes: 1e9 })?.marginal).toBeCloseTo(
      12 * (dynamodbGbMonth.value + dynamodbBackupGbMonth.value),
      9,
    );
  });

  it('counts a trace for each hourly call', () => {
    expect(rowOf('X-Ray traces', {})?.fixed).toBeCloseTo(3 * 8760 * 0.000005, 9);
  });

  it('charges alarms whoever uses the service', () => {
    expect(rowOf('Alarms', { fixed: { ...model.fixed, alarms: 30 } })).toEqual({
      item: 'Alarms',
      marginal: 0,
      fixed: 12 * 30 * PRICE_LIST.prices.alarmMonth.value,
    });
  });
});

describe('what each level of operations costs a year, whoever uses it', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'cost-test-'));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const fixedAt = (operations: string, settings = {}) =>
    fixedIn(
      createApp({
        outdir,
        context: {
          ...{ operations, operationsEmail: operations === 'none' ? 'nobody' : 'engineer@example.org' },
          ...settings,
        },
      })
        .synth()
        .getStackByName('InspectionMonitor').template.Resources,
    );
  /** As measured by `npm run bench`; none of it decides. */
  const efforts = {
    submit: idle,
    query: idle,
    evaluate: { memoryMb: 1024, milliseconds: 30 },
    notify: { memoryMb: 512, milliseconds: 30 },
  };
  const costAt = (operations: string, settings = {}): number =>
    costsOf({ ...model, efforts, fixed: fixedAt(operations, settings) }).reduce((total, row) => total + row.fixed, 0);

  it('counts alarms by the metrics that they watch', () => {
    expect(fixedAt('full')).toEqual({ alarms: 33, keys: 1, dashboards: 1, customMetrics: 8, polledQueues: 0 });
    expect(fixedAt('basic')).toEqual({ alarms: 2, keys: 1, dashboards: 0, customMetrics: 0, polledQueues: 0 });
    expect(fixedAt('none')).toEqual({ alarms: 0, keys: 1, dashboards: 0, customMetrics: 0, polledQueues: 0 });
  });

  it('is at most 15 USD where little is watched', () => {
    expect(costAt('basic')).toBeLessThanOrEqual(15);
  });

  it('is more with queues by what is said in docs/deployment.md', () => {
    const document = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
    const more = (operations: string) => costAt(operations, { queues: true }) - costAt(operations);
    const said = (number: number) => document.includes(number.toFixed(2));
    expect([more('none'), more('basic')].map((each) => each.toFixed(2))).toEqual(['6.31', '6.31']);
    expect([said(more('none')), said(more('full') - more('none'))]).toEqual([true, true]);
  });

  it.each(OPERATIONS_LEVELS)('is said of %s in docs/deployment.md', (operations) => {
    const document = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
    const [, said] = new RegExp(`^\\| \`${operations}\` \\|.*\\| ([\\d.]+) \\|$`, 'm').exec(document) ?? [];
    expect(Number(said)).toBeCloseTo(costAt(operations), 0);
  });
});
