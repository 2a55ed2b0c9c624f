import type { Metric } from '../../functions/domain/metric.ts';
import type { OwnName } from '../../functions/domain/own-name.ts';
import type { Naming } from '../../functions/services/names.ts';
import { suggestions } from '../../functions/services/suggestions.ts';
import { type Reach, UsageError } from './setting.ts';

/** What the authority's own names mean. */
export async function ownNamesOf({ client, at }: Reach): Promise<readonly OwnName[]> {
  return (await client.request('GET', at('names'))).body.names;
}

/** The metrics by id. */
export async function metricsOf({ client, at }: Reach): Promise<ReadonlyMap<string, Metric>> {
  const metrics: Metric[] = (await client.request('GET', at('metrics'))).body.metrics;
  return new Map(metrics.map((metric) => [metric.id, metric]));
}

/** The metric that somebody means. Throws {@link UsageError}, with the nearest of `metrics`. */
export function metricNamed(name: string, naming: Naming, metrics: ReadonlyMap<string, Metric>): Metric {
  const named = naming(name);
  if (named) return named.metric;
  const near = suggestions()(name, [...metrics.keys()]);
  throw new UsageError(`no metric is called "${name}"${near ? `; the nearest is "${near}"` : ''}`);
}
