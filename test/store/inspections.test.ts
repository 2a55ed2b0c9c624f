import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../functions/domain/inspection.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { retryChanged } from '../../functions/services/retry.ts';
import { type Item, itemOf } from '../../functions/store/database.ts';
import {
  definitionsIn,
  itemsOf,
  readAuthority,
  readInspection,
  readMetrics,
} from '../../functions/store/inspections.ts';
import { authorityKey } from '../../functions/store/keys.ts';
import { readWholeRecord } from '../../functions/store/recovery.ts';
import { moveFormerInspection } from '../../functions/store/save-inspections.ts';
import { INSPECTION, intercepted, type Store, startStore } from '../support/store.ts';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.end());

const standard = { metric: 'average-caseload', version: 1, from: '2011-04', value: 15, reason: 'r', author: 'A' };
const progress = { action: 'A1', version: 1, state: 'completed', evidence: 'audit', author: 'A' };
const at = '2011-03-01T00:00:00.000Z';

/** The items of an authority as they were stored before December 2026. */
function formerItems(authority: string): Item[] {
  const { id: _, framework: __, metrics, judgements, actions, findings: ___, ...rest } = INSPECTION;
  const pk = authorityKey(authority);
  const place = (position: number): Item => ({ place: { N: String(position) } });
  const grades = ['outstanding', 'good', 'adequate', 'inadequate'];
  const header = { ...rest, authority, fingerprint: 'as it was' };
  return [
    itemOf('AUTHORITIES', authority, { id: authority, name: rest.name }),
    itemOf(pk, 'INSPECTION', header, { fingerprint: { S: 'as it was' } }),
    ...metrics.map((metric, position) => itemOf(pk, `METRIC#${metric.id}`, metric, place(position))),
    ...judgements.map(({ grade, ...judgement }, position) =>
      itemOf(pk, `JUDGEMENT#${judgement.id}`, { ...judgement, grade: grades.indexOf(grade) + 1 }, place(position)),
    ),
    ...actions.map(({ dueBasis: _basis, ...action }, position) =>
      itemOf(pk, `ACTION#${action.id}`, action, place(position)),
    ),
    itemOf(pk, 'STANDARD#average-caseload#0001', { ...standard, setAt: at }),
    itemOf(pk, 'PROGRESS#A1#0001', { ...progress, at }),
    itemOf(pk, 'PROGRESS#A1#0002', { ...progress, version: 2, state: 'open', at }),
  ];
}

async function storeFormer(authority: string): Promise<void> {
  for (const item of formerItems(authority))
    await store.client.send(new PutItemCommand({ TableName: store.tables.baselines, Item: item }));
}

/** As the authority's one inspection is read: what moving must not change. */
const withoutInspections = (progressOf: readonly { inspection?: string | undefined }[]) =>
  progressOf.map(({ inspection: _, ...version }) => version);

describe('what was stored before December 2026', () => {
  test('is read as it is, and moved once without losing anything', async () => {
    await storeFormer('former');
    const before = await readInspection(store, 'former');
    expect(before?.header).toMatchObject({ id: 'former-2010', framework: 'salac-2009', name: INSPECTION.name });
    expect(before?.metrics).toEqual(INSPECTION.metrics);
    expect(before?.judgements.map(({ words: _, tone: __, ...judgement }) => judgement)).toEqual(INSPECTION.judgements);
    expect(before?.actions).toEqual(INSPECTION.actions);
    expect(before?.progress).toHaveLength(2);
    expect(await readAuthority(store, 'former')).toMatchObject({ closed: false });

    expect(await moveFormerInspection(store, 'former')).toBeGreaterThan(100);
    const after = await readInspection(store, 'former');
    for (const part of ['header', 'metrics', 'judgements', 'actions', 'localStandards'] as const)
      expect(after?.[part], part).toEqual(before?.[part]);
    const moved = after?.progress ?? [];
    expect(withoutInspections(moved)).toEqual(before?.progress);
    expect(moved.map(({ inspection }) => inspection)).toEqual(['former-2010', 'former-2010']);
    expect(after?.inspections[0]?.figures).toEqual(INSPECTION.figures);
    expect((await readMetrics(store, 'former'))?.metrics.size).toBe(INSPECTION.metrics.length);
    expect(await moveFormerInspection(store, 'former')).toBe(0);
    const kinds = new Set((await readWholeRecord(store, 'former')).baselines.map(({ sk }) => sk?.S?.split('#')[0]));
    expect([...kinds].sort()).toEqual(['AUTHORITY', 'INSPECTION', 'METRIC', 'PROGRESS', 'STANDARD']);
  });

  test('is whole wherever moving it breaks off, and moves on when it is run again', async () => {
    for (const calls of [1, 2, 3]) {
      const authority = `broken-${calls}`;
      await storeFormer(authority);
      const before = await readInspection(store, authority);
      let call = 0;
      const breaking = intercepted(store, (command) => {
        if (command === 'TransactWriteItems' && ++call > calls) throw new Error('killed');
      });
      await moveFormerInspection(breaking, authority).catch(() => undefined);
      const meanwhile = await readInspection(store, authority);
      expect(meanwhile?.metrics).toEqual(before?.metrics);
      expect(withoutInspections(meanwhile?.progress ?? [])).toEqual(before?.progress);
      await moveFormerInspection(store, authority);
      const after = await readInspection(store, authority);
      expect(after?.actions).toEqual(before?.actions);
      expect(withoutInspections(after?.progress ?? [])).toEqual(before?.progress);
    }
  });
});

describe('what was stored before December 2026, while a record is put back', () => {
  /** All of an authority removed, as `import` begins. */
  const removeAll = async (authority: string) => {
    for (const { pk, sk } of (await readWholeRecord(store, authority)).baselines)
      await store.client.send(new DeleteItemCommand({ TableName: store.tables.baselines, Key: { pk, sk } as Item }));
  };
  const move = (authority: string, at: number, meanwhile: () => Promise<void>) => {
    let calls = 0;
    const overtaken = intercepted(store, async (command) => {
      if (command === 'TransactWriteItems' && ++calls === at) await meanwhile();
    });
    return retryChanged(() => moveFormerInspection(overtaken, authority));
  };

  test.each([1, 2, 3])('is not made known by half of it (before write %i)', async (at) => {
    const authority = `halfway-${at}`;
    await storeFormer(authority);
    expect(await move(authority, at, () => removeAll(authority))).toBe(0);
    expect((await readWholeRecord(store, authority)).baselines).toEqual([]);
  });

  test.each([1, 2, 3])('is moved as it came back, and not as it was before (before write %i)', async (at) => {
    const authority = `restored-${at}`;
    await storeFormer(authority);
    const before = await readInspection(store, authority);
    await move(authority, at, async () => {
      await removeAll(authority);
      await storeFormer(authority);
    });
    const after = await readInspection(store, authority);
    for (const part of ['header', 'metrics', 'judgements', 'actions', 'localStandards'] as const)
      expect(after?.[part], part).toEqual(before?.[part]);
    expect(withoutInspections(after?.progress ?? [])).toEqual(before?.progress);
  });
});

describe('several inspections of one authority', () => {
  const [first] = INSPECTION.metrics;
  if (!first) throw new Error('there is no metric');
  const base: Inspection = { ...INSPECTION, authority: 'several', figures: [] };
  const later: Inspection = {
    ...base,
    ...{ id: 'later', framework: 'ilacs-2018', published: '2022-09-21', title: 'ILACS', rebaseDates: [] },
    judgements: [],
    metrics: [],
    actions: [{ id: 'R1', title: 'Do better', paragraph: 'improve', dueBasis: 'local' }],
    findings: [
      {
        metric: first.id,
        baseline: { kind: 'figure', value: 60, bound: 'exact', period: '2022', paragraphs: ['5'], statement: 'Sixty.' },
        actions: ['R1'],
        paragraphs: ['5'],
        judgement: null,
      },
    ],
  };
  const visit: Inspection = {
    ...later,
    id: 'visit',
    framework: 'focused-visit',
    published: '2024-01-01',
    findings: [],
  };

  test('stand beside each other: the newest full one leads, and a visit does not', async () => {
    for (const inspection of [base, later, visit]) await loadInspection(store, inspection);
    const loaded = await readInspection(store, 'several');
    expect(loaded?.header.id).toBe('later');
    expect(loaded?.inspections.map(({ header }) => header.id)).toEqual(['visit', 'later', 'herefordshire-2010']);
    expect(loaded?.actions.map(({ id }) => id)).toEqual(['R1']);
    expect(loaded?.inspections[2]?.actions).toHaveLength(18);
    expect(loaded?.metrics).toHaveLength(INSPECTION.metrics.length);
    const metric = loaded?.metrics.find(({ id }) => id === first.id);
    expect(metric?.baseline).toMatchObject({ value: 60 });
    expect(metric?.found?.map(({ inspection, from }) => [inspection, from])).toEqual([
      ['herefordshire-2010', '2010-10'],
      ['later', '2022-09'],
    ]);
    // What the newest says nothing of is held against no older figure.
    const silent = loaded?.metrics.find(({ id }) => id === 'health-checks');
    expect(silent).toMatchObject({ baseline: { kind: 'none' }, judgement: null, actions: [] });
    expect(silent?.found?.[0]?.baseline).toMatchObject({ value: 91 });
  });

  test('each keep their own progress, though their actions be called alike', async () => {
    const pk = authorityKey('several');
    for (const [inspection, action] of [
      ['herefordshire-2010', 'A1'],
      ['later', 'R1'],
    ] as const)
      await store.client.send(
        new PutItemCommand({
          TableName: store.tables.baselines,
          Item: itemOf(pk, `PROGRESS#${inspection}#${action}#0001`, { ...progress, inspection, action, at }),
        }),
      );
    const loaded = await readInspection(store, 'several');
    expect(loaded?.progress.map(({ action }) => action)).toEqual(['R1']);
    expect(loaded?.inspections.map((one) => one.progress.map(({ action }) => action))).toEqual([[], ['R1'], ['A1']]);
  });

  test('loaded again write nothing, and leave the metrics alone that another one brought', async () => {
    expect((await loadInspection(store, base)).written).toBe(0);
    const renamed = { ...first, title: 'By another name' };
    expect((await loadInspection(store, { ...later, metrics: [renamed] })).written).toBe(1);
    expect((await readMetrics(store, 'several'))?.metrics.get(first.id)?.title).toBe(first.title);
  });
});

test('what was parsed is kept of the last hundred authorities alone, so that a nation fills no memory', async () => {
  const isFull = { ...INSPECTION, metrics: INSPECTION.metrics.slice(0, 1), judgements: [], actions: [] };
  await loadInspection(store, { ...isFull, authority: 'one-of-many' });
  let reads = 0;
  const counted = intercepted(store, () => void reads++);
  /** How many reads it takes to know the metrics. */
  const cost = async (): Promise<number> => {
    reads = 0;
    await readMetrics(counted, 'one-of-many');
    return reads;
  };
  expect([await cost(), await cost()]).toEqual([2, 1]);
  // The same items under other names.
  const items = await itemsOf(store, 'one-of-many');
  for (let other = 0; other < 99; other++) definitionsIn(`other-${other}`, items);
  expect(await cost()).toBe(1);
  definitionsIn('other-99', items);
  expect([await cost(), await cost()]).toEqual([2, 1]);
});

test('who loaded a report is read as it is stored, also where it was loaded elsewhere with the contents that are known here', async () => {
  const loadedBy = (by: string) => ({ S: JSON.stringify({ at, by }) });
  await loadInspection(store, { ...INSPECTION, authority: 'known' }, { at, by: 'the first' });
  const items = await itemsOf(store, 'known');
  const [report] = definitionsIn('known', items)?.reports ?? [];
  expect(report?.loaded).toEqual({ at, by: 'the first' });
  const since = items.map((item) => (item.loaded ? { ...item, loaded: loadedBy('the second') } : item));
  expect(definitionsIn('known', since)?.reports).toEqual([{ ...report, loaded: { at, by: 'the second' } }]);
});
