import { describe, expect, it } from 'vitest';
import type { Tally } from '../../bench/calls.ts';
import { type CostModel, costsOf, PRICE_LIST, PriceListSchema } from '../../bench/cost.ts';

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
  fixed: { alarms: 0, keys: 0, dashboards: 0, customMetrics: 0 },
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
    expect(rowOf('X-Ray traces', {})?.fixed).toBeCloseTo(2 * 8760 * 0.000005, 9);
  });

  it('charges alarms whoever uses the service', () => {
    expect(rowOf('Alarms', { fixed: { ...model.fixed, alarms: 30 } })).toEqual({
      item: 'Alarms',
      marginal: 0,
      fixed: 12 * 30 * PRICE_LIST.prices.alarmMonth.value,
    });
  });
});
