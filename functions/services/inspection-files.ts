import type { Doing } from '../domain/access.ts';
import { titleOfAlert } from '../domain/authority-alerts.ts';
import type { Board } from '../domain/board.ts';
import { AS_SENT } from '../domain/format.ts';
import { placeIn } from '../domain/json-lines.ts';
import type { Done, LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import { dayInEngland } from '../domain/period.ts';
import { readInspectionFile } from '../domain/read-inspection.ts';
import { reconcile } from '../domain/reconcile.ts';
import type { Month } from '../domain/submission.ts';
import type { Database } from '../store/database.ts';
import { readAuthority, readInspection } from '../store/inspections.ts';
import { type Plan, planInspection, planRetirement } from '../store/save-inspections.ts';
import { readMonths } from '../store/submissions.ts';
import { InvalidError, NotFoundError, type SentFault, UnknownAuthorityError } from './errors.ts';
import { checkCapacity, checkOpen, isAuthorityId } from './inspections.ts';
import { LIBRARY } from './library.ts';
import { retryChanged } from './retry.ts';
import { suggestions } from './suggestions.ts';

/** Loading an inspection's file, and retiring an inspection; with what that would change, before or after it is done. */

type Tables = Database<'baselines' | 'submissions' | 'alerts'>;

/** What becomes different. Ids throughout; an alert's state is `clear`, or its state and level. */
export interface InspectionChange {
  readonly inspection: string;
  readonly outcome: 'new' | 'changed' | 'unchanged' | 'retired';
  /** The inspection that figures are held against before and after. */
  readonly leading: { readonly before?: string; readonly after: string };
  readonly metrics: Difference;
  readonly actions: Difference;
  readonly alerts: readonly {
    readonly alert: string;
    readonly title: string;
    readonly before: string;
    readonly after: string;
  }[];
}

/** What is wrong with a file, by its line and the way to it. */
export interface PlacedFault {
  readonly line: number;
  readonly path: string;
  readonly detail: string;
}

/** Faults by their place in the file, from its beginning on. */
export const placeFaults = (faults: readonly SentFault[], lines: ReadonlyMap<string, number>): PlacedFault[] =>
  faults.map(({ pointer = '#', detail }) => ({ ...placeIn(lines, pointer), detail })).sort((a, b) => a.line - b.line);

interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Loads the contents of an inspection's file, or says what that would change. An authority that is not known yet is known
 * from then on. Throws {@link UnknownAuthorityError}, {@link InvalidError} with every fault, or `OvertakenError`.
 */
export function loadInspectionFile(
  database: Tables,
  { authority, id }: { readonly authority: string; readonly id: string },
  contents: unknown,
  doing: Doing,
  dryRun: boolean,
): Promise<InspectionChange> {
  if (!isAuthorityId(authority)) throw new UnknownAuthorityError(authority);
  return retryChanged(async () => {
    const stored = await readInspection(database, authority);
    const { inspection, faults } = readInspectionFile(contents, knownTo(stored?.metrics ?? [], doing));
    const elsewhere: SentFault[] = [...misplaced('authority', contents, authority), ...misplaced('id', contents, id)];
    if (!inspection || elsewhere.length > 0) throw new InvalidError([...faults, ...elsewhere]);
    const plan = await planInspection(database, inspection, doneOf(doing), LIBRARY);
    const isNew = !plan.before?.inspections.some(({ header }) => header.id === id);
    const outcome = isNew ? 'new' : plan.written > 0 ? 'changed' : 'unchanged';
    return carryOut(database, authority, plan, { inspection: id, outcome }, doing.now, dryRun);
  });
}

/**
 * Loads the first inspection of an authority that is not known yet, which its file names, or says what that would change. Throws
 * {@link InvalidError} with every fault, also where the authority is known.
 */
export async function beginAuthority(
  database: Tables,
  contents: unknown,
  doing: Doing,
  dryRun: boolean,
): Promise<InspectionChange & { readonly authority: string }> {
  const said = (contents ?? {}) as { readonly authority?: unknown; readonly id?: unknown };
  const [authority, id] = [String(said.authority ?? ''), String(said.id ?? '')];
  // What the file has wrong beside it is named with it.
  if (!isAuthorityId(authority)) throw new InvalidError(readInspectionFile(contents, knownTo([], doing)).faults);
  const isKnown = (await readAuthority(database, authority, true)) !== undefined;
  const loading = loadInspectionFile(database, { authority, id }, contents, doing, dryRun || isKnown);
  if (!isKnown) return { authority, ...(await loading) };
  const others = await loading.then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof InvalidError)) throw error;
      return error.faults;
    },
  );
  const detail = `"${authority}" is a council here already; load its reports on its own page, under Settings`;
  throw new InvalidError([{ pointer: '#/authority', detail }, ...others]);
}

/** What a file may speak of: the library, and what the council made of it or has beside it. */
function knownTo(own: readonly Metric[], { now }: Doing) {
  // What the council made of a metric of the library goes before it.
  const definitions = new Map([...LIBRARY, ...own].map((metric) => [metric.id, metric]));
  const metrics = new Set(definitions.keys());
  const suggest = suggestions();
  const nearest = (metric: string): string | undefined => suggest(metric, [...metrics]);
  return { metrics, definitions, nearest, today: dayInEngland(now) };
}

const doneOf = ({ by, now }: Doing): Done => ({ at: now.toISOString(), by });

/** The path says what the file has to say too: what is meant for one council is not loaded for another. */
function misplaced(field: 'authority' | 'id', contents: unknown, expected: string): SentFault[] {
  const said = (contents as Record<string, unknown> | null)?.[field];
  if (typeof said !== 'string' || said === expected) return [];
  return [{ pointer: `#/${field}`, detail: `the file says "${said.slice(0, 64)}", and it was sent to "${expected}"` }];
}

/**
 * Has an inspection no longer count, or says what that would change; it stays to be read, with the progress of its
 * actions. Throws {@link UnknownAuthorityError}, {@link NotFoundError}, {@link InvalidError} for the last one, or `OvertakenError`.
 */
export function retireInspection(
  database: Tables,
  authority: string,
  id: string,
  doing: Doing,
  dryRun: boolean,
): Promise<InspectionChange> {
  if (!isAuthorityId(authority)) throw new UnknownAuthorityError(authority);
  return retryChanged(async () => {
    const plan = await planRetirement(database, authority, id, doneOf(doing));
    if (!plan?.before) {
      if (!(await readInspection(database, authority))) throw new UnknownAuthorityError(authority);
      throw new NotFoundError('inspection', id);
    }
    if (plan.after.inspections.every(({ retired }) => retired))
      throw new InvalidError([
        {
          parameter: 'inspection',
          detail: `"${id}" is the only one that counts; load the one that takes its place first`,
        },
      ]);
    return carryOut(database, authority, plan, { inspection: id, outcome: 'retired' }, doing.now, dryRun);
  });
}

async function carryOut(
  database: Tables,
  authority: string,
  plan: Plan,
  done: Pick<InspectionChange, 'inspection' | 'outcome'>,
  now: Date,
  dryRun: boolean,
): Promise<InspectionChange> {
  const months = await readMonths(database, authority);
  // Before it is done: what is read now is what it changes.
  const { before, after } = plan;
  if (!dryRun) {
    checkOpen(after);
    checkCapacity(plan);
    await plan.save();
  }
  return {
    ...done,
    leading: { ...(before ? { before: before.header.id } : {}), after: after.header.id },
    metrics: differenceOf(before?.metrics ?? [], after.metrics),
    actions: differenceOf(before?.actions ?? [], after.actions),
    alerts: alertsBetween(before, after, months, now),
  };
}

function differenceOf(
  before: readonly { readonly id: string }[],
  after: readonly { readonly id: string }[],
): Difference {
  const was = new Map(before.map((entry) => [entry.id, JSON.stringify(entry)]));
  const is = new Set(after.map(({ id }) => id));
  return {
    added: after.flatMap(({ id }) => (was.has(id) ? [] : id)),
    changed: after.flatMap((entry) =>
      was.has(entry.id) && was.get(entry.id) !== JSON.stringify(entry) ? entry.id : [],
    ),
    removed: before.flatMap(({ id }) => (is.has(id) ? [] : id)),
  };
}

function alertsBetween(
  before: LoadedInspection | undefined,
  after: LoadedInspection,
  months: readonly Month[],
  now: Date,
): InspectionChange['alerts'] {
  const [was, is] = [before && alertsOf(before, months, now), alertsOf(after, months, now)];
  const metrics: readonly Metric[] = [...after.metrics, ...(before?.metrics ?? [])];
  return [...new Set([...Object.keys(was ?? {}), ...Object.keys(is)])].sort().flatMap((alert) => {
    const [then, now] = [inWords(was?.[alert]), inWords(is[alert])];
    return then === now ? [] : [{ alert, title: titleOfAlert(alert, metrics), before: then, after: now }];
  });
}

function alertsOf(loaded: LoadedInspection, months: readonly Month[], now: Date): Board['alerts'] {
  const { header, ...rest } = loaded;
  const record = { ...rest, inspection: header, months, acknowledgements: [], bankHolidays: new Set<string>() };
  return reconcile(undefined, record, [], now, AS_SENT).board?.alerts ?? {};
}

const inWords = (alert: Board['alerts'][string] | undefined): string =>
  alert ? [alert.state, alert.level].filter(Boolean).join(' ') : 'clear';
