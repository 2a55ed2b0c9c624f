import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Command, InvalidArgumentError } from 'commander';
import { ASKED_FOR, asArguments, keepDeployed, lossesOf, readDeployed, undecided } from '../lib/deployed-settings.ts';
import { ROOT } from '../lib/paths.ts';
import { NOBODY, parseGiven, parseSettings, type Settings, SettingsError, spellSettings } from '../lib/settings.ts';

/** Deploys with the project's own CDK, so that no setting is forgotten: what is not said stays as it is deployed. */

type Context = Readonly<Record<string, string>>;

/** Somebody did not want to, or could not be asked. */
class RefusedError extends Error {}

const program = new Command('npm run deploy --')
  .description('Deploys to your AWS account. A setting that is left out keeps the value that is deployed.')
  .option('-c, --context <name=value>', 'a setting (docs/deployment.md); can be repeated', setting, {})
  .option('--region <region>', 'the AWS region (default: as AWS_REGION or your profile says)')
  .option('--profile <profile>', 'the profile of your AWS configuration whose credentials to use')
  .option('--diff', 'only show what would change')
  .allowUnknownOption()
  .allowExcessArguments()
  .addHelpText(
    'after',
    `
What a deployment would take away, such as a recipient, is shown and asked about; where nobody can be asked,
-c confirm=<setting>,<setting> says that it is meant. Other options go to the CDK as they are: npx cdk deploy --help

Examples:
  npm run deploy -- -c alertEmail=director@example.org -c operationsEmail=engineer@example.org
  npm run deploy -- -c stack=Trial -c retain=false -c alertEmail=nobody -c operationsEmail=me@example.org`,
  )
  .parse();
const { context, region, profile, diff } = program.opts<{
  context: Context;
  region?: string;
  profile?: string;
  diff?: true;
}>();

try {
  process.exitCode = await deploy();
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof RefusedError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Returns the exit code of the CDK. */
async function deploy(): Promise<number> {
  const { confirm = '', ...told } = context;
  const given = { ...contextOfProject(), ...told };
  // Before anything is asked of anybody: every fault at once.
  const { stack } = parseGiven(given);
  const config = { ...(region && { region }), ...(profile && { profile }) };
  const deployed = await findDeployed(stack, config);
  const settings = deployed ? keepDeployed(given, deployed.settings) : await decide(stack, given);
  if (deployed) {
    say(`The stack ${stack} is deployed. It will have:`, settings);
    if (!diff) {
      const holdsFigures = await hasItems(deployed.submissionsTable, config);
      await confirmLosses(parseSettings(deployed.settings), settings, holdsFigures, confirm.split(','));
    }
  } else say(`The stack ${stack} is new. It will have:`, settings);
  const where = [...(region ? ['--region', region] : []), ...(profile ? ['--profile', profile] : [])];
  return runCdk([diff ? 'diff' : 'deploy', stack, ...asArguments(settings), ...where, ...program.args]);
}

function say(head: string, settings: Settings): void {
  console.error(head);
  for (const [name, value] of Object.entries(spellSettings(settings))) console.error(`  ${name}=${value}`);
}

interface Deployed {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly submissionsTable: string;
}

/** What AWS has under this name; undefined where there is nothing, or no more than a failed first deployment left. */
async function findDeployed(stack: string, config: CloudFormationClientConfig): Promise<Deployed | undefined> {
  try {
    const { Stacks } = await new CloudFormationClient(config).send(new DescribeStacksCommand({ StackName: stack }));
    const [found] = Stacks ?? [];
    if (!found || ['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_COMPLETE'].includes(found.StackStatus ?? ''))
      return undefined;
    const outputs = new Map((found.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    const settings = outputs.get('Settings');
    const submissionsTable = outputs.get('SubmissionsTable');
    if (!settings || !submissionsTable)
      throw new RefusedError(
        `The stack ${stack} does not list its settings: it is not one of this service, or its deployment did not finish (${found.StackStatus}). Look at it in CloudFormation, or choose another name: -c stack=…`,
      );
    return { settings: readDeployed(settings), submissionsTable };
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    const { name, message } = error as Error;
    if (name === 'ValidationError' && message.includes('does not exist')) return undefined;
    throw new RefusedError(
      `AWS could not say what is deployed as ${stack}: ${message}. Check the credentials and the region (docs/deployment.md); nothing was changed.`,
    );
  }
}

async function hasItems(table: string, config: CloudFormationClientConfig): Promise<boolean> {
  const { Count = 0 } = await new DynamoDBClient(config as object).send(
    new ScanCommand({ TableName: table, Limit: 1 }),
  );
  return Count > 0;
}

/** The settings of a new stack: asks for what only a person can decide, once the rest fits. */
async function decide(stack: string, given: Readonly<Record<string, unknown>>): Promise<Settings> {
  parseSettings(given);
  const open = undecided(given);
  if (open.length > 0 && !canAsk())
    throw new RefusedError(
      [
        `The stack ${stack} is new, and these settings are missing:`,
        ...open.map((name) => `  ${name}: ${ASKED_FOR[name]}`),
        `Add ${open.map((name) => `-c ${name}=…`).join(' ')}`,
      ].join('\n'),
    );
  const answers: Record<string, string> = {};
  for (const name of open) answers[name] = (await ask(`${ASKED_FOR[name]}: `)) || NOBODY;
  return parseSettings({ ...given, ...answers });
}

/** Shows what would be taken away; goes on only where each is confirmed. Throws `RefusedError`. */
async function confirmLosses(
  before: Settings,
  after: Settings,
  holdsFigures: boolean,
  confirmed: readonly string[],
): Promise<void> {
  const losses = lossesOf(before, after, holdsFigures);
  if (losses.length === 0) return;
  console.error('\nThis takes something away:');
  for (const { setting: name, means } of losses) console.error(`  ${name}: ${means}`);
  const open = losses.filter(({ setting: name }) => !confirmed.includes(name)).map(({ setting: name }) => name);
  if (open.length === 0) return;
  if (!canAsk())
    throw new RefusedError(`Nothing was deployed. If that is what you mean, add -c confirm=${open.join(',')}`);
  if ((await ask('Is that what you mean? Type yes to continue: ')) !== 'yes')
    throw new RefusedError('Nothing was deployed.');
}

function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}

/** The CDK of this project: one that `npx` fetches elsewhere may not understand what this one wrote. */
async function runCdk(args: readonly string[]): Promise<number> {
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const child = spawn(process.execPath, [cdk, ...args], { cwd: ROOT, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

function setting(text: string, others: Context): Context {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write a setting as name=value.');
  return { ...others, [name]: value };
}

/** What `cdk.json` says of every deployment. */
function contextOfProject(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')).context ?? {};
}
