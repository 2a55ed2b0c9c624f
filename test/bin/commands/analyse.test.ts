import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnalyseOptions,
  type Analysis,
  analyseSeries,
  SeriesFaultsError,
} from '../../../bin/commands/analysis.ts';
import { addMonths } from '../../../functions/domain/period.ts';

const root = resolve(import.meta.dirname, '../../..');
const OPTIONS: AnalyseOptions = { better: 'higher', rebase: [], screening: true };

type Row = Readonly<Record<string, string>>;
const rowsOf = (file: string): Row[] => parse(readFileSync(file), { columns: true, skip_empty_lines: true });

const BETTER = { increase: 'higher', decrease: 'lower', neutral: 'neutral' } as const;
const numberIn = (text: string | undefined): { present: boolean; value: number } => ({
  present: text !== undefined && text !== '' && text !== 'NA',
  value: Number(text),
});

function optionsOf(series: Row, periodOf: ReadonlyMap<string, string>): AnalyseOptions {
  const target = numberIn(series.target);
  const fixAfter = numberIn(series.fix_after_n_points);
  return {
    better: BETTER[series.improvement_direction as keyof typeof BETTER],
    rebase: (series.rebase_dates ?? '').split(';').flatMap((date) => periodOf.get(date) ?? []),
    screening: series.screen_outliers === 'TRUE',
    ...(target.present ? { standard: target.value } : {}),
    ...(fixAfter.present ? { fixAfter: fixAfter.value } : {}),
  };
}

/** Equal to nine digits; both absent where the package has NaN. */
function expectClose(ours: number | null, theirs: string | undefined, what: string): void {
  if (theirs === 'NaN' || theirs === '' || theirs === 'NA') expect(ours, what).toBeNull();
  else
    expect(Math.abs((ours ?? Number.NaN) - Number(theirs)), what).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(Number(theirs))),
    );
}

const SETS = [
  ['in the fixtures', resolve(root, 'test/fixtures/spc')],
  ['beside the project', resolve(root, '../shared/oracles/spc')],
] as const;

describe.each(SETS)('analyse agrees with NHSRplotthedots on every series %s', (_, directory) => {
  const present = existsSync(join(directory, 'series.csv'));
  if (!present) console.warn(`skipped: no series at ${directory}`);
  it.skipIf(!present)('limits to 1e-9, every type, variation and assurance', () => {
    const points = Map.groupBy(rowsOf(join(directory, 'points.csv')), (row) => row.series_id);
    const all = rowsOf(join(directory, 'series.csv'));
    expect(all.length).toBeGreaterThan(70);
    for (const series of all) {
      const own = points.get(series.series_id) ?? [];
      // Some are daily or have gaps: what counts is their order.
      const periodOf = new Map(own.map(({ period }, i) => [period ?? '', addMonths('2000-01', i)]));
      const csv = ['period,value', ...own.map(({ period = '', value }) => `${periodOf.get(period)},${value}`)].join(
        '\n',
      );
      const analysis = analyseSeries(csv, optionsOf(series, periodOf));
      expect(analysis.variation, series.series_id).toBe(series.variation_type_latest);
      expect(analysis.assurance ?? '', series.series_id).toBe(
        series.assurance_type === 'NA' ? '' : series.assurance_type,
      );
      analysis.periods.forEach((ours, i) => {
        const theirs = own[i] as Row;
        const what = `${series.series_id} ${ours.period}`;
        expect(ours.type, what).toBe(theirs.point_type);
        expectClose(ours.mean, theirs.mean, what);
        expectClose(ours.lower, theirs.lcl, what);
        expectClose(ours.upper, theirs.ucl, what);
      });
    }
  });
});

describe('analyse', () => {
  it('judges counts as the service would have, month by month', () => {
    const csv =
      'period,numerator,denominator\n2011-01,35,40\n2011-02,20,40\n2011-03,22,40\n2011-05,38,40\n2011-06,37,40\n';
    const { periods, assurance } = analyseSeries(csv, { ...OPTIONS, standard: 80, baseline: 88 });
    expect(periods.map(({ state }) => state)).toEqual(['clear', 'critical', 'critical', 'recovering', 'clear']);
    expect(periods[1]?.findings.map(({ evaluator, level }) => `${evaluator} ${level}`)).toEqual([
      'standard critical',
      'inspection warning',
    ]);
    expect(periods[1]?.findings[0]?.text).toContain(
      '50.0% (20 of 40) in February 2011; the standard is 80% since January 2011',
    );
    expect(assurance).toBe('inconsistent');
  });

  it('reads lines in any order, blanks, remarks, CRLF and a byte-order mark', () => {
    const csv = '\uFEFF# a remark\r\nvalue,period\r\n"1,234.5",2011-03\r\n,2011-02\r\n-1e1,2011-01\r\n';
    expect(analyseSeries(csv, OPTIONS).periods.map(({ period, value }) => [period, value])).toEqual([
      ['2011-01', -10],
      ['2011-03', 1234.5],
    ]);
  });

  it('leaves no line out: what a failed lookup left of one is a fault, wherever it stands', () => {
    const csv = 'value,period\n31,2011-01\n#N/A,2011-02\n# a remark,\n27.5,#VALUE!\n';
    expect(() => analyseSeries(csv, OPTIONS)).toThrow(
      /^line 3: "#N\/A" is not a number\nline 4: .*\nline 4: "# a remark" is not a number\nline 5: "#VALUE!" is a formula's error/,
    );
  });

  it.each([
    ['as spreadsheets write months', 'period,value\nJan-11,5\n01/02/2011,6\n'],
    ['separated by semicolons, and says so', 'sep=;\nperiod;value;;\n2011-01;5;;\n2011/2;6;;\n'],
    ['pasted, with mixed ends of lines', 'period\tvalue\r\n2011-01\t5\r2011-02\t6\n'],
  ])('reads a series %s', (_, csv) => {
    const { periods } = analyseSeries(csv, OPTIONS);
    expect(periods.map(({ period, value }) => [period, value])).toEqual([
      ['2011-01', 5],
      ['2011-02', 6],
    ]);
  });

  it('says which months between are absent', () => {
    const csv = 'period,value\n2010-11,5\n2010-12,\n2011-02,6\n';
    expect(analyseSeries(csv, OPTIONS).absent).toEqual(['2010-12', '2011-01']);
  });

  it.each([
    ['period,value\n2011-13,1', ['line 2: "2011-13" is not a month']],
    [
      'period,value\n2011-01,1\n\n2011-02,x\n2011-01,2',
      ['line 4: "x" is not a number', 'line 5: 2011-01 is there twice'],
    ],
    ['period,value\n2011-01,', ['line 2: there are no figures']],
    ['period,value\n2011-01,1,2', ['line 2: has 3 fields']],
    ['month,value\n2011-01,1', ['line 1: the first line must name the columns']],
    ['', ['line 1: the first line must name the columns']],
    ['period,numerator,denominator\n2011-01,5,4', ['line 2: the numerator is above the denominator (5 of 4)']],
    ['period,numerator,denominator\n2011-01,5,0', ['line 2: the denominator "0" is not a whole number from 1']],
    ['period,numerator,denominator\n2011-01,2.5,4', ['line 2: the numerator "2.5" is not a whole number from 0']],
    ['period,numerator,denominator\n2011-01,2,', ['line 2: the denominator "" is not a whole number from 1']],
  ])('names every bad line of %j by its number', (csv, messages) => {
    let error: unknown;
    try {
      analyseSeries(csv, OPTIONS);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SeriesFaultsError);
    const lines = (error as Error).message.split('\n');
    expect(lines).toHaveLength(messages.length);
    for (const [i, message] of messages.entries()) expect(lines[i]).toContain(message);
  });
});

describe('the command', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'analyse-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function run(csv: string, ...options: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const file = join(directory, 'series.csv');
    writeFileSync(file, csv);
    const run = promisify(execFile)(process.execPath, ['bin/monitor.ts', 'analyse', file, ...options], { cwd: root });
    return run.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  }

  const CONSTANT = `period,value\n${Array.from({ length: 9 }, (_, i) => `2011-0${i + 1},5`).join('\n')}`;

  it('prints JSON with null for a limit that does not exist', async () => {
    const { code, stdout } = await run(
      CONSTANT,
      '--format',
      'json',
      '--better',
      'neutral',
      '--rebase',
      '2011-03,2011-05',
    );
    expect(code).toBe(0);
    const analysis = JSON.parse(stdout) as Analysis;
    expect(analysis.periods[0]).toEqual({
      period: '2011-01',
      value: 5,
      mean: 5,
      lower: null,
      upper: null,
      type: 'common_cause',
      findings: [],
      state: 'clear',
    });
    expect(analysis).toMatchObject({ variation: 'common_cause', assurance: null });
  });

  it('prints a table, and keeps extreme moving ranges where asked', async () => {
    const { code, stdout } = await run(CONSTANT, '--no-screening', '--standard', '4');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^month +value +mean +lower +upper +type +state/);
    expect(stdout).toContain('September 2011       5.0       5.0       5.0       5.0');
    expect(stdout).toContain('Assurance: every month will meet the standard, if nothing changes.');
  });

  it('ends with 1 and the numbers of the lines where the file has faults', async () => {
    const { code, stdout, stderr } = await run('period,value\n2011-01,x');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('line 2: "x" is not a number');
  });

  it('refuses an option that makes no sense', async () => {
    const { code, stderr } = await run(CONSTANT, '--rebase', '2011');
    expect(code).not.toBe(0);
    expect(stderr).toContain('"2011" is not a month');
  });
});
