import { Argument, type Command } from 'commander';
import { meansOnly } from './setting.ts';

const SHELLS = ['bash', 'zsh'] as const;
type Shell = (typeof SHELLS)[number];

/** The command that writes what a shell needs to complete all others. It stands last: it knows those that were added before. */
export function addCompletion(program: Command): void {
  const completion = program.command('completion');
  meansOnly(completion, []);
  completion
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .description('Writes a script with which your shell completes commands, options and their values.')
    .addHelpText(
      'after',
      `
For the "monitor" that is installed. Put one of these where your shell starts (~/.bashrc, ~/.zshrc):
  source <(monitor completion bash)
  autoload -Uz compinit && compinit && source <(monitor completion zsh)`,
    )
    .action((shell: Shell) => {
      process.stdout.write(completionOf(program, shell));
    });
}

/** A script for the shell. What it does not know, such as files, the shell completes as always. */
export function completionOf(program: Command, shell: Shell): string {
  const name = program.name().split(' ')[0] === 'npm' ? 'monitor' : program.name();
  const commands = commandsOf(program);
  const after = commands.map(({ path, commands: below }) => `    '${path}') words='${below.join(' ')}' ;;`);
  const options = commands.map(({ path, options: own }) => `    '${path}') words='${own.join(' ')}' ;;`);
  const values = commands.flatMap(({ path, values: own }) =>
    own.map(({ flag, choices }) => `    '${path} ${flag}') words='${choices.join(' ')}' ;;`),
  );
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `${shell === 'zsh' ? 'autoload -Uz bashcompinit && bashcompinit\n' : ''}_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' i next
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${paths.join(' | ')}) path="$next" ;;
    esac
  done
  case "$path $before" in
${values.join('\n')}
  *)
    case "$current" in
    -*) case "$path" in
${options.join('\n')}
    esac ;;
    *) case "$path" in
${after.join('\n')}
    esac ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

interface Completed {
  /** As it is typed, without the program's name; empty for the program itself. */
  readonly path: string;
  /** What may stand after it: commands, or the values of its arguments that are known. */
  readonly commands: readonly string[];
  readonly options: readonly string[];
  readonly values: readonly { readonly flag: string; readonly choices: readonly string[] }[];
}

function commandsOf(program: Command, command: Command = program, path = ''): Completed[] {
  const below = command.commands.filter((one) => one.name() !== 'help');
  const everywhere = program.options.filter(({ long }) => command === program || long !== '--version');
  const options = command === program ? everywhere : [...command.options, ...everywhere];
  const own: Completed = {
    path,
    commands: [
      ...below.map((one) => one.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    ],
    options: [...options.flatMap(({ long }) => long ?? []), '--help'],
    values: options.flatMap(({ long, argChoices }) =>
      long && argChoices ? [{ flag: long, choices: argChoices }] : [],
    ),
  };
  return [own, ...below.flatMap((one) => commandsOf(program, one, path ? `${path} ${one.name()}` : one.name()))];
}
