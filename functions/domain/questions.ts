import { cardinal, formatObservation, monthName, ordinal, type SmallNumbers } from './format.ts';
import type { Metric } from './metric.ts';
import {
  QUESTION_DENOMINATOR,
  QUESTION_RECORD_MIN,
  QUESTION_SAME_FROM,
  QUESTION_SAME_REPORTS,
  QUESTION_STEP,
  TYPICAL_MONTH_REPORTS,
} from './rules.ts';
import { hasCounts, type Observation, seriesOf } from './series.ts';
import type { Month } from './submission.ts';

/** What makes a figure hard to believe: it is said wherever the figure is, until somebody says that it is right. */
export type Question = 'share' | 'step-up' | 'step-down' | 'same' | 'denominator';

/**
 * What is to be asked of the last of a metric's observations (oldest first), by what the record usually holds; nothing where its
 * figure was confirmed. Looks at the latest {@link TYPICAL_MONTH_REPORTS} reports before it, however long the record is.
 */
export function questionsAbout(metric: Metric, observations: readonly Observation[]): Question[] {
  const current = observations.at(-1);
  if (!current || current.confirmed) return [];
  const before = observations.slice(-TYPICAL_MONTH_REPORTS - 1, -1);
  const questions: Question[] = [];
  if (isSame(metric, observations.slice(-QUESTION_SAME_REPORTS))) questions.push('same');
  if (before.length < QUESTION_RECORD_MIN) return questions;
  const usual = medianOf(before.map(({ value }) => value));
  const isBare = metric.kind === 'proportion' && !hasCounts(current);
  // Counts say what share they are of: what may be mistaken for another unit is a number alone.
  if (metric.kind !== 'proportion' || isBare) {
    if (isBare && current.value > 0 && current.value <= 1 && usual > 1) questions.push('share');
    else if (usual > 0 && current.value >= QUESTION_STEP * usual) questions.push('step-up');
    else if (current.value > 0 && QUESTION_STEP * current.value <= usual) questions.push('step-down');
  }
  const sizes = before.flatMap(({ denominator }) => denominator ?? []);
  const isLarge =
    current.denominator !== undefined &&
    sizes.length >= QUESTION_RECORD_MIN &&
    current.denominator >= QUESTION_DENOMINATOR * medianOf(sizes);
  return isLarge ? [...questions, 'denominator'] : questions;
}

/** New cases that are the same number again and again, where it is large enough for that to be no chance. */
function isSame(metric: Metric, reports: readonly Observation[]): boolean {
  const [first] = reports;
  if (!first || reports.length < QUESTION_SAME_REPORTS || metric.cases !== 'flow' || metric.frequency === 'annual')
    return false;
  const size = hasCounts(first) ? Math.min(first.numerator, first.denominator - first.numerator) : first.value;
  if (size < QUESTION_SAME_FROM || (metric.kind === 'proportion' && first.value === 100)) return false;
  return reports.every(
    ({ value, numerator, denominator }) =>
      value === first.value && numerator === first.numerator && denominator === first.denominator,
  );
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length - 1;
  return ((sorted[middle >> 1] as number) + (sorted[(middle + 1) >> 1] as number)) / 2;
}

/**
 * What is to be asked of the figures of months that were sent, or would be, by the record as it is with them: sentences, by
 * period.
 */
export function questionsIn(
  metrics: readonly Metric[],
  stored: readonly Month[],
  sent: readonly Month[],
  smallNumbers: SmallNumbers,
): Map<string, string[]> {
  const all = new Map([...stored, ...sent].map((month) => [month.period, month]));
  const months = [...all.values()].filter(({ retracted }) => !retracted).sort((a, b) => (a.period < b.period ? -1 : 1));
  const asked = new Set(sent.map(({ period }) => period));
  const questions = new Map<string, string[]>();
  for (const metric of metrics) {
    const observations = seriesOf(metric, months);
    for (const [index, observation] of observations.entries()) {
      if (!asked.has(observation.period)) continue;
      const known = observations.slice(Math.max(0, index - TYPICAL_MONTH_REPORTS), index + 1);
      const found = questionsAbout(metric, known).map((question) =>
        describeQuestion(metric, observation, question, smallNumbers),
      );
      if (found.length > 0) questions.set(observation.period, [...(questions.get(observation.period) ?? []), ...found]);
    }
  }
  return new Map([...questions].map(([period, all]) => [period, firstOf(all)]));
}

/** So many questions are read at a time. */
const MAX_QUESTIONS = 10;

/** The first of many questions, and how many more there are. */
export function firstOf(questions: readonly string[]): string[] {
  const more = questions.length - MAX_QUESTIONS;
  return [...questions.slice(0, MAX_QUESTIONS), ...(more > 0 ? [`And ${more} more.`] : [])];
}

/** The question in a sentence, with what to do. */
export function describeQuestion(
  metric: Metric,
  observation: Observation,
  question: Question,
  smallNumbers: SmallNumbers,
): string {
  const figure = `${metric.title}: ${formatObservation(metric, observation, smallNumbers)} in ${monthName(observation.period)}`;
  return `${figure} ${SAID[question]}. Correct it, or say that it is right by sending it again with a reason.`;
}

const SAID: Readonly<Record<Question, string>> = {
  share: 'may be a share of one where a percentage is meant',
  'step-up': `is ${QUESTION_STEP} times what is usual, or more`,
  'step-down': `is a ${ordinal(QUESTION_STEP)} of what is usual, or less`,
  same: `is exactly what the ${cardinal(QUESTION_SAME_REPORTS - 1)} reports before it were`,
  denominator: `is of ${cardinal(QUESTION_DENOMINATOR)} times as many cases as usual, or more`,
};
