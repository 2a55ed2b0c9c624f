import { readFileSync, writeFileSync } from 'node:fs';
import {
  type AttributeValue,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import * as z from 'zod';
import type { Board, BoardAlert } from '../../functions/domain/board.ts';
import { parseJson } from '../../functions/domain/json-lines.ts';
import { subjectOf } from '../../functions/domain/notice-subject.ts';
import { HOURLY_EVENT } from '../../functions/runtime/events.ts';
import { rebuildBoard } from '../../functions/services/evaluate.ts';
import { resendNotice } from '../../functions/services/notices.ts';
import { exportRecord, importRecord, mailedSince } from '../../functions/services/recovery.ts';
import type { Database } from '../../functions/store/database.ts';
import { type Deployment, type DeploymentOptions, openDeployment, withDeploymentOptions } from './deployment.ts';
import { askFirst, showList, showOne, tell, YES } from './output.ts';
import { PROGRAM, UsageError } from './setting.ts';

/** What Lambda answers for a function that threw. */
const FailureSchema = z.looseObject({ errorMessage: z.string() });

type Tables = Database<'baselines' | 'submissions' | 'alerts'>;

const TableSchema = z.enum(['baselines', 'submissions', 'alerts']);
const FORMAT = 'inspection-monitor/1';
const ItemsSchema = z.array(
  z.looseObject({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) }),
) as unknown as z.ZodType<Record<string, AttributeValue>[]>;

/** One authority's whole record: every item as DynamoDB has it, so that it comes back exactly as it was. */
const FileSchema = z.object({
  format: z.literal(FORMAT, `is not a file that "export" wrote (${FORMAT})`),
  authority: z.string(),
  exportedAt: z.iso.datetime(),
  items: z.object({ baselines: ItemsSchema, submissions: ItemsSchema, alerts: ItemsSchema }),
});

/** Commands for when something went wrong: see docs/runbook.md. They go to the tables directly. */
export function addRecovery(program: Command): void {
  const authorityOf = (command: Command): string => command.optsWithGlobals().authority;

  withDeploymentOptions(program.command('export'), { authority: true })
    .description("Writes an authority's whole record to a file: inspection, every revision, board, notices.")
    .requiredOption('--out <file>', 'the file to write')
    .option(
      '--table <name=table>',
      'read this table instead, such as one restored by AWS; may be repeated',
      collect,
      [],
    )
    .action(async (options: DeploymentOptions & { out: string; table: string[] }, command: Command) => {
      const authority = authorityOf(command);
      const deployment = await openDeployment(options);
      const items = await exportRecord(await withTables(databaseOf(deployment), options.table), authority);
      const counts = Object.entries(items).map(([table, { length }]) => `${length} of ${table}`);
      const file = { format: FORMAT, authority, exportedAt: deployment.now.toISOString(), items };
      writeFileSync(options.out, `${JSON.stringify(file)}\n`, { mode: 0o600 });
      tell(`${options.out}: ${authority}, ${counts.join(', ')} items`);
    });

  withDeploymentOptions(program.command('import'))
    .description('Imports what "export" wrote. Meanwhile nothing is accepted for that authority.')
    .argument('<file>')
    .option('--replace', 'even if that authority has figures: they are removed first')
    .option('--yes', YES)
    .action(async (path: string, options: DeploymentOptions & { replace?: true; yes?: true }) => {
      const read = FileSchema.safeParse(parseJson(readFileSync(path, 'utf8')));
      if (!read.success) throw new UsageError(`${path}: ${z.prettifyError(read.error)}`);
      const { authority, exportedAt, items } = read.data;
      if (options.replace)
        await askFirst(
          `Remove everything that ${authority} has, and replace it with what it had at ${exportedAt}?`,
          options.yes,
        );
      const deployment = await openDeployment(options);
      // Before it, as nothing of them is there any more where it breaks off.
      const since = await mailedSince(databaseOf(deployment), authority, items);
      if (since.length > 0 && options.replace)
        tell(
          [
            'These e-mails were sent since, and may hold no longer. Whoever got them is mailed so within the hour, with how things stand then.',
            ...since.map(
              (notice) => `  ${notice.createdAt.slice(0, 10)}, e-mail ${notice.number}: ${subjectOf(notice)}`,
            ),
          ].join('\n'),
        );
      await importRecord(databaseOf(deployment), authority, items, {
        now: deployment.now,
        takenAt: new Date(exportedAt),
        replace: options.replace === true,
      });
      tell(
        `${authority} is as it was at ${exportedAt}. It will be judged again within the hour; "rebuild" shows the outcome now.`,
      );
    });

  withDeploymentOptions(program.command('rebuild'), { authority: true })
    .description("Works out an authority's board from its record and shows what would change.")
    .option('--write', 'write it, and the notice of what changed')
    .action(async (options: DeploymentOptions & { write?: true }, command: Command) => {
      const deployment = await openDeployment(options);
      await rebuild(deployment, authorityOf(command), options.write === true);
    });

  withDeploymentOptions(program.command('resend'), { authority: true })
    .description('Queues a notice for the hourly run to send again.')
    .argument('<number>', "the notice's number")
    .action(async (text: string, options: DeploymentOptions, command: Command) => {
      const authority = authorityOf(command);
      if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`${text}: a notice has a number, which "notices" lists`);
      const number = Number(text);
      const deployment = await openDeployment(options);
      await resendNotice(databaseOf(deployment), { authority, number });
      tell(
        `Notice ${number} of ${authority} will be sent again within the hour, to everyone who would get it now; if nobody would, it waits. To send it now: ${PROGRAM} hourly`,
      );
    });

  withDeploymentOptions(program.command('hourly'))
    .description(
      'Does the hourly work now: asks recipients whose subscription is gone to confirm again, judges every authority that is due, then sends every waiting notice.',
    )
    .action(async (options: DeploymentOptions) => {
      await runHourly(await openDeployment(options));
    });

  withDeploymentOptions(program.command('dead-letters'))
    .description('Shows the events that were given up on. The hourly run has since done the same work from the tables.')
    .option('--clear', 'remove what is shown, once you know the cause')
    .action(async (options: DeploymentOptions & { clear?: true }) => {
      const deployment = await openDeployment(options);
      const found = await receiveAll(deployment, options.clear === true);
      showList(
        found,
        {
          queue: ({ queue }) => queue,
          'given up at': ({ at }) => at,
          why: ({ why }) => why,
          tries: ({ tries }) => tries,
          records: ({ records }) => records,
        },
        { deadLetters: found },
        'Nothing was given up.',
      );
    });
}

/** All of the functions, even where the first fails: what one authority's data does to it must not keep mail back. */
async function runHourly(deployment: Deployment): Promise<void> {
  // An invocation takes up to the function's five minutes; whoever gives up and asks again would have it done twice.
  const lambda = new LambdaClient({ ...deployment.config, maxAttempts: 1 });
  const failures: string[] = [];
  for (const name of ['seed', 'evaluate', 'notify'] as const) {
    const FunctionName = deployment.output(`${name.charAt(0).toUpperCase()}${name.slice(1)}Function`);
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(HOURLY_EVENT) }),
    );
    if (FunctionError) {
      const { errorMessage } = FailureSchema.parse(JSON.parse(Buffer.from(Payload ?? []).toString('utf8')));
      failures.push(`${name}: ${errorMessage}`);
    } else tell(`${name}: done`);
  }
  if (failures.length > 0)
    throw new Error(
      `${failures.join('\n')}\nEverything else was done. The function's log has the reason: docs/runbook.md`,
    );
}

const collect = (value: string, before: string[]): string[] => [...before, value];

function databaseOf(deployment: Deployment): Tables {
  const tables = Object.fromEntries(
    TableSchema.options.map((name) => [
      name,
      deployment.output(`${name.charAt(0).toUpperCase()}${name.slice(1)}Table`),
    ]),
  ) as Tables['tables'];
  return { client: deployment.client, tables };
}

/** With tables of other names in place of the stack's own, as `--table` says; throws one error that names every fault. */
async function withTables({ client, tables }: Tables, overrides: readonly string[]): Promise<Tables> {
  const replaced = { ...tables };
  const faults: string[] = [];
  for (const override of overrides) {
    const [name, table] = override.split('=');
    const known = TableSchema.safeParse(name);
    if (!known.success || !table)
      faults.push(`--table ${override}: write it as submissions=name, for ${TableSchema.options.join(', ')}`);
    else if (!(await exists(client, table))) faults.push(`--table ${override}: there is no table "${table}"`);
    else replaced[known.data] = table;
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return { client, tables: replaced };
}

async function exists(client: DynamoDBClient, TableName: string): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

async function rebuild(deployment: Deployment, authority: string, write: boolean): Promise<void> {
  const smallNumbers = z.enum(['show', 'suppress']).parse(deployment.output('SmallNumbers'));
  const rebuilding = { database: databaseOf(deployment), smallNumbers, now: () => deployment.now };
  const { stored, board, notice, unreadable } = await rebuildBoard(authority, rebuilding, write);
  const missing = unreadable.map(
    ({ table, key, why }) => `MISSING: ${table} ${key} cannot be read (${why}); what depends on it stays as it was`,
  );
  const lost = unreadable.length > 0 ? { unreadable } : {};
  if (!board) {
    const same = `The board of ${authority} matches its record.`;
    showOne([same, ...missing], { authority, changes: [], written: false, ...lost });
    return;
  }
  const changes = differences(stored?.alerts ?? {}, board.alerts);
  showOne(
    [
      stored ? `The board of ${authority} differs from its record:` : `${authority} has no board that can be read.`,
      ...changes.map(({ alert, before, after }) => `  ${alert}: ${before} → ${after}`),
      ...(changes.length === 0 ? ['  no alert changes, only what it was worked out from'] : []),
      ...missing,
      notice ? `Mailed: ${subjectOf(notice)} (notice ${notice.number})` : 'Nothing is mailed.',
      write ? 'Written.' : 'Nothing was written. To write it: add --write.',
    ],
    {
      authority,
      changes,
      ...(notice ? { notice: { number: notice.number, subject: subjectOf(notice) } } : {}),
      written: write,
      ...lost,
    },
  );
}

interface Difference {
  readonly alert: string;
  readonly before: string;
  readonly after: string;
}

function differences(before: Board['alerts'], after: Board['alerts']): Difference[] {
  const say = (alert: BoardAlert | undefined): string =>
    alert ? [alert.state, alert.level, alert.since && `since ${alert.since}`].filter(Boolean).join(' ') : 'clear';
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .map((alert) => ({ alert, before: say(before[alert]), after: say(after[alert]) }))
    .filter((each) => each.before !== each.after);
}

/** What Lambda and EventBridge say of what they gave up; or what an hourly run left to others, of which the queue says no more. */
const DeadLetterSchema = z.looseObject({
  timestamp: z.string().optional(),
  requestContext: z.looseObject({ condition: z.string(), approximateInvokeCount: z.number() }).optional(),
  DDBStreamBatchInfo: z.looseObject({ batchSize: z.number() }).optional(),
  authority: z.string().optional(),
  number: z.number().optional(),
});

interface DeadLetter {
  readonly queue: string;
  readonly at: string;
  readonly why: string;
  readonly tries: number;
  readonly records: number;
}

async function receiveAll(deployment: Deployment, clear: boolean): Promise<DeadLetter[]> {
  const sqs = new SQSClient(deployment.config);
  const found: DeadLetter[] = [];
  for (const QueueUrl of deployment.output('DeadLetters').split(' '))
    for (;;) {
      // Long enough not to see the same again in this run.
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
      );
      if (Messages.length === 0) break;
      for (const { Body = '{}', ReceiptHandle } of Messages) {
        const letter = DeadLetterSchema.parse(JSON.parse(Body));
        const { timestamp, requestContext, DDBStreamBatchInfo } = letter;
        found.push({
          queue: QueueUrl.split('/').at(-1) ?? QueueUrl,
          at: timestamp ?? '',
          why: requestContext?.condition ?? reasonOf(letter),
          tries: requestContext?.approximateInvokeCount ?? 0,
          records: DDBStreamBatchInfo?.batchSize ?? 1,
        });
        if (clear) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  return found;
}

function reasonOf({ authority, number }: z.infer<typeof DeadLetterSchema>): string {
  if (authority === undefined) return 'not delivered';
  return number === undefined
    ? `${authority} could not be judged`
    : `notice ${number} of ${authority} could not be sent`;
}
