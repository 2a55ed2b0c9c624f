import { type Command, Option } from 'commander';
import { showList, showOne } from './output.ts';
import { clientOf, pathOf, type Target } from './setting.ts';

interface Alert {
  readonly alert: string;
  readonly title: string;
  readonly state: string;
  readonly level?: string;
  readonly since?: string;
  readonly findings?: readonly { readonly text: string }[];
  readonly acknowledgement?: { readonly name: string };
}

/** Commands that only read. */
export function addLook(program: Command): void {
  program
    .command('status')
    .description('Says in a few lines how things stand.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const [inspection, alerts, notices] = await Promise.all([
        client.request('GET', at('inspection')),
        client.request('GET', at('alerts')),
        client.request('GET', at('notices')),
      ]);
      const raised: Alert[] = alerts.body.alerts.filter(({ state }: Alert) => state !== 'clear');
      const [last] = notices.body.notices;
      const count = (level: string) => raised.filter((alert) => alert.level === level).length;
      const levels = { critical: count('critical'), warning: count('warning'), watch: count('watch') };
      const { latestPeriod, evaluatedAt } = alerts.body;
      showOne(
        [
          `${inspection.body.name}, inspected ${inspection.body.fieldwork.from} to ${inspection.body.fieldwork.to}`,
          latestPeriod ? `Latest month   ${latestPeriod}, judged ${evaluatedAt}` : 'No month has been handed in yet.',
          `Alerts         ${levels.critical} critical, ${levels.warning} warning, ${levels.watch} watch`,
          last
            ? `Last notice    ${last.number}: ${last.subject}${last.sentAt ? `, sent ${last.sentAt}` : ', NOT SENT YET'}`
            : 'No notice has been written yet.',
        ],
        {
          authority: inspection.body.authority,
          latestPeriod,
          evaluatedAt,
          alerts: levels,
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
    .description('Lists the alerts, the worst first.')
    .addOption(new Option('--state <state>', 'only these').choices(['clear', 'raised', 'recovering']))
    .option('--all', 'clear ones too')
    .action(async ({ state, all }: { state?: string; all?: true }, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', `${at('alerts')}${state ? `?state=${state}` : ''}`);
      const rank = ({ level }: Alert) => ['critical', 'warning', 'watch'].indexOf(level ?? '');
      const shown: Alert[] = body.alerts
        .filter((alert: Alert) => state || all || alert.state !== 'clear')
        .sort((a: Alert, b: Alert) => ((rank(a) + 4) % 4) - ((rank(b) + 4) % 4));
      showList(
        shown,
        {
          alert: ({ alert }) => alert,
          state: (alert) => alert.state,
          level: ({ level }) => level,
          since: ({ since }) => since,
          'in hand': ({ acknowledgement }) => acknowledgement?.name,
          why: ({ findings }) => findings?.[0]?.text,
        },
        { ...body, alerts: shown },
        'No alert.',
      );
    });
}

function reach(command: Command) {
  const target = command.optsWithGlobals<Target>();
  return { client: clientOf(target), at: (...parts: string[]) => pathOf(target.authority, ...parts) };
}
