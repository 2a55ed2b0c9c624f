import { type Command, Option } from 'commander';
import { MetricEvaluatorSchema } from '../../functions/domain/evaluators/evaluator.ts';
import { monthName } from '../../functions/domain/format.ts';
import { alertIdOf, METRIC, metricIdOf } from './metric-names.ts';
import {
  amountFrom,
  amountOrNone,
  askFirst,
  LONGEST_MONTH,
  levelName,
  NONE,
  showList,
  showOne,
  tell,
  YES,
} from './output.ts';
import { dayFrom, MONTH, monthFrom, PROGRAM, reach, UsageError } from './setting.ts';

interface Change {
  readonly from?: string;
  readonly value?: number | string;
  readonly upTo?: number | string;
  readonly tolerance?: number | string;
  readonly mOfN?: string;
  readonly missing?: string;
  readonly rebase?: string[];
  readonly comparable?: number | string;
}

interface Outcome {
  readonly episodes: number;
  readonly first?: string;
  readonly watchMonths: number;
}

interface State {
  readonly state: string;
  readonly level?: string;
}

interface Backtest {
  readonly asIs: Outcome;
  readonly asChanged: Outcome;
  readonly periods: readonly { readonly period: string; readonly asIs: State; readonly asChanged: State }[];
}

const stateOf = ({ state, level }: State): string => [state, level && levelName(level)].filter(Boolean).join(' ');

function outcomeInWords({ episodes, first, watchMonths }: Outcome): string {
  const some = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `${some(episodes, 'alert')}${first ? `, the first in ${first}` : ''}; ${some(watchMonths, 'month')} to watch`;
}

interface Recipient {
  readonly id: string;
  readonly address: string;
  readonly level: string;
  readonly state: string;
  readonly lapsesAt?: string;
  readonly lostAt?: string;
  readonly role: string;
  readonly summary: boolean;
}

interface Decided extends Change {
  readonly confirm?: true;
  readonly reason: string;
  readonly author: string;
}

/** The standard in force, to be set as it is: what was this service's default is the council's from then on. */
async function inForce(metric: string, command: Command): Promise<Change> {
  const { client, at } = reach(command);
  const { standard } = (await client.request('GET', at('metrics', metric))).body;
  if (!standard) throw new UsageError(`${metric} has no standard in force to confirm; set one with --from and --value`);
  return { from: standard.from, value: standard.value, upTo: standard.upTo };
}

/** Commands that decide something: standards, alerts in hand, actions, recipients. */
export function addManage(program: Command): void {
  changing(program.command('standard').argument('<metric>', METRIC))
    .description("Sets the authority's own standard for a metric. Everything is judged again at once.")
    .option('--confirm', "make the standard in force the council's own, as it is")
    .requiredOption('--reason <reason>', 'why')
    .requiredOption('--author <author>', 'who decided it')
    .addHelpText(
      'after',
      `
Examples:
  ${PROGRAM} standard "Initial assessments on time" --from "April 2011" --value 85% --reason "Improvement plan" --author "J. Smith"
  ${PROGRAM} standard average-caseload --from 2011-04 --m-of-n 3/4 --reason "Quarterly swings" --author "J. Smith"`,
    )
    .action(async (name: string, options: Decided, command: Command) => {
      const to = reach(command);
      const { client, at } = to;
      const { reason, author } = options;
      const metric = await metricIdOf(name, to);
      const change = options.confirm ? await inForce(metric, command) : options;
      if (!change.from) throw new UsageError('--from <month> is needed: a standard holds from a given month');
      const { status, body } = await client.request('PUT', at('metrics', metric, 'standard'), {
        ...changeOf(change),
        reason,
        author,
      });
      const said =
        status === 201 ? `is set (version ${body.version})` : `was already set to this (version ${body.version})`;
      showOne([`The standard of ${name} from ${body.from} ${said}.`], body);
    });

  changing(program.command('backtest').argument('<metric>', METRIC))
    .description(
      'Shows what another standard, tolerance, M of N or rebase date, or fewer evaluators, would have raised. Changes nothing.',
    )
    .addOption(
      new Option('--without <evaluators...>', 'leaves out these evaluators').choices(MetricEvaluatorSchema.options),
    )
    .addHelpText(
      'after',
      `
Examples:
  ${PROGRAM} backtest initial-assessments-on-time --value 75
  ${PROGRAM} backtest initial-assessments-on-time --without change-point`,
    )
    .action(async (name: string, options: Change & { without?: string[] }, command: Command) => {
      const to = reach(command);
      const { body } = await to.client.request('POST', to.at('backtests'), {
        metric: await metricIdOf(name, to),
        ...changeOf(options),
        ...(options.without ? { without: options.without } : {}),
      });
      const { asIs, asChanged, periods }: Backtest = body;
      showOne(
        [
          `As it is   ${outcomeInWords(asIs)}`,
          `Changed    ${outcomeInWords(asChanged)}`,
          ...periods
            .map((judged) => ({ period: judged.period, was: stateOf(judged.asIs), is: stateOf(judged.asChanged) }))
            .filter(({ was, is }) => was !== is)
            .map(({ period, was, is }) => `  ${monthName(period).padEnd(LONGEST_MONTH)}  ${was} -> ${is}`),
        ],
        body,
      );
    });

  program
    .command('acknowledge')
    .argument('<alert>', 'its title, as "alerts" lists it, or its id')
    .description('Says who has an alert in hand, until it worsens or clears.')
    .requiredOption('--author <author>', 'who has it in hand')
    .requiredOption('--note <note>', 'what is being done')
    .action(async (name: string, { author, note }: { author: string; note: string }, command: Command) => {
      const to = reach(command);
      const path = to.at('alerts', await alertIdOf(name, to), 'acknowledgement');
      const { body } = await to.client.request('PUT', path, { author, note });
      showOne([`${author} has ${body.title} in hand (${levelName(body.level)}, since ${body.since}).`], body);
    });

  program
    .command('progress')
    .argument('<action>', 'the id of a recommended action, such as A1')
    .description('Reports the progress of a recommended action.')
    .addOption(new Option('--state <state>', 'how it stands').choices(['open', 'completed']).makeOptionMandatory())
    .requiredOption('--evidence <evidence>', 'what you base that on')
    .requiredOption('--author <author>', 'who says so')
    .action(async (action: string, options: { state: string; evidence: string; author: string }, command: Command) => {
      const { client, at } = reach(command);
      const { state, evidence, author } = options;
      const { body } = await client.request('PUT', at('actions', action), { state, evidence, author });
      showOne([`${action} is ${body.state}: ${body.title}`], body);
    });

  const recipients = program.command('recipients').description('Lists, adds, tests and removes recipients of e-mails.');
  recipients
    .command('list', { isDefault: true })
    .description('Lists the recipients, confirmed or not.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', at('recipients'));
      for (const { table, key, why } of body.unreadable ?? []) tell(`MISSING  ${table} ${key} cannot be read: ${why}`);
      showList<Recipient>(
        body.recipients,
        {
          id: ({ id }) => id,
          address: ({ address }) => address,
          'from level': ({ level }) => levelName(level),
          role: ({ role }) => role,
          summary: ({ summary }) => (summary ? 'monthly' : 'none'),
          state: ({ state, lapsesAt, lostAt }) =>
            lapsesAt ? `${state} until ${lapsesAt}` : lostAt ? `${state}, seen ${lostAt}` : state,
        },
        body,
        'Nobody is mailed.',
      );
    });
  recipients
    .command('add')
    .argument('<address>', 'an e-mail address')
    .description('Adds a recipient, who is mailed once they have confirmed.')
    .addOption(
      new Option('--level <level>', 'the lowest level to be mailed about')
        .choices(['watch', 'warning', 'critical'])
        .default('warning'),
    )
    .addOption(
      new Option('--role <role>', 'what the address may do once it has signed in by mail').choices([
        ...['look', 'acknowledge', 'submit', 'manage'],
      ]),
    )
    .option('--summary', 'send a summary every month, even when there is nothing to report')
    .option('--no-summary', 'stop sending one')
    .action(async (address: string, options: { level: string; role?: string; summary?: boolean }, command: Command) => {
      const { client, at } = reach(command);
      const { level, role, summary } = options;
      const { body } = await client.request('POST', at('recipients'), {
        ...{ address, level },
        ...(role ? { role } : {}),
        ...(summary === undefined ? {} : { summary }),
      });
      showOne(
        [
          body.state === 'confirmed'
            ? `${body.address} is mailed from level “${levelName(body.level)}” on. A change takes up to 15 minutes.`
            : `${body.address} has been asked to confirm, until ${body.lapsesAt}; then it is mailed from level “${levelName(body.level)}” on.`,
        ],
        body,
      );
    });
  recipients
    .command('test')
    .argument('<id>', 'as "recipients" lists it')
    .description('Sends a recipient a test e-mail, at most one every ten minutes.')
    .action(async (id: string, _: object, command: Command) => {
      const { client, at } = reach(command);
      await client.request('POST', at('recipients', id, 'test'));
      showOne([`A test is on its way to ${id}.`], { id });
    });
  recipients
    .command('remove')
    .argument('<id>', 'as "recipients" lists it')
    .description('Removes a recipient.')
    .option('--yes', YES)
    .action(async (id: string, { yes }: { yes?: true }, command: Command) => {
      const { client, at } = reach(command);
      await askFirst(`Remove ${id}? They will no longer be mailed, and will have to confirm to be mailed again.`, yes);
      await client.request('DELETE', at('recipients', id));
      showOne([`${id} is removed.`], { id });
    });
}

function changing(command: Command): Command {
  return command
    .option('--from <month>', `the first month it holds for, ${MONTH}`, monthFrom)
    .option(
      '--value <number>',
      'the standard, in the metric\'s unit; a percentage may carry its sign: 85%; "none" where none holds from then on',
      amountOrNone,
    )
    .option(
      '--up-to <number>',
      'the upper end, for a metric that is to stay within a range from --value on',
      amountFrom,
    )
    .option('--tolerance <number>', 'how far from the baseline still counts as the same', amountFrom)
    .option('--m-of-n <m/n>', 'how many failures among how many reports are critical, such as 2/3')
    .addOption(
      new Option('--missing <how>', 'what an absent report counts as, with --m-of-n')
        .choices(['ignore', 'missing', 'breaching', 'notBreaching'])
        .default('ignore'),
    )
    .option(
      '--rebase <dates...>',
      'days on which the way of working changed, such as "1 April 2011" or 2011-04-01',
      (text: string, before: string[] = []) => [...before, dayFrom(text)],
    )
    .option(
      '--comparable <number>',
      'with --rebase: what the inspection found, as figures are counted since',
      amountFrom,
    );
}

function changeOf({ from, value, upTo, tolerance, mOfN, missing, rebase, comparable }: Change): object {
  const [, m, n] = /^(\d+)\/(\d+)$/.exec(mOfN ?? '') ?? [];
  if (mOfN !== undefined && m === undefined) throw new UsageError(`--m-of-n ${mOfN}: write it as 2/3`);
  return {
    ...(from ? { from } : {}),
    ...(value === undefined ? {} : { value: value === NONE ? null : value }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(m === undefined ? {} : { mOfN: { m: Number(m), n: Number(n), missing } }),
    ...(rebase ? { rebaseDates: rebase } : {}),
    ...(comparable === undefined ? {} : { comparable }),
  };
}
