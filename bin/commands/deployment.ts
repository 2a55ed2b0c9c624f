import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { Command } from 'commander';
import * as z from 'zod';
import { UnreachableError } from '../client.ts';
import { meansOnly, UsageError } from './setting.ts';

/** Options of commands that go to the tables directly: who may do that is for AWS, or for this machine, to say. */
export interface DeploymentOptions {
  /** A deployed stack, reached with the caller's own AWS credentials. */
  readonly stack?: string;
  readonly region?: string;
  /** The folder of an instance that runs on this machine. */
  readonly data: string;
}

/**
 * A command that goes to the tables. Where the API is and who asks means nothing to it; whose figures only where `authority`
 * says so.
 */
export function withDeploymentOptions(command: Command, { authority = false } = {}): Command {
  meansOnly(command, authority ? ['authority'] : []);
  return command
    .option('--stack <name>', 'a stack on AWS, reached with your own AWS credentials')
    .option('--region <region>', 'where that stack is')
    .option('--data <folder>', 'the data folder of an instance on this machine', '.data');
}

/** A stack with all that it put out, and how to reach its services. */
export interface Deployment {
  readonly config: Pick<DynamoDBClientConfig, 'region' | 'endpoint' | 'credentials'>;
  readonly client: DynamoDBClient;
  /** An output of the stack. */
  output(name: string): string;
  /** The time as the instance has it. */
  readonly now: Date;
}

export async function openDeployment({ stack, region, data }: DeploymentOptions): Promise<Deployment> {
  return stack ? openStack(stack, region) : openLocal(data);
}

const OutputsSchema = z.object({
  endpoint: z.url(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
  outputs: z.record(z.string(), z.unknown()),
});

async function openLocal(data: string): Promise<Deployment> {
  const hint = `Start it with "npm start", name its folder with --data, or a stack on AWS with --stack.`;
  let text: string;
  try {
    text = readFileSync(join(data, 'outputs.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      throw new UsageError(`the instance in ${data} is another user's: only who started it may do this.`);
    throw new UsageError(`no instance has run in ${data}. ${hint}`);
  }
  const found = OutputsSchema.safeParse(JSON.parse(text));
  if (!found.success) throw new UsageError(`an earlier version has run in ${data}. Stop it and start it again.`);
  const { endpoint, region, credentials, outputs } = found.data;
  const answer = await fetch(endpoint).catch(() => {
    throw new UnreachableError(`the instance in ${data} is not running. ${hint}`);
  });
  const now = new Date(answer.headers.get('date') ?? Date.now());
  return deploymentFrom({ endpoint, region, credentials }, outputs, now, data);
}

async function openStack(stack: string, region: string | undefined): Promise<Deployment> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const config = region ? { region } : {};
  try {
    const { Stacks } = await new CloudFormationClient(config).send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue] as const);
    return deploymentFrom(config, Object.fromEntries(outputs), new Date(), stack);
  } catch (error) {
    throw new UnreachableError(
      `AWS could not describe the stack ${stack}: ${(error as Error).message}. Check the credentials and --region.`,
    );
  }
}

function deploymentFrom(
  config: Deployment['config'],
  outputs: Readonly<Record<string, unknown>>,
  now: Date,
  where: string,
): Deployment {
  return {
    config,
    client: new DynamoDBClient(config),
    now,
    output(name) {
      const value = outputs[name];
      if (typeof value !== 'string')
        throw new UsageError(`${where} has no output ${name}: is it an inspection monitor of this version?`);
      return value;
    },
  };
}
