import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Command } from 'commander';
import * as z from 'zod';
import { AuthorityIdSchema } from '../../functions/domain/inspection.ts';
import { SCOPES, type Scope } from '../../functions/routes.ts';
import { createToken } from '../../functions/store/access.ts';
import type { Database } from '../../functions/store/database.ts';
import { UnreachableError } from '../../lib/client.ts';
import { numberFrom, showOne } from './output.ts';
import { UsageError } from './setting.ts';

interface Place {
  /** A deployed stack, reached with the caller's own AWS credentials. */
  readonly stack?: string;
  readonly region?: string;
  /** The folder of an instance that runs on this machine. */
  readonly data: string;
}

const DAY_S = 24 * 60 * 60;
/** No token is for ever. */
const LONGEST_DAYS = 366;

/** Commands for tokens. They go to the table directly: who may do that is for AWS, or for this machine, to say. */
export function addToken(program: Command): void {
  const token = program.command('token').description('Makes, lists and revokes tokens.');

  place(token.command('create'))
    .description('Makes a token and shows it, this once.')
    .requiredOption('--label <label>', 'who or what it is for')
    .option('--scopes <scopes>', `what it allows, of ${SCOPES.join(',')}`, 'read')
    .option('--for <authority>', 'the authority it is for; * is every one', 'herefordshire')
    .option('--days <days>', `how long it is valid, at most ${LONGEST_DAYS}`, numberFrom, 90)
    .addHelpText(
      'after',
      `
Examples:
  npm run monitor -- token create --label "analyst" --scopes read,submit
  npm run monitor -- token create --label "analyst" --scopes read,submit --stack InspectionMonitor`,
    )
    .action(async (options: Place & { label: string; scopes: string; for: string; days: number }) => {
      const scopes = scopesIn(options.scopes);
      if (options.for !== '*' && !AuthorityIdSchema.safeParse(options.for).success)
        throw new UsageError(`--for ${options.for}: an authority is written like "herefordshire"`);
      if (!(options.days > 0 && options.days <= LONGEST_DAYS))
        throw new UsageError(`--days ${options.days}: more than 0 and at most ${LONGEST_DAYS}`);
      const { database, now } = await accessOf(options);
      const expires = Math.floor(now.getTime() / 1000 + options.days * DAY_S);
      const made = await createToken(database, { scopes, authority: options.for, label: options.label, expires });
      const until = new Date(expires * 1000).toISOString();
      showOne(
        [made, '', `Allows ${scopes.join(', ')} for ${options.for} until ${until}.`, 'It cannot be shown again.'],
        { token: made, scopes, authority: options.for, label: options.label, expires: until },
      );
    });
}

function place(command: Command): Command {
  return command
    .option('--stack <name>', 'a stack on AWS, reached with your own AWS credentials')
    .option('--region <region>', 'where that stack is')
    .option('--data <folder>', 'an instance that runs on this machine', '.data');
}

function scopesIn(text: string): Scope[] {
  const scopes = z
    .array(z.enum(SCOPES))
    .min(1)
    .safeParse(text.split(',').map((scope) => scope.trim()));
  if (!scopes.success) throw new UsageError(`--scopes ${text}: a list of ${SCOPES.join(', ')}, with commas`);
  return [...new Set(scopes.data)];
}

const OutputsSchema = z.object({
  endpoint: z.url(),
  region: z.string(),
  outputs: z.object({ AccessTable: z.string() }),
});

interface Access {
  readonly database: Database<'access'>;
  /** The time as the instance has it. */
  readonly now: Date;
}

async function accessOf({ stack, region, data }: Place): Promise<Access> {
  return stack ? deployedAccess(stack, region) : localAccess(data);
}

async function localAccess(data: string): Promise<Access> {
  const hint = `Start it with "npm start", name its folder with --data, or a stack on AWS with --stack.`;
  let text: string;
  try {
    text = readFileSync(join(data, 'outputs.json'), 'utf8');
  } catch {
    throw new UsageError(`no instance has run in ${data}. ${hint}`);
  }
  const { endpoint, region, outputs } = OutputsSchema.parse(JSON.parse(text));
  const answer = await fetch(endpoint).catch(() => {
    throw new UnreachableError(`the instance in ${data} is not running. ${hint}`);
  });
  const client = new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const now = new Date(answer.headers.get('date') ?? Date.now());
  return { database: { client, tables: { access: outputs.AccessTable } }, now };
}

async function deployedAccess(stack: string, region: string | undefined): Promise<Access> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const where = region ? { region } : {};
  let table: string | undefined;
  try {
    const { Stacks } = await new CloudFormationClient(where).send(new DescribeStacksCommand({ StackName: stack }));
    table = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'AccessTable')?.OutputValue;
  } catch (error) {
    throw new UnreachableError(
      `AWS does not show the stack ${stack}: ${(error as Error).message}. Check the credentials and --region.`,
    );
  }
  if (!table) throw new UsageError(`the stack ${stack} has no output AccessTable: is it an inspection monitor?`);
  return { database: { client: new DynamoDBClient(where), tables: { access: table } }, now: new Date() };
}
