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
import { subjectOf } from '../../functions/domain/notice.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { HOURLY_EVENT } from '../../functions/runtime/events.ts';
import { readBoardAsStored, replaceBoard } from '../../functions/store/boards.ts';
import type { Database } from '../../functions/store/database.ts';
import { markUnsent } from '../../functions/store/notices.ts';
import { readRecord, revisedSince } from '../../functions/store/records.ts';
import { readWholeRecord, replaceWholeRecord } from '../../functions/store/recovery.ts';
import { readSuperseded } from '../../functions/store/submissions.ts';
import bankHolidays from '../../seed/calendar/bank-holidays.json' with { type: 'json' };
import { showList, showOne, tell } from './output.ts';
import { type Deployment, openPlace, type Place, withPlace } from './place.ts';
import { UsageError } from './setting.ts';

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

  withPlace(program.command('export'))
    .description("Writes an authority's whole record to a file: inspection, every revision, board, notices.")
    .requiredOption('--out <file>', 'where to')
    .option(
      '--table <name=table>',
      'read this table instead, such as one restored by AWS; may be repeated',
      collect,
      [],
    )
    .action(async (options: Place & { out: string; table: string[] }, command: Command) => {
      const authority = authorityOf(command);
      const place = await openPlace(options);
      const items = await readWholeRecord(await withTables(databaseOf(place), options.table), authority);
      const counts = Object.entries(items).map(([table, { length }]) => `${length} of ${table}`);
      if (items.baselines.length + items.submissions.length === 0)
        throw new UsageError(`there is nothing of ${authority} here`);
      const file = { format: FORMAT, authority, exportedAt: place.now.toISOString(), items };
      writeFileSync(options.out, `${JSON.stringify(file)}\n`, { mode: 0o600 });
      tell(`${options.out}: ${authority}, ${counts.join(', ')} items`);
    });

  withPlace(program.command('import'))
    .description('Puts back what "export" wrote. While it runs nothing is accepted for that authority.')
    .argument('<file>')
    .option('--replace', 'even where there are figures of that authority: they are removed first')
    .action(async (path: string, options: Place & { replace?: true }) => {
      const read = FileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
      if (!read.success) throw new UsageError(`${path}: ${z.prettifyError(read.error)}`);
      const { authority, exportedAt, items } = read.data;
      const place = await openPlace(options);
      const database = databaseOf(place);
      const there = await readWholeRecord(database, authority);
      if (there.submissions.length > 0 && !options.replace)
        throw new UsageError(
          `${authority} has ${there.submissions.length} items of figures here; to remove them first, add --replace (and "export" them before that)`,
        );
      await replaceWholeRecord(database, authority, items, place.now);
      tell(`${authority} is as it was at ${exportedAt}. It is judged again within the hour; at once: rebuild`);
    });

  withPlace(program.command('rebuild'))
    .description("Works out an authority's board from its record and shows what would change.")
    .option('--write', 'write it, and the notice that tells of what changed')
    .action(async (options: Place & { write?: true }, command: Command) => {
      const place = await openPlace(options);
      await rebuild(place, authorityOf(command), options.write === true);
    });

  withPlace(program.command('resend'))
    .description('Lets the hourly run send a notice once more.')
    .argument('<number>', "the notice's number")
    .action(async (text: string, options: Place, command: Command) => {
      const authority = authorityOf(command);
      const number = Number(text);
      const place = await openPlace(options);
      if (!(await markUnsent(databaseOf(place), { authority, number })))
        throw new UsageError(`${authority} has no notice ${text}`);
      tell(`Notice ${number} of ${authority} is sent again within the hour, to everyone subscribed to it.`);
    });

  withPlace(program.command('hourly'))
    .description('Does the hourly work now: judges every authority that is due, then sends every notice that waits.')
    .action(async (options: Place) => {
      await runHourly(await openPlace(options));
    });

  withPlace(program.command('dead-letters'))
    .description('Shows what was given up. The hourly run has tried it again since, from the tables.')
    .option('--clear', 'remove what is shown, once it is understood')
    .action(async (options: Place & { clear?: true }) => {
      const place = await openPlace(options);
      const found = await receiveAll(place, options.clear === true);
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

/** Both functions, even where the first fails: what one authority's data does to it must not keep mail back. */
async function runHourly(place: Deployment): Promise<void> {
  // An invocation takes up to the function's five minutes; whoever gives up and asks again would have it done twice.
  const lambda = new LambdaClient({ ...place.config, maxAttempts: 1 });
  const failures: string[] = [];
  for (const name of ['evaluate', 'notify'] as const) {
    const FunctionName = place.output(`${name.charAt(0).toUpperCase()}${name.slice(1)}Function`);
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
      `${failures.join('\n')}\nAll else was done. The log of the function has the reason: docs/runbook.md`,
    );
}

const collect = (value: string, before: string[]): string[] => [...before, value];

function databaseOf(place: Deployment): Tables {
  const tables = Object.fromEntries(
    TableSchema.options.map((name) => [name, place.output(`${name.charAt(0).toUpperCase()}${name.slice(1)}Table`)]),
  ) as Tables['tables'];
  return { client: place.client, tables };
}

/** With tables of other names in the place of the stack's own, as `--table` says; throws one error that names every fault. */
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

async function rebuild(place: Deployment, authority: string, write: boolean): Promise<void> {
  const database = databaseOf(place);
  const smallNumbers = z.enum(['show', 'suppress']).parse(place.output('SmallNumbers'));
  const stored = await readBoardAsStored(database, authority);
  const record = await readRecord(database, authority, stored.acknowledgements, new Set(bankHolidays));
  if (!record) throw new UsageError(`no inspection is loaded for ${authority}`);
  const superseded = await readSuperseded(database, authority, revisedSince(stored.board?.judged ?? {}, record));
  const rebuilt = reconcile(stored.board, record, superseded, place.now, smallNumbers);
  if (!rebuilt.board) {
    showOne([`The board of ${authority} is what its record says.`], { authority, changes: [], written: false });
    return;
  }
  // A board that cannot be understood gives no numbers to go on from; the notices do.
  const number = stored.lastNotice + 1;
  const notice = rebuilt.notice && { ...rebuilt.notice, number };
  const board: Board = {
    ...rebuilt.board,
    version: Math.max(rebuilt.board.version, stored.version + 1),
    lastNotice: notice ? number : stored.lastNotice,
  };
  const changes = differences(stored.board?.alerts ?? {}, board.alerts);
  if (write) await replaceBoard(database, stored, board, notice);
  showOne(
    [
      stored.board ? `The board of ${authority} differs from its record:` : `${authority} has no board to be read.`,
      ...changes.map(({ alert, before, after }) => `  ${alert}: ${before} → ${after}`),
      ...(changes.length === 0 ? ['  no alert; what it was worked out from'] : []),
      notice ? `Mailed: ${subjectOf(notice)} (notice ${number})` : 'Nothing is mailed.',
      write ? 'Written.' : 'Nothing is written yet: add --write.',
    ],
    { authority, changes, ...(notice ? { notice: { number, subject: subjectOf(notice) } } : {}), written: write },
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

/** What Lambda and EventBridge say of what they gave up. */
const DeadLetterSchema = z.looseObject({
  timestamp: z.string().optional(),
  requestContext: z.looseObject({ condition: z.string(), approximateInvokeCount: z.number() }).optional(),
  DDBStreamBatchInfo: z.looseObject({ batchSize: z.number() }).optional(),
});

interface DeadLetter {
  readonly queue: string;
  readonly at: string;
  readonly why: string;
  readonly tries: number;
  readonly records: number;
}

async function receiveAll(place: Deployment, clear: boolean): Promise<DeadLetter[]> {
  const sqs = new SQSClient(place.config);
  const found: DeadLetter[] = [];
  for (const QueueUrl of place.output('DeadLetters').split(' '))
    for (;;) {
      // Long enough not to see the same again in this run.
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
      );
      if (Messages.length === 0) break;
      for (const { Body = '{}', ReceiptHandle } of Messages) {
        const { timestamp, requestContext, DDBStreamBatchInfo } = DeadLetterSchema.parse(JSON.parse(Body));
        found.push({
          queue: QueueUrl.split('/').at(-1) ?? QueueUrl,
          at: timestamp ?? '',
          why: requestContext?.condition ?? 'not delivered',
          tries: requestContext?.approximateInvokeCount ?? 0,
          records: DDBStreamBatchInfo?.batchSize ?? 1,
        });
        if (clear) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  return found;
}
