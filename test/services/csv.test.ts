import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Month, Reported } from '../../functions/domain/submission.ts';
import { readCsv, writeCsv } from '../../functions/services/csv.ts';
import { placeOf } from '../../functions/services/table.ts';

const HEADER = 'period,metric,numerator,denominator,count,value,status';
const bodies = (text: string) => {
  const { months, faults } = readCsv(text);
  expect(faults).toEqual([]);
  return months.map(({ period, body }) => ({ period, ...body }));
};

const AUGUST = {
  period: '2011-08',
  status: 'final',
  observations: { 'conferences-on-time': { numerator: 14, denominator: 15 }, 'referral-backlog': { count: 1234 } },
};

describe('figures are read', () => {
  test.each([
    ['one figure a line', `${HEADER}\n2011-08,conferences-on-time,14,15,,,final\n2011-08,referral-backlog,,,1234,,\n`],
    [
      'one month a line',
      'period,status,conferences-on-time.numerator,conferences-on-time.denominator,referral-backlog.count\n2011-08,,14,15,1234\n',
    ],
    [
      'with byte-order mark, CRLF, quotes, spaces and thousands separators',
      `\uFEFF"period", Metric ,numerator,denominator,count\r\n2011-08,"conferences-on-time", 14 ,15,\r\n2011-08,referral-backlog,,,"1,234"\r\n`,
    ],
    [
      'among remarks, blank lines and columns in another order',
      `# from the case system\ncount,metric,period,denominator,numerator\n\n,conferences-on-time,2011-08,15,14\n1234,referral-backlog,2011-08,,\n,,,,\n`,
    ],
    [
      'that blank cells do not report',
      `${HEADER}\n2011-08,conferences-on-time,14,15,,,\n2011-08,referral-backlog,,,1.234E+03,,\n2011-08,average-caseload,,,,,\n`,
    ],
  ])('%s', (_, text) => {
    expect(bodies(text)).toEqual([AUGUST]);
  });

  test('as provisional where the status says so, and with a commentary', () => {
    const text = `${HEADER},commentary\n2011-08,referral-backlog,,,3,,Provisional,"Two posts, vacant\nsince May"\n`;
    expect(bodies(text)).toEqual([
      {
        period: '2011-08',
        status: 'provisional',
        observations: { 'referral-backlog': { count: 3 } },
        commentary: 'Two posts, vacant\nsince May',
      },
    ]);
  });
});

describe('what is wrong is named by line and column', () => {
  test.each([
    ['an empty file', '', [[1, undefined, 'empty']]],
    [
      'missing and doubled columns',
      'period,count,count,colour\n',
      [
        [1, 'metric', 'missing'],
        [1, 'count', 'twice'],
      ],
    ],
    ['a misspelt column', 'period,a.count,statuss\n2011-08,1,provisional\n', [[1, 'statuss', '"status"']]],
    [
      'cells that are no numbers',
      `${HEADER}\n2011-08,a,y,"1,23",5%,,\n`,
      [
        [2, 'numerator', '"y"'],
        [2, 'denominator', '"1,23"'],
        [2, 'count', '"5%"'],
      ],
    ],
    ['no month', `${HEADER}\nAugust,a,,,1,,\n`, [[2, 'period', '"August" is not a month']]],
    ['no metric', `${HEADER}\n2011-08,,,,1,,\n`, [[2, 'metric', 'missing']]],
    ['a status that is none', `${HEADER}\n2011-08,a,,,1,,draft\n`, [[2, 'status', 'draft']]],
    [
      'a month of two statuses',
      `${HEADER}\n2011-08,a,,,1,,final\n2011-08,b,,,1,,provisional\n`,
      [[3, 'status', 'one status']],
    ],
    ['a metric given twice', `${HEADER}\n2011-08,a,,,1,,\n2011-08,a,,,2,,\n`, [[3, 'metric', 'also on line 2']]],
    ['a month on two lines of the wide form', 'period,a.count\n2011-08,1\n2011-08,2\n', [[3, 'period', 'twice']]],
    [
      'a line after a commentary of three lines',
      `${HEADER},commentary\n2011-08,a,,,1,,,"x\ny\nz"\n2011-08,b,,,-,,,\n`,
      [[5, 'count', '"-"']],
    ],
    ['a quote that does not end', `${HEADER}\n2011-08,"a\n`, [[2, undefined, 'quotation mark']]],
    ['bytes that are not UTF-8', `${HEADER}\n2011-08,caf\uFFFD,,,1,,\n`, [[2, undefined, 'UTF-8']]],
  ] as [string, string, [number, string | undefined, string][]][])('%s', (_, text, wanted) => {
    const { faults } = readCsv(text);
    expect(faults).toHaveLength(wanted.length);
    for (const [index, [line, column, detail]] of wanted.entries()) {
      expect([faults[index]?.line, faults[index]?.column]).toEqual([line, column]);
      expect(faults[index]?.detail).toContain(detail);
    }
  });

  test('also what only the metric can tell, in either form', () => {
    const [long] = readCsv(`${HEADER}\n2011-08,a,,,1,,\n2011-08,b,3,2,,,\n`).months;
    expect(long && placeOf(long.places, '#/observations/b/numerator')).toEqual({ line: 3, column: 'numerator' });
    expect(long && placeOf(long.places, '#/observations/b')).toEqual({ line: 3, column: 'metric' });
    const [wide] = readCsv('period,a.count,b.numerator,b.denominator\n2011-08,1,3,2\n').months;
    expect(wide && placeOf(wide.places, '#/observations/b/numerator')).toEqual({ line: 2, column: 'b.numerator' });
    expect(wide && placeOf(wide.places, '#/commentary')).toEqual({ line: 2, column: 'commentary' });
  });
});

const reported = fc.oneof(
  fc.record({ numerator: fc.nat(), denominator: fc.nat() }),
  fc.record({ count: fc.maxSafeNat() }),
  fc.record({ value: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) }),
) as fc.Arbitrary<Reported>;

const month = (period: string): fc.Arbitrary<Month> =>
  fc.record(
    {
      period: fc.constant(period),
      revision: fc.constant(1),
      submittedAt: fc.constant('2011-10-01T00:00:00.000Z'),
      status: fc.constantFrom('final', 'provisional'),
      observations: fc.dictionary(fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/), reported, { minKeys: 1, maxKeys: 5 }),
      // Some begin as a formula would. Of spaces alone nothing can be read, and a file may lose them.
      commentary: fc
        .tuple(
          fc.constantFrom('', '=', "'=", '@', "'", '\t', '\n', '#'),
          fc.string({ unit: 'grapheme', maxLength: 40 }),
        )
        .map((parts) => parts.join(''))
        .filter((text) => text.trim() !== '' && !text.includes('\uFFFD')),
    },
    { requiredKeys: ['period', 'revision', 'submittedAt', 'status', 'observations'] },
  );

describe('what is written', () => {
  test('is read back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(fc.tuple(month('2011-07'), month('2011-08')), (months) => {
        const { months: read, faults } = readCsv(writeCsv(months, new Map()));
        expect(faults).toEqual([]);
        expect(read.map(({ period, body }) => ({ period, ...body }))).toEqual(
          months.map(({ period, status, observations, commentary }) => ({
            period,
            status,
            observations: { ...observations },
            ...(commentary ? { commentary } : {}),
          })),
        );
      }),
      { numRuns: 500 },
    );
  });

  test.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])(
    '%j is no formula to a spreadsheet',
    (commentary) => {
      const written = writeCsv(
        [
          {
            period: '2011-08',
            revision: 1,
            submittedAt: '2011-10-01T00:00:00.000Z',
            status: 'final',
            observations: { a: { count: 1 } },
            commentary,
          },
        ],
        new Map(),
      );
      expect(written).toContain(`,"'${commentary.replaceAll('"', '""')}"`);
    },
  );

  test('leaves out what was retracted', () => {
    const retracted = {
      period: '2011-08',
      revision: 2,
      submittedAt: '',
      status: 'final' as const,
      observations: {},
      retracted: true,
    };
    expect(writeCsv([retracted], new Map())).toBe(
      'period,metric,numerator,denominator,count,value,status,commentary\r\n',
    );
  });
});
