import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  findMetrics,
  listAuthorities,
  loadInspection,
  metricIn,
  requireAuthority,
  requireInspection,
  requireMetrics,
  withInspection,
} from '../../functions/services/inspections.ts';
import { listDue } from '../../functions/store/due-marks.ts';
import { readWholeRecord } from '../../functions/store/recovery.ts';
import { INSPECTION, intercepted, type Store, startStore } from '../support/store.ts';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.end());

const AUTHORITY = INSPECTION.authority;

describe('an authority', () => {
  test('is known once an inspection is loaded for it, to every service alike', async () => {
    expect((await requireInspection(store, AUTHORITY)).header.name).toBe(INSPECTION.name);
    expect((await requireMetrics(store, AUTHORITY)).size).toBe(INSPECTION.metrics.length);
    await expect(requireAuthority(store, AUTHORITY)).resolves.toBeUndefined();
    expect(await withInspection(store, AUTHORITY, async () => 'more')).toMatchObject([{}, 'more']);
    for (const require of [requireInspection, requireMetrics, requireAuthority])
      await expect(require(store, 'atlantis')).rejects.toMatchObject({
        reason: 'unknown-authority',
        message: 'no inspection is loaded for "atlantis"',
        faults: [{ parameter: 'authority' }],
      });
    await expect(withInspection(store, 'atlantis', async () => 'more')).rejects.toThrow('no inspection');
    expect(await findMetrics(store, 'atlantis')).toBeUndefined();
  });

  test('that cannot be one is unknown without being looked up', async () => {
    const commands: string[] = [];
    const database = intercepted(store, (command) => void commands.push(command));
    for (const impossible of ['', '*', '../x', 'UPPER', 'a'.repeat(3000)]) {
      for (const require of [requireInspection, requireMetrics, requireAuthority])
        await expect(require(database, impossible)).rejects.toMatchObject({ reason: 'unknown-authority' });
      const read = async () => commands.push('read');
      await expect(withInspection(database, impossible, read)).rejects.toMatchObject({ reason: 'unknown-authority' });
    }
    expect(commands).toEqual([]);
  });
});

test('a metric is found by its id, and named where there is none', async () => {
  const inspection = await requireInspection(store, AUTHORITY);
  expect(metricIn(inspection, 'referral-backlog').id).toBe('referral-backlog');
  expect(() => metricIn(inspection, 'x'.repeat(100))).toThrow(`no metric is called "${'x'.repeat(64)}"`);
});

describe('loading an inspection', () => {
  const keys = async () =>
    (await readWholeRecord(store, 'elsewhere')).baselines.map(({ sk }) => sk?.S ?? '').filter((sk) => sk !== 'DUE');

  test('writes what differs, and nothing where nothing does', async () => {
    const contents = { ...INSPECTION, authority: 'elsewhere', name: 'Elsewhere' };
    const first = await loadInspection(store, contents);
    // Beside what it wrote there is the item by which the authority is known.
    expect(first).toEqual({ authority: 'elsewhere', written: (await keys()).length - 1 });
    expect(await loadInspection(store, contents)).toEqual({ authority: 'elsewhere', written: 0 });
    expect(await listAuthorities(store)).toContainEqual({ id: 'elsewhere', name: 'Elsewhere' });
    const [dropped, ...metrics] = contents.metrics;
    // The metric that is gone, and the report; the places of the others move up.
    const again = await loadInspection(store, { ...contents, metrics });
    expect(again.written).toBe(metrics.length + 2);
    expect((await requireMetrics(store, 'elsewhere')).has(dropped?.id ?? '')).toBe(false);
  });

  test('has the authority looked at within the hour even if the stream says nothing of it', async () => {
    const authority = 'unheard';
    await loadInspection(store, { ...INSPECTION, authority, name: 'Unheard' });
    expect(await listDue(store, new Date())).toContain(authority);
  });

  test('begins again where another deployment was faster', async () => {
    const contents = { ...INSPECTION, authority: 'twice', name: 'Twice' };
    let first = true;
    const slower = intercepted(store, async (command) => {
      if (command !== 'TransactWriteItems' || !first) return;
      first = false;
      await loadInspection(store, { ...contents, metrics: contents.metrics.slice(1) });
    });
    await loadInspection(slower, contents);
    expect((await requireMetrics(store, 'twice')).size).toBe(contents.metrics.length);
  });

  test('refuses what is no inspection before anything is written', async () => {
    const before = await keys();
    await expect(loadInspection(store, { ...INSPECTION, authority: 'elsewhere', metrics: [{}] })).rejects.toThrow();
    expect(await keys()).toEqual(before);
  });
});
