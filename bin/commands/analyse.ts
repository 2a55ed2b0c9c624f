import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { digitsOf, monthName } from '../../functions/domain/format.ts';
import { XMR_POINTS_IN_LIMITS } from '../../functions/domain/rules.ts';
import type { Assurance, PointType } from '../../functions/domain/statistics/xmr.ts';
import { decodeText, UnreadableFileError } from '../../functions/services/csv.ts';
import { type AnalyseOptions, type Analysis, analyseSeries, numberOf, SeriesFaultsError } from './analysis.ts';
import { LONGEST_MONTH } from './output.ts';
import { meansOnly, monthFrom, UsageError } from './setting.ts';

function readNumber(text: string): number {
  const number = numberOf(text);
  if (number === undefined) throw new InvalidArgumentError('It must be a number.');
  return number;
}

function readFixAfter(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return number;
}

const readPeriods = (text: string): string[] => text.split(',').map((month) => monthFrom(month.trim()));

/** So many months are named; of more, the first. */
const MONTHS_NAMED = 12;

const listed = (names: readonly string[]): string =>
  names.length > MONTHS_NAMED
    ? `${names.slice(0, MONTHS_NAMED).join(', ')} and ${names.length - MONTHS_NAMED} more months`
    : names.join(', ');

const TYPE_SHOWN: Record<PointType, string> = {
  common_cause: '',
  special_cause_improvement: 'improvement',
  special_cause_concern: 'concern',
  special_cause_neutral_high: 'high',
  special_cause_neutral_low: 'low',
};

const VARIATION_SHOWN: Record<PointType, string> = {
  common_cause: 'nothing unusual',
  special_cause_improvement: 'unusual, and better',
  special_cause_concern: 'unusual, and worse',
  special_cause_neutral_high: 'unusually high',
  special_cause_neutral_low: 'unusually low',
};

const ASSURANCE_SHOWN: Record<Assurance, string> = {
  consistent_pass: 'every month will meet the standard, if nothing changes',
  consistent_fail: 'every month will miss the standard, if nothing changes',
  inconsistent: 'some months will meet the standard and some will miss it, if nothing changes',
};

function tableOf({ periods, absent, variation, assurance }: Analysis, heldAgainst: readonly number[]): string {
  const show = (number: number | null): string => (number === null ? '-' : digitsOf(number, heldAgainst));
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        i === 0 ? cell.padEnd(LONGEST_MONTH) : i < 5 ? cell.padStart(10) : ` ${cell.padEnd(i === 5 ? 12 : 11)}`,
      )
      .join('')
      .trimEnd();
  return [
    row(['month', 'value', 'mean', 'lower', 'upper', ' type', 'state']),
    ...periods.flatMap(({ period, value, mean, lower, upper, type, state, findings }) => [
      row([monthName(period), show(value), show(mean), show(lower), show(upper), ` ${TYPE_SHOWN[type]}`, state]),
      ...findings.map(({ level, evaluator, text }) => `          ${level} by ${evaluator}: ${text}`),
    ]),
    '',
    ...(absent.length > 0 ? [`No figure for ${listed(absent.map(monthName))}.`] : []),
    `Variation: ${VARIATION_SHOWN[variation]}${assurance ? `. Assurance: ${ASSURANCE_SHOWN[assurance]}` : ''}.`,
  ].join('\n');
}

function textOf(file: string): string {
  try {
    return decodeText(readFileSync(file === '-' ? 0 : file));
  } catch (error) {
    if (error instanceof UnreadableFileError)
      throw new SeriesFaultsError([{ line: error.line, detail: error.message }]);
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** The command that judges a series from a file, without a server. */
export function addAnalyse(program: Command): void {
  const analyse = program.command('analyse');
  meansOnly(analyse, []);
  analyse
    .argument('<file>', 'CSV with the columns period,value or period,numerator,denominator; - reads standard input')
    .description('Judges a series as the service would, without the service.')
    .addOption(
      new Option('--better <direction>', 'which way is better')
        .choices(['higher', 'lower', 'neutral'])
        .default('higher'),
    )
    .option(
      '--standard <number>',
      'the least that is acceptable (the most, where lower is better); percent for counts',
      readNumber,
    )
    .option('--baseline <number>', 'what the inspection found', readNumber)
    .option('--fix-after <points>', "freezes the chart's limits at the first so many points", readFixAfter)
    .option(
      '--rebase <months>',
      'months that start new limits, with commas between them: 2011-04,2012-04',
      readPeriods,
      [],
    )
    .option('--no-screening', 'keep extreme moving ranges in the limits')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Limits and types are those of an XmR chart over the whole series; findings and states are what the service would have said
month by month, where its own limits come from the first ${XMR_POINTS_IN_LIMITS} points.

Exit codes: 0 judged; 1 the file has faults, each named by its line.`,
    )
    .action((file: string, { format, ...options }: AnalyseOptions & { format: 'table' | 'json' }) => {
      try {
        const analysis = analyseSeries(textOf(file), options);
        const heldAgainst = [options.standard, options.baseline].flatMap((line) => line ?? []);
        console.log(format === 'json' ? JSON.stringify(analysis) : tableOf(analysis, heldAgainst));
      } catch (error) {
        if (!(error instanceof SeriesFaultsError)) throw error;
        console.error(error.message);
        process.exitCode = 1;
      }
    });
}
