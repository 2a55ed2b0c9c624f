import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { type Benchmark, BenchmarkSchema } from '../domain/benchmark.ts';
import { type Database, dataOf, type Item, itemOf, transact } from './database.ts';
import { authorityKey, BENCHMARK_PREFIX, benchmarkKey } from './keys.ts';

/** Published figures of other places, one item a metric. No evaluation is asked for: nothing is judged by them. */

/** Those among an authority's items. */
export const benchmarksIn = (items: readonly Item[]): Benchmark[] =>
  items.filter(({ sk }) => sk?.S?.startsWith(BENCHMARK_PREFIX)).map((item) => BenchmarkSchema.parse(dataOf(item)));

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
