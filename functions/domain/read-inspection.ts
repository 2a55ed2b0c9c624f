import { type Fault, faultsOf, pointerTo } from './faults.ts';
import { type Framework, frameworkOf } from './frameworks.ts';
import { type Inspection, InspectionSchema } from './inspection.ts';
import type { Baseline, Metric, MetricDefinition } from './metric.ts';
import { isObject } from './submission.ts';
import { typedText } from './typed-text.ts';

/** What a file may refer to that is not in it. */
export interface Known {
  /** Ids of the metrics in the authority's catalogue; undefined where that is not known, and so not checked. */
  readonly metrics?: ReadonlySet<string>;
  /** What is known of metrics that it may speak of, by id: a share above 100 is none of theirs. */
  readonly definitions?: ReadonlyMap<string, Pick<MetricDefinition, 'kind' | 'least'>>;
  /** The one of them that an id was probably meant to be. */
  readonly nearest?: (id: string) => string | undefined;
  /** The day it is, yyyy-mm-dd: a report of tomorrow is not published yet. */
  readonly today?: string;
}

/**
 * Reads what an inspection's file says and names every fault at once, each by JSON pointer with what is allowed there.
 * Fields whose name begins with `$` (`$schema`, `$comment`) are for people and editors, and passed over.
 */
export function readInspectionFile(
  contents: unknown,
  known: Known = {},
): { inspection: Inspection; faults: [] } | { inspection?: never; faults: Fault[] } {
  const read = InspectionSchema.safeParse(withoutRemarks(contents), { reportInput: true });
  if (!read.success) {
    const faults = [...contradictionsIn(contents, known), ...faultsOf(read.error.issues)];
    // Of two things to say of one place the first is the better one: it knows the file.
    return { faults: [...new Map(faults.reverse().map((fault) => [fault.pointer, fault])).values()].reverse() };
  }
  const faults = contradictionsIn(read.data, known);
  return faults.length > 0 ? { faults } : { inspection: read.data, faults: [] };
}

function withoutRemarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRemarks);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('$'))
      .map(([key, inner]) => [key, withoutRemarks(inner)]),
  );
}

type Path = readonly PropertyKey[];
type Draft = Record<string, unknown>;

/**
 * What is wrong though each field by itself is right: what refers to nothing, comes twice, or cannot be. It looks at
 * whatever is there, so that a file with a misspelt field hears of the rest too.
 */
function contradictionsIn(contents: unknown, { metrics, definitions, nearest, today }: Known): Fault[] {
  if (!isObject(contents)) return [];
  const faults: Fault[] = [];
  const say = (path: Path, detail: string): void => void faults.push({ pointer: pointerTo(path), detail });
  const list = (key: string): [Draft, number][] =>
    Array.isArray(contents[key])
      ? (contents[key] as unknown[]).flatMap((entry, index) =>
          isObject(entry) ? [[entry, index] as [Draft, number]] : [],
        )
      : [];

  controlCharactersIn(contents, [], say);
  datesOf(contents, today, say);
  const framework = frameworkIn(contents, say);
  for (const [key, of] of [
    ['judgements', 'id'],
    ['actions', 'id'],
    ['metrics', 'id'],
    ['figures', 'id'],
    ['findings', 'metric'],
  ] as const)
    duplicatesOf(
      list(key).map(([entry, index]) => [entry[of], [key, index, of]]),
      say,
    );

  const judgements = new Set(list('judgements').map(([{ id }]) => id));
  const actions = new Set(list('actions').map(([{ id }]) => id));
  const own = new Set(list('metrics').map(([{ id }]) => id));
  for (const [judgement, index] of list('judgements')) {
    oneOf(
      judgement.grade,
      Object.keys(framework?.grades ?? {}),
      ['judgements', index, 'grade'],
      'grade of this framework',
      say,
    );
    oneOf(
      judgement.section,
      Object.keys(framework?.sections ?? {}),
      ['judgements', index, 'section'],
      'section of this framework',
      say,
    );
  }
  for (const [action, index] of list('actions'))
    if (action.section !== undefined)
      oneOf(
        action.section,
        Object.keys(framework?.sections ?? {}),
        ['actions', index, 'section'],
        'section of this framework',
        say,
      );
  for (const key of ['metrics', 'findings'] as const)
    for (const [entry, index] of list(key)) {
      for (const [place, id] of (Array.isArray(entry.actions) ? entry.actions : []).entries())
        if (!actions.has(id))
          say(
            [key, index, 'actions', place],
            `no action of this file is called ${quoted(id)}; it has ${listed(actions)}`,
          );
      if (typeof entry.judgement === 'string' && !judgements.has(entry.judgement))
        say(
          [key, index, 'judgement'],
          `no judgement of this file is called ${quoted(entry.judgement)}; it has ${listed(judgements)}`,
        );
    }
  for (const [metric, index] of list('metrics')) {
    faults.push(...faultsOfDefinition(metric, ['metrics', index]));
    faults.push(...faultsOfBaseline(metric, metric.baseline, ['metrics', index, 'baseline']));
  }
  for (const [finding, index] of list('findings')) {
    const { metric, baseline } = finding;
    const definition = typeof metric === 'string' && !own.has(metric) && definitions?.get(metric);
    if (definition) faults.push(...faultsOfBaseline(definition, baseline, ['findings', index, 'baseline']));
    if (own.has(metric))
      say(['findings', index, 'metric'], `${quoted(metric)} is among the metrics of this file: say it there`);
    else if (metrics && typeof metric === 'string' && !metrics.has(metric)) {
      const near = nearest?.(metric);
      say(
        ['findings', index, 'metric'],
        `neither the catalogue nor the library has a metric called ${quoted(metric)}${near ? `; the nearest is ${quoted(near)}` : ''}; "monitor metric library" lists those that ship, or add it to "metrics" with its definition`,
      );
    }
  }
  // Last: whatever else there is to say of a place is more to the point.
  unfilledIn(contents, [], say);
  return faults;
}

/** What {@link skeletonOf} has for its reader to write; days and grades have a better fault of their own. */
const TO_BE_FILLED_IN: ReadonlySet<unknown> = new Set([
  ...['NAME OF THE COUNCIL', 'TITLE OF THE REPORT, MONTH YEAR', 'WHAT IS TO IMPROVE', 'METRIC-ID', 'ANOTHER-METRIC-ID'],
  ...['YYYY-MM'],
  ...['WHAT THE REPORT SAYS, IN YOUR WORDS', 'TITLE OF THE FRAMEWORK', 'BEST GRADE', 'WORST GRADE', 'FIRST SECTION'],
]);

/** What is still as the skeleton has it would be shown and mailed as what the inspectors said. */
function unfilledIn(value: unknown, path: Path, say: (path: Path, detail: string) => void): void {
  if (TO_BE_FILLED_IN.has(value))
    say(path, `still has the words of the skeleton, ${quoted(value)}: write what the report says, or take it out`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    if (!key.startsWith('$')) unfilledIn(inner, [...path, Array.isArray(value) ? Number(key) : key], say);
}

/** What it says is mailed and shown: nothing in it may hide. */
function controlCharactersIn(value: unknown, path: Path, say: (path: Path, detail: string) => void): void {
  if (typeof value === 'string' && !typedText(value.length).safeParse(value).success)
    say(path, 'holds control characters, which cannot be read; take them out');
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    controlCharactersIn(inner, [...path, Array.isArray(value) ? Number(key) : key], say);
}

const isDay = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);

function datesOf(
  { fieldwork, published, actions }: Draft,
  today: string | undefined,
  say: (path: Path, detail: string) => void,
): void {
  const { from, to } = isObject(fieldwork) ? fieldwork : {};
  if (isDay(from) && isDay(to) && to < from)
    say(['fieldwork', 'to'], `ends (${quoted(to)}) before it begins (${quoted(from)})`);
  if (isDay(to) && isDay(published) && published < to)
    say(['published'], `comes (${quoted(published)}) before the fieldwork ends (${quoted(to)})`);
  if (isDay(published) && today !== undefined && published > today)
    say(['published'], `is in the future (${quoted(published)}); a report is loaded once it is published`);
  for (const [index, action] of (Array.isArray(actions) ? actions : []).entries()) {
    const due = isObject(action) ? action.due : undefined;
    if (isDay(due) && isDay(published) && due < published)
      say(
        ['actions', index, 'due'],
        `is before the report was published (${quoted(due)}, and ${quoted(published)}): it is a day from then on`,
      );
  }
}

function frameworkIn(contents: Draft, say: (path: Path, detail: string) => void): Framework | undefined {
  const header = InspectionSchema.pick({ framework: true, ownFramework: true }).safeParse({
    framework: contents.framework,
    ownFramework: contents.ownFramework,
  });
  if (!header.success) return undefined;
  const { framework, ownFramework } = header.data;
  if (framework === 'own' && !ownFramework)
    say(['ownFramework'], 'is missing: with the framework "own" it says title, grades and sections');
  if (framework !== 'own' && ownFramework)
    say(['ownFramework'], `is only for the framework "own"; this one is "${framework}"`);
  return frameworkOf(header.data);
}

function duplicatesOf(ids: readonly [unknown, Path][], say: (path: Path, detail: string) => void): void {
  const seen = new Set<unknown>();
  for (const [id, path] of ids) {
    if (id !== undefined && seen.has(id)) say(path, `${quoted(id)} is there already, further up`);
    seen.add(id);
  }
}

function oneOf(
  value: unknown,
  allowed: readonly string[],
  path: Path,
  what: string,
  say: (path: Path, detail: string) => void,
): void {
  if (typeof value !== 'string' || allowed.includes(value)) return;
  say(
    path,
    allowed.length > 0
      ? `${quoted(value)} is no ${what}; it is one of ${allowed.join(', ')}`
      : `this framework has no such thing`,
  );
}

/** What a metric's schema cannot tell: a share above 100, standards out of order, a unit that is not the kind's. */
export function faultsOfDefinition(
  metric: Readonly<Partial<Record<keyof MetricDefinition, unknown>>>,
  path: Path,
): Fault[] {
  const faults: Fault[] = [];
  const say = (inner: Path, detail: string): void =>
    void faults.push({ pointer: pointerTo([...path, ...inner]), detail });
  const isShare = metric.kind === 'proportion';
  if (isShare && metric.unit !== 'percent') say(['unit'], 'is "percent" for a proportion');
  if (isShare && typeof metric.tolerance === 'number' && metric.tolerance > 100)
    say(['tolerance'], 'cannot be above 100 percentage points');
  const standards = Array.isArray(metric.standards) ? metric.standards.filter(isObject) : [];
  if (metric.kind === 'rate' && (typeof metric.unit !== 'string' || !metric.unit.startsWith('per 10,000')))
    say(['unit'], 'begins with "per 10,000" for a rate, such as "per 10,000 children"');
  if (metric.least !== undefined && metric.kind !== 'mean')
    say(['least'], 'is for a mean alone: nothing else is below zero');
  const isTarget = metric.polarity === 'target';
  for (const [index, { value, upTo, from, until }] of standards.entries()) {
    if (isTarget && typeof value === 'number' && (typeof upTo !== 'number' || upTo <= value))
      say(['standards', index, 'upTo'], `is needed, and above ${value}: a target is a range`);
    if (!isTarget && upTo !== undefined)
      say(['standards', index, 'upTo'], 'is for a metric with the polarity "target" alone');
    if (typeof value === 'number' && value < Number(metric.least ?? 0))
      say(['standards', index, 'value'], `cannot be below ${metric.least ?? 0}; got ${value}`);
    if (isShare && typeof upTo === 'number' && upTo > 100)
      say(['standards', index, 'upTo'], `a percentage cannot be above 100; got ${upTo}`);
    const before = standards[index - 1]?.from;
    if (isShare && typeof value === 'number' && value > 100)
      say(['standards', index, 'value'], `a percentage cannot be above 100; got ${value}`);
    if (typeof from === 'string' && typeof before === 'string' && from <= before)
      say(
        ['standards', index, 'from'],
        `standards stand in order, the oldest first: ${quoted(from)} does not come after ${quoted(before)}`,
      );
    if (typeof from === 'string' && typeof until === 'string' && until < from)
      say(['standards', index, 'until'], `ends (${quoted(until)}) before it begins (${quoted(from)})`);
  }
  return faults;
}

function faultsOfBaseline(
  { kind, least }: Readonly<Partial<Record<keyof Metric, unknown>>>,
  baseline: unknown,
  path: Path,
): Fault[] {
  const { value } = isObject(baseline) ? (baseline as Partial<Extract<Baseline, { kind: 'figure' }>>) : {};
  if (typeof value === 'number' && value < Number(least ?? 0))
    return [{ pointer: pointerTo([...path, 'value']), detail: `cannot be below ${least ?? 0}; got ${value}` }];
  if (kind !== 'proportion' || typeof value !== 'number' || value <= 100) return [];
  return [{ pointer: pointerTo([...path, 'value']), detail: `a percentage cannot be above 100; got ${value}` }];
}

const quoted = (id: unknown): string => `"${String(id).slice(0, 64)}"`;
const listed = (ids: ReadonlySet<unknown>): string => (ids.size > 0 ? [...ids].slice(0, 40).join(', ') : 'none');

/** A report to fill in: every field that there has to be, with what belongs in it. It does not load as it stands. */
export function skeletonOf(framework: Inspection['framework'], authority: string): unknown {
  const { title, full, grades, sections } = frameworkOf({ framework });
  const [grade = ''] = Object.keys(grades);
  const judgement = full ? (Object.keys(sections)[0] ?? null) : null;
  return {
    $comment: `${title}. Fill in what is in capitals and take out what the report does not say; docs/inspection-format.md explains every field.`,
    id: `${authority}-YEAR`,
    authority,
    name: 'NAME OF THE COUNCIL',
    framework,
    ...(framework === 'own'
      ? {
          ownFramework: {
            title: 'TITLE OF THE FRAMEWORK',
            full: true,
            grades: {
              'best-grade': { words: 'BEST GRADE', tone: 'best' },
              'worst-grade': { words: 'WORST GRADE', tone: 'poor' },
            },
            sections: { 'first-section': 'FIRST SECTION' },
          },
        }
      : {}),
    title: 'TITLE OF THE REPORT, MONTH YEAR',
    inspectorate: 'Ofsted',
    fieldwork: { from: 'YYYY-MM-DD', to: 'YYYY-MM-DD' },
    published: 'YYYY-MM-DD',
    rebaseDates: [],
    judgements: full
      ? Object.entries(sections).map(([section, words]) => ({
          $comment: grade && `grade: ${Object.keys(grades).join(', ')}`,
          id: section,
          section,
          title: words,
          grade: 'GRADE',
          paragraph: 'cover',
          period: 'YYYY-MM',
          record: true,
        }))
      : [],
    actions: [
      {
        $comment: 'One for each thing to improve, in your own words. Add "due" only if the report names the day.',
        id: 'R1',
        title: 'WHAT IS TO IMPROVE',
        paragraph: 'improve',
      },
    ],
    findings: [
      {
        $comment:
          'One for each metric, of your catalogue or of the library ("monitor metric library"), that the report speaks of.',
        metric: 'METRIC-ID',
        baseline: {
          kind: 'statement',
          statement: 'WHAT THE REPORT SAYS, IN YOUR WORDS',
          period: 'YYYY-MM',
          paragraphs: ['PARAGRAPH'],
        },
        actions: ['R1'],
        paragraphs: ['PARAGRAPH'],
        judgement,
      },
      {
        $comment:
          'The same where the report gives a number: bound is exact, lower ("over", "at least") or upper ("under", "at most").',
        metric: 'ANOTHER-METRIC-ID',
        baseline: {
          kind: 'figure',
          value: 'NUMBER',
          bound: 'exact',
          statement: 'WHAT THE REPORT SAYS, IN YOUR WORDS',
          period: 'YYYY-MM',
          paragraphs: ['PARAGRAPH'],
        },
        actions: [],
        paragraphs: ['PARAGRAPH'],
        judgement,
      },
    ],
    metrics: [],
    figures: [],
  };
}
