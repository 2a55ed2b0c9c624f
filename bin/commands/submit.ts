import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { readCsv } from '../../functions/csv.ts';
import { type Outcome, submitMonth } from '../../lib/client.ts';
import { showList, tell } from './output.ts';
import { clientOf, type Target, UsageError } from './setting.ts';

/** Faults in a file, found before anything was sent. */
export class FileFaultsError extends Error {
  override readonly name = 'FileFaultsError';
}

export function addSubmit(program: Command): void {
  program
    .command('submit')
    .argument('<file>', 'CSV with the columns period,metric,numerator,denominator,count,value,status')
    .description('Hands in the months of a file.')
    .option('--revise', 'change months that were handed in before and differ')
    .addHelpText(
      'after',
      `
Examples:
  npm run monitor -- submit figures.csv             new months
  npm run monitor -- submit --revise figures.csv    corrections too`,
    )
    .action(async (file: string, { revise }: { revise?: true }, command: Command) => {
      const target = command.optsWithGlobals<Target>();
      const client = clientOf(target);
      const { months, faults } = readCsv(readFile(file));
      if (faults.length > 0)
        throw new FileFaultsError(
          [
            `${file}: nothing was sent`,
            ...faults.map(({ line, column, detail }) => `  line ${line}${column ? `, ${column}` : ''}: ${detail}`),
          ].join('\n'),
        );
      const results: { period: string; outcome: Outcome }[] = [];
      for (const { period, body } of months) {
        const outcome = await submitMonth(client, target.authority, period, body, revise === true);
        results.push({ period, outcome });
        tell(`${period} ${outcome}`);
      }
      showList(
        results,
        { period: ({ period }) => period, outcome: ({ outcome }) => outcome },
        { submissions: results },
        `${file} holds no month`,
      );
    });
}

export function readFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
