import type { Metric } from '../../functions/domain/metric.ts';
import type { OwnName } from '../../functions/domain/own-name.ts';
import { type Naming, namingOf } from '../../functions/services/names.ts';
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

/** How a metric is named to a command. */
export const METRIC = 'its title, its id, or a usual name such as ICPC';

const ID = /^[a-z\d]+(-[a-z\d]+)*$/;

/** The id of the metric that somebody means: what is written like one goes to the service as it is. Throws {@link UsageError}. */
export async function metricIdOf(name: string, to: Reach): Promise<string> {
  if (ID.test(name)) return name;
  const [metrics, ownNames] = await Promise.all([metricsOf(to), ownNamesOf(to)]);
  return metricNamed(name, namingOf(metrics.values(), ownNames), metrics).id;
}

/** The id of the alert that somebody means, by its title or its id. Throws {@link UsageError}. */
export async function alertIdOf(name: string, { client, at }: Reach): Promise<string> {
  if (ID.test(name)) return name;
  const { alerts }: { alerts: readonly { readonly alert: string; readonly title: string }[] } = (
    await client.request('GET', at('alerts'))
  ).body;
  const found = alerts.find(({ title }) => title.toLowerCase() === name.toLowerCase());
  if (!found) throw new UsageError(`no alert is called "${name}"; "alerts" lists them`);
  return found.alert;
}
