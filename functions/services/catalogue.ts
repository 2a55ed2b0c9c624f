import type { Doing } from '../domain/access.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import { type MetricDefinition, MetricDefinitionSchema } from '../domain/metric.ts';
import { faultsOfDefinition } from '../domain/read-inspection.ts';
import type { Database } from '../store/database.ts';
import { type Plan, planMetric } from '../store/save-inspections.ts';
import { InvalidError, NotFoundError, type SentFault, UnknownAuthorityError } from './errors.ts';
import { checkCapacity, checkOpen, isAuthorityId, metricIn } from './inspections.ts';
import { retryChanged } from './retry.ts';

/** What an authority measures: metrics of its own begin, are renamed, are replaced and end, without a deployment. */

type Tables = Database<'baselines' | 'alerts'>;

/** Who says so, and why. */
interface Said {
  readonly author: string;
  readonly reason: string;
}

/** What there is to say of a metric, without what the service keeps itself. */
export type NewMetric = Omit<MetricDefinition, 'id' | 'until' | 'replacedBy' | 'formerTitles' | 'changes'>;

/** The most changes of a metric that are kept; the oldest are let go of. */
const MAX_CHANGES = 50;
const MAX_FORMER_TITLES = 20;

/**
 * Starts a metric, or gives one another definition; repeated, it stays as it is. Its name before is kept. Throws
 * {@link UnknownAuthorityError}, {@link InvalidError}, `FullError` or `OvertakenError`.
 */
export function putMetric(
  database: Tables,
  { authority, id }: { readonly authority: string; readonly id: string },
  wanted: NewMetric,
  said: Said,
  doing: Doing,
): Promise<{ created: boolean; metric: LoadedInspection['metrics'][number] }> {
  const named = MetricDefinitionSchema.shape.id.safeParse(id);
  const faults: SentFault[] = [
    ...(named.success ? [] : [{ parameter: 'metric', detail: named.error.issues[0]?.message ?? 'is no id' }]),
    ...faultsOfDefinition(wanted, []),
  ];
  if (faults.length > 0) throw new InvalidError(faults);
  return write(database, authority, id, (before) => {
    if (!before) return { id, ...wanted, changes: [changeOf('began', said, doing)] };
    const { changes = [], formerTitles, until, replacedBy, ...rest } = before;
    if (isSame(rest, { id, ...wanted })) return before;
    return withChange(
      { ...before, ...wanted, ...renamed(before, wanted.title, doing.now) },
      'defined anew',
      said,
      doing,
    );
  });
}

/** What becomes of a metric: another name, an end, another one in its place; null takes back what was said before. */
export interface Fate {
  readonly title?: string | undefined;
  /** The last month it is judged for. */
  readonly until?: string | null | undefined;
  readonly replacedBy?: string | null | undefined;
}

/**
 * Renames a metric, ends it, or says which one takes its place. Its figures stay, and a month of the past can be
 * corrected with them. Throws {@link UnknownAuthorityError}, {@link NotFoundError}, {@link InvalidError} or `OvertakenError`.
 */
export function changeMetric(
  database: Tables,
  { authority, id }: { readonly authority: string; readonly id: string },
  { title, until, replacedBy }: Fate,
  said: Said,
  doing: Doing,
): Promise<{ created: boolean; metric: LoadedInspection['metrics'][number] }> {
  return write(database, authority, id, (before) => {
    if (!before) throw new NotFoundError('metric', id);
    if (until && before.from !== undefined && until < before.from)
      throw new InvalidError([{ pointer: '#/until', detail: `is before the metric begins (${before.from})` }]);
    if (replacedBy === id) throw new InvalidError([{ pointer: '#/replacedBy', detail: 'is the metric itself' }]);
    const after = {
      ...before,
      ...(title === undefined ? {} : { title, ...renamed(before, title, doing.now) }),
      ...(until === undefined ? {} : { until: until ?? undefined }),
      ...(replacedBy === undefined ? {} : { replacedBy: replacedBy ?? undefined }),
    };
    if (isSame(before, after)) return before;
    const what = [
      ...(title === undefined || title === before.title ? [] : [`renamed from "${before.title}"`]),
      ...(after.until === before.until ? [] : [after.until ? `ends with ${after.until}` : 'does not end']),
      ...(after.replacedBy === before.replacedBy
        ? []
        : [after.replacedBy ? `replaced by ${after.replacedBy}` : 'replaced by nothing']),
    ];
    return withChange(after, what.join('; '), said, doing);
  });
}

async function write(
  database: Tables,
  authority: string,
  id: string,
  change: (before: MetricDefinition | undefined) => MetricDefinition,
): Promise<{ created: boolean; metric: LoadedInspection['metrics'][number] }> {
  if (!isAuthorityId(authority)) throw new UnknownAuthorityError(authority);
  return retryChanged(async () => {
    const plan: Plan | undefined = await planMetric(database, authority, change, id);
    if (!plan) throw new UnknownAuthorityError(authority);
    const { before, after } = plan;
    checkOpen(after);
    const metric = metricIn(after, id);
    if (metric.replacedBy !== undefined && !after.metrics.some((other) => other.id === metric.replacedBy))
      throw new InvalidError([{ pointer: '#/replacedBy', detail: `no metric is called "${metric.replacedBy}"` }]);
    checkCapacity(plan);
    await plan.save();
    return { created: !before?.metrics.some((other) => other.id === id), metric };
  });
}

const changeOf = (what: string, { author, reason }: Said, { by, now }: Doing) => ({
  at: now.toISOString(),
  what,
  author,
  reason,
  by,
});

function withChange(metric: MetricDefinition, what: string, said: Said, doing: Doing): MetricDefinition {
  return { ...metric, changes: [...(metric.changes ?? []), changeOf(what, said, doing)].slice(-MAX_CHANGES) };
}

function renamed(
  { title, formerTitles = [] }: MetricDefinition,
  now: string,
  at: Date,
): Pick<MetricDefinition, 'formerTitles'> {
  if (title === now) return {};
  return { formerTitles: [...formerTitles, { title, until: at.toISOString().slice(0, 10) }].slice(-MAX_FORMER_TITLES) };
}

const isSame = (one: object, other: object): boolean => sorted(one) === sorted(other);
const sorted = (value: object): string =>
  JSON.stringify(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
