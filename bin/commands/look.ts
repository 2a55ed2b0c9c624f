import { type Command, Option } from 'commander';
import { basisOf, digitsOf, formatLimit } from '../../functions/domain/format.ts';
import type { Basis } from '../../functions/domain/identifiers.ts';
import { monthIn } from '../../functions/services/cell-periods.ts';
import { METRIC, metricIdOf, metricsOf } from './metric-names.ts';
import { forPeople, levelName, said, showList, showOne, wordsOf } from './output.ts';
import { MONTH, monthFrom, notAMonth, type Reach, reach, readAll, UsageError, withQuery } from './setting.ts';

interface Alert {
  readonly alert: string;
  readonly title: string;
  readonly state: string;
  readonly level?: string;
  readonly since?: string;
  readonly findings?: readonly { readonly text: string }[];
  readonly acknowledgement?: { readonly author: string };
}

interface Standard {
  readonly value: number;
  readonly from: string;
  readonly basis: Basis;
}

interface Point {
  readonly period: string;
  readonly value?: number;
  readonly numerator?: number;
  readonly denominator?: number;
  readonly standard?: Standard;
  readonly limits?: { readonly lower: number | null; readonly upper: number | null };
  readonly alert: { readonly state: string; readonly level?: string };
  readonly findings: readonly { readonly text: string }[];
}

const BETTER = { higher: 'higher', lower: 'lower', target: 'within a range', neutral: 'neither' };
const LEVELS = ['critical', 'warning', 'watch'];
const worstFirst = (a: Alert, b: Alert): number => rank(a) - rank(b);
const rank = ({ level }: Alert): number => (level ? LEVELS.indexOf(level) : LEVELS.length);
/** A number with as many digits as tell it from what it is held against; a whole one has none. */
const shown = (value: number | null | undefined, against: readonly number[] = []): string =>
  value == null ? '' : Number.isInteger(value) ? String(value) : digitsOf(value, against);
const saidOf = (standard: Standard | undefined): string =>
  standard ? `${standard.value} from ${standard.from} (${basisOf(standard.basis)})` : '';

interface Unreadable {
  readonly table: string;
  readonly key: string;
  readonly why: string;
}

const SET_ASIDE: Readonly<Record<string, string>> = {
  'too-long': 'judging took too long',
  failed: 'something in the record cannot be read',
};

/** Commands that only read. */
export function addLook(program: Command): void {
  program
    .command('status')
    .description('Summarises how things stand.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const [inspection, alerts, notices] = await Promise.all([
        client.request('GET', at('inspection')),
        client.request('GET', at('alerts')),
        client.request('GET', withQuery(at('notices'), { limit: '1' })),
      ]);
      const raised: Alert[] = alerts.body.alerts.filter(({ state }: Alert) => state !== 'clear');
      const [last] = notices.body.notices;
      const { waiting, lost } = notices.body;
      const levels = Object.fromEntries(
        LEVELS.map((level) => [level, raised.filter((alert) => alert.level === level).length]),
      );
      const { latestPeriod, evaluatedAt, setAside, closed } = alerts.body;
      const isIncomplete = setAside?.reason === 'incomplete';
      const months = isIncomplete ? await readAll<Month>(client, at('submissions'), 'submissions') : [];
      const unreadable: Unreadable[] = [
        ...(alerts.body.unreadable ?? []),
        ...(notices.body.unreadable ?? []),
        ...months.flatMap((month) => month.unreadable ?? []),
      ];
      showOne(
        [
          `${inspection.body.name}, inspected ${inspection.body.fieldwork.from} to ${inspection.body.fieldwork.to}`,
          latestPeriod ? `Latest month   ${latestPeriod}, judged ${evaluatedAt}` : 'No month has been submitted yet.',
          `Alerts         ${LEVELS.map((level) => `${levels[level]} ${levelName(level)}`).join(', ')}`,
          ...(closed ? ['CLOSED         nothing is taken in, judged or mailed ("authority" says since when)'] : []),
          ...(setAside && !isIncomplete
            ? [`NOT JUDGED     since ${setAside.at}: ${SET_ASIDE[setAside.reason]}; the alerts are from before`]
            : []),
          ...unreadable.map(
            ({ table, key, why }) => `MISSING        ${table} ${key} cannot be read: ${why}; the rest was judged`,
          ),
          last
            ? `Last notice    ${last.number}: ${last.subject}${last.sentAt ? `, sent ${last.sentAt}` : ', NOT SENT YET'}`
            : 'No notice has been written yet.',
          ...(lost > 0
            ? [
                `Lost           ${lost} ${lost === 1 ? 'address' : 'addresses'} no longer mailed: unsubscribed ("recipients" lists them)`,
              ]
            : []),
          ...(waiting > 0
            ? [
                `Waiting        ${waiting} could not be mailed: nobody who would get ${waiting === 1 ? 'it' : 'them'} has confirmed ("recipients" lists who is asked)`,
              ]
            : []),
        ],
        {
          authority: inspection.body.authority,
          latestPeriod,
          evaluatedAt,
          alerts: levels,
          setAside,
          closed,
          ...(unreadable.length > 0 ? { unreadable } : {}),
          waitingNotices: waiting,
          lostRecipients: lost,
          ...(last
            ? {
                lastNotice: {
                  number: last.number,
                  subject: last.subject,
                  level: last.level,
                  createdAt: last.createdAt,
                  sentAt: last.sentAt,
                },
              }
            : {}),
        },
      );
    });

  program
    .command('alerts')
    .description('Lists the alerts, worst first.')
    .addOption(new Option('--state <state>', 'only these').choices(['clear', 'raised', 'recovering']))
    .option('--all', 'clear ones too')
    .action(async ({ state, all }: { state?: string; all?: true }, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', withQuery(at('alerts'), { state }));
      const shown: Alert[] = body.alerts
        .filter((alert: Alert) => state || all || alert.state !== 'clear')
        .sort(worstFirst);
      showList(
        shown,
        {
          alert: ({ title }) => title,
          state: (alert) => alert.state,
          level: ({ level }) => level && levelName(level),
          since: ({ since }) => since,
          'in hand': ({ acknowledgement }) => acknowledgement?.author,
          why: ({ findings }) => findings?.[0]?.text,
        },
        { ...body, alerts: shown },
        'No alert.',
      );
    });

  program
    .command('notices')
    .description('Lists what was mailed, newest first.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const notices = await readAll<{ number: number; createdAt: string; sentAt?: string; subject: string }>(
        client,
        at('notices'),
        'notices',
      );
      showList(
        notices,
        {
          number: ({ number }) => number,
          written: ({ createdAt }) => createdAt,
          sent: ({ sentAt }) => sentAt ?? 'NOT YET',
          subject: ({ subject }) => subject,
        },
        { notices },
        'No notice has been written yet.',
      );
    });

  program
    .command('months')
    .description('Lists the months that were submitted.')
    .option('--from <month>', `the first month, ${MONTH}`, monthFrom)
    .option('--to <month>', `the last month, ${MONTH}`, monthFrom)
    .action(async (range: { from?: string; to?: string }, command: Command) => {
      const { client, at } = reach(command);
      const submissions = await readAll<Month>(client, withRange(at('submissions'), range), 'submissions');
      showMonths(submissions, { submissions }, 'No month has been submitted.');
    });

  program
    .command('revisions')
    .argument('<month>', MONTH, monthFrom)
    .description('Lists every revision of a month, oldest first.')
    .action(async (month: string, _: object, command: Command) => {
      const { client, at } = reach(command);
      const revisions = await readAll<Month>(client, at('submissions', month, 'revisions'), 'revisions');
      showMonths(revisions, { revisions }, '');
    });

  program
    .command('receipt')
    .argument('[month]', `the month that was sent, ${MONTH} (default: what was sent last)`)
    .option('--revision <number>', 'the revision of the month, as "revisions" lists them (default: the newest)')
    .description(
      'Shows what one submission did: who sent it and when, what changed, what is questioned, which alerts followed.',
    )
    .action(async (what: string | undefined, { revision }: { revision?: string }, command: Command) => {
      const to = reach(command);
      const { client, at } = to;
      const receipt: Receipt = (await client.request('GET', at('receipts', await sentAt(to, what, revision)))).body;
      const metrics = forPeople() ? await metricsOf(to) : undefined;
      showOne(
        [
          `Sent ${receipt.at}${receipt.by ? ` by ${receipt.by}` : ''}`,
          ...receipt.months.flatMap(({ period, revision, outcome, figures, changes, reason, superseded }) => [
            `${period}, revision ${revision}: ${outcome}, ${figures} figures${superseded ? '; revised since' : ''}${reason ? `. Why: ${reason}` : ''}`,
            ...changes.map(
              ({ pointer, before, after }) => `  ${wordsOf(pointer, metrics)}: ${said(before)} became ${said(after)}`,
            ),
          ]),
          ...(receipt.questions ? ['Please check:'] : []),
          ...(receipt.questions ?? []).map((text) => `  ${text}`),
          ...(receipt.alerts.length > 0 ? ['Alerts that followed:'] : ['No alert followed, or none yet.']),
          ...receipt.alerts.map(
            ({ title, transition, level, notice }) =>
              `  ${title}: ${transition}, ${levelName(level)} (notice ${notice})`,
          ),
        ],
        receipt,
      );
    });

  program
    .command('metrics')
    .description('Lists the metrics, each with the standard in force.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', at('metrics'));
      showList<{
        id: string;
        kind: string;
        polarity: keyof typeof BETTER;
        frequency: string;
        standard?: Standard;
        title: string;
      }>(
        body.metrics,
        {
          metric: ({ title }) => title,
          kind: ({ kind }) => kind,
          better: ({ polarity }) => BETTER[polarity],
          reported: ({ frequency }) => frequency,
          standard: ({ standard }) => saidOf(standard),
        },
        body,
        'No metric.',
      );
    });

  program
    .command('metric')
    .argument('<metric>', METRIC)
    .description('Shows one metric month by month: figure, standard, limits, alert.')
    .option('--from <month>', `the first month, ${MONTH}`, monthFrom)
    .option('--to <month>', `the last month, ${MONTH}`, monthFrom)
    .action(async (metric: string, range: { from?: string; to?: string }, command: Command) => {
      const to = reach(command);
      const { client, at } = to;
      const { body } = await client.request('GET', withRange(at('metrics', await metricIdOf(metric, to)), range));
      showList<Point>(
        body.series,
        {
          month: ({ period }) => period,
          value: ({ value, standard }) => shown(value, standard ? [standard.value] : []),
          of: ({ numerator, denominator }) => (denominator === undefined ? '' : `${numerator} of ${denominator}`),
          standard: ({ standard }) => saidOf(standard),
          limits: ({ limits }) =>
            limits?.lower == null || limits.upper == null
              ? ''
              : `${formatLimit(body, limits.lower)} to ${formatLimit(body, limits.upper)}`,
          alert: ({ alert }) => [alert.state, alert.level && levelName(alert.level)].filter(Boolean).join(' '),
          why: ({ findings }) => findings[0]?.text,
        },
        body,
        `Nothing was reported for ${metric}.`,
      );
    });

  program
    .command('actions')
    .description('Lists the recommended actions and their progress.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const { actions } = (await client.request('GET', at('inspection'))).body;
      showList<{ id: string; due: string; state: string; title: string; progress: { evidence: string }[] }>(
        actions,
        {
          action: ({ id }) => id,
          due: ({ due }) => due,
          state: ({ state }) => state,
          title: ({ title }) => title,
          evidence: ({ progress }) => progress.at(-1)?.evidence,
        },
        { actions },
        'No action.',
      );
    });
}

/** When a month was sent, or what was sent last; an instant is that itself. Throws {@link UsageError}. */
async function sentAt({ client, at }: Reach, what: string | undefined, revision: string | undefined): Promise<string> {
  if (what !== undefined && /^\d{4}-\d{2}-\d{2}T/.test(what)) return what;
  if (what === undefined) {
    if (revision !== undefined) throw new UsageError('--revision is of a month: name it');
    const months = await readAll<Month>(client, at('submissions'), 'submissions');
    const last = months.map(({ submittedAt }) => submittedAt).sort();
    if (last.length === 0) throw new UsageError('No month has been submitted.');
    return last.at(-1) as string;
  }
  const month = monthIn(what);
  if (!month) throw new UsageError(notAMonth(what));
  if (revision === undefined) return (await client.request('GET', at('submissions', month))).body.submittedAt;
  const revisions = await readAll<Month>(client, at('submissions', month, 'revisions'), 'revisions');
  const found = revisions.find((each) => String(each.revision) === revision);
  if (!found) throw new UsageError(`${month} has no revision ${revision}; it has ${revisions.length}`);
  return found.submittedAt;
}

interface Receipt {
  readonly at: string;
  readonly by?: string;
  readonly months: readonly {
    readonly period: string;
    readonly revision: number;
    readonly outcome: string;
    readonly figures: number;
    readonly reason?: string;
    readonly changes: readonly { readonly pointer: string; readonly before?: unknown; readonly after?: unknown }[];
    readonly superseded: boolean;
  }[];
  readonly questions?: readonly string[];
  readonly alerts: readonly {
    readonly title: string;
    readonly transition: string;
    readonly level: string;
    readonly notice: number;
  }[];
}

interface Month {
  readonly period: string;
  readonly revision: number;
  readonly status: string;
  readonly retracted?: boolean;
  readonly submittedAt: string;
  readonly observations: object;
  readonly unreadable?: Unreadable;
}

function showMonths(months: readonly Month[], all: unknown, whenEmpty: string): void {
  showList(
    months,
    {
      month: ({ period }) => period,
      revision: ({ revision }) => revision,
      status: ({ status, retracted, unreadable }) => (unreadable ? 'CANNOT BE READ' : retracted ? 'retracted' : status),
      figures: ({ observations }) => Object.keys(observations).length,
      submitted: ({ submittedAt }) => submittedAt,
    },
    all,
    whenEmpty,
  );
}

function withRange(path: string, { from, to }: { from?: string; to?: string }): string {
  return withQuery(path, { from, to });
}
