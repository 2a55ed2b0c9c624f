import { describe, expect, test } from 'vitest';
import { readFigures } from '../../functions/services/figures.ts';
import { withTitles } from '../../functions/services/names.ts';
import { HEREFORDSHIRE } from '../support/build.ts';

const METRICS = new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]));
const HEADER = 'period,metric,numerator,denominator,count,value,status';
const read = (text: string | Uint8Array) => readFigures(text, METRICS, { now: new Date('2026-11-25') });

/** What was read, a line for each figure: `2024-08 referral-backlog 12`. */
function figuresIn(text: string | Uint8Array): string[] {
  const { months, faults } = read(text);
  expect(faults).toEqual([]);
  return months.flatMap(({ period, submission }) =>
    Object.entries(submission.observations).map(
      ([metric, reported]) => `${period} ${metric} ${Object.values(reported).join('/')}`,
    ),
  );
}

/** What was wrong, a line for each fault: `2 count: …`; and nothing was read. */
function faultsIn(text: string | Uint8Array): string[] {
  const { months, faults } = read(text);
  expect(months).toEqual([]);
  return faults.map(({ line, column, detail }) => `${line} ${column}: ${detail}`);
}

const asidesIn = (text: string) =>
  read(text).understood[0]?.asides.map(({ line, text: said, why }) => `${line} ${said}: ${why}`);

const line = (...cells: string[]) => `${HEADER}\n${cells.join('\n')}\n`;

describe('a month', () => {
  test.each([
    '2024-08',
    '2024-8',
    '2024/08',
    '2024/8',
    '202408',
    "'2024-08",
    '2024-08-31',
    '2024-08-01 00:00:00',
    '2024-08-01T00:00:00Z',
    '31/08/2024',
    '01/08/2024',
    '1/8/2024',
    '08/31/2024',
    '08/2024',
    'Aug-24',
    'Aug 2024',
    'August 2024',
    '1 August 2024',
    '31-Aug-24',
    '2024 Aug',
    '2024-08\u200b',
    '\u00a02024-08\u00a0',
  ])('written %j has one meaning', (written) => {
    expect(figuresIn(line(`${written},referral-backlog,,,12,,`))).toEqual(['2024-08 referral-backlog 12']);
  });

  test('is not read by day first in a file whose dates have the month first', () => {
    const mixed = line('01/08/2024,referral-backlog,,,12,,', '09/30/2024,referral-backlog,,,13,,');
    expect(faultsIn(mixed)).toEqual([expect.stringMatching(/^2 period: .* or its month as "09\/30\/2024" has/)]);
  });

  test.each([
    ['Year,Month', ['2024,Aug', '2024,9', '2024,Oct']],
    ['Month,Financial year', ['Aug,2024/25', 'Sep,2024/25', 'Oct-24,2024/25']],
  ])('has its year in a column of its own, as in "%s"', (heads, [first = '', second = '', third = '']) => {
    expect(figuresIn(`${heads},CLA\n${first},1\n${second},2\n${third},3\n`)).toEqual([
      '2024-08 looked-after-children 1',
      '2024-09 looked-after-children 2',
      '2024-10 looked-after-children 3',
    ]);
    expect(faultsIn('FY,Month,CLA\n2024/25,1,312\n')[0]).toContain('"1 of 2024/25" is not a month');
  });

  test.each([
    ['05/08/2024', 'can be August 2024 or May 2024'],
    ['08/01/2024', 'can be January 2024 or August 2024'],
    ['24-Aug', 'can be a day of August or the month of a year'],
    ['45505', 'is how a spreadsheet numbers a day of August 2024'],
    ['2024', 'is a year; write the month in which it ends, such as 2025-03'],
    ['Q1 2024', 'can be a quarter of the calendar year or of the financial year'],
    ['2024-13', 'is not a month'],
    ['30/02/2024', 'is not a date'],
    ['#VALUE!', "is a formula's error"],
    ['#######', 'is what a spreadsheet saves of a column that is too narrow'],
  ])('written %j is questioned', (written, why) => {
    expect(faultsIn(line(`${written},referral-backlog,,,12,,`))).toEqual([
      expect.stringMatching(new RegExp(`^2 period: "${written}" ${why}`)),
    ]);
  });
});

describe('a status beside a month', () => {
  const statusesIn = (text: string) => {
    const { months, faults } = read(text);
    expect(faults).toEqual([]);
    return months.map(({ period, submission, statesStatus }) => `${period} ${statesStatus ? submission.status : '-'}`);
  };
  test.each([
    ['in brackets', 'Measure,Apr-24 (final),May-24 (provisional)\nCLA,300,310\n'],
    ['by one letter', 'Measure,Apr-24 [f],May-24p\nCLA,300,310\n'],
    ['as a word', 'Measure,Final: Apr-24,May-24 - Provisional\nCLA,300,310\n'],
    ['of two columns', 'Measure,Apr-24 (final),,May-24 (p),\n,Num,Den,Num,Den\nICPC,1,2,3,4\n'],
    ['after the figure', 'Measure,Apr-24 Num (final),Apr-24 Den (final),May-24 Num (p),May-24 Den (p)\nICPC,1,2,3,4\n'],
    ['in the line', 'Month,CLA\nApr-24 (final),300\nMay-24 (prov.),310\n'],
    ['in a line of its own', 'Measure,Apr-24,May-24,Jun-24\nStatus,Final,Provisional,Provisional\nCLA,300,310,\n'],
    ['below the months', 'Measure,Apr-24,May-24\n,final,provisional\nCLA,300,310\n'],
  ])('is that of the month %s', (_, text) => {
    expect(statusesIn(text)).toEqual(['2024-04 final', '2024-05 provisional']);
  });

  test('is that of a year, and of a whole table', () => {
    expect(statusesIn('Measure,2024/25 (provisional)\nchildren-feel-safe,80%\n')).toEqual(['2025-03 provisional']);
    expect(statusesIn('Measure,2024/25\nStatus,provisional\nchildren-feel-safe,80%\n')).toEqual([
      '2025-03 provisional',
    ]);
    const table = 'Measure,Num,Den\nICPC,14,15\n';
    expect(statusesIn(`Return of April 2024 (provisional)\n${table}`)).toEqual(['2024-04 provisional']);
    expect(statusesIn(`Provisional figures\nApril 2024\n${table}`)).toEqual(['2024-04 provisional']);
    expect(statusesIn(`April 2024\nAwaiting the final panel\n${table}`)).toEqual(['2024-04 -']);
    expect(faultsIn(`Final figures\nApril 2024 provisional\n${table}`)[0]).toContain('both provisional and final');
  });

  test('is no other, and none beside another', () => {
    expect(faultsIn('Measure,Apr-24,May-24 (revised)\nCLA,300,310\n')).toEqual([
      '1 May-24 (revised): "May-24 (revised)" says "revised", which is neither final nor provisional; write "May-24 (provisional)" where the figures can still change, and the month alone where they cannot',
    ]);
    expect(faultsIn('period,metric,count,status\nApr-24 (p),CLA,300,final\n')).toEqual([
      '2 status: 2024-04 is provisional by another column; a month has one status',
    ]);
    expect(faultsIn('Measure,Apr-24 (YTD)\nCLA,300\n')).toEqual([
      '1 Apr-24 (YTD): "Apr-24 (YTD)" has "YTD" beside the month; write the month alone, "Apr-24", or leave out what is not of that month',
    ]);
  });
});

describe('a column beside those of months', () => {
  test.each([
    ['May', 'is not a month of a year; write it with its year'],
    ['45413', 'is how a spreadsheet numbers a day of May 2024'],
    ['05/06/2024', 'can be June 2024 or May 2024'],
    ['24-May', 'can be a day of May or the month of a year'],
  ])('headed %s is not passed over where it holds figures', (heading, why) => {
    expect(faultsIn(`Measure,Apr-24,${heading}\nCLA,300,310\n`)[0]).toMatch(`1 ${heading}: "${heading}" ${why}`);
    expect(figuresIn(`Measure,Apr-24,${heading}\nCLA,300,\n`)).toEqual(['2024-04 looked-after-children 300']);
  });

  test.each(['May-24*', 'May-24 [1]', 'May-24 (note 2)', 'May-24\u00b9'])('may have a footnote: %s', (heading) => {
    expect(figuresIn(`Measure,${heading}\nCLA,310\n`)).toEqual(['2024-05 looked-after-children 310']);
  });
});

describe('a year', () => {
  test.each([
    ['2024/25', '2025-03'],
    ['2024-25', '2025-03'],
    ['2024-2025', '2025-03'],
    ['FY 2024/25', '2025-03'],
  ])('written %j is the month it ends in, for a metric reported once a year', (written, period) => {
    expect(figuresIn(line(`${written},children-feel-safe,8,10,,,`))).toEqual([`${period} children-feel-safe 8/10`]);
  });

  test.each([
    ['2024-25 Q1', '2024-06'],
    ['2024/25 Q3', '2024-12'],
    ['Q4 2024/25', '2025-03'],
  ])('has quarters: %j, for a metric reported every quarter', (written, period) => {
    expect(figuresIn(line(`${written},forensic-paediatricians,,,3,,`))).toEqual([
      `${period} forensic-paediatricians 3`,
    ]);
  });

  test('is no month of a metric reported every month, which is told the month to write', () => {
    expect(faultsIn(line('2024/25,referral-backlog,,,12,,', '2024-25 Q1,closure-backlog,,,12,,'))).toEqual([
      '2 period: "2024/25" is a year, and Referral backlog is reported every month; write the month, such as 2025-03, or leave out what is a total of months',
      '3 period: "2024-25 Q1" is a quarter, and Closure backlog is reported every month; write the month, such as 2024-06, or leave out what is a total of months',
    ]);
  });

  test('is not a quarter', () => {
    expect(faultsIn(line('2024/25,forensic-paediatricians,,,3,,'))[0]).toContain(
      'write the month in which the quarter ends',
    );
  });

  test('written 2010-11 is told from November 2010 by what stands around it', () => {
    const years = line('2010-11,children-feel-safe,8,10,,,', '2012-13,children-feel-safe,9,10,,,');
    expect(figuresIn(years)).toEqual(['2011-03 children-feel-safe 8/10', '2013-03 children-feel-safe 9/10']);
    const months = line('2010-10,referral-backlog,,,1,,', '2010-11,children-feel-safe,8,10,,,');
    expect(figuresIn(months)).toEqual(['2010-10 referral-backlog 1', '2010-11 children-feel-safe 8/10']);
    expect(figuresIn(line('2010-11,referral-backlog,,,1,,'))).toEqual(['2010-11 referral-backlog 1']);
    expect(faultsIn(line('2010-11,children-feel-safe,8,10,,,'))).toEqual([
      '2 period: "2010-11" can be 2010-11 or the year to March 2011; write 2010-11-01 for the month or 2011-03 for the year',
    ]);
    expect(faultsIn(line('2010-11,referral-backlog,,,1,,', '2012-13,referral-backlog,,,1,,'))).toHaveLength(2);
  });
});

describe('names that no metric has', () => {
  const unknownIn = (text: string) => read(text).unknown;

  test('are those beside figures, in lines and above columns', () => {
    expect(unknownIn(line('2024-08,our backlog,,,12,,', '2024-07,Our Backlog,,,3,,', '2024-08,ICPC,1,2,,,'))).toEqual([
      'Our Backlog',
    ]);
    expect(unknownIn('Measure,Apr-24,Target\nFront door,,\nOur backlog,12,0\nCLA,312,\n')).toEqual(['Our backlog']);
    expect(unknownIn('Month,CLA,Our backlog,RAG\nApr-24,312,12,green\n')).toEqual(['Our backlog']);
    expect(unknownIn('Month,Our backlog,Lead\nApr-24,12,J. Smith\n')).toEqual(['Our backlog']);
  });

  test('are understood by what they are remembered to mean, before a usual name and after an id or a title', () => {
    const names = [
      { name: 'CLA', metric: 'child-protection-plans' },
      { name: 'Looked after children', metric: 'referral-backlog' },
      { name: 'Conf. in time', metric: 'conferences-on-time', field: 'numerator' as const },
      { name: 'gone', metric: 'a-metric-that-is-gone' },
    ];
    const text = 'Month,CLA,Looked after children,Conf in time,Conf in time den,gone\nApr-24,1,2,3,4,5\n';
    const { months, faults, unknown } = readFigures(text, METRICS, { ownNames: names });
    expect([faults, unknown]).toEqual([[], ['gone']]);
    expect(months[0]?.submission.observations).toEqual({
      'child-protection-plans': { count: 1 },
      'looked-after-children': { count: 2 },
      'conferences-on-time': { numerator: 3, denominator: 4 },
    });
  });
});

describe('a file as it comes', () => {
  const AUGUST = ['2024-08 average-caseload 14.5', '2024-08 conferences-on-time 14/15'];
  test.each([
    [
      'pasted from a spreadsheet',
      `${HEADER.replaceAll(',', '\t')}\r\n2024-08\tconferences-on-time\t14\t15\t\t\tfinal\r\n2024-08\taverage-caseload\t\t\t\t14.5\tfinal\r\n`,
    ],
    [
      'separated by semicolons',
      `${HEADER.replaceAll(',', ';')}\r\n2024-08;conferences-on-time;14;15;;;final\r\n2024-08;average-caseload;;;;14,5;final\r\n`,
    ],
    [
      'that says how it is separated',
      `sep=,\r\n${HEADER}\r\n2024-08,conferences-on-time,14,15,,,final\r\n2024-08,average-caseload,,,,14.5,final\r\n`,
    ],
    [
      'in UTF-16',
      Buffer.from(
        `\ufeff${HEADER.replaceAll(',', '\t')}\r\n2024-08\tconferences-on-time\t14\t15\t\t\tfinal\r\n2024-08\taverage-caseload\t\t\t\t14.5\t\r\n`,
        'utf16le',
      ),
    ],
    [
      'with mixed ends of lines',
      `${HEADER}\r\n2024-08,conferences-on-time,14,15,,,final\n2024-08,average-caseload,,,,14.5,final\r`,
    ],
    [
      'with doubled ends of lines',
      `${HEADER}\r\r\n2024-08,conferences-on-time,14,15,,,final\r\r\n2024-08,average-caseload,,,,14.5,final\r\r\n`,
    ],
    [
      'with empty columns and cells at its right',
      `${HEADER},,,\n2024-08,conferences-on-time,14,15,,,final,,,\n2024-08,average-caseload,,,,14.5,final,\n`,
    ],
    ['with short lines', `${HEADER}\n2024-08,conferences-on-time,14,15\n2024-08,average-caseload,,,,14.5\n`],
    [
      'with percentages beside their counts',
      line('2024-08,conferences-on-time,14,15,,93.3,final', '2024-08,average-caseload,,,,14.5,'),
    ],
    [
      'under titles, with empty lines',
      `Monthly return,,\n"Extracted 07/10/2024",,\n,,,\n${HEADER}\n2024-08,conferences-on-time,14,15,,,\n,,,,\n2024-08,average-caseload,,,,14.5,\n`,
    ],
    [
      'with a blank line first',
      `\n,,,\n${line('2024-08,conferences-on-time,14,15,,,', '2024-08,average-caseload,,,,14.5,')}`,
    ],
  ])('%s', (_, text) => {
    expect(figuresIn(text).sort()).toEqual(AUGUST);
  });

  test('with remarks that a spreadsheet put into cells', () => {
    const text = `"# Herefordshire"," annual figures",,\n"#   health-checks: LACHealth%"," percentage",,\n#,,,\n${line('2024/8,referral-backlog,,,12,,')}`;
    expect(figuresIn(text)).toEqual(['2024-08 referral-backlog 12']);
    expect(asidesIn(text)).toHaveLength(3);
  });

  test('sets titles and totals aside by name', () => {
    const text = `Children's services,,\n${line('2024-08,referral-backlog,,,12,,', 'Total,,14,15,12,,', '2024/25 YTD,conferences-on-time,14,15,,,', 'Source: case system,,,,,,')}`;
    expect(figuresIn(text)).toEqual(['2024-08 referral-backlog 12']);
    expect(asidesIn(text)).toEqual([
      "1 Children's services: stands above the names of the columns",
      '4 Total 14 15 12: is a total',
      '5 2024/25 YTD conferences-on-time 14 15: is a total',
      '6 Source: case system: holds no figure',
    ]);
  });

  test('says how each column was read', () => {
    const text =
      'Month,Initial assessments on time - num,Initial assessments on time - den,Initial assessments %,CLA,Comments\nAug-24,56,86,65.1%,312,as reported\n';
    const { months, understood } = read(text);
    expect(figuresIn(text)).toEqual(['2024-08 initial-assessments-on-time 56/86', '2024-08 looked-after-children 312']);
    expect(months[0]?.submission.commentary).toBe('as reported');
    expect(understood[0]?.columns.map(({ heading, readAs }) => `${heading}: ${readAs}`)).toEqual([
      'Month: the month',
      'Initial assessments on time - num: Initial assessments on time, numerator',
      'Initial assessments on time - den: Initial assessments on time, denominator',
      'Initial assessments %: not read',
      'CLA: Looked after children',
      'Comments: commentary on the month',
    ]);
  });

  test('may have a metric a line and the months side by side', () => {
    const text =
      'Indicator,Apr-24,May-24,Target\nSafeguarding,,,\nICPC - num,14,15,\nICPC - den,15,15,\nReferral backlog,3,,0\nLong-term placement stability,76%,75.5%,70%\n';
    expect(figuresIn(text)).toEqual([
      '2024-04 conferences-on-time 14/15',
      '2024-04 placement-stability 76',
      '2024-04 referral-backlog 3',
      '2024-05 conferences-on-time 15/15',
      '2024-05 placement-stability 75.5',
    ]);
    expect(asidesIn(text)).toEqual(['2 Safeguarding: holds no figure']);
  });

  test.each([
    ['names of metrics under no name', ',Aug-24,Sep-24\nICPC num,14,15\nICPC den,15,16\n'],
    ['names of metrics under any name', 'Safeguarding,Aug-24,Sep-24\nICPC num,14,15\nICPC den,15,16\n'],
    [
      'numbers and footnotes',
      'Indicator name,Aug-24,Sep-24\n1.2 ICPC num [1],14,15\nKPI 3: ICPC den (note 2),15,16\nTotals*,1,2\n',
    ],
    [
      'actual and target side by side',
      'Measure,Aug-24 Actual,Aug-24 Target,Sep-24 Actual,Sep-24 Target\nICPC,14/15,85%,15/16,85%\n',
    ],
    [
      'actual and target below months',
      ',Aug-24,,Sep-24,\nMeasure,Actual,Target,Actual,Target\nICPC,14/15,85%,15/16,85%\n',
    ],
    ['three lines of names', ',2024/25,,,\n,Aug,,Sep,\nMeasure,Num,Den,Num,Den\nICPC,14,15,15,16\n'],
    ['a line of units', 'Month,ICPC num,ICPC den\n,children,children\nAug-24,14,15\nSep-24,15,16\n'],
    ['a metric said once', 'ICPC\nMonth,Num,Den\nAug-24,14,15\nSep-24,15,16\n'],
    [
      'what is of no month below',
      'Month,ICPC\nAug-24,14/15\nSep-24,15/16\nTarget,85%\nEngland average,78%\nMax,16/16\nNotes:,\n',
    ],
    ['one column of values', 'Time period,Indicator,Value\n2024-08,ICPC,14/15\n2024-09,ICPC,15/16\n'],
  ])('may have %s', (_, text) => {
    expect(figuresIn(text)).toEqual(['2024-08 conferences-on-time 14/15', '2024-09 conferences-on-time 15/16']);
  });

  test('whose title names a metric, and has another below, is no table of one', () => {
    expect(faultsIn('CLA\nMonth,Figure\nAug-24,1\n\nComplaints\nMonth,Figure\nSep-24,2\n')).toEqual([
      expect.stringContaining('names Complaints, below the names of the columns'),
    ]);
  });

  test('may leave the rest of a year blank', () => {
    expect(
      figuresIn(
        line(
          '2024-08,referral-backlog,,,12,,final',
          '2024-09,referral-backlog,,,,,final',
          '2024-10,referral-backlog,,,,,',
        ),
      ),
    ).toEqual(['2024-08 referral-backlog 12']);
    expect(read(line('2024-08,referral-backlog,,,12,,', '2024-09,referral-backlog,,,,,')).understood[0]?.blanks).toBe(
      1,
    );
    expect(faultsIn(line('2024-09,referral-backlog,,,,,'))).toEqual([
      expect.stringContaining('the file holds no figure'),
    ]);
  });

  test.each([
    ['Initial assessments on time', 'initial-assessments-on-time'],
    ['% initial assessments completed in timescale', 'initial-assessments-on-time'],
    ['ICPC within 15 days', 'conferences-on-time'],
    ['Initial Conferences On Time', 'conferences-on-time'],
    ['Looked After Children', 'looked-after-children'],
    ['CLA', 'looked-after-children'],
    ['Number of CLA at month end', 'looked-after-children'],
    ['No. of children subject to a CP plan', 'child-protection-plans'],
    ['NI 59', 'initial-assessments-on-time'],
    ['LAC reviews in timescale', 'looked-after-reviews-on-time'],
    ['Average caseload', 'average-caseload'],
  ])('calls a metric "%s"', (name, id) => {
    const metric = METRICS.get(id);
    const cells = { count: ',,1,', mean: ',,,1', proportion: '1,1,,', rate: '1,1,,' }[metric?.kind ?? 'count'];
    expect(figuresIn(line(`2024-08,${name},${cells},`))[0]).toMatch(`2024-08 ${id} `);
  });
});

describe('a number', () => {
  test.each([
    ['14.0', '14'],
    ['"1,234.0"', '1234'],
    ['1.2E+03', '1200'],
    ['+4', '4'],
    ['1\u00a0234', '1234'],
    ['12 345', '12345'],
  ])('written %s is %s', (written, number) => {
    expect(figuresIn(line(`2024-08,referral-backlog,,,${written},,`))).toEqual([`2024-08 referral-backlog ${number}`]);
  });

  test.each([
    ['.5', '0.5'],
    ['17.', '17'],
  ])('written %s is %s of a mean', (written, number) => {
    expect(figuresIn(line(`2024-08,average-caseload,,,,${written},`))).toEqual([`2024-08 average-caseload ${number}`]);
  });

  test.each([
    ['76%', '76'],
    ['0.8%', '0.8'],
    ['76.5 %', '76.5'],
    ['76', '76'],
    ['1%', '1'],
    ['0', '0'],
    ['100%', '100'],
    ['76 per cent', '76'],
    ['76％', '76'],
  ])('written %s is %s per cent', (written, number) => {
    expect(figuresIn(line(`2024-08,placement-stability,,,,${written},`))).toEqual([
      `2024-08 placement-stability ${number}`,
    ]);
  });

  test('between 0 and 1 is not taken for a percentage without a word, and a year of them is one fault', () => {
    const months = ['04', '05', '06', '07', '08'].map((month) => `2024-${month},placement-stability,,,,0.76,final`);
    expect(faultsIn(line(...months))).toEqual([
      '2 value: 0.76 can mean 76% or 0.76%; write it with the sign, as 76% or 0.76% (so it is on lines 3, 4, 5, 6)',
    ]);
    const differing = ['0.74', '0.75', '0.048', '0.76'].map(
      (share, index) => `2024-0${index + 1},placement-stability,,,,${share},`,
    );
    expect(faultsIn(line(...differing))).toHaveLength(1);
  });

  test.each([
    ['c', 'is no figure; leave the cell blank'],
    ['low', 'is no figure'],
    ['u', 'is no figure'],
    ['x', 'is no figure'],
    ['z', 'is no figure'],
    ['-', 'write 0 where there were none'],
    ['\u2013', 'write 0 where there were none'],
    ['12(1)', 'write the number alone'],
    [':', 'is no figure'],
    ['[c]', 'is no figure'],
    ['#N/A', "is a formula's error"],
    ['#DIV/0!', 'divides by nothing; leave the cell blank, or give 0 of 0'],
    ['(12)', 'below zero'],
    ['173.5', 'a whole number is needed'],
    ['5%', 'is a percentage, where a count is needed'],
    ['about 5', 'is not a number'],
  ])('is not %j, which is named for what it is', (written, why) => {
    const [fault, ...others] = faultsIn(line(`2024-08,referral-backlog,,,${written},,`));
    expect(others).toEqual([]);
    expect(fault).toMatch(/^2 count: /);
    expect(fault).toContain(why);
  });

  test('with one comma has two meanings where the comma may be the decimal sign', () => {
    expect(faultsIn('period;metric;count\n2024-08;referral-backlog;1,234\n')[0]).toContain('can be 1234 or 1.234');
  });
});

describe('what a metric is reported in', () => {
  test('0 of 0 says that there was nothing to count', () => {
    expect(figuresIn(line('2024-08,conferences-on-time,0,0,,,', '2024-08,referral-backlog,,,12,,'))).toEqual([
      '2024-08 conferences-on-time 0/0',
      '2024-08 referral-backlog 12',
    ]);
    expect(faultsIn(line('2024-08,conferences-on-time,1,0,,,'))[0]).toContain('cannot be zero');
  });

  test('a percentage that its counts do not come to is named', () => {
    expect(faultsIn(line('2024-08,conferences-on-time,14,15,,95.2,'))).toEqual([
      expect.stringContaining('2 value: "95.2" is not what 14 of 15 come to, which is 93.3%'),
    ]);
  });

  test('a figure in the wrong column is told where it belongs', () => {
    expect(
      faultsIn(
        line(
          '2024-08,referral-backlog,12,,,,',
          '2024-08,average-caseload,,,14,,',
          '2024-08,looked-after-children,,,,173,',
        ),
      ),
    ).toEqual([
      '2 numerator: referral-backlog is a count: its figure belongs in the column count',
      '3 count: average-caseload is a mean: its figure belongs in the column value',
      '4 value: looked-after-children is a count: its figure belongs in the column count',
    ]);
  });

  test('a count or a mean that stands alone where others have their numerator is that, where a table has no column for counts', () => {
    const scorecard = (...lines: string[]) => `Measure,Aug-24 num,Aug-24 den,Aug-24 %\n${lines.join('\n')}\n`;
    const { faults, months, understood } = read(
      scorecard('Referral backlog,12,,', 'Average caseload,17.6,,', 'Conferences on time,13,15,86.7%'),
    );
    expect(faults).toEqual([]);
    expect(understood[0]?.columns.map(({ readAs }) => readAs)).toEqual([
      'the metric',
      'figures of August 2024, numerator',
      'figures of August 2024, denominator',
      'figures of August 2024, value',
    ]);
    expect(months[0]?.body).toMatchObject({
      observations: {
        'referral-backlog': { count: 12 },
        'average-caseload': { value: 17.6 },
        'conferences-on-time': { numerator: 13, denominator: 15 },
      },
    });
    // Of two that stand beside each other one is no count, and which is not said.
    expect(faultsIn(scorecard('Referral backlog,12,40,'))).toEqual([
      '2 Aug-24 num: referral-backlog is a count: its figure belongs in the column count',
      '2 Aug-24 den: referral-backlog is a count: its figure belongs in the column count',
    ]);
  });
});

test('people are told of metrics by their titles, also by an id of one word, and never of another word by one', () => {
  const told = (message: string) => withTitles(message, METRICS);
  expect(told('referral-backlog is a count: its figure belongs in the column count')).toMatch(
    /^Referral backlog is a count/,
  );
  expect(told('complaints is a count: its figure belongs in the column count')).toMatch(/^Complaints is a count/);
  expect(told('no metric is called "conferences-on-tim"; the nearest is "conferences-on-time"')).toMatch(
    /"conferences-on-tim"; the nearest is "Initial conferences on time"$/,
  );
  for (const kept of ['6 complaints are fewer', 'referral-backlog.count is there twice', 'nothing is there'])
    expect(told(kept)).toBe(kept);
});

describe('nothing is left out unsaid', () => {
  test.each([
    [
      'in the period',
      line(
        '2024-08,conferences-on-time,14,15,,,',
        '#N/A,referral-backlog,,,140,,',
        '2024-08,closure-backlog,,,12,,',
        '#VALUE!,protection-plans-allocated,90,100,,,',
      ),
      ['3 period', '5 period'],
    ],
    [
      'in the metric',
      'metric,period,numerator,denominator,count\nconferences-on-time,2024-08,14,15,\n#N/A,2024-08,,,140\n#REF!,2024-08,90,100,\n',
      ['3 metric', '4 metric'],
    ],
    [
      'in a month a line',
      'period,status,referral-backlog.count,closure-backlog.count\n2024-04,,3,4\n#VALUE!,,140,9\n2024-06,,2,4\n',
      ['3 period'],
    ],
    [
      'in a column too narrow',
      line('2024-08,conferences-on-time,14,15,,,', '#######,referral-backlog,,,140,,'),
      ['3 period'],
    ],
    [
      'though no figure is beside it',
      line('2024-08,conferences-on-time,14,15,,,', '#N/A,referral-backlog,,,,,'),
      ['3 period'],
    ],
  ])('an error %s is a fault, though its line begins with #', (_, text, places) => {
    expect(faultsIn(text).map((fault) => fault.split(':')[0])).toEqual(places);
  });

  test('a metric whose name begins as a total does', () => {
    expect(faultsIn(line('2024-08,Average time to first visit,,,,3,'))[0]).toContain('no metric is called');
    expect(figuresIn(line('2024-08,Average caseload,,,,17.5,'))).toEqual(['2024-08 average-caseload 17.5']);
    expect(faultsIn('Measure,Apr-24\nAverage time to visit,3\n')[0]).toContain('no metric is called');
    expect(figuresIn('Measure,Apr-24\nTotal number of CLA,3\n')).toEqual(['2024-04 looked-after-children 3']);
    const separate = 'Measure,Apr-24,May-24\nAverage caseload,17,18\nAverage of all,1,2\n';
    expect(figuresIn(separate)).toHaveLength(2);
    expect(asidesIn(separate)).toEqual(['3 Average of all 1 2: is a total']);
  });

  test('a figure in a column that is not read', () => {
    expect(faultsIn('period,metric,count,Actuals\n2024-08,referral-backlog,,12\n')).toEqual([
      '2 Actuals: holds 12, and no column that is read holds a figure; name it count',
    ]);
  });

  test('a cell under no heading is named by the letter of its column', () => {
    expect(faultsIn(`${HEADER},\n2024-08,referral-backlog,,,12,,final,x\n`)).toEqual([
      '2 H: holds "x" under no heading; name the column in line 1, or empty it',
    ]);
  });

  test('figures above the names of the columns', () => {
    expect(faultsIn(`2024-07,referral-backlog,3,\n${line('2024-08,referral-backlog,,,12,,')}`)[0]).toContain(
      'stands above the names',
    );
  });

  test('no names of columns at all is one fault', () => {
    expect(faultsIn('2024-08,referral-backlog,12\n2024-09,referral-backlog,13\n')).toEqual([
      expect.stringMatching(/^1 undefined: no line names the columns; .* such as period,metric,/),
    ]);
  });

  test('a thousand faults of one cause are one', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `2024-08,no-such-metric-${index},,,x${index},,`);
    expect(faultsIn(line(...lines)).filter((fault) => fault.includes('is not a number'))).toEqual([
      '2 count: "x0" is not a number; write the number alone, without anything beside it (so it is on lines 3, 4, 5, 6, 7 and 994 more)',
    ]);
  });

  test('statuses of others are explained', () => {
    expect(faultsIn(line('2024-08,conferences-on-time,14,15,,,Revised', '2024-08,referral-backlog,,,3,,P'))).toEqual([
      '2 status: "Revised" is neither final nor provisional; what will not change any more is final',
      '3 status: "P" is neither final nor provisional; write provisional',
    ]);
  });

  test.each(['draft', 'provisional*', 'done'])('a status of "%s" is told what to write', (status) => {
    expect(faultsIn(line(`2024-08,referral-backlog,,,3,,${status}`))).toEqual([
      `2 status: "${status}" is neither final nor provisional; write provisional where the figures can still change, and final where they cannot`,
    ]);
  });

  test.each([
    [
      'text that is not UTF-8',
      Buffer.from(`${HEADER}\r\n2024-08,referral-backlog,,,12,,caf\xe9\r\n`, 'latin1'),
      '2 undefined: holds characters that are not UTF-8; in Excel',
    ],
    [
      'a quotation mark that is not closed',
      `${HEADER}\n2024-08,"referral-backlog,,,12,,\n`,
      'a quotation mark opens here',
    ],
    ['nothing', '', 'the file is empty'],
    ['a rating', line('2024-08,referral-backlog,,,12,,Green'), 'a rating is not read: call its column "Rating"'],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'the file is a picture'],
    ['an old archive', Buffer.from('1f8b0800', 'hex'), 'the file is an archive of other files'],
    ['a web page that Outlook saved', Buffer.from('MIME-Version: 1.0\r\n'), 'the file is a web page in one file'],
  ])('%s', (_, text, why) => {
    expect(faultsIn(text)[0]).toContain(why);
  });
});

describe('quoted and wrapped otherwise', () => {
  const LINES = ['Month,Measure,Count', 'Aug-24,referral-backlog,3', 'Sep-24,Referral backlog,4'];
  const BOTH = ['2024-08 referral-backlog 3', '2024-09 referral-backlog 4'];
  const cells = (mark: (cell: string) => string) => LINES.map((text) => text.split(',').map(mark).join(','));
  const rest = (mark: (text: string) => string) => LINES.map((text, index) => (index > 0 ? mark(text) : text));
  test.each<[string, string[]]>([
    ['each line is one cell', LINES.map((text) => `"${text}"`)],
    ['each line is one cell, with commas after it', LINES.map((text) => `"${text}",,`)],
    ['each line but the first is one cell', rest((text) => `"${text}"`)],
    ['the first line is one cell', LINES.map((text, index) => (index === 0 ? `"${text}"` : text))],
    ['each line is one cell of quoted cells', LINES.map((text) => `"${text.replace(/,(.*),/, ',""$1"",')}"`)],
    ['each line is one cell with semicolons', LINES.map((text) => `"${text.replaceAll(',', ';')}"`)],
    ['cells have two marks', cells((cell) => `""${cell}""`)],
    ['cells have three marks', cells((cell) => `"""${cell}"""`)],
    ['cells have the marks of Word', cells((cell) => `\u201c${cell}\u201d`)],
    ['lines have the marks of Word', LINES.map((text) => `\u201c${text}\u201d`)],
    ['cells have single marks', cells((cell) => `'${cell}'`)],
    ['cells have slanted marks', cells((cell) => `\`${cell}\``)],
    ['blanks stand before the marks', cells((cell) => ` "${cell}" `)],
    ['lines have bars around them', LINES.map((text) => `| ${text.replaceAll(',', ' | ')} |`)],
    [
      'the names have a line below them',
      LINES.flatMap((text, index) => [`|${text.replaceAll(',', '|')}|`, ...(index === 0 ? ['|---|:--|--:|'] : [])]),
    ],
  ])('%s', (_, lines) => {
    expect(figuresIn(lines.join('\n'))).toEqual(BOTH);
    expect(figuresIn(lines.join('\r\n'))).toEqual(BOTH);
  });

  test('a fault in a line that is one cell is named by that line, and a drawn line is set aside', () => {
    expect(faultsIn('"Month,Measure,Count"\n\n"Aug-24,Referral backlog,about 3"\n')).toEqual([
      expect.stringMatching(/^3 Count: "about 3" is not a number/),
    ]);
    expect(asidesIn('Month|Measure|Count\n-----|-----|----\nAug-24|Referral backlog|3\n')).toEqual([
      '2 ----- ----- ----: is a line that is drawn',
    ]);
  });

  test('what was typed between marks of Word stays as it is in a file with marks of its own', () => {
    const text = 'period,metric,count,commentary\n2024-08,referral-backlog,3,"said,\u201clate, again\u201d,twice"\n';
    expect(read(text).months[0]?.submission.commentary).toBe('said,\u201clate, again\u201d,twice');
  });

  test.each([
    ['^', 'kept apart by "^"; write sep=^ as a line above them'],
    ['~', 'kept apart by "~"; write sep=~ as a line above them'],
    ['\uff0c', 'kept apart by "\uff0c"; write sep=\uff0c as a line above them'],
    ['\\t', 'two signs in place of a tab'],
    ['      ', 'kept apart by spaces, and names hold spaces, too; open it in Excel'],
  ])('columns kept apart by "%s" are told of', (sign, why) => {
    expect(faultsIn(LINES.map((text) => text.replaceAll(',', sign)).join('\n'))).toEqual([
      expect.stringContaining(why),
    ]);
    if (why.includes('sep='))
      expect(figuresIn(`sep=${sign}\n${LINES.map((text) => text.replaceAll(',', sign)).join('\n')}`)).toEqual(BOTH);
  });

  test.each([
    ['<table><tr><td>Month</td></tr></table>', 'a web page'],
    ['<!-- saved --><!-- twice -->\n<meta charset="utf-8"><table>', 'a web page'],
    ['{"period":"2024-08"}\n{"period":"2024-09"}\n', 'JSON'],
    ['[["2024-08","referral-backlog",3]]', 'JSON'],
    ['ID;PWXL;N;E\nC;Y1;X1;K"Month"\nE\n', 'a spreadsheet of the oldest kinds'],
  ])('%s is no table, pasted, sent, or in UTF-16', (text, kind) => {
    const told = [expect.stringContaining(`the file is ${kind}`)];
    expect(faultsIn(text)).toEqual(told);
    expect(faultsIn(Buffer.from(text))).toEqual(told);
    expect(faultsIn(Buffer.from(`\uFEFF${text}`, 'utf16le'))).toEqual(told);
  });

  test('a megabyte of marks and remarks is told of in a moment', () => {
    for (const piece of ["'", ",'", '<!---->', '\u201c', ', ', '"\n', '" ', '""', 'a  '])
      expect(read(piece.repeat(1_000_000 / piece.length)).months).toEqual([]);
  }, 20_000);
});
