import type { Metric } from '../domain/metric.ts';
import { describeQuestion, firstOf, questionsAbout } from '../domain/questions.ts';
import { TYPICAL_MONTH_REPORTS } from '../domain/rules.ts';
import { seriesOf } from '../domain/series.ts';
import type { Month } from '../domain/submission.ts';
import type { Database } from '../store/database.ts';
import { readMonths } from '../store/submissions.ts';
import { requireMetrics } from './inspections.ts';

/**
 * What is to be asked of the figures of months that were sent, or would be, by the record as it is with them: sentences, by period. A small
 * count is shown, as whoever sent it knows it. Throws `UnknownAuthorityError`.
 */
export async function askAbout(
  database: Database<'baselines' | 'submissions'>,
  authority: string,
  sent: readonly Month[],
): Promise<Map<string, string[]>> {
  const [metrics, stored] = await Promise.all([requireMetrics(database, authority), readMonths(database, authority)]);
  return questionsIn([...metrics.values()], stored, sent);
}

/** The same of a record that was read already. */
export function questionsIn(
  metrics: readonly Metric[],
  stored: readonly Month[],
  sent: readonly Month[],
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
        describeQuestion(metric, observation, question, 'show'),
      );
      if (found.length > 0) questions.set(observation.period, [...(questions.get(observation.period) ?? []), ...found]);
    }
  }
  return new Map([...questions].map(([period, all]) => [period, firstOf(all)]));
}
