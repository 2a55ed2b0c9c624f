import type { Command } from 'commander';
import { monthName } from '../../functions/domain/format.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { readNumber } from '../../functions/services/cell-numbers.ts';
import { namingOf } from '../../functions/services/names.ts';
import { ApiError } from '../client.ts';
import { metricNamed, metricsOf, ownNamesOf } from './metric-names.ts';
import { askFirst, showOne, wordsOf, YES } from './output.ts';
import { MONTH, monthFrom, PROGRAM, reach, UsageError } from './setting.ts';

interface CorrectOptions {
  readonly reason?: string;
  readonly revision?: string;
}

/** Commands that change what was submitted: one figure of a month, or the whole of it taken back. */
export function addCorrect(program: Command): void {
  program
    .command('correct')
    .argument('<month>', MONTH, monthFrom)
    .argument('<metric>', 'its id, its title, or a usual name such as ICPC')
    .argument('<figure>', '14/15, 12 or 76%; "none" removes the figure')
    .description('Corrects one figure of a month; the others stay.')
    .option('--reason <text>', 'why, kept with the revision')
    .option('--revision <number>', 'only if the month is still at this revision')
    .addHelpText(
      'after',
      `
Examples:
  ${PROGRAM} correct "September 2011" ICPC 14/15 --reason "one was counted twice"
  ${PROGRAM} correct 2011-09 "Referral backlog" none`,
    )
    .action(async (month: string, name: string, figure: string, options: CorrectOptions, command: Command) => {
      const to = reach(command);
      const { client, at } = to;
      const [metrics, ownNames] = await Promise.all([metricsOf(to), ownNamesOf(to)]);
      const metric = metricNamed(name, namingOf(metrics.values(), ownNames), metrics);
      const observation = figure === 'none' ? null : figureFrom(figure, metric);
      const path = at('submissions', month);
      const etag = options.revision ? `"${options.revision}"` : (await client.request('GET', path)).etag;
      const patch = { observations: { [metric.id]: observation }, reason: options.reason };
      const { body } = await client
        .request('PATCH', path, patch, { 'if-match': etag ?? '' })
        .catch((error: unknown) => Promise.reject(error instanceof ApiError ? withTitles(error, metrics) : error));
      showOne(
        [
          body.changes?.length > 0
            ? `${metric.title}, ${monthName(month)}: ${describeChange(body.changes[0])} (revision ${body.revision}).`
            : `${metric.title}, ${monthName(month)}: that is what it was already (revision ${body.revision}).`,
          ...(body.questions ?? []).map((question: string) => `Please check: ${question}`),
        ],
        body,
      );
    });

  program
    .command('retract')
    .argument('<month>', MONTH, monthFrom)
    .description('Retracts a month: it no longer counts, but its history is kept.')
    .option('--revision <number>', 'only if the month is still at this revision')
    .option('--yes', YES)
    .action(async (month: string, { revision, yes }: { revision?: string; yes?: true }, command: Command) => {
      const { client, at } = reach(command);
      await askFirst(`Retract ${month}? None of its figures will count any more.`, yes);
      const path = at('submissions', month);
      const etag = revision ? `"${revision}"` : (await client.request('GET', path)).etag;
      const { body } = await client.request('DELETE', path, undefined, { 'if-match': etag ?? '' });
      showOne([`${month} is retracted (revision ${body.revision}).`], body);
    });
}

/** The same refusal, with metrics by their titles. */
const withTitles = (error: ApiError, metrics: ReadonlyMap<string, Metric>): ApiError =>
  error.withErrors(
    error.errors.map((fault) => (fault.pointer ? { ...fault, position: wordsOf(fault.pointer, metrics) } : fault)),
  );

/** A figure as typed, in the fields that its metric is reported in. What it had in other fields is taken out. */
function figureFrom(text: string, { title, kind }: Metric): Record<string, number | string | null> {
  const [, numerator, denominator] = /^(\d+)\s*(?:\/|of)\s*(\d+)$/.exec(text.trim()) ?? [];
  if ((kind === 'proportion' || kind === 'rate') && numerator && denominator)
    return { numerator: Number(numerator), denominator: Number(denominator), value: null };
  const read = readNumber(text.trim(), false);
  if (read.kind === 'unclear' || (read.kind === 'percentage' && kind !== 'proportion') || numerator)
    throw new UsageError(`"${text}" is not a figure for ${title}: ${FIGURE[kind]}`);
  if (kind === 'count') return { count: read.number };
  const value = read.kind === 'percentage' ? read.text : read.number;
  return kind === 'mean' ? { value } : { value, numerator: null, denominator: null };
}

const FIGURE: Readonly<Record<Metric['kind'], string>> = {
  count: 'it is a count, such as 12',
  mean: 'it is a mean, such as 17.5',
  rate: 'write its counts, such as 52/36000, or, where only the rate is known, 14.4',
  proportion: 'write its counts, such as 14/15, or, where only the percentage is known, 93.3%',
};

const describeChange = ({ before, after }: { readonly before?: object; readonly after?: object }): string => {
  const said = (figure: object | undefined): string => (figure ? Object.values(figure).join(' of ') : 'not reported');
  return `${said(before)} became ${said(after)}`;
};
