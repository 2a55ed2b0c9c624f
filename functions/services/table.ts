import { FIELDS, type Field } from './names.ts';

/** A table of figures, as it comes and as it was read (`readTable`). */

/** A line of a file before anything in it is understood: a line of CSV, or a row of a worksheet. */
export interface Line {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A month as read from a table: the body that the API takes, and where in the file each part of it stands. */
export interface TableMonth {
  readonly period: string;
  /** Whether that is a month. Lines of no month are read too, for more of what is wrong in them to be found. */
  readonly isMonth: boolean;
  readonly body: {
    readonly status: string;
    readonly observations: Record<string, Record<string, number | string>>;
    readonly commentary?: string;
  };
  /** Whether a line says which status; one that does not means final where the month is new. */
  readonly statesStatus: boolean;
  readonly places: TablePlaces;
}

/** Line numbers count from 1. `metrics` has for each metric its line and the column of each of its fields. */
export interface TablePlaces {
  readonly sheet?: string;
  readonly line: number;
  /** The column that names the month. */
  readonly column: string;
  readonly metrics: ReadonlyMap<string, Place & { readonly fields: Readonly<Partial<Record<Field, Place>>> }>;
}

interface Place {
  readonly sheet?: string;
  readonly line: number;
  readonly column: string;
}

export interface TableFault {
  readonly sheet?: string;
  readonly line: number;
  readonly column?: string;
  readonly detail: string;
  /** What faults of one cause have in common, where their details differ. */
  readonly cause?: string;
}

/** How a table was read, for whoever sent it to see: nothing in it is left out without being named here. */
export interface Understood {
  /** The line with the columns' names. */
  readonly header: number;
  /** What one line holds. */
  readonly holds: 'figure' | 'month' | 'metric';
  /** Of a table that says its month, or its metric, once, outside its columns: as written, and where. */
  readonly month?: { readonly period: string; readonly text: string; readonly from: string };
  readonly metric?: { readonly title: string; readonly text: string; readonly from: string };
  readonly columns: readonly { readonly heading: string; readonly readAs: string }[];
  /** Lines that hold no figure: titles, remarks, totals. */
  readonly asides: readonly { readonly line: number; readonly text: string; readonly why: string }[];
  /** How many lines name a metric and a month and leave the figure blank. */
  readonly blanks: number;
}

export interface Table {
  readonly months: TableMonth[];
  readonly faults: TableFault[];
  readonly understood?: Understood;
  /** Names that stand where a metric's would, beside figures, and are none: whoever sent them can say what they mean. */
  readonly unknown?: readonly string[];
  /** Whether there are metrics and figures, and nothing says of which month. */
  readonly isUndated?: boolean;
}

/** The columns of a file as this service writes it, one figure a line. */
export const LONG = ['period', 'metric', ...FIELDS, 'status', 'commentary'] as const;

/**
 * The line and column of what a JSON pointer into a month's body points to, as `readSubmission` names it:
 * `#/observations/referral-backlog/count`.
 */
export function placeOf(
  { sheet, line, metrics }: TablePlaces,
  pointer: string,
): { sheet?: string; line: number; column?: string } {
  const [, first = '', id = '', field = ''] = partsOf(pointer);
  const start = { ...(sheet === undefined ? {} : { sheet }), line };
  if (first !== 'observations') return first ? { ...start, column: first } : start;
  const metric = metrics.get(id);
  if (!metric) return start;
  const { fields, ...place } = metric;
  return fields[field as Field] ?? place;
}

/** A field of a metric that a JSON pointer points to and no cell holds, such as the denominator that is missing. */
export function fieldMissingAt({ metrics }: TablePlaces, pointer: string): string | undefined {
  const [, , id = '', field] = partsOf(pointer);
  const metric = metrics.get(id);
  return metric && field && !metric.fields[field as Field] ? field : undefined;
}

const partsOf = (pointer: string): string[] =>
  pointer.split('/').map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
