import { type Command, InvalidArgumentError, Option } from 'commander';
import { nth } from '../../functions/domain/format.ts';
import { askFirst, showList, showOne, YES } from './output.ts';
import { PROGRAM, reach, readAll, UsageError } from './setting.ts';

interface Said {
  readonly author: string;
  readonly reason: string;
}

interface Authority {
  readonly authority: string;
  readonly name: string;
  readonly closed: boolean;
  readonly dueWorkingDay: number;
  readonly smallNumbers?: 'show' | 'suppress';
  readonly settings: readonly (Said & { readonly version: number; readonly setAt: string; readonly by?: string })[];
}

const said = (command: Command): Command =>
  command.requiredOption('--reason <reason>', 'why').requiredOption('--author <author>', 'who decided it');

/** In the place of a value: as it is where nothing is set. */
const DEFAULT = 'default';

function dayFrom(text: string): number | null {
  if (text === DEFAULT) return null;
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError(`Give a whole number from 1 to 20, or "${DEFAULT}".`);
  return Number(text);
}

/** Commands about what the council decides for itself as a whole. */
export function addAuthority(program: Command): void {
  const authority = program
    .command('authority')
    .description(
      'Shows and changes the settings of an authority; closes and reopens it. Loading its first inspection creates it.',
    );

  authority
    .command('show', { isDefault: true })
    .description('Shows the settings, and who set them.')
    .action(async (_: object, command: Command) => {
      const { client, at } = reach(command);
      const { body } = await client.request('GET', at());
      showOne(inWords(body), body);
    });

  authority
    .command('list')
    .description('Lists the authorities that your token may see.')
    .action(async (_: object, command: Command) => {
      const { client } = reach(command);
      const authorities = await readAll<Authority>(client, '/v1/authorities', 'authorities');
      showList<Authority>(
        authorities,
        {
          authority: ({ authority }) => authority,
          name: ({ name }) => name,
          state: ({ closed }) => (closed ? 'closed' : 'open'),
        },
        { authorities },
        'Your token may see no authority.',
      );
    });

  said(authority.command('set'))
    .description(`Changes settings. Those you leave out stay; "${DEFAULT}" goes back to the default.`)
    .option('--name <name>', 'as people write it')
    .option(
      '--due-working-day <day>',
      'the working day after a month by the end of which figures are due, 1 to 20',
      dayFrom,
    )
    .addOption(
      new Option('--small-numbers <how>', 'counts of 1 to 5, on pages and in e-mails').choices([
        'show',
        'suppress',
        DEFAULT,
      ]),
    )
    .addHelpText(
      'after',
      `\nExample:\n  ${PROGRAM} authority set --due-working-day 12 --reason "Data team of two" --author "J. Smith"`,
    )
    .action(
      async (
        {
          name,
          smallNumbers,
          dueWorkingDay,
          ...who
        }: Said & { name?: string; smallNumbers?: string; dueWorkingDay?: number | null },
        command: Command,
      ) => {
        const given = { name, smallNumbers, dueWorkingDay };
        if (Object.values(given).every((value) => value === undefined))
          throw new UsageError('name what changes: --name, --due-working-day or --small-numbers');
        const change = Object.fromEntries(
          Object.entries(given).map(([key, value]) => [key, value === DEFAULT ? null : value]),
        );
        await patch({ ...change, ...who }, command);
      },
    );

  said(authority.command('close'))
    .description(
      'Closes an authority: no figures are accepted or judged, and nobody is mailed. Its record stays, and can be read and exported.',
    )
    .option('--yes', YES)
    .action(async ({ yes, ...who }: Said & { yes?: true }, command: Command) => {
      const { authority: id } = reach(command);
      await askFirst(`Close ${id}? No figures will be accepted or judged, and nobody will be mailed.`, yes);
      await patch({ closed: true, ...who }, command);
    });

  said(authority.command('reopen'))
    .description('Opens a closed authority again, with its record.')
    .action((who: Said, command: Command) => patch({ closed: false, ...who }, command));
}

async function patch(change: object, command: Command): Promise<void> {
  const { client, at } = reach(command);
  const { body } = await client.request('PATCH', at(), change);
  showOne(inWords(body), body);
}

function inWords({ name, authority, closed, dueWorkingDay, smallNumbers, settings }: Authority): string[] {
  const last = settings.at(-1);
  return [
    `${name} (${authority})${closed ? ' is CLOSED: nothing is taken in, judged or mailed' : ''}`,
    `Figures are due by the ${nth(dueWorkingDay)} working day after the month.`,
    `Small numbers: ${smallNumbers ?? "this instance's default"}.`,
    last
      ? `Last set by ${last.author} on ${last.setAt.slice(0, 10)}: "${last.reason}"`
      : 'No setting was ever changed.',
  ];
}
