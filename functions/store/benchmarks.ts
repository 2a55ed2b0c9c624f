import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { type Benchmark, BenchmarkSchema } from '../domain/benchmark.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { type Database, type Item, itemOf, transact, tryItems } from './database.ts';
import { authorityKey, BENCHMARK_PREFIX, benchmarkKey } from './keys.ts';

/** Published figures of other places, one item a metric. No evaluation is asked for: nothing is judged by them. */

/** Those among an authority's items, and what of them cannot be read. */
export const benchmarksIn = (items: readonly Item[]): { read: Benchmark[]; unreadable: Unreadable[] } =>
  tryItems(
    'baselines',
    items.filter(({ sk }) => sk?.S?.startsWith(BENCHMARK_PREFIX)),
    (data) => BenchmarkSchema.parse(data),
  );

/** Puts each in the place of what its metric had, all or none. */
export async function saveBenchmarks(
  { client, tables }: Database<'baselines'>,
  authority: string,
  benchmarks: readonly Benchmark[],
): Promise<void> {
  const puts = benchmarks.map((benchmark) => ({
    Put: {
      TableName: tables.baselines,
      Item: itemOf(authorityKey(authority), benchmarkKey(benchmark.metric), benchmark),
    },
  }));
  await transact(client, puts);
}

export async function removeBenchmark(
  { client, tables }: Database<'baselines'>,
  authority: string,
  metric: string,
): Promise<void> {
  await client.send(
    new DeleteItemCommand({
      TableName: tables.baselines,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: benchmarkKey(metric) } },
    }),
  );
}
