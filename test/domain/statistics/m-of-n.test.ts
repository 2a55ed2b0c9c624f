import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type AlarmOutcome,
  type Datapoint,
  evaluationRange,
  judgeMOfN,
  type TreatMissing,
} from '../../../functions/domain/statistics/m-of-n.ts';

type Fixture = {
  tables: { m: number; n: number; columns: TreatMissing[]; rows: Record<string, AlarmOutcome[]> }[];
  prose: { m: number; n: number; pattern: string; treatMissing: TreatMissing; alarms: boolean }[];
};

const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/cloudwatch/missing-data.json', import.meta.url), 'utf8'),
);

const parse = (pattern: string): Datapoint[] =>
  pattern.split(' ').map((mark) => (mark === '-' ? null : mark.toUpperCase() === 'X'));

const cells = fixture.tables.flatMap(({ m, n, columns, rows }) =>
  Object.entries(rows).flatMap(([pattern, outcomes]) =>
    columns.map((treatMissing, i) => ({ m, n, pattern, treatMissing, expected: outcomes[i] as AlarmOutcome })),
  ),
);

describe("M of N agrees with CloudWatch's tables", () => {
  it('which have 40 cells', () => expect(cells).toHaveLength(40));

  it.each(cells)('$m of $n, $pattern, $treatMissing: $expected', ({ m, n, pattern, treatMissing, expected }) => {
    expect(judgeMOfN({ m, n, treatMissing }, parse(pattern))).toBe(expected);
  });

  it.each(fixture.prose)('prose: $m of $n, $pattern, $treatMissing, alarms: $alarms', (prose) => {
    expect(judgeMOfN(prose, parse(prose.pattern)) === 'ALARM').toBe(prose.alarms);
  });

  // The same guide at commit 05fd32f6 (2018) had these rows, which the newer one replaced.
  it.each([
    [3, '- - - - X', ['INSUFFICIENT_DATA', 'RETAIN', 'ALARM', 'OK']],
    [3, 'X - - - -', ['ALARM', 'RETAIN', 'ALARM', 'OK']],
    [2, '- - - - X', ['INSUFFICIENT_DATA', 'RETAIN', 'ALARM', 'OK']],
  ] as const)('an older edition: %i of 3, %s', (m, pattern, expected) => {
    const treatments: TreatMissing[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
    expect(treatments.map((treatMissing) => judgeMOfN({ m, n: 3, treatMissing }, parse(pattern)))).toEqual(expected);
  });
});

describe('the fixture', () => {
  const original = new URL('../../../../shared/oracles/cloudwatch_missing_data_tables.json', import.meta.url);

  it('says what the collection in ../shared says', (context) => {
    if (!existsSync(original)) {
      console.warn('skipped: ../shared/oracles/cloudwatch_missing_data_tables.json is absent');
      context.skip();
    }
    type Case = {
      datapointsToAlarm: number;
      evaluationPeriods: number;
      pattern: string;
      treatMissingData: string;
      expected: string;
    };
    const { cases }: { cases: Case[] } = JSON.parse(readFileSync(original, 'utf8'));
    expect(cells).toEqual(
      cases.map((c) => ({
        m: c.datapointsToAlarm,
        n: c.evaluationPeriods,
        pattern: c.pattern,
        treatMissing: c.treatMissingData,
        expected: c.expected,
      })),
    );
  });
});

describe('M of N', () => {
  it('looks at two periods more than N, as both tables do', () => expect(evaluationRange(3)).toBe(5));

  it('is insufficient, or retains, before the first datapoint', () => {
    expect(judgeMOfN({ m: 2, n: 3, treatMissing: 'missing' }, [])).toBe('INSUFFICIENT_DATA');
    expect(judgeMOfN({ m: 2, n: 3, treatMissing: 'ignore' }, [])).toBe('RETAIN');
  });

  it('needs no third datapoint when two of three have breached', () => {
    expect(judgeMOfN({ m: 2, n: 3, treatMissing: 'ignore' }, [true, null, true])).toBe('ALARM');
  });

  it.each([
    [0, 3],
    [4, 3],
    [1.5, 3],
  ])('refuses %f of %f', (m, n) => {
    expect(() => judgeMOfN({ m, n, treatMissing: 'missing' }, [])).toThrow(RangeError);
  });
});
