import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnalyseOptions, analyseSeries } from '../../bin/commands/analysis.ts';
import { MAX_PERIODS } from '../../functions/domain/period.ts';
import { seriesOf } from '../../functions/domain/series.ts';
import { type Month, readSubmission } from '../../functions/domain/submission.ts';
import { timeline } from '../../functions/domain/timeline.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { suggestions } from '../../functions/services/suggestions.ts';
import { HEREFORDSHIRE, month, SETTINGS, statesOf } from '../support/build.ts';
import { type Caller, callerOf } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

/** Files as councils, spreadsheets and published statistics have them, each by its name in `test/fixtures/figures`. */

const FOLDER = new URL('../fixtures/figures/', import.meta.url);
const METRICS = new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]));
const bytesOf = (file: string): Buffer => readFileSync(new URL(file, FOLDER));
const read = (file: string) =>
  readFigures(bytesOf(file), METRICS, { now: new Date('2026-11-25'), maxMonths: MAX_PERIODS });

/** What a file holds: a line for each figure, with its month's status where the file says one; or a line for each fault. */
function held(file: string): string[] {
  const { months, faults } = read(file);
  if (faults.length > 0) return faults.map(({ line, column, detail }) => `${line} ${column ?? ''}: ${detail}`);
  return months.flatMap(({ period, submission, statesStatus }) =>
    Object.entries(submission.observations).map(
      ([metric, reported]) =>
        `${period} ${metric} ${Object.values(reported).join('/')}${statesStatus ? ` ${submission.status}` : ''}`,
    ),
  );
}

const AUGUST = ['2024-08 conferences-on-time 14/15'];
const FINAL = AUGUST.map((figure) => `${figure} final`);
const TWO = [...FINAL, '2024-08 referral-backlog 12 final'];
const CASELOAD = ['2024-08 average-caseload 14.5 final', ...FINAL];
const TWO_MONTHS = [...TWO, '2024-09 conferences-on-time 11/12 final', '2024-09 referral-backlog 9 final'];
const YEAR = ['1/2', '2/2', '0/1', '2/2', '1/1', '0/2', '3/3', '1/2', '2/2', '0/1', '1/1', '2/3'].map(
  (figure, index) =>
    `${new Date(Date.UTC(2023, 8 + index)).toISOString().slice(0, 7)} conferences-on-time ${figure} final`,
);
const WITHHELD = 'leave the cell blank where a figure is withheld';
const BROKEN = "is a formula's error; put the formula right";
const BELONGS = 'its figure belongs in the column';

/** Each file with all its figures, or with what each of its faults says. */
const READ: Readonly<Record<string, readonly string[]>> = {
  '01-excel-round-trip/as-downloaded.csv': TWO_MONTHS,
  '01-excel-round-trip/saved-by-excel-uk.csv': TWO_MONTHS,
  '01-excel-round-trip/figures-as-downloaded.csv': YEAR,
  '01-excel-round-trip/saved-by-gnumeric.csv': YEAR,
  ...Object.fromEntries(
    ['apostrophe', 'compact', 'dd-mm-yyyy', 'english', 'iso-date', 'mm-yyyy', 'one-digit', 'slash', 'timestamp'].map(
      (spelling) => [`02-month-spellings/${spelling}.csv`, AUGUST],
    ),
  ),
  '02-month-spellings/serial.csv': ['2 period: "45505" is how a spreadsheet numbers a day of August 2024'],
  '03-excel-unicode-text/unicode-text.txt': FINAL,
  '04-tabs-and-semicolons/pasted-from-excel.tsv': CASELOAD,
  '04-tabs-and-semicolons/semicolon.csv': CASELOAD,
  '05-trailing-empty-columns/body-only.csv': TWO,
  '05-trailing-empty-columns/short-rows.csv': [...AUGUST, '2024-08 referral-backlog 12'],
  '05-trailing-empty-columns/trailing.csv': TWO,
  '06-suppression-markers/long.csv': [
    `2 numerator: "c" is no figure; ${WITHHELD}`,
    `3 count: "low" is no figure; ${WITHHELD}`,
    `4 count: "u" is no figure; ${WITHHELD}`,
    `5 count: "z" is no figure; ${WITHHELD}`,
    '6 count: "-" is no figure; write 0 where there were none, or leave the cell blank',
  ],
  '07-excel-error-values/error-in-figure.csv': [
    '2 numerator: "#DIV/0!" is a formula that divides by nothing; leave the cell blank, or give 0 of 0',
    `3 count: "#N/A" ${BROKEN}`,
  ],
  '07-excel-error-values/error-in-metric-first.csv': [`3 metric: "#N/A" ${BROKEN}`, `4 metric: "#REF!" ${BROKEN}`],
  '07-excel-error-values/error-in-period.csv': [`3 period: "#N/A" ${BROKEN}`, `5 period: "#VALUE!" ${BROKEN}`],
  '07-excel-error-values/error-in-wide.csv': [`3 period: "#VALUE!" ${BROKEN}`],
  '07-excel-error-values/narrow-column.csv': [
    '3 period: "#######" is what a spreadsheet saves of a column that is too narrow; widen the column',
  ],
  '07-excel-error-values/series.csv': ['1 metric: this column is missing'],
  '08-title-blank-and-total-rows/blank-first-line.csv': FINAL,
  '08-title-blank-and-total-rows/scorecard.csv': TWO,
  '08-title-blank-and-total-rows/totals-only.csv': ['2024-05 conferences-on-time 14/15 final'],
  '09-counts-and-percent-together/three.csv': [...FINAL, '2024-08 protection-reviews-on-time 40/42 final'],
  '09-counts-and-percent-together/wrong-column.csv': [
    `2 numerator: referral-backlog is a count: ${BELONGS} count`,
    `3 count: average-caseload is a mean: ${BELONGS} value`,
    `4 value: looked-after-children is a count: ${BELONGS} count`,
  ],
  '10-fraction-for-percent/higher-is-better.csv': [
    '2 value: 0.74 can mean 74% or 0.74%; write it with the sign, as 74% or 0.74% (so it is on lines 3, 4, 5, 6)',
  ],
  '10-fraction-for-percent/history-then-fraction.csv': ['6 value: 0.76 can mean 76% or 0.76%'],
  '10-fraction-for-percent/lower-is-better.csv': ['2 value: 0.048 can mean 4.8% or 0.048%'],
  '10-fraction-for-percent/with-sign.csv': ['2024-08 placement-stability 76 final'],
  '11-nothing-to-count-this-month/zero-of-zero.csv': [
    '2024-08 conferences-on-time 0/0 final',
    '2024-08 referral-backlog 12 final',
  ],
  '12-tiny-denominators/year.csv': YEAR,
  // Each name is understood, as the line that it is a second name of the same metric shows; the last has none here.
  '15-own-labels/long.csv': [
    '2 count: initial-assessments-on-time is a proportion',
    '3 metric: initial-assessments-on-time is given twice for this month; also on line 2',
    '4 count: conferences-on-time is a proportion',
    '5 metric: conferences-on-time is given twice for this month; also on line 4',
    '7 metric: looked-after-children is given twice for this month; also on line 6',
    '8 metric: looked-after-children is given twice for this month; also on line 6',
    '10 count: average-caseload is a mean',
    '11 metric: initial-assessments-on-time is given twice for this month; also on line 2',
    '12 count: looked-after-reviews-on-time is a proportion',
    '13 metric: no metric is called "Re-referrals within 12 months"',
  ],
  '15-own-labels/scorecard-wide.csv': [
    '2024-08 initial-assessments-on-time 56/86',
    '2024-08 looked-after-children 312',
  ],
  '16-one-figure-corrected/correction.csv': ['2024-08 conferences-on-time 32/34 final'],
  '16-one-figure-corrected/other-team.csv': [
    '2024-08 permanent-exclusions 0 final',
    '2024-08 schools-safeguarding-good 80/88 final',
  ],
  '16-one-figure-corrected/two-months.csv': [
    '2024-07 conferences-on-time 30/34 final',
    '2024-07 initial-assessments-on-time 80/95 final',
    '2024-07 protection-reviews-on-time 50/51 final',
    '2024-07 referral-backlog 0 final',
    '2024-08 conferences-on-time 12/34 final',
    '2024-08 initial-assessments-on-time 50/95 final',
    '2024-08 protection-reviews-on-time 30/51 final',
    '2024-08 referral-backlog 40 final',
  ],
  '17-line-ends-and-encodings/cp1252.csv': [
    '2 : holds characters that are not UTF-8; in Excel, save it as "CSV UTF-8 (Comma delimited)"',
  ],
  '17-line-ends-and-encodings/cr-crlf.csv': TWO,
  '17-line-ends-and-encodings/mac-cr.csv': TWO,
  '17-line-ends-and-encodings/mixed.csv': TWO,
  '17-line-ends-and-encodings/quoted-all.csv': TWO,
  '17-line-ends-and-encodings/sep-line.csv': TWO,
  '17-line-ends-and-encodings/floats.csv': [
    '5 count: a whole number is needed',
    '7 count: "(12)" is how accounts write a number below zero',
    '8 count: a whole number is needed',
  ],
  '17-line-ends-and-encodings/nbsp.csv': [...FINAL, '2024-08 referral-backlog 1234 final'],
  '17-line-ends-and-encodings/zero-width.csv': FINAL,
  '18-a-workbook/return.xlsx': ['1 : the file is a zip archive, no Excel workbook; save the figures as'],
  '20-spc-questions/nhs-raw.csv': ['1 : no column has the name of a metric; say below what they are'],
  '22-provisional-and-revised-in-one-file/both.csv': [
    '3 metric: conferences-on-time is given twice for this month; also on line 2',
    '3 status: 2024-08 is provisional by an earlier line; a month has one status',
  ],
  '22-provisional-and-revised-in-one-file/dfe-words.csv': [
    '2 status: "Revised" is neither final nor provisional; what will not change any more is final',
    '3 status: "P" is neither final nor provisional; write provisional',
  ],
  '24-late-and-out-of-order/first.csv': [
    '2023-11 conferences-on-time 38/40 final',
    '2024-02 conferences-on-time 37/40 final',
    '2024-08 conferences-on-time 14/40 provisional',
  ],
  '24-late-and-out-of-order/late.csv': [
    '2024-03 conferences-on-time 39/40 final',
    '2024-07 conferences-on-time 15/40 final',
  ],
  '25-suppressed-then-blank/blank.csv': [
    '2024-06 conferences-on-time 38/40 final',
    '2024-06 young-people-in-bed-and-breakfast 6 final',
    '2024-07 conferences-on-time 38/40 final',
    '2024-08 conferences-on-time 38/40 final',
  ],
  '28-rounding-at-the-line/line.csv': [
    '2024-07 average-caseload 17.2 final',
    '2024-07 cases-allocated 1481/1500 final',
    '2024-07 plans-up-to-date 92 final',
    '2024-07 protection-plans-allocated 2100/2100 final',
    '2024-08 average-caseload 18.04 final',
    '2024-08 cases-allocated 1469/1500 final',
    '2024-08 plans-up-to-date 89.96 final',
    '2024-08 protection-plans-allocated 2199/2200 final',
  ],
  '29-same-file-twice/year.csv': YEAR,
};

describe('a file', () => {
  test.each(Object.entries(READ))('%s is read, or questioned, as it should be', (file, expected) => {
    const found = held(file);
    expect(found).toHaveLength(expected.length);
    for (const [index, line] of expected.entries())
      expect(found[index]?.slice(0, /: /.test(line) ? line.length : undefined)).toBe(line);
  });

  test('01-excel-round-trip: the shipped example comes back from a spreadsheet with every figure', () => {
    const shipped = readFigures(
      readFileSync(new URL('../../seed/examples/herefordshire-published-2016-2025.csv', import.meta.url)),
      METRICS,
    );
    const { months, faults, understood } = read('01-excel-round-trip/shipped-example-saved-by-gnumeric.csv');
    expect(faults).toEqual([]);
    expect(months.map(({ period, body }) => [period, body.observations])).toEqual(
      shipped.months.map(({ period, body }) => [period, body.observations]),
    );
    expect(understood[0]?.asides).toHaveLength(20);
  });

  test('21-long-history-on-the-page: sixty months are read at once', () => {
    const { months, faults } = read('21-long-history-on-the-page/sixty-months.csv');
    expect([faults, months.length, months[0]?.period, months.at(-1)?.period]).toEqual([[], 60, '2019-09', '2024-08']);
    expect(months[59]?.submission.observations).toEqual({ 'conferences-on-time': { numerator: 32, denominator: 34 } });
  });

  test('08-title-blank-and-total-rows: what is set aside is named', () => {
    const asides = (file: string) =>
      read(file).understood[0]?.asides.map(({ line, text, why }) => `${line} ${text}: ${why}`);
    expect(asides('08-title-blank-and-total-rows/scorecard.csv')).toEqual([
      "1 Children's services monthly return: stands above the names of the columns",
      '2 Extracted 07/10/2024: stands above the names of the columns',
      '7 Total 14 15 12: is a total',
    ]);
    expect(asides('08-title-blank-and-total-rows/totals-only.csv')).toEqual([
      '3 Total 14 15: is a total',
      '4 2024/25 YTD conferences-on-time 14 15: is a total',
    ]);
  });

  test('27-null-for-not-reported: null and a number as text are told what to do', () => {
    const body: unknown = JSON.parse(bytesOf('27-null-for-not-reported/month.json').toString());
    expect(
      readSubmission(body, METRICS, suggestions()).faults.map(({ pointer, detail }) => `${pointer} ${detail}`),
    ).toEqual([
      expect.stringMatching('^#/observations/referral-backlog is null; leave referral-backlog out'),
      expect.stringMatching('^#/observations/average-caseload is null; leave average-caseload out'),
      expect.stringMatching('^#/observations/closure-backlog/count a whole number is needed'),
    ]);
  });

  test('every one of the folder is read by a test', () => {
    const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath.replace(/\/$/, '').split('/').at(-1)}/${name}`);
    const source = readFileSync(import.meta.filename, 'utf8');
    const spellings = (file: string) => Object.hasOwn(READ, file) || source.includes(file);
    const series = (file: string) => source.includes(`series('${file.split('/')[1]}'`);
    expect(files.filter((file) => !spellings(file) && !series(file))).toEqual([]);
  });
});

describe('what a file comes to', () => {
  const judged = (metric: string, ...files: string[]) => {
    const measured = HEREFORDSHIRE.metrics.find(({ id }) => id === metric);
    if (!measured) throw new Error(`no metric ${metric}`);
    const months = files
      .flatMap((file): Month[] =>
        read(file).months.map(({ period, submission }) => month(period, submission.observations, submission)),
      )
      .sort((a, b) => (a.period < b.period ? -1 : 1));
    return timeline(measured, seriesOf(measured, months), SETTINGS);
  };

  test('12-tiny-denominators: a year of one to three is judged by what each month can show', () => {
    const entries = judged('conferences-on-time', '12-tiny-denominators/year.csv');
    // 0 of 1 can be chance, 0 of 2 is not any more, and 1 of 2 soon after it is raised again, less seriously; two that are clean would end it.
    expect(statesOf(entries).join(' ')).toBe(
      'watch clear watch clear clear critical recovering warning recovering warning recovering warning',
    );
    expect(entries.filter(({ alert }) => alert.state === 'raised').every(({ findings }) => findings.length > 0)).toBe(
      true,
    );
  });

  test('24-late-and-out-of-order: is judged in the order of months, whenever they came', () => {
    const entries = judged(
      'conferences-on-time',
      '24-late-and-out-of-order/first.csv',
      '24-late-and-out-of-order/late.csv',
    );
    expect(entries.map(({ period }) => period)).toEqual(['2023-11', '2024-02', '2024-03', '2024-07', '2024-08']);
    expect(statesOf(entries)).toEqual(['clear', 'clear', 'clear', 'critical', 'critical']);
  });

  test('25-suppressed-then-blank: a blank is never 0', () => {
    const entries = judged('young-people-in-bed-and-breakfast', '25-suppressed-then-blank/blank.csv');
    expect(entries.map(({ period, observation }) => [period, observation?.value])).toEqual([['2024-06', 6]]);
    expect(statesOf(entries)).toEqual(['warning']);
  });

  test('28-rounding-at-the-line: what fails is never shown as its standard', () => {
    const said = (metric: string) =>
      judged(metric, '28-rounding-at-the-line/line.csv')
        .at(-1)
        ?.findings.map(({ text }) => text)
        .join('\n');
    expect(said('average-caseload')).toMatch(/^18\.04 cases .* the standard is 18 cases/);
    expect(said('plans-up-to-date')).toMatch(/^89\.96% .* the standard is 90%/);
    expect(said('protection-plans-allocated')).toMatch(/^99\.95% \(2,?199 of 2,?200\) .* the standard is 100%/);
    expect(said('cases-allocated')).toMatch(/^97\.9% \(1,?469 of 1,?500\) /);
  });

  describe('20-spc-questions', () => {
    const OPTIONS: AnalyseOptions = { better: 'higher', rebase: [], screening: true };
    const series = (file: string, options: Partial<AnalyseOptions> = {}) =>
      analyseSeries(bytesOf(`20-spc-questions/${file}`).toString(), { ...OPTIONS, ...options });

    test('a file without a value says where, and months without one are named', () => {
      expect(() => series('na-last.csv')).toThrow('line 13: "NA" is not a number');
      expect(series('gaps.csv').absent).toEqual(['2023-05', '2023-08']);
      expect(() => series('nhs-raw.csv')).toThrow('line 1: the first line must name the columns');
    });

    test('falls and new limits are judged', () => {
      const said = ({ variation, assurance, periods }: ReturnType<typeof series>) =>
        [variation, assurance, periods.at(-1)?.state].join(' ').trim();
      expect(said(series('falling-above-mean.csv'))).toBe('special_cause_improvement  clear');
      expect(said(series('falling-inside-limits.csv'))).toBe('special_cause_concern  watch');
      // Assurance is told from the newest limits.
      expect(said(series('rebased.csv', { standard: 85 }))).toBe('special_cause_improvement consistent_fail clear');
      expect(said(series('rebased.csv', { standard: 85, rebase: ['2023-01'] }))).toBe(
        'common_cause inconsistent clear',
      );
      expect(said(series('fraction.csv'))).toBe('common_cause  clear');
    });
  });
});

describe('a file that is sent', () => {
  let service: Service;
  let call: Caller;
  beforeAll(async () => {
    service = await startService({ clock: '2024-10-15' });
    call = callerOf(service);
  });
  afterAll(() => service.end());
  const send = (file: string, query = '') =>
    call('POST', `/submissions${query}`, { body: bytesOf(file), headers: { 'content-type': 'text/csv' } });
  const outcomes = ({ body }: Awaited<ReturnType<Caller>>): string[] =>
    body.submissions.map(({ outcome }: any) => outcome);

  test('29-same-file-twice: again and again changes nothing and mails nobody', async () => {
    const year = '29-same-file-twice/year.csv';
    expect(outcomes(await send(year))).toEqual(Array(12).fill('accepted'));
    const mails = await service.mails();
    expect(mails).toHaveLength(1);
    for (let times = 0; times < 2; times += 1) expect(outcomes(await send(year))).toEqual(Array(12).fill('unchanged'));
    expect(await service.mails()).toHaveLength(1);
  });

  test('16-one-figure-corrected: a correction and another team leave all else as it is', async () => {
    await send('16-one-figure-corrected/two-months.csv', '?revise=true');
    const before = (await call('GET', '/submissions/2024-08')).body.observations;
    expect(Object.keys(before)).toHaveLength(4);
    const correction = '16-one-figure-corrected/correction.csv';
    const refused = await send(correction);
    expect([refused.status, refused.body.errors.map(({ line, column }: any) => [line, column])]).toEqual([
      409,
      [[2, 'metric']],
    ]);
    expect(outcomes(await send(correction, '?revise=true'))).toEqual(['revised']);
    expect(outcomes(await send('16-one-figure-corrected/other-team.csv'))).toEqual(['revised']);
    expect((await call('GET', '/submissions/2024-08')).body.observations).toEqual({
      ...before,
      'conferences-on-time': { numerator: 32, denominator: 34 },
      'permanent-exclusions': { count: 0 },
      'schools-safeguarding-good': { numerator: 80, denominator: 88 },
    });
  });

  test('08-title-blank-and-total-rows: is answered with what was set aside', async () => {
    expect((await send('16-one-figure-corrected/other-team.csv')).body.setAside).toEqual([]);
    const { body } = await send('08-title-blank-and-total-rows/scorecard.csv', '?revise=true');
    expect(body.setAside).toEqual([
      { line: 1, text: "Children's services monthly return", why: 'stands above the names of the columns' },
      { line: 2, text: 'Extracted 07/10/2024', why: 'stands above the names of the columns' },
      { line: 7, text: 'Total 14 15 12', why: 'is a total' },
    ]);
    const wide = await call('POST', '/submissions', {
      body: 'Measure,Jun-23,Jul-23,Target\nFront door,,,\nCLA,300,,280\nComplaints,,,5\n',
    });
    expect(wide.body.setAside).toEqual([
      { column: 'Target', why: 'is not read' },
      { line: 2, text: 'Front door', why: 'holds no figure' },
    ]);
    const json = { submissions: [{ period: '2023-06', observations: { complaints: { count: 1 } } }] };
    expect((await call('POST', '/submissions', { body: json })).body).not.toHaveProperty('setAside');
  });

  test('21-long-history-on-the-page: more months than one request takes are refused by the API with what it takes', async () => {
    const refused = await send('21-long-history-on-the-page/sixty-months.csv');
    expect([refused.status, refused.body.errors[0].detail]).toEqual([
      422,
      'the file holds 60 months; one request takes 1 to 48',
    ]);
  });
});
