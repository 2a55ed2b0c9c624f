import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packArchive } from '../../functions/services/archive.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { HEREFORDSHIRE } from '../support/build.ts';
import { aWorkbook, STYLES, sheetXml } from '../support/workbook.ts';

const METRICS = new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]));
const read = (file: Uint8Array) => readFigures(file, METRICS, { now: new Date('2026-11-25') });
const figuresIn = (file: Uint8Array): string[] => {
  const { months, faults } = read(file);
  expect(faults).toEqual([]);
  return months.flatMap(({ period, submission }) =>
    Object.entries(submission.observations).map(
      ([metric, reported]) => `${period} ${metric} ${Object.values(reported).join('/')}`,
    ),
  );
};
const faultsIn = (file: Uint8Array): string[] =>
  read(file).faults.map(({ sheet, line, column, detail }) => `${sheet} ${line} ${column}: ${detail}`);

/** Where both headers of a part have its checksum and how large it says it is, counted back from its name. */
const CHECKSUM_AT = 16;
const UNPACKED_AT = 8;

/** An archive of which the sheet says something else about itself than is so. */
function saying(file: Buffer, at: number, value: number): Buffer {
  const name = 'xl/worksheets/sheet1.xml';
  file.writeUInt32LE(value, file.indexOf(name) - at);
  file.writeUInt32LE(value, file.lastIndexOf(name) - at - 14);
  return file;
}

/** Of work: on a busy machine the clock says more of the others. */
const secondsSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1e6;
};

const HEADER = ['Month', 'Measure', 'Numerator', 'Denominator', 'Count', 'Value'];
const date = (value: number) => ({ value, style: STYLES.date });
const month = (value: number) => ({ value, style: STYLES.month });
const percent = (value: number) => ({ value, style: STYLES.percent });

describe('a workbook', () => {
  test('has its dates and percentages by the format of their cells', () => {
    const rows = [
      ["Children's services monthly return"],
      [],
      HEADER,
      [date(45505), 'ICPC', 14, 15],
      [month(45536), 'Long-term placement stability', '', '', '', percent(0.765)],
      [month(45536), 'Referral backlog', '', '', 12],
      ['Sep-24', 'Average caseload', '', '', '', 17.1],
      ['Total', '', 14, 15, 12],
    ];
    expect(figuresIn(aWorkbook({ Return: rows }))).toEqual([
      '2024-08 conferences-on-time 14/15',
      '2024-09 average-caseload 17.1',
      '2024-09 placement-stability 76.5',
      '2024-09 referral-backlog 12',
    ]);
    const since1904 = [HEADER, [date(45505 - 1462), 'Referral backlog', '', '', 12]];
    expect(figuresIn(aWorkbook({ Return: since1904 }, { is1904: true }))).toEqual(['2024-08 referral-backlog 12']);
  });

  test('may have its months side by side, and texts that cells share', () => {
    const strings =
      '<sst><si><t>Indicator</t></si><si><r><t>Referral </t></r><r><t>backlog</t></r><rPh><t>x</t></rPh></si></sst>';
    const shared = (index: number) => ({ raw: `<c r="@" t="s"><v>${index}</v></c>` });
    const rows = [
      [shared(0), month(45505), month(45536)],
      [shared(1), 12, { raw: '<c r="@"><f>B2+1</f><v>13</v></c>' }],
    ];
    expect(figuresIn(aWorkbook({ Board: rows }, { strings }))).toEqual([
      '2024-08 referral-backlog 12',
      '2024-09 referral-backlog 13',
    ]);
  });

  test('is read sheet by sheet, and says which were not', () => {
    const sheets = {
      Notes: [['How to fill this in']],
      Safeguarding: [HEADER, ['2024-08', 'Referral backlog', '', '', 12]],
      'Looked after': [HEADER, ['2024-08', 'CLA', '', '', 312]],
      Lists: [HEADER, ['2024-08', 'Complaints', '', '', 1]],
      Empty: [],
    };
    const file = aWorkbook(sheets, { hidden: ['Lists'] });
    expect(figuresIn(file)).toEqual(['2024-08 looked-after-children 312', '2024-08 referral-backlog 12']);
    const { understood, otherSheets } = read(file);
    expect(understood.map(({ sheet }) => sheet)).toEqual(['Safeguarding', 'Looked after']);
    expect(otherSheets).toEqual([
      { name: 'Notes', why: 'has no line that names the columns' },
      { name: 'Lists', why: 'is hidden' },
      { name: 'Empty', why: 'is empty' },
    ]);
  });

  test('is blank where a formula came to nothing, and has the line breaks of its texts', () => {
    const rows = [
      ['Month', 'ICPC_x000D_\nnum', { raw: '<c r="@" t="inlineStr"><is><t>ICPC_x000D_den</t></is></c>' }],
      [month(45505), 14, 15],
      [month(45536), ...Array(2).fill({ raw: '<c r="@" t="str"><f>IF(A3="","","")</f><v></v></c>' })],
    ];
    expect(figuresIn(aWorkbook({ Return: rows }))).toEqual(['2024-08 conferences-on-time 14/15']);
  });

  test('may have a sheet for each metric', () => {
    const file = aWorkbook({
      CLA: [
        ['Month', 'Figure'],
        [month(45505), 312],
      ],
      ICPC: [['Scorecard'], ['Month', 'Num', 'Den'], [month(45505), 14, 15]],
    });
    expect(figuresIn(file)).toEqual(['2024-08 conferences-on-time 14/15', '2024-08 looked-after-children 312']);
    expect(
      read(file).understood.map(({ metric }) => metric && `${metric.title}: ${metric.text}, ${metric.from}`),
    ).toEqual([
      'Looked after children: CLA, the name of the sheet',
      'Initial conferences on time: ICPC, the name of the sheet',
    ]);
  });

  test('has its faults named by sheet, line and column', () => {
    const sheets = {
      One: [
        HEADER,
        ['2024-08', 'Referral backlog', '', '', { raw: '<c r="@" t="e"><v>#DIV/0!</v></c>' }],
        ['2024-08', 'Long-term placement stability', '', '', '', 0.76],
        ['2024-08', 'Closure backlog', '', '', { raw: '<c r="@"><f>SUM(A1:A2)</f></c>' }],
      ],
      Two: [HEADER, ['2024-08', 'Complaints', '', '', 1.5], ['2024-08', 'Long-term placement stability', 1, 2]],
    };
    expect(faultsIn(aWorkbook(sheets))).toEqual([
      expect.stringMatching(/^One 2 Count: "#DIV\/0!" is a formula that divides by nothing/),
      expect.stringMatching(/^One 4 Count: "=SUM\(A1:A2\)" is not a number/),
      expect.stringMatching(/^Two 2 Count: a whole number/),
      expect.stringMatching(/^Two 3 Measure: placement-stability is given for 2024-08 in the sheet "One" too/),
    ]);
  });
});

describe('a sheet a month', () => {
  const COLUMNS = ['Measure', 'Num', 'Den', 'Count', 'Target'];
  const rows = (held: number) => [
    ['Safeguarding'],
    ['ICPC', held, 15, '', '85%'],
    ['CLA', '', '', 300 + held],
    ['Complaints'],
    ['Total', held, 15, 300],
  ];
  const sheet = (...titles: (string | ReturnType<typeof date>)[][]) => [...titles, COLUMNS, ...rows(14)];
  const datingIn = (file: Uint8Array) =>
    read(file).understood.map(({ month: of }) => of && `${of.period}: ${of.text}, ${of.from}`);
  const OF_APRIL = ['2024-04 conferences-on-time 14/15', '2024-04 looked-after-children 314'];

  test('is of the month that it is called by', () => {
    const file = aWorkbook({
      Notes: [['How to read this']],
      'Apr-24': sheet(['Scorecard']),
      'May 2024': [COLUMNS, ...rows(13)],
      Definitions: [
        ['Measure', 'Numerator', 'Denominator'],
        ['ICPC', 'held within 15 days', 'all'],
      ],
      Summary: [COLUMNS, ...rows(27)],
    });
    expect(figuresIn(file)).toEqual([
      ...OF_APRIL,
      '2024-05 conferences-on-time 13/15',
      '2024-05 looked-after-children 313',
    ]);
    expect(datingIn(file)).toEqual([
      '2024-04: Apr-24, the name of the sheet',
      '2024-05: May 2024, the name of the sheet',
    ]);
    expect(read(file).otherSheets).toEqual([
      { name: 'Notes', why: 'has no line that names the columns' },
      { name: 'Definitions', why: 'has no line that names the columns' },
      { name: 'Summary', why: 'holds figures of which nothing says the month' },
    ]);
    expect(read(file).understood[0]).toMatchObject({ blanks: 1, asides: [{ line: 1 }, { line: 3 }, { line: 7 }] });
  });

  test.each([
    ['a title', 'Sheet1', [["Children's services \u2013 April 2024 (final)"]], 'April 2024, line 1'],
    ['a title, whenever it was printed', 'Sheet1', [['April 2024'], ['Extracted 31 May 2024']], 'April 2024, line 1'],
    ['its name, whenever it was printed', 'Apr-24', [['Printed', date(45443)]], 'Apr-24, the name of the sheet'],
    ['its name, on another day', 'CP Apr 2024', [['Scorecard', date(45428)]], 'Apr 2024, the name of the sheet'],
    ['its name, with the one before', 'Apr-24', [['Compared with March 2024']], 'Apr-24, the name of the sheet'],
    ['both', 'Apr-24', [['Scorecard of April 2024']], 'Apr-24, the name of the sheet'],
    ['its name and a year', 'April', [['2024/25']], 'April, 2024/25, the name of the sheet and line 1'],
    ['a date as at', 'Return', [['Position as at 30/04/2024']], 'as at 30/04/2024, line 1'],
  ])('is of the month said by %s', (_, name, titles, from) => {
    const file = aWorkbook({ [name]: sheet(...titles) });
    expect(figuresIn(file)).toEqual(OF_APRIL);
    expect(datingIn(file)).toEqual([`2024-04: ${from}`]);
  });

  test('may have its metrics side by side, and be a quarter', () => {
    const file = aWorkbook({
      'Apr-24': [
        ['CLA', 'ICPC num', 'ICPC den'],
        [314, 14, 15],
      ],
      'Q1 2024-25': [
        ['Measure', 'Count'],
        ['forensic-paediatricians', 3],
      ],
    });
    expect(figuresIn(file)).toEqual([...OF_APRIL, '2024-06 forensic-paediatricians 3']);
  });

  test('is told by its title in a text file, too', () => {
    expect(figuresIn(Buffer.from('Return of April 2024\nMeasure,Num,Den,Count\nICPC,14,15,\nCLA,,,314\n'))).toEqual(
      OF_APRIL,
    );
  });

  const NAME_IT = 'name the sheet by the month, such as "Apr-24", write the month in a line above the columns, or add';
  test.each<[string, Parameters<typeof aWorkbook>[0], string]>([
    ['a name of two months', { 'Apr-24 to May-24': sheet() }, `April 2024 and May 2024; ${NAME_IT}`],
    ['titles of two months', { Return: sheet(['April 2024 and May 2024']) }, `April 2024 and May 2024; ${NAME_IT}`],
    ['a month of no year', { April: sheet() }, `called "April", a month without its year; ${NAME_IT}`],
    ['a month of no year beside others', { April: sheet(), 'May-24': sheet() }, 'a month without its year'],
    ['a month or a year', { '2010-11': sheet() }, 'can be November 2010 or the year to March 2011'],
    [
      'a name and a title of different months',
      { 'Apr-24': sheet(['Scorecard May 2024']) },
      'says May 2024, and the sheet is called "Apr-24"; put one of them right',
    ],
    [
      'a month of no year and another',
      { April: sheet(['Scorecard May 2024']) },
      'says May 2024, and the sheet is called "April"',
    ],
    [
      'a name and a column of different months',
      {
        'Apr-24': [
          ['Month', 'CLA'],
          ['May-24', 314],
        ],
      },
      'holds no figure of April 2024, but of May 2024',
    ],
    [
      'another month below',
      { 'Apr-24': [...sheet(), ['Return: May 2024'], ['ICPC', 13, 15]] },
      'says May 2024, below the names of the columns',
    ],
    [
      'another month below, with names of columns',
      { 'Apr-24': [...sheet(), ['May 2024'], COLUMNS, ...rows(13)] },
      'says May 2024, below the names of the columns',
    ],
    [
      'a column of months by another name',
      {
        'Apr-24': [
          ['Reporting', 'Measure', 'Count'],
          ['May-24', 'CLA', 314],
        ],
      },
      'holds months; call it "Month"',
    ],
    [
      'a line for each team',
      {
        'Apr-24': [
          ['Team', 'CLA', 'ICPC num', 'ICPC den'],
          ['A', 1, 2, 3],
          ['B', 1, 2, 3],
        ],
      },
      'is there twice; a month is one line',
    ],
    ['one month in two sheets', { 'Apr-24': sheet(), 'April 2024': sheet() }, 'in the sheet "Apr-24" too'],
    ['nothing', { Sheet1: sheet() }, 'say the month of all figures once'],
  ])('is refused for %s, with what to do', (_, sheets, why) => {
    expect(read(aWorkbook(sheets)).months).toEqual([]);
    expect(faultsIn(aWorkbook(sheets)).join('\n')).toContain(why);
  });
});

describe('what is too much, or no workbook, is refused within a second', () => {
  const zeros = (bytes: number) => Buffer.alloc(bytes, 0x20).toString();
  const million = `<worksheet><sheetData><row r="1">${'<c><v>1</v></c>'.repeat(1_000_000)}</row></sheetData></worksheet>`;
  const blank = `<worksheet><sheetData>${'<row><c s="1"/></row>'.repeat(900_000)}</sheetData></worksheet>`;
  const entities = `<!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>`;
  test.each([
    [
      'that unpacks to a thousand times its size',
      () => aWorkbook({ Bomb: zeros(40 * 1024 * 1024) }),
      'unpacks to more',
    ],
    ['with a million columns', () => aWorkbook({ Wide: million }), 'beyond column 1000'],
    ['with a million empty rows', () => aWorkbook({ Long: blank }), 'holds more than is read'],
    [
      'with more rows than are read',
      () => aWorkbook({ Long: sheetXml(Array(20_002).fill([1])) }),
      'more than 20000 rows',
    ],
    [
      'with texts that refer to each other',
      () => aWorkbook({ One: [[1]] }, { strings: entities }),
      'declares a document type',
    ],
    [
      'with texts that are not there',
      () => aWorkbook({ One: [[{ raw: '<c r="@" t="s"><v>7</v></c>' }]] }),
      'a text that is not there',
    ],
    [
      'with a million texts',
      () => aWorkbook({ One: [[1]] }, { strings: `<sst>${'<si><t>a</t></si>'.repeat(300_000)}</sst>` }),
      'holds more than is read',
    ],
    ['with tags that never end', () => aWorkbook({ One: `<worksheet>${'<row '.repeat(1_000_000)}` }), 'is damaged'],
    [
      'with one text of 20 MB',
      () => aWorkbook({ One: `<worksheet><row><c t="str"><v>${'a&amp;'.repeat(3_500_000)}</v></c></row></worksheet>` }),
      'holds a longer text than a cell can',
    ],
    [
      'with a comment of 20 MB',
      () => aWorkbook({ One: `<worksheet><!--${'- '.repeat(10_000_000)}--><row/></worksheet>` }),
      'the file is empty',
    ],
    [
      'with a million attributes',
      () => aWorkbook({ One: `<worksheet><row ${'a="b" '.repeat(1_000_000)}/></worksheet>` }),
      'is damaged',
    ],
    ...[
      ['comments', '<!---->'],
      ['instructions', '<?a?>'],
      ['empty texts', '<![CDATA[]]>'],
      ['references', `<row>${'&lt;'.repeat(70_000)}</row>`],
      ['attributes', `<c ${Array.from({ length: 60 }, (_, i) => `a${i}="" `).join('')}/>`],
    ].map(([what, piece = '']): [string, () => Buffer, string] => [
      `of 20 MB of ${what}`,
      () => aWorkbook({ One: `<worksheet>${piece.repeat(20_000_000 / piece.length)}</worksheet>` }),
      'holds more than is read',
    ]),
    [
      'with names of thousands of folders',
      () => packArchive(Array.from({ length: 80 }, (_, i) => [`${i}${'/a'.repeat(2000)}`, 'x'])),
      'no workbook that can be read',
    ],
    [
      'that says it is small',
      () => saying(aWorkbook({ Bomb: zeros(20 * 1024 * 1024) }), UNPACKED_AT, 100),
      'unpacks to more',
    ],
    [
      'of which a bit was flipped',
      () => saying(aWorkbook({ One: [[1]] }), CHECKSUM_AT, 1),
      'no workbook that can be read',
    ],
    ...['<worksheet><sheetData><row>', '<worksheet><row></worksheet></row>', '<worksheet/>figures'].map(
      (xml): [string, () => Buffer, string] => [`whose sheet is ${xml}`, () => aWorkbook({ One: xml }), 'is damaged'],
    ),
    [
      'of a thousand sheets',
      () => aWorkbook(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`S${i}`, [[1]]]))),
      'more than 60 sheets',
    ],
    ['cut short', () => aWorkbook({ One: [HEADER] }).subarray(0, 400), 'no workbook that can be read'],
    ...[
      ['a.doc', 'a zip archive'],
      ['return.csv', 'a zip archive of other files'],
      ['xl/workbook.bin', 'a binary workbook (.xlsb)'],
      ['content.xml', 'an OpenDocument file (.ods)'],
      ['Index/Document.iwa', 'a Numbers file'],
      ['word/document.xml', 'a Word document'],
    ].map(([part = '', kind]): [string, () => Buffer, string] => [
      `that is an archive with ${part}`,
      () => packArchive([[part, 'x']]),
      `is ${kind}, no Excel workbook; save the figures as`,
    ]),
    ['of before 2007', () => Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'is a workbook of before 2007 (.xls)'],
    ['of Excel 4', () => Buffer.from('0908100000060500', 'hex'), 'is a workbook of before 2007 (.xls)'],
    [
      'with a password',
      () => Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
      'has a password; take it off',
    ],
    [
      'of which all is hidden',
      () => aWorkbook({ Figures: [HEADER, ['2024-08', 'CLA', '', '', 1]] }, { hidden: ['Figures'] }),
      'hidden sheets are not read; unhide it',
    ],
    [
      'whose parts are not what they say',
      () => Buffer.concat([Buffer.from('PK\u0003\u0004'), deflateRawSync(Buffer.alloc(1000))]),
      'no workbook that can be read',
    ],
  ])('a workbook %s', (_, make, why) => {
    const file = make();
    const start = process.threadCpuUsage();
    const faults = faultsIn(file);
    expect(secondsSince(start)).toBeLessThan(1);
    expect(faults).toEqual([expect.stringContaining(why)]);
  });
});

test.each([
  ['months', (line: number, column: number) => `Apr-${(line * column) % 30} Actual`],
  ['words', (line: number, column: number) => `Word ${line} ${column}`],
  ['titles', (_: number, column: number) => `April 2024 word ${column}`],
])('sixty lines of a thousand %s are no table, within a second', (_, cell) => {
  const lines = Array.from({ length: 60 }, (_, line) =>
    Array.from({ length: 1000 }, (_, column) => cell(line, column)).join(','),
  );
  const start = process.threadCpuUsage();
  expect(faultsIn(Buffer.from(lines.join('\n')))).toEqual([expect.stringContaining('no line names the columns')]);
  expect(secondsSince(start)).toBeLessThan(1);
});

test('48 months of 40 metrics are read in a moment', () => {
  const rows = Array.from(
    { length: 48 },
    (_, index) => `${2020 + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`,
  ).flatMap((period) =>
    HEREFORDSHIRE.metrics.map(({ id, kind }) => [
      period,
      id,
      ...{ proportion: [14, 15, '', ''], count: ['', '', 12, ''], mean: ['', '', '', 17.5], rate: [14, 15, '', ''] }[
        kind
      ],
    ]),
  );
  const file = aWorkbook({ Return: [HEADER, ...rows] });
  const start = process.threadCpuUsage();
  expect(read(file).months).toHaveLength(48);
  expect(secondsSince(start)).toBeLessThan(3);
});
