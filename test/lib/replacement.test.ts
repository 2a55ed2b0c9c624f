import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createApp } from '../../lib/app.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
type Resources = Readonly<Record<string, Resource>>;

/**
 * What holds something that would be gone with it, or that others know by its address; with the properties whose change
 * makes CloudFormation put a new, empty one in its place ("Update requires: Replacement" in its resource reference).
 */
const STATEFUL: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'LocalSecondaryIndexes', 'ImportSourceSpecification'],
  // Subscriptions go with a topic: everybody would have to confirm again. They are not the template's, since CloudFormation cannot put
  // one back that is gone: those that it had are asked again.
  'AWS::SNS::Topic': ['TopicName', 'FifoTopic'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::KMS::Key': [],
  // Its address is in every client's configuration.
  'AWS::ApiGatewayV2::Api': ['ProtocolType'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
};

/** One line for each stateful resource of the former template that an update would replace or remove. */
function replacements(before: Resources, after: Resources): string[] {
  return Object.entries(before).flatMap(([id, { Type, Properties = {} }]) => {
    const replacing = STATEFUL[Type];
    if (!replacing) return [];
    const now = after[id];
    if (now?.Type !== Type) return [`${id} (${Type}) is gone`];
    return replacing
      .filter((name) => JSON.stringify(Properties[name]) !== JSON.stringify(now.Properties?.[name]))
      .map((name) => `${id} (${Type}) would be replaced: ${name} changed`);
  });
}

/** The template as it was last deployed somewhere. Taken anew (see docs/deployment.md) only with a release. */
const yesterday: Resources = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/yesterday.template.json'), 'utf8'),
).Resources;
const outdir = mkdtempSync(join(tmpdir(), 'replacement-test-'));
afterAll(() => rmSync(outdir, { recursive: true }));
const today: Resources = createApp({
  context: { alertEmail: 'director@example.org', operationsEmail: 'engineer@example.org' },
  outdir,
})
  .synth()
  .getStackByName('InspectionMonitor').template.Resources;

test('updating what is deployed keeps everything that it holds', () => {
  expect(Object.values(yesterday).filter(({ Type }) => Type === 'AWS::DynamoDB::Table')).toHaveLength(4);
  expect(replacements(yesterday, today)).toEqual([]);
});

describe('what would lose data is noticed:', () => {
  const [id = '', table] = Object.entries(yesterday).find(([, { Type }]) => Type === 'AWS::DynamoDB::Table') ?? [];
  if (!table) throw new Error('there is no table');

  test('a table under another logical id, as a moved or renamed construct has', () => {
    const { [id]: moved, ...rest } = yesterday;
    expect(replacements(yesterday, { ...rest, Elsewhere: moved as Resource })).toEqual([
      `${id} (AWS::DynamoDB::Table) is gone`,
    ]);
  });

  test.each([
    ['another key', { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }, 'KeySchema'],
    ['a name of its own', { TableName: 'submissions' }, 'TableName'],
  ])('a table with %s', (_, change, property) => {
    const changed = { ...yesterday, [id]: { ...table, Properties: { ...table.Properties, ...change } } };
    expect(replacements(yesterday, changed)).toEqual([
      `${id} (AWS::DynamoDB::Table) would be replaced: ${property} changed`,
    ]);
  });

  test('and what loses nothing is not: another index', () => {
    const changed = {
      ...yesterday,
      [id]: { ...table, Properties: { ...table.Properties, GlobalSecondaryIndexes: [] } },
    };
    expect(replacements(yesterday, changed)).toEqual([]);
  });
});
