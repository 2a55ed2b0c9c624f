import { Command, CommanderError } from 'commander';
import { ServiceError } from '../functions/services/errors.ts';
import manifest from '../package.json' with { type: 'json' };
import { ApiError, UnreachableError } from './client.ts';
import { addAnalyse } from './commands/analyse.ts';
import { addAuthority } from './commands/authority.ts';
import { addCompletion } from './commands/completion.ts';
import { addCorrect } from './commands/correct.ts';
import { FileFaultsError } from './commands/figures-file.ts';
import { addInspection } from './commands/inspection.ts';
import { addLook } from './commands/look.ts';
import { addManage } from './commands/manage.ts';
import { addBenchmark, addMetric } from './commands/metric.ts';
import { addName } from './commands/name.ts';
import { inWords, wordsOf } from './commands/output.ts';
import { addRecovery } from './commands/recovery.ts';
import { PROGRAM, PROGRAM_QUIETLY, refuseMeaningless, UsageError } from './commands/setting.ts';
import { addSubmit } from './commands/submit.ts';
import { addToken } from './commands/token.ts';

/** What a script can tell from the exit code. */
const EXIT = { refused: 1, usage: 2, unreachable: 3, failed: 4 } as const;

/** What to do about a problem that the service named, by its kind, or about what was refused here, by its reason. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthorized: `The token is wrong, revoked or expired. Make another: ${PROGRAM} token create --help`,
  forbidden: 'Use a token for this authority that allows this, or name another authority with --authority.',
  'precondition-required': 'To replace what was submitted before, add --revise.',
  'would-change': 'If you mean that, add --replace.',
};

const program = new Command(PROGRAM)
  .description('Talks to an instance of the inspection monitor, on this machine or deployed.')
  .version(manifest.version, '--version', 'which version this is')
  .option('--url <url>', 'where the API is (or MONITOR_URL)', process.env.MONITOR_URL)
  .option('--token <token>', 'who you are (or, better, MONITOR_TOKEN: other users can see options)')
  .option(
    '--authority <authority>',
    'whose figures (or MONITOR_AUTHORITY)',
    process.env.MONITOR_AUTHORITY ?? 'herefordshire',
  )
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    `
Examples:
  export MONITOR_URL=http://127.0.0.1:3000 MONITOR_TOKEN=imt_…     both are printed by "npm start"
  ${PROGRAM} submit figures.xlsx
  ${PROGRAM} status
  ${PROGRAM} alerts
  ${PROGRAM_QUIETLY} alerts | jq '.alerts[].alert'              JSON on a pipe, tables on a terminal

Exit codes: 0 done; 1 refused, or the file has faults; 2 the command line is wrong; 3 nothing answers; 4 anything else.`,
  )
  .hook('preAction', (root, command) => {
    refuseMeaningless(root, command);
    // Not as the option's default, which --help would show.
    if (root.opts().token === undefined) root.setOptionValue('token', process.env.MONITOR_TOKEN);
  })
  .exitOverride();

addSubmit(program);
addCorrect(program);
addName(program);
addLook(program);
addManage(program);
addInspection(program);
addAuthority(program);
addMetric(program);
addBenchmark(program);
addToken(program);
addAnalyse(program);
addRecovery(program);
addCompletion(program);
for (const command of [...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error as Error);
}

/** Says on standard error what went wrong and what to do; returns the exit code. */
function report(error: Error): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  console.error(inWords(error.message));
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof FileFaultsError) return EXIT.refused;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  if (error instanceof ServiceError) {
    showFaults(
      error.faults.map(({ pointer, parameter, detail }) => [parameter ?? (pointer && wordsOf(pointer)), detail]),
    );
    advise(error.reason);
    return EXIT.refused;
  }
  if (!(error instanceof ApiError)) return EXIT.failed;
  showFaults(
    error.errors.map(({ position, pointer, parameter, detail }) => [
      position ?? parameter ?? (pointer && wordsOf(pointer)),
      detail,
    ]),
  );
  advise(error.kind);
  return error.status >= 500 ? EXIT.failed : EXIT.refused;
}

function showFaults(faults: readonly (readonly [place: string | undefined, detail: string])[]): void {
  for (const [place, detail] of faults) console.error(`  ${[place, inWords(detail)].filter(Boolean).join(': ')}`);
}

/** Says what to do about it, where there is something. */
function advise(kind: string): void {
  const advice = ADVICE[kind];
  if (advice) console.error(advice);
}
