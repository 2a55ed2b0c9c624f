import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Benchmark } from '../../functions/domain/benchmark.ts';
import { parseJson } from '../../functions/domain/json-lines.ts';
import type { MetricDefinition } from '../../functions/domain/metric.ts';
import type { LoadedBenchmarks } from '../../functions/services/benchmarks.ts';
import { decodeText, UnreadableFileError } from '../../functions/services/csv.ts';
import { LIBRARY as library } from '../../functions/services/library.ts';
import { ApiError } from '../client.ts';
import { METRIC, metricIdOf } from './metric-names.ts';
import { askFirst, showList, showOne, YES } from './output.ts';
import { MONTH, monthFrom, PROGRAM, reach, UsageError, withQuery } from './setting.ts';

interface Said {
  readonly author: string;
  readonly reason: string;
}

const said = (command: Command): Command =>
  command.requiredOption('--reason <reason>', 'why').requiredOption('--author <author>', 'who decided it');

/** Commands about what is measured: metrics begin, are renamed, are replaced and end. */
export function addMetric(program: Command): void {
  const metric = program.commands.find((command) => command.name() === 'metric') ?? program.command('metric');

  metric
    .command('library')
    .argument('[word]', 'what to look for in id, title or definition')
    .description('Lists the present-day metrics that ship with the service, with their national definitions.')
    .action((word: string | undefined) => {
      const found = library.filter((entry) =>
        JSON.stringify(entry)
          .toLowerCase()
          .includes((word ?? '').toLowerCase()),
      );
      showList(
        found,
        { id: ({ id }) => id, kind: ({ kind }) => kind, title: ({ title }) => title, source: ({ source }) => source },
        found,
        `The library has nothing with "${word}".`,
      );
    });

  said(
    metric
      .command('add')
      .argument('[file]', 'a definition in JSON, as docs/metrics.md shows it')
      .description("Starts a metric: one of the library, or the council's own.")
      .option('--library <id>', 'take it from the library ("metric library" lists it)')
      .option('--from <month>', `the first month it is judged for, ${MONTH}`, monthFrom),
  )
    .addHelpText(
      'after',
      `\nExample:\n  ${PROGRAM} metric add --library single-assessments-on-time --from 2026-04 --reason "Improvement plan" --author "J. Smith"`,
    )
    .action(async (file: string | undefined, options: Said & { library?: string }, command: Command) => {
      const { id, ...definition } = wantedFrom(file, options.library);
      const { client, at } = reach(command);
      // `metric <id>` has an option of the same name, which takes it.
      const { from } = command.optsWithGlobals<{ from?: string }>();
      const { author, reason } = options;
      const { status, body } = await client.request('PUT', at('metrics', id), {
        ...definition,
        ...(from ? { from } : {}),
        ...{ author, reason },
      });
      showOne([`${body.title} (${id}) ${status === 201 ? 'has begun' : 'now has this definition'}.`], body);
    });

  const change = async (name: string, fate: object, { author, reason }: Said, command: Command, words: string) => {
    const to = reach(command);
    const path = to.at('metrics', await metricIdOf(name, to), 'changes');
    const { body } = await to.client.request('POST', path, { ...fate, author, reason });
    showOne([words], body);
  };
  said(metric.command('rename').argument('<metric>', METRIC).argument('<title>', 'its name from now on'))
    .description('Gives a metric another name. Its id and its figures stay.')
    .action((id: string, title: string, options: Said, command: Command) =>
      change(id, { title }, options, command, `${id} is called "${title}" from now on.`),
    );
  said(
    metric
      .command('end')
      .argument('<metric>', METRIC)
      .requiredOption('--after <month>', `its last month, ${MONTH}`, monthFrom),
  )
    .description('Ends a metric: nothing is judged after its last month. Its figures stay, and can be corrected.')
    .option('--yes', YES)
    .action(async (id: string, options: Said & { after: string; yes?: true }, command: Command) => {
      await askFirst(`End ${id} with ${options.after}? It will not be asked for or judged after that.`, options.yes);
      await change(id, { until: options.after }, options, command, `${id} ends with ${options.after}.`);
    });
  said(
    metric
      .command('replace')
      .argument('<metric>', `the metric that ends: ${METRIC}`)
      .requiredOption('--by <metric>', 'the metric that takes its place')
      .requiredOption('--after <month>', `the last month of the one that ends, ${MONTH}`, monthFrom),
  )
    .description('Ends a metric and says which one takes its place.')
    .option('--yes', YES)
    .action(async (id: string, options: Said & { by: string; after: string; yes?: true }, command: Command) => {
      const { by, after } = options;
      await askFirst(`End ${id} with ${after}, and have ${by} take its place?`, options.yes);
      const words = `${id} ends with ${after}; ${by} takes its place.`;
      await change(id, { until: after, replacedBy: await metricIdOf(by, reach(command)) }, options, command, words);
    });
}

/** Commands about what was published of other places, to compare with. */
export function addBenchmark(program: Command): void {
  const benchmark = program
    .command('benchmark')
    .description(
      'Published figures of England and of statistical neighbours, to compare with. Nothing is judged by them.',
    );

  benchmark
    .command('load')
    .argument('<file>', 'CSV with the columns metric or measure, area, year and value')
    .requiredOption('--source <source>', 'the publication, with its date')
    .requiredOption('--author <author>', 'who loads it')
    .option('--dry-run', 'say what would be loaded, and load nothing')
    .description(
      'Loads a file, such as an export of the Local Authority Interactive Tool, in place of the benchmarks that its metrics had.',
    )
    .action(
      async (
        path: string,
        { dryRun, ...said }: { source: string; author: string; dryRun?: true },
        command: Command,
      ) => {
        const csv = textOf(path);
        const { client, at } = reach(command);
        try {
          const { body } = await client.request('POST', withQuery(at('benchmarks'), { dryRun: dryRun && 'true' }), {
            ...said,
            csv,
          });
          showOne(describeLoaded(body as LoadedBenchmarks, dryRun === true), body);
        } catch (error) {
          if (!(error instanceof ApiError) || error.kind !== 'invalid') throw error;
          throw error.withErrors(
            error.errors.map(({ line, ...fault }) => (line ? { ...fault, position: `${path}, line ${line}` } : fault)),
          );
        }
      },
    );

  benchmark
    .command('remove')
    .argument('<metric>', METRIC)
    .description('Removes the benchmarks of a metric.')
    .option('--yes', YES)
    .action(async (name: string, { yes }: { yes?: true }, command: Command) => {
      const to = reach(command);
      const metric = await metricIdOf(name, to);
      await askFirst(`Remove the benchmarks of ${name}? Its page will no longer show other places.`, yes);
      await to.client.request('DELETE', to.at('benchmarks', metric));
      showOne([`The benchmarks of ${name} are removed.`], { metric, removed: true });
    });
}

function describeLoaded({ benchmarks, neighbours, setAside }: LoadedBenchmarks, dryRun: boolean): string[] {
  const years = (of: Benchmark): string => [...new Set([of.years[0]?.year, of.years.at(-1)?.year])].join(' to ');
  return [
    ...benchmarks.map((of) => `${of.metric}: ${years(of)} (${of.measure})`),
    `Neighbours: ${neighbours.join(', ') || 'none'}`,
    ...setAside.map(
      ({ what, lines, why }) => `Set aside: ${what || 'no name'}, ${lines} line${lines === 1 ? '' : 's'}: ${why}`,
    ),
    dryRun
      ? 'Nothing was loaded: this was a dry run.'
      : 'Loaded. It is on each metric’s page, and in e-mails from the next one on.',
  ];
}

function textOf(path: string): string {
  try {
    return decodeText(readFileSync(path));
  } catch (error) {
    throw new UsageError(
      error instanceof UnreadableFileError
        ? `${path}, line ${error.line}: ${error.message}`
        : `${path} cannot be read: ${(error as Error).message}`,
    );
  }
}

function wantedFrom(file: string | undefined, taken: string | undefined): MetricDefinition {
  if ((file === undefined) === (taken === undefined))
    throw new UsageError('give a file, or --library with the id of a metric of the library');
  if (taken !== undefined) {
    const found = library.find(({ id }) => id === taken);
    if (!found) throw new UsageError(`the library has no metric "${taken}"; ${PROGRAM} metric library lists it`);
    return found;
  }
  try {
    return parseJson(readFileSync(file as string, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}
