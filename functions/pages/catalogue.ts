import type { Benchmark } from '../domain/benchmark.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { MetricDefinition } from '../domain/metric.ts';
import { asPercentage, isShare } from '../domain/submission.ts';
import type { LoadedBenchmarks } from '../services/benchmarks.ts';
import type { NewMetric } from '../services/catalogue.ts';
import { readNumber } from '../services/cell-numbers.ts';
import { monthIn } from '../services/cell-periods.ts';
import type { Form } from './form.ts';
import { type Html, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { errorSummary, type FormError, forgeryField, inset, layout, pathOf, table, type Visit } from './layout.ts';
import { counted, timeName } from './words.ts';

/** What a council measures, changed on the page: metrics begin, of the library or its own, and published figures come to stand beside them. */

const KINDS = [
  ['proportion', 'A percentage: so many of so many'],
  ['count', 'A number'],
  ['mean', 'An average'],
  ['rate', 'A rate per 10,000 children'],
] as const;

const POLARITIES = [
  ['higher', 'Higher is better'],
  ['lower', 'Lower is better'],
  ['target', 'Best within a range'],
  ['neutral', 'Neither: it is shown and not judged'],
] as const;

/** What a figure is of: `cases` and `window` of a definition. */
const COVERS = [
  ['flow month', 'New cases of the month'],
  ['stock month', 'How things stand at the end of the month'],
  ['stock 12-months', 'The last 12 months'],
  ['stock 36-months', 'The last three years'],
  ['stock year', 'A year'],
  ['stock school-year', 'A school year'],
] as const;

const FREQUENCIES = [
  ['monthly', 'Every month'],
  ['quarterly', 'Every quarter'],
  ['annual', 'Once a year'],
] as const;

/** Where to begin: what can be started, and what is loaded of other places. */
export function cataloguePage(
  visit: Visit,
  { header, metrics, benchmarks }: LoadedInspection,
  library: readonly MetricDefinition[],
  { refused, looked }: { readonly refused?: Refused; readonly looked?: Looked } = {},
): Html {
  const { authority, name } = header;
  const known = new Set(metrics.map(({ id }) => id));
  const free = library.filter(({ id }) => !known.has(id));
  const { choice } = inputs({}, undefined);
  return layout(visit, {
    title: 'Change what is measured',
    place: { authority, name, at: 'metrics' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">Change what is measured</h1>
<p class="govuk-body">Nothing that was submitted is lost. To rename a metric, end it or have another take its place, open its own page under <a class="govuk-link" href="${pathOf(authority, 'metrics')}">Metrics</a>.</p>
<h2 class="govuk-heading-m">Start a metric of the library</h2>
<form method="get" action="${pathOf(authority, 'catalogue', 'metric')}" class="app-narrow">
${choice(
  'library',
  'Metric',
  free.map(({ id, title }) => [id, title]),
  { hint: 'Present-day metrics with their national definitions. None has a standard: you set it.' },
)}
<button class="govuk-button govuk-button--secondary">Go on</button></form>
<h2 class="govuk-heading-m">Start one of your own</h2>
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'catalogue', 'metric')}">Define a metric</a></p>
${elsewhere(visit, authority, benchmarks, metrics, refused, looked)}`,
  });
}

/** A file of published figures that was looked at: what it would come to, or came to. */
export interface Looked {
  readonly read: LoadedBenchmarks;
  readonly loaded: boolean;
}

function elsewhere(
  { session }: Visit,
  authority: string,
  benchmarks: readonly Benchmark[],
  metrics: LoadedInspection['metrics'],
  refused: Refused | undefined,
  looked: Looked | undefined,
): Html {
  const { text, file } = inputs({}, refused);
  const titles = new Map(metrics.map(({ id, title }) => [id, title]));
  const forgery = session && forgeryField(session.forgeryToken);
  return html`<h2 class="govuk-heading-m" id="elsewhere">Published figures of other places</h2>
<p class="govuk-body">England and statistical neighbours, to compare with. Nothing is judged by them.</p>
${looked && outcomeOf(looked, titles)}
<form method="post" enctype="multipart/form-data" action="${pathOf(authority, 'benchmarks')}" class="app-narrow">${forgery}
${file('file', 'File', { hint: 'CSV with the columns metric or measure, area, year and value, such as the Local Authority Interactive Tool gives. It takes the place of what its metrics had.' })}
${text('source', 'Publication', { hint: 'With its date.', required: true })}
${text('author', 'Your name', { required: true })}
<div class="govuk-button-group"><button class="govuk-button" name="do" value="load">Load it</button>
<button class="govuk-button govuk-button--secondary" name="do" value="check">Only say what it would load</button></div></form>
${
  benchmarks.length > 0 &&
  table({
    caption: 'What is loaded',
    heads: ['Metric', 'Years', 'Publication', 'Loaded by', 'Change'],
    rows: benchmarks.map((benchmark) => {
      const { metric, source, author, loadedAt } = benchmark;
      const title = titles.get(metric) ?? metric;
      return [
        title,
        yearsOf(benchmark),
        source,
        html`${author} <span class="app-when">${timeName(loadedAt)}</span>`,
        html`<form method="post" action="${pathOf(authority, 'benchmarks', metric, 'removal')}">${forgery}<button class="govuk-button govuk-button--secondary app-small-button">Remove<span class="govuk-visually-hidden"> ${title}</span></button></form>`,
      ];
    }),
  })
}`;
}

const yearsOf = ({ years }: Benchmark): string =>
  [...new Set([years[0]?.year, years.at(-1)?.year])].filter(Boolean).join(' to ');

function outcomeOf({ read, loaded }: Looked, titles: ReadonlyMap<string, string>): Html {
  const { benchmarks, neighbours, setAside } = read;
  return inset(html`<p class="govuk-body" role="status"><strong>${loaded ? 'Loaded' : 'It would load'} ${counted(benchmarks.length, 'metric')}</strong>, with ${counted(neighbours.length, 'neighbour')}${neighbours.length > 0 && `: ${neighbours.join(', ')}`}.${!loaded && ' Nothing is loaded yet: choose the file again and load it.'}</p>
<ul class="govuk-list govuk-list--bullet">${benchmarks.map((each) => html`<li>${titles.get(each.metric) ?? each.metric}, ${yearsOf(each)} (${each.measure})</li>`)}</ul>
${
  setAside.length > 0 &&
  html`<p class="govuk-body">Set aside:</p><ul class="govuk-list govuk-list--bullet">${setAside.map(({ what, lines, why }) => html`<li>${what || 'No name'}, ${counted(lines, 'line')}: ${why}</li>`)}</ul>`
}`);
}

/** The form that starts a metric: one of the library, filled in, or one's own. */
export function newMetricPage(
  visit: Visit,
  { authority, name }: LoadedInspection['header'],
  taken: MetricDefinition | undefined,
  refused?: Refused,
): Html {
  const { text, area, choice } = inputs(taken ? formOf(taken) : {}, refused);
  const title = taken ? `Start “${taken.title}”` : 'Start a metric of your own';
  return layout(visit, {
    title,
    place: { authority, name, at: 'metrics' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">${title}</h1>
<p class="govuk-body">It is there at once: for figures, on the page and in alerts.</p>
<form method="post" action="${pathOf(authority, 'catalogue', 'metric')}" class="app-narrow">${visit.session && forgeryField(visit.session.forgeryToken)}
${taken && html`<input type="hidden" name="library" value="${taken.id}">`}
${text('title', 'What it is called', { required: true })}
${area('definition', 'What is counted, and of what', { required: true })}
${text('source', 'Where it is defined', { hint: 'The collection or publication.' })}
${text('aliases', 'What else it is called where figures are kept', { hint: 'Separated by semicolons.' })}
${choice('kind', 'What kind of figure', KINDS)}
${text('unit', 'What is counted', { hint: 'Of a number or an average: cases, days.', width: 20 })}
${choice('polarity', 'Which way is better', POLARITIES)}
${choice('covers', 'What a figure is of', COVERS)}
${choice('frequency', 'How often it comes', FREQUENCIES)}
${text('from', 'First month', { hint: 'The first that is judged, such as September 2024. Leave blank for all of them.', width: 10 })}
${text('value', 'Your standard', { hint: 'Leave blank where there is none: then figures are held against the past alone. 80% for a percentage.', width: 10 })}
${text('upTo', 'Upper end of the range', { hint: 'Where it is best within a range.', width: 10 })}
${text('standardFrom', 'The standard holds from', { hint: 'A month, such as September 2024.', width: 10 })}
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
<button class="govuk-button">Start it</button></form>`,
  });
}

const formOf = ({ title, definition, source = '', aliases = [], ...rest }: MetricDefinition): Form => ({
  ...{ title, definition, source, aliases: aliases.join('; '), kind: rest.kind, unit: rest.unit },
  ...{ polarity: rest.polarity, covers: `${rest.cases} ${rest.window}`, frequency: rest.frequency },
});

/** The id of a metric of one's own: its name in small letters. */
const idOf = (title: string): string =>
  title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
    .replace(/-+$/, '');

/**
 * The metric that {@link newMetricPage} was asked for, on what it was `taken` from; what cannot be read is an error of its field. What is
 * read is still to be checked as what comes by the API is.
 */
export function readMetric(
  form: Form,
  taken: MetricDefinition | undefined,
): { id: string; wanted: Partial<Record<keyof NewMetric, unknown>>; errors: FormError[] } {
  const errors: FormError[] = [];
  const typed = (field: string): string => (form[field] ?? '').trim();
  const isPercentage = typed('kind') === 'proportion';
  const amount = (field: string): number | undefined => {
    if (typed(field) === '') return undefined;
    const read = readNumber(typed(field), false);
    if (read.kind === 'unclear') errors.push({ field, text: `This ${read.detail}` });
    else if (isPercentage && read.kind === 'number' && isShare(read.number))
      errors.push({ field, text: asPercentage(read.number) });
    else return read.number;
    return undefined;
  };
  const [value, upTo] = [amount('value'), amount('upTo')];
  // What is no month stays as it was typed, and is refused for it.
  const month = (field: string): string => monthIn(typed(field)) ?? typed(field);
  const since = month('standardFrom') || month('from');
  if (value !== undefined && since === '')
    errors.push({
      field: 'standardFrom',
      text: 'Enter the month from which the standard holds, such as September 2024',
    });
  if (value === undefined && upTo !== undefined && errors.length === 0)
    errors.push({ field: 'value', text: 'Enter the lower end of the range too' });
  const [cases, window] = typed('covers').split(' ');
  const aliases = typed('aliases')
    .split(';')
    .map((alias) => alias.trim())
    .filter(Boolean);
  const { id: _, ...rest } = taken ?? { id: '' };
  return {
    id: taken?.id ?? idOf(typed('title')),
    wanted: {
      ...{ holdLine: false, tolerance: null, section: 'own', ...rest },
      ...{ title: typed('title'), definition: typed('definition'), kind: typed('kind'), unit: unitIn(form) },
      ...{ polarity: typed('polarity'), cases, window, frequency: typed('frequency') },
      ...(typed('source') && { source: typed('source') }),
      ...(aliases.length > 0 && { aliases }),
      ...(typed('from') && { from: month('from') }),
      standards:
        value === undefined
          ? []
          : [
              {
                value,
                ...(upTo === undefined ? {} : { upTo }),
                from: since,
                basis: 'council',
                note: 'set by the council',
              },
            ],
    },
    errors,
  };
}

function unitIn({ kind, unit = '' }: Form): string {
  if (kind === 'proportion') return 'percent';
  return kind === 'rate' ? 'per 10,000 children' : unit.trim();
}
