import type { Metric } from '../domain/metric.ts';
import { endOf, type PeriodLabel } from './cell-periods.ts';
import { shorten } from './cells.ts';
import type { Field } from './names.ts';
import type { TableFault, TableMonth, Understood } from './table.ts';
import type { Header } from './table-columns.ts';
import { defaultField, inOneColumn, reportedOf } from './table-figures.ts';
import type { Entry, Given, Lines, Remark } from './table-lines.ts';

/** The lines of a table made into months: which month each label means, and what is said of one twice. */

/** A month while its lines are being read. */
interface Draft {
  readonly period: string;
  readonly isMonth: boolean;
  readonly line: number;
  readonly column: string;
  status?: string | undefined;
  statusLine?: number;
  commentary?: string;
  readonly metrics: Map<
    string,
    { readonly metric: Metric | undefined; readonly line: number; readonly column: string; readonly given: Given[] }
  >;
}

export function monthsOf(
  { entries, remarks }: Lines,
  { holds, columns }: Header,
  faults: TableFault[],
  decimalComma: boolean,
): TableMonth[] {
  const periodOf = periodsOf(entries, faults);
  const byParts = holds !== 'figure' || columns.some(({ role }) => role === 'part');
  const drafts = new Map<string, Draft>();
  const draftOf = (
    period: string,
    { line, periodColumn }: Pick<Entry, 'line' | 'periodColumn'>,
    isMonth = true,
  ): Draft => {
    const key = isMonth ? period : `${line} ${periodColumn}`;
    const draft = drafts.get(key) ?? { period, isMonth, line, column: periodColumn, metrics: new Map() };
    drafts.set(key, draft);
    return draft;
  };
  for (const entry of entries) {
    const period = periodOf(entry);
    const draft = draftOf(period ?? entry.labelText, entry, period !== undefined);
    addEntry(entry, draft, { holds, byParts }, faults);
    addStatus(statusOf(entry.label), entry, draft, faults);
  }
  const seen = new Map<string, number>();
  const periodsOn = new Map<number, Set<string>>();
  const called = new Map<string, string>();
  for (const entry of entries) {
    const period = periodOf(entry);
    if (!period) continue;
    periodsOn.set(entry.line, (periodsOn.get(entry.line) ?? new Set()).add(period));
    called.set(entry.labelText, period);
  }
  for (const remark of remarks) {
    if (remark.label.kind === 'unclear') {
      checkStatus(remark, faults);
      continue;
    }
    const period = called.get(remark.labelText) ?? ('period' in remark.label ? remark.label.period : undefined);
    for (const each of periodsOn.get(remark.line) ?? (period ? [period] : [])) {
      // Of metrics a line, a line of statuses says them of months without a figure, too.
      if (holds === 'metric' && !drafts.has(each)) continue;
      const twice = seen.get(each);
      seen.set(each, remark.line);
      if (holds === 'month' && twice !== undefined)
        faults.push({ line: remark.line, column: 'period', detail: `${each} is there twice; a month is one line` });
      addRemark(remark, each, draftOf(each, remark), faults);
    }
  }
  const hasCounts = columns.some(({ role, field, figure }) => (role ?? field ?? figure?.field) === 'count');
  return [...drafts.values()]
    .map((draft) => monthOf(draft, faults, { decimalComma, hasCounts }))
    .sort((a, b) => (a.period < b.period ? -1 : 1));
}

/** Decides what each label means by what stands beside it, and names those that stay unclear. */
function periodsOf(entries: readonly Entry[], faults: TableFault[]): (entry: Entry) => string | undefined {
  const labels = entries.map(({ label }) => label);
  const areYears = labels.some(({ kind }) => kind === 'year' || kind === 'quarter');
  const areMonths = labels.some((label) => label.kind === 'month' && label.isNumeric);
  const monthFirst = entries.find(({ label }) => label.kind === 'month' && label.order === 'month-first');
  const named = new Set<string>();
  const monthlyLabels = new Set(
    entries.filter(({ metric }) => (metric?.frequency ?? 'monthly') === 'monthly').map(({ labelText }) => labelText),
  );
  const several = new Set(labels.flatMap((label) => (label.kind === 'month-or-year' ? [label.period] : []))).size > 1;
  const fault = ({ line, periodColumn, labelText, metric }: Entry, why: string): undefined => {
    const key = `${line} ${periodColumn} ${why}`;
    if (!named.has(key))
      faults.push({
        line,
        column: periodColumn,
        detail: `"${shorten(labelText)}" ${why}`,
        cause: `${metric?.id} ${why.replace(/\d{4}-\d{2}/g, '')}`,
      });
    named.add(key);
  };
  const asYear = (entry: Entry, label: Extract<PeriodLabel, { kind: 'year' | 'quarter' }>): string | undefined => {
    const { metric } = entry;
    const end = endOf(label, metric?.window === 'school-year');
    if (!metric || metric.frequency === 'monthly')
      return fault(
        entry,
        `is a ${label.kind}${metric ? `, and ${metric.title} is reported every month` : ''}; write the month, such as ${end}, or leave out what is a total of months`,
      );
    if (metric.frequency === 'quarterly' && label.kind === 'year')
      return fault(
        entry,
        `is a year, and ${metric.title} is reported every quarter; write the month in which the quarter ends, such as ${end}`,
      );
    return end;
  };
  return (entry) => {
    const { label } = entry;
    if (label.kind === 'unclear') return undefined;
    if (label.kind === 'month' && label.order === 'by-custom' && monthFirst)
      return fault(
        entry,
        `has its day first as dates have in Britain, or its month as "${shorten(monthFirst.labelText)}" has; write the month as yyyy-mm`,
      );
    if (label.kind === 'month') return label.period;
    if (label.kind === 'year' || label.kind === 'quarter') return asYear(entry, label);
    const isMonthly = monthlyLabels.has(entry.labelText);
    if (areYears && !areMonths) return asYear(entry, { kind: 'year', ends: label.ends });
    if (areMonths && !areYears) return label.period;
    if (!areYears && !areMonths && !several && label.isCanonical && isMonthly) return label.period;
    return fault(
      entry,
      `can be ${label.period} or the year to March ${label.ends}; write ${label.period}-01 for the month or ${label.ends}-03 for the year`,
    );
  };
}

function addEntry(
  entry: Entry,
  draft: Draft,
  { holds, byParts }: { holds: Understood['holds']; byParts: boolean },
  faults: TableFault[],
): void {
  const { id, metric, line, metricColumn, given } = entry;
  const earlier = draft.metrics.get(id);
  if (!earlier) {
    draft.metrics.set(id, { metric, line, column: metricColumn, given: [...given] });
    return;
  }
  // With one metric a line, or a column that says which figure it is, its numerator and its denominator are two lines of the same month.
  const completes =
    byParts && given.every(({ field }) => field && !earlier.given.some((other) => other.field === field));
  if (completes) earlier.given.push(...given);
  // A month that is there twice is one fault, and not one a metric.
  else if (holds !== 'month')
    faults.push({
      line,
      column: metricColumn,
      detail: `${shorten(id)} is given twice for this month; also on line ${earlier.line}`,
    });
}

/** The status as it is kept; undefined where it is none. */
function checkStatus({ line, label, status }: Remark, faults: TableFault[]): string | undefined {
  const said = status.toLowerCase();
  if (said === '') return statusOf(label);
  if (said === 'final' || said === 'provisional') return said;
  faults.push({
    line,
    column: 'status',
    detail: `"${shorten(status)}" is neither final nor provisional${adviceOn(said)}`,
  });
  return undefined;
}

const adviceOn = (status: string): string => {
  if (status === 'p' || status === 'prov') return '; write provisional';
  if (/^(red|amber|green|blue|r|a|g|b|rag|on track|off track|at risk)$/.test(status))
    return '; a rating is not read: call its column "Rating"';
  return status === 'revised' || status === 'f' || status === 'r'
    ? '; what will not change any more is final'
    : '; write provisional where the figures can still change, and final where they cannot';
};

/** The status that stands beside a period. */
const statusOf = (label: PeriodLabel): string | undefined => (label.kind === 'unclear' ? undefined : label.status);

function addStatus(
  status: string | undefined,
  { line }: { readonly line: number },
  draft: Draft,
  faults: TableFault[],
): void {
  if (status && draft.status && status !== draft.status)
    faults.push({
      line,
      column: 'status',
      detail: `${draft.period} is ${draft.status} by ${draft.statusLine === line ? 'another column' : 'an earlier line'}; a month has one status`,
      cause: `${draft.period} has two statuses`,
    });
  if (status) draft.statusLine ??= line;
  draft.status ||= status;
}

/** A month has one status and one commentary, whichever of its lines say so. */
function addRemark(remark: Remark, period: string, draft: Draft, faults: TableFault[]): void {
  const { line, commentary } = remark;
  addStatus(checkStatus(remark, faults), remark, draft, faults);
  if (commentary && draft.commentary !== undefined && draft.commentary !== commentary)
    faults.push({
      line,
      column: 'commentary',
      detail: `${period} has another commentary on an earlier line; a month has one: put both into one cell, or leave the column out`,
    });
  if (commentary) draft.commentary = commentary;
}

function monthOf(
  draft: Draft,
  faults: TableFault[],
  { decimalComma, hasCounts }: { readonly decimalComma: boolean; readonly hasCounts: boolean },
): TableMonth {
  const observations = new Map<string, Record<string, number | string>>();
  const metrics = new Map<
    string,
    { line: number; column: string; fields: Partial<Record<Field, { line: number; column: string }>> }
  >();
  for (const [id, { metric, line, column, given: cells }] of draft.metrics) {
    const given = hasCounts ? cells : inOneColumn(metric, cells);
    const fields: Partial<Record<Field, { line: number; column: string }>> = {};
    for (const each of given) fields[each.field ?? defaultField(metric)] = { line: each.line, column: each.column };
    const reported = reportedOf(metric, given, faults, decimalComma);
    if (!reported) continue;
    observations.set(id, reported);
    metrics.set(id, { line, column, fields });
  }
  return {
    period: draft.period,
    isMonth: draft.isMonth,
    body: {
      status: draft.status || 'final',
      // Unlike an assignment this also takes a metric called `__proto__`, to be refused by that name.
      observations: Object.fromEntries(observations),
      ...(draft.commentary ? { commentary: draft.commentary } : {}),
    },
    statesStatus: Boolean(draft.status),
    places: { line: draft.line, column: draft.column, metrics },
  };
}
