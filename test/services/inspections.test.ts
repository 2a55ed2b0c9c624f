import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOST, MOST_LOADED_BYTES } from '../../functions/domain/loaded-inspection.ts';
import type { MetricDefinition } from '../../functions/domain/metric.ts';
import { changeSettings } from '../../functions/services/authorities.ts';
import { putMetric } from '../../functions/services/catalogue.ts';
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
import { reportProgress } from '../../functions/services/progress.ts';
import { setStandard } from '../../functions/services/standards.ts';
import { itemOf, transact } from '../../functions/store/database.ts';
import { listDue } from '../../functions/store/due-marks.ts';
import { authorityKey, metricKey, standardKey } from '../../functions/store/keys.ts';
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

describe('as much as there can be', () => {
  const doing = { by: 'the test', now: new Date('2011-10-05T09:00:00Z') };
  const said = { author: 'A', reason: 'r' };
  const definitionIn = ({ baselines }: Awaited<ReturnType<typeof readWholeRecord>>): MetricDefinition =>
    JSON.parse(baselines.find(({ sk }) => sk?.S?.startsWith('METRIC#'))?.data?.S ?? '{}');

  test('of metrics is the end of further ones, and not of changes', async () => {
    const authority = 'full-of-metrics';
    await loadInspection(store, { ...INSPECTION, authority });
    const definition = definitionIn(await readWholeRecord(store, authority));
    for (let index = INSPECTION.metrics.length; index < MOST.metrics; index++)
      await store.client.send(
        new PutItemCommand({
          TableName: store.tables.baselines,
          Item: itemOf(authorityKey(authority), metricKey(`m${index}`), { ...definition, id: `m${index}` }),
        }),
      );
    const { id: _, changes: __, ...wanted } = definition;
    const put = (id: string, title: string) => putMetric(store, { authority, id }, { ...wanted, title }, said, doing);
    await expect(put('one-more', 'One more')).rejects.toMatchObject({
      reason: 'conflict',
      message: 'an authority has at most 400 metrics, and this would be more; nothing was stored',
    });
    expect((await put('m399', 'Another name')).created).toBe(false);
    const report = { ...INSPECTION, authority, id: 'another', published: '2012-01-01', metrics: [] };
    expect((await loadInspection(store, report)).written).toBe(1);
    expect((await requireInspection(store, authority)).metrics).toHaveLength(MOST.metrics);
  });

  test('of what is written in one, as it is stored, and in all together, is the end of more of it', async () => {
    const authority = 'full-of-words';
    await loadInspection(store, { ...INSPECTION, authority });
    const { id: _, changes: __, ...wanted } = definitionIn(await readWholeRecord(store, authority));
    // Packed it takes more than an item: no two letters of it are alike.
    let seed = 7;
    const letter = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return String.fromCharCode(0x4e00 + (seed % 20_000));
    };
    const note = Array.from({ length: 200_000 }, letter).join('');
    const [standard] = wanted.standards;
    if (!standard) throw new Error('there is no standard');
    const written = (id: string, words: string) =>
      putMetric(store, { authority, id }, { ...wanted, standards: [{ ...standard, note: words }] }, said, doing);
    await expect(written('long', note)).rejects.toMatchObject({
      reason: 'conflict',
      message: expect.stringContaining('at most 350 KB of one inspection or metric'),
    });
    const many = Math.ceil(MOST_LOADED_BYTES / 400_000);
    for (let index = 0; index < many; index++)
      await store.client.send(
        new PutItemCommand({
          TableName: store.tables.baselines,
          Item: itemOf(authorityKey(authority), metricKey(`m${index}`), {
            ...wanted,
            id: `m${index}`,
            standards: [{ ...standard, note: 'x'.repeat(400_000) }],
          }),
        }),
      );
    const full = {
      reason: 'conflict',
      message: expect.stringContaining('at most 8,192 KB of inspections and metrics'),
    };
    await expect(written('more', 'a word')).rejects.toMatchObject(full);
    await expect(loadInspection(store, { ...INSPECTION, authority, id: 'another' })).rejects.toMatchObject(full);
    // What is there can be said in fewer words.
    expect((await written('m0', 'a word')).metric.standards[0]?.note).toBe('a word');
  });

  test('of versions is the end of further ones, whatever they are of', async () => {
    const authority = 'full-of-versions';
    await loadInspection(store, { ...INSPECTION, authority });
    const standard = {
      metric: 'average-caseload',
      from: '2011-04',
      value: 15,
      ...said,
      setAt: doing.now.toISOString(),
    };
    for (let version = 1; version <= MOST.versions; version += 90)
      await transact(
        store.client,
        Array.from({ length: Math.min(90, MOST.versions + 1 - version) }, (_, index) => ({
          Put: {
            TableName: store.tables.baselines,
            Item: itemOf(authorityKey(authority), standardKey('average-caseload', version + index), {
              ...standard,
              version: version + index,
            }),
          },
        })),
      );
    const full = {
      reason: 'conflict',
      message: expect.stringContaining('at most 2000 standards, reports of progress'),
    };
    const setting = setStandard(store, authority, 'average-caseload', { from: '2011-05', value: 14, ...said }, doing);
    await expect(setting).rejects.toMatchObject(full);
    await expect(changeSettings(store, authority, { dueWorkingDay: 5 }, said, doing)).rejects.toMatchObject(full);
    const [action] = INSPECTION.actions;
    const progress = { state: 'completed' as const, evidence: 'audit', author: 'A' };
    await expect(reportProgress(store, authority, action?.id ?? '', progress, doing)).rejects.toMatchObject(full);
    // It can still be closed.
    expect((await changeSettings(store, authority, { closed: true }, said, doing)).settings).toHaveLength(1);
  });
});
