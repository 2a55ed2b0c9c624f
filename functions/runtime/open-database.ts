import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Database } from '../store/database.ts';
import type { TableName } from '../store/keys.ts';
import { readEnvironment } from './environment.ts';

/** The database of a function at its cold start: a client, and those of its tables that the stack names in the environment. */
export function openDatabase<Table extends TableName>(...tables: Table[]): Database<Table> {
  const variableOf = (table: Table) => `${table.toUpperCase() as Uppercase<Table>}_TABLE` as const;
  const environment = readEnvironment(...tables.map(variableOf)) as Record<string, string>;
  return {
    client: new DynamoDBClient({}),
    tables: Object.fromEntries(tables.map((table) => [table, environment[variableOf(table)]])) as Record<Table, string>,
  };
}
