import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { GetItemCommand, QueryCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { SCOPES } from '../functions/domain/access.ts';
import { createToken } from '../functions/store/access.ts';
import { beginning, itemOf } from '../functions/store/database.ts';
import { dueMark } from '../functions/store/due-marks.ts';
import {
  AUTHORITY_KEY,
  authorityKey,
  CURRENT_PREFIX,
  currentKey,
  revisionKey,
  tokenKey,
} from '../functions/store/keys.ts';
import { interleave, ratioOf, type Spread, spreadOf } from './measure.ts';
import { makeMonths } from './record.ts';
import { httpEvent, INSPECTION, type Store } from './store.ts';

export interface Warm {
  readonly name: string;
  readonly ours: Spread;
  readonly bare: Spread;
  readonly ratio: Spread;
}

type Handler = (event: unknown, context: unknown) => Promise<{ statusCode: number; body: string }>;

const CONTEXT = { awsRequestId: 'bench', functionName: 'bench', getRemainingTimeInMillis: () => 300_000 };
const PUT = 'PUT /v1/authorities/{authority}/submissions/{period}';
const GET = 'GET /v1/authorities/{authority}/submissions/{period}';

/** The warm handlers against bare SDK calls: the same calls, in the same order, on the same store, without the rules. */
export async function measureWarm(
  store: Store,
  bundles: Record<'submit' | 'query', string>,
  turns: number,
): Promise<Warm[]> {
  Object.assign(process.env, store.environment);
  const load = createRequire(import.meta.url);
  const { handler: submit } = load(bundles.submit) as { handler: Handler };
  const { handler: query } = load(bundles.query) as { handler: Handler };
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const token = await createToken(store, { scopes: [...SCOPES], authority: '*', label: 'bench', expires });
  const { authority } = INSPECTION;
  const [{ observations } = { observations: {} }] = makeMonths(INSPECTION.metrics, 1);
  const body = (turn: number) => ({ status: 'final', observations, commentary: `turn ${turn}` });
  const call = async (handler: Handler, event: unknown, expected: number) => {
    const start = performance.now();
    const { statusCode, body } = await handler(event, CONTEXT);
    const took = performance.now() - start;
    if (statusCode !== expected) throw new Error(`expected ${expected}, got ${statusCode}: ${body}`);
    return took;
  };
  // Logs are part of what a function does, but not what is printed here.
  const log = console.log;
  const quiet = async <T>(work: () => Promise<T>): Promise<T> => {
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = () => true;
    console.log = () => undefined;
    try {
      return await work();
    } finally {
      process.stdout.write = write;
      console.log = log;
    }
  };
  const bare = bareCalls(store, token, authority);
  const at = { authority, period: '2011-01' };
  let ours = 0;
  let theirs = 0;
  const submits = await quiet(async () => {
    await call(submit, httpEvent(PUT, at, token, body(0)), 201);
    ours = 1;
    await bare.submit('2011-02', body(0), 1);
    theirs = 1;
    return interleave(
      {
        ours: () => call(submit, httpEvent(PUT, at, token, body(ours), { 'if-match': `"${ours++}"` }), 200),
        bare: () => bare.submit('2011-02', body(theirs), ++theirs),
      },
      turns,
      20,
    );
  });
  const reads = await quiet(() =>
    interleave(
      { ours: () => call(query, httpEvent(GET, at, token), 200), bare: () => bare.query('2011-02') },
      turns,
      20,
    ),
  );
  const row = (name: string, values: Record<'ours' | 'bare', number[]>): Warm => ({
    name,
    ours: spreadOf(values.ours),
    bare: spreadOf(values.bare),
    ratio: ratioOf(values.ours, values.bare),
  });
  return [row('submit', submits), row('query', reads)];
}

/** What the SDK alone takes for the same calls. */
function bareCalls({ client, tables }: Store, token: string, authority: string) {
  const pk = authorityKey(authority);
  const hash = createHash('sha256').update(token).digest('hex');
  const get = (TableName: string, Key: Record<string, { S: string }>, ProjectionExpression?: string) =>
    client.send(
      new GetItemCommand({
        TableName,
        Key,
        ConsistentRead: true,
        ...(ProjectionExpression ? { ProjectionExpression } : {}),
      }),
    );
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  return {
    submit: (period: string, sent: object, revision: number) =>
      timed(async () => {
        await get(tables.access, { pk: { S: tokenKey(hash) } });
        await Promise.all([
          get(tables.baselines, { pk: { S: pk }, sk: { S: AUTHORITY_KEY } }, 'fingerprint'),
          client.send(new QueryCommand({ ...beginning(tables.submissions, pk, CURRENT_PREFIX), ConsistentRead: true })),
        ]);
        // As it is kept, lest what reads the record after this finds a month that cannot be read.
        const contents = { ...sent, period, revision, submittedAt: new Date().toISOString() };
        const attributes = { revision: { N: String(revision) } };
        await client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: tables.submissions, Item: itemOf(pk, currentKey(period), contents, attributes) } },
              {
                Put: {
                  TableName: tables.submissions,
                  Item: itemOf(pk, revisionKey(period, revision), contents, attributes),
                },
              },
              { Put: { TableName: tables.alerts, Item: dueMark(authority, new Date()) } },
            ],
          }),
        );
      }),
    query: (period: string) =>
      timed(async () => {
        await get(tables.access, { pk: { S: tokenKey(hash) } });
        await get(tables.baselines, { pk: { S: pk }, sk: { S: AUTHORITY_KEY } }, 'fingerprint');
        await get(tables.submissions, { pk: { S: pk }, sk: { S: currentKey(period) } });
      }),
  };
}
