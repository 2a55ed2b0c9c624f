import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { XLSX } from '../../functions/http/routes.ts';
import { type Neighbour, startNeighbour } from '../support/caller.ts';
import { describedFetch } from '../support/described.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';
import { aWorkbook, type Cell, STYLES, sheetXml } from '../support/workbook.ts';

/**
 * Files as analysts keep them, sent through the service as it is deployed: each is stored as what it means, or refused by what is
 * wrong with it, and then nothing of it is stored.
 */

let service: Service;
let neighbour: Neighbour;
beforeAll(async () => {
  service = await startService({ clock: '2026-11-25' });
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

const submissions = (rest = '') => `${service.api}/v1/authorities/${AUTHORITY}/submissions${rest}`;
const authorization = () => ({ authorization: `Bearer ${service.token}` });

/** Of an answer to a file, what is looked at. */
interface Answer {
  readonly submissions: readonly { readonly period: string }[];
  readonly errors?: readonly { readonly line: number; readonly column?: string; readonly detail: string }[];
}

async function send(file: string | Buffer, query = '?mode=replace&revise=true') {
  const isText = typeof file === 'string';
  const response = await describedFetch(submissions(query), {
    method: 'POST',
    // As a workbook's, bytes reach the function as they are, whatever they hold.
    headers: { ...authorization(), 'content-type': isText ? 'text/csv' : XLSX },
    body: isText ? file : new Uint8Array(file),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const stored = async (period: string): Promise<any> =>
  (await describedFetch(submissions(`/${period}`), { headers: authorization() })).json();

/** What was stored of a file, a line for each figure: `2024-08 referral-backlog 12`. */
async function storedOf(file: string | Buffer, query?: string): Promise<string[]> {
  const { status, body } = await send(file, query);
  expect(body.errors ?? []).toEqual([]);
  expect(status).toBe(200);
  const months = await Promise.all(body.submissions.map(({ period }) => stored(period)));
  return months.flatMap(({ period, observations }) =>
    Object.entries(observations as object).map(([metric, figure]) => `${period} ${metric} ${said(figure)}`),
  );
}

const said = ({ numerator, denominator, count, value }: any): string =>
  numerator === undefined ? String(count ?? value) : `${numerator}/${denominator}`;

/** Why a file was refused, a line for each fault: `2 count: …`. */
async function refusalOf(file: string | Buffer): Promise<string[]> {
  const { status, body } = await send(file);
  expect(status).toBe(422);
  return (body.errors ?? []).map(({ line, column, detail }) => `${line} ${column ?? ''}: ${detail}`);
}

const HEADER = 'period,metric,numerator,denominator,count,value,status';
const lines = (...rows: string[]): string => [HEADER, ...rows, ''].join('\r\n');
const backlogIn = (period: string): string => lines(`"${period}",referral-backlog,,,12,,`);
const backlog = (figure: string): string => lines(`2024-08,referral-backlog,,,"${figure}",,`);
const stability = (figure: string): string => lines(`2024-08,placement-stability,,,,"${figure}",`);

const date = (value: number): Cell => ({ value, style: STYLES.date });
const month = (value: number): Cell => ({ value, style: STYLES.month });
const percent = (value: number): Cell => ({ value, style: STYLES.percent });
const error = (text: string): Cell => ({ raw: `<c r="@" t="e"><v>${text}</v></c>` });
const NAMES = ['Month', 'Measure', 'Numerator', 'Denominator', 'Count', 'Value'];
const AUGUST = 45505;
const SEPTEMBER = 45536;
/** A sheet of which some cells are merged. */
const merging = (rows: readonly (readonly Cell[])[], ...refs: string[]): string =>
  sheetXml(rows).replace(
    '</sheetData>',
    `</sheetData><mergeCells>${refs.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`,
  );

const TWO = ['2024-08 conferences-on-time 14/15', '2024-08 referral-backlog 12'];
const BACKLOG = ['2024-08 referral-backlog 12'];

describe('is stored as what it means', () => {
  test.each<[string, string | Buffer, string[]]>([
    // The service's own file, saved again by a spreadsheet.
    ...[
      'Aug-24',
      '2024/8',
      '01/08/2024',
      '1/8/24',
      '31/08/24',
      '2024-08-01 00:00:00',
      '01 August 2024',
      "'2024-08",
    ].map((period): [string, string, string[]] => [
      `a month that a spreadsheet made ${period}`,
      backlogIn(period),
      BACKLOG,
    ]),
    ...[
      '202408',
      '20240801',
      '2024M08',
      'Awst 2024',
      'Thursday, 1 August 2024',
      'As at 31 August 2024',
      '08/24',
      'M5 2024/25',
    ].map((period): [string, string, string[]] => [`a month written ${period}`, backlogIn(period), BACKLOG]),
    [
      'a year and a quarter, of metrics reported so',
      lines(
        '2023/24,children-feel-safe,8,10,,,',
        'FY 24/25,children-feel-safe,9,10,,,',
        'Quarter 2 2024-25,forensic-paediatricians,,,3,,',
        'Oct-Dec 2024,forensic-paediatricians,,,4,,',
      ),
      [
        '2024-03 children-feel-safe 8/10',
        '2024-09 forensic-paediatricians 3',
        '2024-12 forensic-paediatricians 4',
        '2025-03 children-feel-safe 9/10',
      ],
    ],
    ['Unicode text', Buffer.from(`\ufeff${backlogIn('2024-08').replaceAll(',', '\t')}`, 'utf16le'), BACKLOG],
    ['Unicode text without its mark', Buffer.from(backlogIn('2024-08'), 'utf16le'), BACKLOG],
    ['what a spreadsheet puts on the clipboard', backlogIn('2024-08').replaceAll(',', '\t'), BACKLOG],
    [
      'semicolons, with commas for points',
      'period;metric;value\n2024-08;average-caseload;14,5\n',
      ['2024-08 average-caseload 14.5'],
    ],
    [
      'semicolons, with more commas in a commentary',
      'period;metric;count;notes\n2024-08;referral-backlog;12;a, b, c, d, e\n',
      BACKLOG,
    ],
    ['bars', backlogIn('2024-08').replaceAll(',', '|'), BACKLOG],
    [
      'empty columns at the right',
      backlogIn('2024-08').replace('status', 'status,,,').replace(',,\r\n', ',,,,,\r\n'),
      BACKLOG,
    ],
    ['short lines', 'period,metric,numerator,denominator,count,value,status\n2024-08,referral-backlog,,,12\n', BACKLOG],
    [
      'titles, blank lines, totals and its header again',
      `Monthly return,,\n,,,\n${lines('2024-08,conferences-on-time,14,15,,,', HEADER, '2024-08,referral-backlog,,,12,,', ',,,,', 'Total,,14,15,12,,')}`,
      TWO,
    ],
    [
      'counts with their percentage, rounded, cut or as a share',
      lines(
        '2024-08,conferences-on-time,14,15,,93.3,',
        '2024-08,protection-reviews-on-time,40,42,,95%,',
        '2024-08,supervision-recorded,14,15,,0.9333,',
      ),
      [
        '2024-08 conferences-on-time 14/15',
        '2024-08 protection-reviews-on-time 40/42',
        '2024-08 supervision-recorded 14/15',
      ],
    ],
    ...['76%', '76.0 %', '76 per cent', '76', '７６％'].map((figure): [string, string, string[]] => [
      `a percentage written ${figure}`,
      stability(figure),
      ['2024-08 placement-stability 76'],
    ]),
    ['a small percentage that says so', stability('0.8%'), ['2024-08 placement-stability 0.8']],
    ['a proportion as its counts', stability('14 of 15'), ['2024-08 placement-stability 14/15']],
    [
      'nothing to count, with what a formula made of it',
      lines('2024-08,conferences-on-time,0,0,,#DIV/0!,'),
      ['2024-08 conferences-on-time 0/0'],
    ],
    [
      'titles and usual names',
      'Month,ICPC - num,ICPC - den,ICPC %,CLA,Comments\nAug-24,14,15,93.3%,312,as reported\n',
      ['2024-08 conferences-on-time 14/15', '2024-08 looked-after-children 312'],
    ],
    [
      'months side by side, and a line for each count',
      'Indicator,Type,Aug-24,Sep-24\nICPC,Num,14,15\n,Den,15,16\n,%,93%,94%\n',
      ['2024-08 conferences-on-time 14/15', '2024-09 conferences-on-time 15/16'],
    ],
    [
      'names of columns in two lines',
      ',ICPC,,CLA\nMonth,Num,Den,Count\nAug-24,14,15,312\n',
      ['2024-08 conferences-on-time 14/15', '2024-08 looked-after-children 312'],
    ],
    ['mixed ends of lines', backlogIn('2024-08').replace('\r\n', '\n'), BACKLOG],
    ['ends of lines of old Macs', backlogIn('2024-08').replaceAll('\r\n', '\r'), BACKLOG],
    ['a line that says what separates', `SEP=;\r\n${backlogIn('2024-08').replaceAll(',', ';')}`, BACKLOG],
    ['cells kept as text by a formula', 'period,metric,count\n="2024-08",referral-backlog,="12"\n', BACKLOG],
    ...['\u00a012\u00a0', '12\u200b', '\u200e12', '12\u00ad', '12.0', '+12', '1.2E+01', '00012'].map(
      (figure): [string, string, string[]] => [`a number written ${JSON.stringify(figure)}`, backlog(figure), BACKLOG],
    ),
    ...['1,234', '1 234', '1\u00a0234', '1\u202f234'].map((figure): [string, string, string[]] => [
      `thousands written ${JSON.stringify(figure)}`,
      backlog(figure),
      ['2024-08 referral-backlog 1234'],
    ]),
    ['zero below zero', backlog('-0'), ['2024-08 referral-backlog 0']],
    [
      'a year of which months are blank',
      lines('2024-08,referral-backlog,,,12,,', '2024-09,referral-backlog,,,,,'),
      BACKLOG,
    ],
    [
      'a workbook of two sheets, dates and percentages by their cells',
      aWorkbook({
        Safeguarding: [
          ['Return'],
          NAMES,
          [date(AUGUST), 'ICPC', 14, 15],
          [month(AUGUST), 'Referral backlog', '', '', '12'],
        ],
        Looked: [NAMES, ['Aug-24', 'Long-term placement stability', '', '', '', percent(0.765)]],
      }),
      ['2024-08 conferences-on-time 14/15', '2024-08 placement-stability 76.5', '2024-08 referral-backlog 12'],
    ],
    [
      'a workbook that counts its days from 1904',
      aWorkbook({ A: [NAMES, [date(AUGUST - 1462), 'Referral backlog', '', '', 12]] }, { is1904: true }),
      BACKLOG,
    ],
    [
      'a workbook with a sheet a month',
      aWorkbook({
        'Aug-24': [['Scorecard'], NAMES.slice(1), ['ICPC', 14, 15], ['CLA', '', '', 312]],
        'Sep-24': [['Scorecard'], NAMES.slice(1), ['ICPC', 15, 16]],
      }),
      ['2024-08 conferences-on-time 14/15', '2024-08 looked-after-children 312', '2024-09 conferences-on-time 15/16'],
    ],
    [
      'a workbook with merged cells and hidden rows',
      aWorkbook({
        A: merging([NAMES, [month(AUGUST), 'ICPC', 14, 15], ['', 'Referral backlog', '', '', 12]], 'A2:A3').replace(
          '<row r="3"',
          '<row r="3" hidden="1"',
        ),
      }),
      TWO,
    ],
    [
      'a workbook with merged names of columns',
      aWorkbook({
        A: merging(
          [
            ['Measure', month(AUGUST), '', month(SEPTEMBER)],
            ['', 'Num', 'Den', 'Num', 'Den'],
            ['ICPC', 14, 15, 15, 16],
          ],
          'A1:A2',
          'B1:C1',
          'D1:E1',
        ),
      }),
      ['2024-08 conferences-on-time 14/15', '2024-09 conferences-on-time 15/16'],
    ],
    [
      'a workbook with what binary fractions add',
      aWorkbook({ A: [NAMES, ['2024-08', 'Average caseload', '', '', '', 17.099999999999998]] }),
      ['2024-08 average-caseload 17.1'],
    ],
  ])('%s', async (_, file, wanted) => {
    expect((await storedOf(file)).sort()).toEqual(wanted);
  });
});

describe('is refused by what is wrong, and nothing of it is stored', () => {
  test.each<[string, string | Buffer, RegExp[]]>([
    ['a date of two months', backlogIn('05/08/2024'), [/^2 period: .*August 2024 or May 2024/]],
    [
      'a day of a month or a month of a year',
      backlogIn('24-Aug'),
      [/^2 period: .*a day of August or the month of a year/],
    ],
    [
      'a time of two months',
      backlogIn('2024-08-31T23:00:00Z'),
      [/^2 period: .*August 2024 or, by the clock in England, September 2024/],
    ],
    ["a spreadsheet's day number", backlogIn('45505'), [/^2 period: .*numbers a day of August 2024/]],
    ['a date before the first month', backlogIn('31/12/1899'), [/^2 period: 1899-12 is before 2000-01/]],
    ['a month of no year', 'Measure,Apr,May\nReferral backlog,1,2\n', [/^1 Apr: .*write it with its year/, /^1 May: /]],
    [
      'a year of a metric reported every month',
      lines('2024/25,referral-backlog,,,12,,', '202425,closure-backlog,,,1,,'),
      [/^2 period: .*is reported every month; write the month/, /^3 period: /],
    ],
    [
      'a month or a year',
      lines('2011-12,referral-backlog,,,12,,', '2012-13,children-feel-safe,8,10,,,'),
      [/^2 period: .*is a year/],
    ],
    [
      'six digits that are a month or a year',
      backlogIn('201112'),
      [/^2 period: .*can be 2011-12 or the year to March 2012/],
    ],
    ['half a year', backlogIn('H1 2024/25'), [/^2 period: .*is half a year/]],
    ...['c', 'low', 'u', 'z', 'x', ':', '..', 'DSUPP', 'not available', '[c]'].map(
      (figure): [string, string, RegExp[]] => [
        `${figure} in the place of a figure`,
        backlog(figure),
        [/^2 count: .*leave the cell blank where a figure is withheld/],
      ],
    ),
    ...['-', 'nil', 'None'].map((figure): [string, string, RegExp[]] => [
      `${figure} in the place of a figure`,
      backlog(figure),
      [/^2 count: .*write 0 where there were none, or leave the cell blank/],
    ]),
    ...['<5', '1-4', '~12', '5+'].map((figure): [string, string, RegExp[]] => [
      `${figure} in the place of a figure`,
      backlog(figure),
      [/^2 count: .*not a number but a range/],
    ]),
    ...['12*', '12 (p)', '£12', '12 children'].map((figure): [string, string, RegExp[]] => [
      `${figure} in the place of a figure`,
      backlog(figure),
      [/^2 count: .*write the number alone/],
    ]),
    ['a date in the place of a figure', backlog('03-Apr'), [/^2 count: .*is a date, which spreadsheets make of/]],
    ...['#N/A', '#VALUE!', '#REF!', '#NAME?', '#SPILL!', '#BUSY!', 'Err:502'].flatMap(
      (text): [string, string, RegExp[]][] => [
        [`${text} in a figure`, backlog(text), [/^2 count: .*is a formula's error/]],
        [
          `${text} in a month`,
          lines('2024-08,conferences-on-time,14,15,,,', `${text},referral-backlog,,,140,,`),
          [/^3 period: .*is a formula's error/],
        ],
        [
          `${text} first in its line`,
          `metric,period,count\nreferral-backlog,2024-08,12\n${text},2024-08,140\n`,
          [/^3 metric: .*is a formula's error/],
        ],
      ],
    ),
    [
      'a division by nothing',
      lines('2024-08,conferences-on-time,#DIV/0!,0,,,'),
      [/^2 numerator: .*divides by nothing/],
    ],
    [
      'a column that was too narrow',
      lines('2024-08,conferences-on-time,14,15,,,', '#######,referral-backlog,,,140,,'),
      [/^3 period: .*a column that is too narrow/],
    ],
    ...['0.76', '.76', '1', '1.0', '76e-2'].map((figure): [string, string, RegExp[]] => [
      `a bare ${figure} for a percentage`,
      stability(figure),
      [/^2 value: .*write it with the sign/],
    ]),
    ['a percentage above 100', stability('101%'), [/^2 value: a percentage cannot be above 100/]],
    ['a number below zero', backlog('\u22125'), [/^2 count: cannot be negative/]],
    [
      'a figure in the wrong column',
      lines('2024-08,referral-backlog,12,,,,', '2024-08,average-caseload,,,14,,'),
      [/^2 numerator: .*belongs in the column count/, /^3 count: .*belongs in the column value/],
    ],
    [
      'a numerator without its denominator',
      lines('2024-08,conferences-on-time,14,,,,'),
      [/^2 metric: its denominator is missing/],
    ],
    [
      'a percentage that its counts do not come to',
      lines('2024-08,conferences-on-time,14,15,,95.2,'),
      [/^2 value: .*which is 93\.3%/],
    ],
    ['a cell under no heading', lines('2024-08,referral-backlog,,,12,,,x'), [/^2 H: holds "x" under no heading/]],
    ['names of columns without figures below', 'period,metric,count\n2024-08,referral-backlog,\n', [/holds no figure/]],
    ['no names of columns', '2024-08,referral-backlog,12\n', [/^1 : no line names the columns/]],
    [
      'other names of columns below',
      `${backlogIn('2024-08')}metric,period,count\nclosure-backlog,2024-09,5\n`,
      [/^3 : names the columns anew/],
    ],
    [
      'provisional and final in one month',
      lines('2024-08,conferences-on-time,14,15,,,provisional', '2024-08,conferences-on-time,15,15,,,final'),
      [/^3 metric: .*given twice/, /^3 status: .*one status/],
    ],
    [
      "others' words for a status",
      lines('2024-08,conferences-on-time,14,15,,,Revised'),
      [/^2 status: .*what will not change any more is final/],
    ],
    [
      'characters of an old encoding',
      Buffer.from(`${HEADER},notes\r\n2024-08,referral-backlog,,,12,,,\xa35\r\n`, 'latin1'),
      [/^2 : holds characters that are not UTF-8; in Excel/],
    ],
    [
      'a month whose merged cell was lost',
      'Month,Measure,Count\nAug-24,Referral backlog,12\n,Closure backlog,5\n',
      [/^3 Month: is missing; .*merged cells/],
    ],
    [
      'a web page that calls itself CSV',
      Buffer.from('<html><table><tr><td>period</td></tr></table></html>'),
      [/^1 : the file is a web page/],
    ],
    [
      'a workbook with errors',
      aWorkbook({
        A: [NAMES, [error('#N/A'), 'Referral backlog', '', '', 12], ['2024-08', error('#REF!'), '', '', 12]],
      }),
      [/^2 Month: .*formula's error/, /^3 Measure: .*formula's error/],
    ],
    [
      'one figure in two sheets',
      aWorkbook({ A: [NAMES, ['2024-08', 'CLA', '', '', 1]], B: [NAMES, ['2024-08', 'CLA', '', '', 2]] }),
      [/^2 Measure: .*in the sheet "A" too/],
    ],
    [
      'a workbook with a bare share',
      aWorkbook({ A: [NAMES, ['2024-08', 'Long-term placement stability', '', '', '', 0.76]] }),
      [/^2 Value: 0\.76 can mean/],
    ],
    [
      'a count in a cell for dates',
      aWorkbook({ A: [NAMES, ['2024-08', 'Referral backlog', '', '', date(12)]] }),
      [/^2 Count: .*is a date/],
    ],
  ])('%s', async (_, file, wanted) => {
    await send(lines('2024-08,complaints,,,3,,'));
    const faults = await refusalOf(file);
    expect(faults).toEqual(wanted.map((each) => expect.stringMatching(each)));
    expect((await stored('2024-08')).observations).toEqual({ complaints: { count: 3 } });
  });
});

test('nothing of it touches the other council', () => neighbour.untouched());
