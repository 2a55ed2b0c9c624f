import { type Command, Option } from 'commander';
import { FIELDS, type OwnName } from '../../functions/domain/own-name.ts';
import { namingOf, plain } from '../../functions/services/names.ts';
import { metricNamed, metricsOf, ownNamesOf } from './metric-names.ts';
import { showList, showOne } from './output.ts';
import { PROGRAM, reach, UsageError } from './setting.ts';

const meaningOf = ({ metric, field }: Pick<OwnName, 'metric' | 'field'>): string =>
  metric === null ? 'left out' : [metric, field].filter(Boolean).join(', ');

/** Commands about names that an authority's own files have for metrics. */
export function addName(program: Command): void {
  const name = program.command('name').description("Remembers what names in the authority's own files mean.");
  name
    .command('list', { isDefault: true })
    .description('Lists the names that are remembered.')
    .action(async (_: object, command: Command) => {
      const names = await ownNamesOf(reach(command));
      showList(
        names,
        { name: (each) => each.name, means: meaningOf, by: ({ by }) => by, at: ({ at }) => at },
        { names },
        'No name is remembered.',
      );
    });
  name
    .command('add')
    .argument('<name>', 'as it stands in the file')
    .argument('<metric>', 'its id, its title, or a usual name; "none" leaves lines of that name out')
    .addOption(new Option('--as <field>', 'which of its figures, unless the column says so').choices(FIELDS))
    .description('Remembers what a name means, instead of what it meant before.')
    .addHelpText('after', `\nExample:\n  ${PROGRAM} name add "CP conf 15d" ICPC`)
    .action(async (typed: string, meant: string, { as }: { as?: string }, command: Command) => {
      const to = reach(command);
      const metrics = await metricsOf(to);
      const metric = meant === 'none' ? null : metricNamed(meant, namingOf(metrics.values()), metrics).id;
      const body = { name: typed, metric, ...(as ? { field: as } : {}) };
      const remembered: OwnName = (await to.client.request('POST', to.at('names'), body)).body;
      showOne([`"${remembered.name}" is remembered: ${meaningOf(remembered)}.`], remembered);
    });
  name
    .command('remove')
    .argument('<name>', 'as "name list" has it')
    .description('Forgets a name.')
    .action(async (typed: string, _: object, command: Command) => {
      const to = reach(command);
      const known = (await ownNamesOf(to)).find((each) => plain(each.name) === plain(typed));
      if (!known) throw new UsageError(`"${typed}" is not a remembered name; "${PROGRAM} name list" shows them`);
      await to.client.request('DELETE', to.at('names', known.id));
      showOne([`"${known.name}" is forgotten.`], known);
    });
}
