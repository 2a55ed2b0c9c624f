import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Inspection } from '../functions/domain/inspection.ts';
import { InspectionSchema } from '../functions/domain/inspection.ts';
import { loadInspection } from '../functions/services/inspections.ts';
import type { Database } from '../functions/store/database.ts';
import { TABLES, type TableDefinition, type TableName } from '../functions/store/keys.ts';
import herefordshire from '../seed/herefordshire-2010.json' with { type: 'json' };
import { startHttpStore } from '../test/support/http-store.ts';

export const INSPECTION: Inspection = InspectionSchema.parse(herefordshire);

export interface Store extends Database<TableName> {
  readonly endpoint: string;
  /** What a function needs in its environment to use this store. */
  readonly environment: Readonly<Record<string, string>>;
  end(): Promise<void>;
}

/** The local store on disk with the tables and the inspection, and nothing else of the service. */
export async function startStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-bench-'));
  const store = await startHttpStore(join(folder, 'store.db'));
  const client = new DynamoDBClient({
    endpoint: store.endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const tables = Object.fromEntries(Object.keys(TABLES).map((name) => [name, name])) as Record<TableName, string>;
  for (const [name, definition] of Object.entries(TABLES)) await client.send(creation(name, definition));
  await loadInspection({ client, tables }, INSPECTION);
  return {
    client,
    tables,
    endpoint: store.endpoint,
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
      AWS_REGION: 'eu-west-2',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      BASELINES_TABLE: 'baselines',
      SUBMISSIONS_TABLE: 'submissions',
      ALERTS_TABLE: 'alerts',
      ACCESS_TABLE: 'access',
      ALERT_TOPIC_ARN: 'arn:aws:sns:eu-west-2:000000000000:bench',
      API_URL: 'https://example.org',
      SMALL_NUMBERS: 'show',
      METRICS_NAMESPACE: 'bench',
    },
    async end() {
      client.destroy();
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function creation(name: string, { partitionKey, sortKey, stream, indexes }: TableDefinition): CreateTableCommand {
  const schema = (hash: string, range: string | undefined) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    ...(range ? [{ AttributeName: range, KeyType: 'RANGE' as const }] : []),
  ];
  const keys = [
    partitionKey,
    sortKey,
    ...Object.values(indexes).flatMap((index) => [index.partitionKey, index.sortKey]),
  ];
  const all = Object.entries(indexes).map(([IndexName, index]) => ({
    IndexName,
    KeySchema: schema(index.partitionKey, index.sortKey),
    Projection: { ProjectionType: 'KEYS_ONLY' as const },
  }));
  return new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: schema(partitionKey, sortKey),
    AttributeDefinitions: [...new Set(keys)].flatMap((key) =>
      key ? [{ AttributeName: key, AttributeType: 'S' as const }] : [],
    ),
    ...(all.length > 0 ? { GlobalSecondaryIndexes: all } : {}),
    ...(stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' as const } } : {}),
  });
}

/** An HTTP API event as API Gateway makes it, as far as functions look. */
export function httpEvent(
  routeKey: string,
  parameters: Record<string, string>,
  token: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const [method = '', template = ''] = routeKey.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    pathParameters: parameters,
    requestContext: {
      requestId: 'bench',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' },
    },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}
