import metrics from '../../seed/library/metrics.json' with { type: 'json' };
import type { MetricDefinition } from '../domain/metric.ts';

/** The present-day metrics that ship: definitions to take from, none with a standard. A council's catalogue has what it took. */
export const LIBRARY = metrics as readonly MetricDefinition[];
