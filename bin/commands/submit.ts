import type { Command } from 'commander';
import { pointerTo } from '../../functions/domain/faults.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { MAX_MONTHS } from '../../functions/domain/submission.ts';
import { withTitles } from '../../functions/services/names.ts';
import { ApiError, type Outcome } from '../client.ts';
import { describePosition, type FileMonth, partsOf, readMonths } from './figures-file.ts';
import { metricsOf } from './metric-names.ts';
import { forPeople, showList, tell, wordsOf } from './output.ts';
import { MONTH, monthFrom, PROGRAM, PROGRAM_QUIETLY, type Reach, reach, UsageError, withQuery } from './setting.ts';

interface Submitted {
  readonly period: string;
  readonly outcome: Outcome;
  readonly questions?: readonly string[];
  readonly changes?: readonly { readonly pointer: string; readonly before?: unknown; readonly after?: unknown }[];
}

interface SubmitOptions {
  readonly revise?: true;
  readonly replace?: true;
}

/** Commands that submit figures, and that bring out what can be submitted again. */
export function addSubmit(program: Command): void {
  program
    .command('submit')
    .argument(
      '<file>',
      'an Excel workbook or CSV with a figure, a month or a metric per line, or JSON as the API takes it; - reads standard input',
    )
    .description('Submits the months of a file: all of them or none.')
    .option('--revise', 'change figures that were submitted before and differ; those that the file leaves out stay')
    .option('--replace', 'replace each month of the file as a whole: figures that the file leaves out are removed')
    .addHelpText(
      'after',
      `
One figure per line:  period,metric,numerator,denominator,count,value,status
One month per line:   period,status,referral-backlog.count,conferences-on-time.numerator,…
One metric per line:  metric, and a column for each month
A blank field means "not reported". The status is final (also where blank) or provisional. Metrics go by id, title or a
usual name, such as ICPC. docs/figures.md says how files are read.

Figures are added to months that are there already, so that several teams can each send theirs. A figure that is there
and differs is changed with --revise only. --replace puts whole months in the place of those that are there.

A file of more than ${MAX_MONTHS} months is checked as a whole first and then sent in parts. If that is interrupted, run
the same command again: months that were accepted already are left as they are.

Examples:
  ${PROGRAM} submit figures.csv
  ${PROGRAM} submit figures.xlsx
  ${PROGRAM} submit --revise figures.csv`,
    )
    .action(async (file: string, options: SubmitOptions, command: Command) => {
      const to = reach(command);
      const months = await readMonths(file, to);
      const parts = partsOf(months);
      const results: Submitted[] = [];
      for (const part of parts) {
        results.push(...(await send(part, to, options, file, results.length)));
        if (parts.length > 1) tell(`${results.length} of ${months.length} months are accepted`);
      }
      const metrics = forPeople() ? await metricsOf(to) : undefined;
      showList(
        results,
        {
          month: ({ period }) => period,
          outcome: ({ outcome }) => outcome,
          changed: ({ changes = [] }) => changes.map(({ pointer }) => wordsOf(pointer, metrics)).join(', '),
        },
        { submissions: results },
        `${file} holds no month`,
      );
      for (const question of results.flatMap(({ questions = [] }) => questions)) tell(`Please check: ${question}`);
    });

  program
    .command('template')
    .description('Writes an Excel workbook to fill in and submit: what each metric needs, and what was sent before.')
    .option('--from <month>', `the first month, ${MONTH} (default: the first that was not sent yet)`, monthFrom)
    .option('--to <month>', `the last month, ${MONTH} (default: the last complete one)`, monthFrom)
    .addHelpText('after', `\nExample:\n  ${PROGRAM_QUIETLY} template --from 2011-08 > figures.xlsx`)
    .action(async ({ from, to }: { from?: string; to?: string }, command: Command) => {
      const { client, at } = reach(command);
      if (forPeople())
        throw new UsageError('a terminal cannot show a workbook; write it to a file: template > figures.xlsx');
      const { bytes } = await client.request('GET', withQuery(at('template.xlsx'), { from, to }));
      process.stdout.write(bytes);
    });

  program
    .command('figures')
    .description('Writes the figures as CSV that can be submitted again, or as an Excel workbook.')
    .option('--xlsx', 'as a workbook')
    .option('--from <month>', `the first month, ${MONTH}`, monthFrom)
    .option('--to <month>', `the last month, ${MONTH}`, monthFrom)
    .addHelpText('after', `\nExample:\n  ${PROGRAM_QUIETLY} figures --from 2011-01 > figures.csv`)
    .action(async ({ from, to, xlsx }: { from?: string; to?: string; xlsx?: true }, command: Command) => {
      const { client, at } = reach(command);
      const format = xlsx ? 'xlsx' : 'csv';
      const { bytes } = await client.request('GET', withQuery(at('submissions'), { format, from, to }));
      process.stdout.write(bytes);
    });
}

async function send(
  part: readonly FileMonth[],
  to: Reach,
  { revise, replace }: SubmitOptions,
  file: string,
  already: number,
): Promise<Submitted[]> {
  const { client, at } = to;
  const path = withQuery(at('submissions'), {
    mode: replace && 'replace',
    revise: revise || replace ? 'true' : undefined,
  });
  const submissions = part.map(({ period, body }) => ({ period, ...body }));
  try {
    return (await client.request('POST', path, { submissions })).body.submissions;
  } catch (error) {
    if (already > 0) tell(`The first ${already} months of ${file} were accepted; the rest were not.`);
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 409 && !revise) tell('To change what was submitted before, run it again with --revise.');
    const metrics = error.errors.length > 0 ? await metricsOf(to) : new Map<string, Metric>();
    const told = error.errors.map((fault) => ({
      ...fault,
      detail: withTitles(fault.detail, metrics),
      ...positionIn(fault.pointer, part),
    }));
    throw error.withErrors(told);
  }
}

/** Where in the file a pointer into the request points. */
function positionIn(pointer: string | undefined, part: readonly FileMonth[]): { position?: string } {
  const [, index, rest = ''] = /^#\/submissions\/(\d+)(.*)$/.exec(pointer ?? '') ?? [];
  const month = index === undefined ? undefined : part[Number(index)];
  return month ? { position: describePosition(month.positionOf(rest ? `#${rest}` : pointerTo([]))) } : {};
}
