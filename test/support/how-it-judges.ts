import { readFileSync } from 'node:fs';
import type { Board } from '../../functions/domain/board.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { questionsAbout } from '../../functions/domain/questions.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import * as rules from '../../functions/domain/rules.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { type Judged, timeline } from '../../functions/domain/timeline.ts';
import {
  aMetric,
  aRecord,
  type Figure,
  IN_WORDS,
  inFigures,
  month,
  observation,
  reported,
  SETTINGS,
  statesOf,
} from './build.ts';

/** `docs/how-it-judges.md` with its examples judged and its table of numbers filled in anew, by the rules as they are. */

export const DOCUMENT = new URL('../../docs/how-it-judges.md', import.meta.url);

/** The document as it has to read; it differs from the file where the file is not true. */
export function rewriteDocument(): string {
  return readFileSync(DOCUMENT, 'utf8')
    .replaceAll(/(?<=```judged\n).*?(?=\n```)/gs, judgeExample)
    .replaceAll(/(?<=```asked\n).*?(?=\n```)/gs, askExample)
    .replaceAll(/(?<=```told\n).*?(?=\n```)/gs, tellExample)
    .replaceAll(
      /(?<=^\| `([A-Z][A-Z_]*)` \| )[^|]*(?= \|)/gm,
      (written, name) => shown(name) ?? `no such rule: ${written}`,
    );
}

/** Rules that the document's table does not name. */
export function undocumentedRules(): string[] {
  const text = readFileSync(DOCUMENT, 'utf8');
  return Object.keys(rules).filter((name) => !text.includes(`\n| \`${name}\` |`));
}

function shown(name: string): string | undefined {
  const value = (rules as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Math.round(value * 1000) / 1000);
  if (typeof value === 'object' && value !== null) return Object.values(value).join(', ');
  return value === undefined ? undefined : String(value);
}

const KINDS: Readonly<Record<string, Partial<Metric>>> = {
  'share of new cases': {},
  'share at the end of the month': { cases: 'stock' },
  'share of the last 12 months': { cases: 'stock', window: '12-months' },
  'share of a year': { cases: 'stock', window: 'year', frequency: 'annual' },
  'new cases counted': { kind: 'count', unit: 'cases' },
  'cases at the end of the month': { kind: 'count', unit: 'cases', cases: 'stock' },
  average: { kind: 'mean', unit: 'cases each', cases: 'stock' },
  'higher is better': { polarity: 'higher' },
  'lower is better': { polarity: 'lower' },
  'a line to hold': { holdLine: true },
  'the inspection gave no figure': { baseline: IN_WORDS },
};

const NUMBERS: Readonly<Record<string, (value: number) => Partial<Metric>>> = {
  standard: (value) => ({ standards: [{ value, from: '2000-01', basis: 'local', note: 'an example' }] }),
  'inspection found': (value) => ({ baseline: inFigures(value) }),
  tolerance: (tolerance) => ({ tolerance }),
};

interface Example {
  readonly header: string;
  readonly metric: Metric;
  readonly rebaseDates: readonly string[];
  readonly figures: readonly { readonly period: string; readonly figure: Figure | undefined; readonly words: string }[];
}

/** Reads an example's metric (its first line) and figures (the lines that begin with a month). */
function readExample(example: string): Example {
  const [header = '', ...lines] = example.split('\n');
  let metric: Partial<Metric> = { standards: [], baseline: { kind: 'none', statement: 'The report says nothing.' } };
  const rebaseDates: string[] = [];
  for (const part of header.split('; ')) {
    const [, words = '', value] = /^(.*?)(?: ([\d.]+)%?)?$/.exec(part) ?? [];
    const rebased = /^the way of working changed in (\d{4}-\d{2})$/.exec(part)?.[1];
    const fields = KINDS[part] ?? (value === undefined ? undefined : NUMBERS[words]?.(Number(value)));
    if (rebased) rebaseDates.push(`${rebased}-01`);
    else if (fields) metric = { ...metric, ...fields };
    else throw new Error(`an example of docs/how-it-judges.md begins with "${part}", which is not known`);
  }
  const figures = lines.flatMap((line) => {
    const [, period, words, numerator, denominator] =
      /^(\d{4}-\d{2}) +(left out|([\d.]+)(?: of (\d+))?)/.exec(line) ?? [];
    if (!period || !words) return [];
    const figure = denominator ? ([Number(numerator), Number(denominator)] as const) : Number(numerator);
    return { period, figure: numerator ? figure : undefined, words };
  });
  return { header, metric: aMetric(metric), rebaseDates, figures };
}

/** What is found in each period, and the alert after it. */
function judgeExample(example: string): string {
  const { header, metric, rebaseDates, figures } = readExample(example);
  const reported = figures.flatMap(({ period, figure }) => (figure === undefined ? [] : observation(period, figure)));
  const judged = timeline(metric, reported, { ...SETTINGS, rebaseDates });
  const states = statesOf(judged);
  const rows = figures.flatMap(({ period, words }, i) => [
    `${period}  ${words.padEnd(12)} ${states[i]}`.trimEnd(),
    ...findingsOf(judged[i]).map((words) => `           ${words}`),
  ]);
  return [header, ...rows].join('\n');
}

/** What is asked of each figure as it comes in. */
function askExample(example: string): string {
  const { header, metric, figures } = readExample(example);
  const reported = figures.map(({ period, figure = 0 }) => observation(period, figure));
  const rows = figures.map(({ period, words }, i) =>
    `${period}  ${words.padEnd(12)} ${questionsAbout(metric, reported.slice(0, i + 1)).join(', ')}`.trimEnd(),
  );
  return [header, ...rows].join('\n');
}

/** How the alert stands once each month is in, on the 8th of the month after, and whether an e-mail tells of it as news. */
function tellExample(example: string): string {
  const { header, metric, figures } = readExample(example);
  // Something else is always reported, so that a month is there that leaves the example's figure out.
  const other = aMetric({ id: 'other', polarity: 'neutral', standards: [] });
  const months: Month[] = [];
  let board: Board | undefined;
  const rows = figures.map(({ period, figure, words }) => {
    const one = figure === undefined ? {} : { [metric.id]: reported(metric, figure) };
    months.push(month(period, { ...one, [other.id]: { numerator: 1, denominator: 2 } }));
    const now = new Date(`${addMonths(period, 1)}-08T09:00:00.000Z`);
    const seen = reconcile(board, aRecord({ metrics: [metric, other], months: [...months] }), [], now, 'show');
    board = seen.board ?? board;
    const { state = 'clear', level } = board?.alerts[metric.id] ?? {};
    const news = seen.notice?.transitions.find(({ alert }) => alert === metric.id)?.transition;
    const stands = state === 'raised' ? String(level) : state;
    return `${period}  ${words.padEnd(12)} ${news ? `${stands.padEnd(12)} told: ${news}` : stands}`;
  });
  return [header, ...rows].join('\n');
}

function findingsOf(entry: Judged | undefined): string[] {
  return (entry?.findings ?? []).map(
    ({ evaluator, level, reason }) => `${evaluator}, ${level}${reason ? `: ${reason}` : ''}`,
  );
}
