import type { BacktestOutcome } from '../domain/backtest.ts';
import { DEFAULT, formatStandard, monthName } from '../domain/format.ts';
import type { AlertState } from '../domain/lifecycle.ts';
import type { Metric, Standard } from '../domain/metric.ts';
import { latestPeriodOf, localStandardsOf } from '../domain/record.ts';
import { seriesOf } from '../domain/series.ts';
import { standardFor } from '../domain/timeline.ts';
import { monthIn, readNumber } from '../services/cells.ts';
import type { TriedChange, TriedHistory } from '../services/standards.ts';
import type { Form } from './form.ts';
import { type Content, type Html, html } from './html.ts';
import { inputs } from './inputs.ts';
import { errorSummary, type FormError, forgeryField, inset, layout, pathOf, table, type Visit } from './layout.ts';
import { course, type MetricView, pointsOf } from './metric-chart.ts';
import { sentence } from './refusals.ts';
import { counted, displayStateOf, stateTag } from './words.ts';

/** What was typed, what is wrong with it, and where it could be tried what came of that. */
export interface StandardForm {
  readonly form: Form;
  readonly errors: readonly FormError[];
  readonly tried?: TriedHistory;
}

/** Tries another standard out on the record, in words and as a chart, and sets it for who may. */
export function standardPage(visit: Visit, view: MetricView, { form, errors, tried }: StandardForm): Html {
  const { metric, inspection } = view;
  const { authority, name } = inspection.header;
  const latest = latestPeriodOf(view.months) ?? inspection.header.published.slice(0, 7);
  const standing = standardFor(metric, localStandardsOf(inspection, metric.id), latest);
  const isJudged = metric.polarity !== 'neutral';
  return layout(visit, {
    title: `The standard of ${metric.title}`,
    place: { authority, name, at: 'metrics' },
    hasErrors: errors.length > 0,
    content: html`${errorSummary(errors)}
<span class="govuk-caption-l">${metric.title}</span>
<h1 class="govuk-heading-l">The standard</h1>
<p class="govuk-body">${standing ? html`Now: ${formatStandard(metric, standing)}.` : 'There is no standard now.'}</p>
${
  isJudged
    ? html`${standing?.basis === 'local' && inset(html`It is ${DEFAULT}: nobody at the council has set it yet. Its own page confirms it with one click; or try it out as it is and save it.`)}
${triedForm(view, form, errors, standing)}
${tried && outcome(visit, view, { form, errors, tried })}`
    : inset('This metric is shown, and never judged: more of it is neither better nor worse.')
}
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'metrics', metric.id)}">Back to the metric</a></p>`,
  });
}

const SIDE: Readonly<Record<Metric['polarity'], string>> = {
  higher: 'At least',
  lower: 'At most',
  target: 'From',
  neutral: 'Standard',
};

/** The form to try a standard out. Sent by GET, as trying changes nothing: the browser's Back and a link lead to the same trial. */
function triedForm(
  { metric, inspection }: MetricView,
  form: Form,
  errors: readonly FormError[],
  standing: Standard | undefined,
): Html {
  const { authority } = inspection.header;
  const isShare = metric.kind === 'proportion';
  const amount = (value: number | undefined): string =>
    value === undefined ? '' : isShare ? `${value}%` : String(value);
  const shown: Form =
    'from' in form
      ? form
      : {
          value: amount(standing?.value),
          upTo: amount(standing?.upTo),
          from: standing ? monthName(standing.from) : '',
        };
  const unit = isShare ? 'A percentage, such as 80%.' : `In ${metric.unit}.`;
  const orNone = `${unit} “None” where no standard is to hold from then on.`;
  const { text } = inputs(shown, { form: shown, errors });
  const input = (name: string, label: string, hint: Content): Html => text(name, label, { hint, width: 10 });
  return html`<form method="get" action="${pathOf(authority, 'metrics', metric.id, 'standard')}" class="app-narrow">
${input('value', SIDE[metric.polarity], orNone)}
${metric.polarity === 'target' && input('upTo', 'To', unit)}
${input('from', 'From which month on', 'Such as September 2011. Earlier months keep what held in them.')}
${
  metric.tolerance !== null &&
  input(
    'tolerance',
    'Tolerance, where it is to be another',
    html`How much worse than the inspection found still counts as the same. Now ${amount(toleranceOf(inspection, metric))}.`,
  )
}
<button class="govuk-button govuk-button--secondary">Try it out</button></form>`;
}

const toleranceOf = (inspection: MetricView['inspection'], metric: Metric): number | undefined =>
  localStandardsOf(inspection, metric.id).findLast(({ tolerance }) => tolerance !== undefined)?.tolerance ??
  metric.tolerance ??
  undefined;

/** What the form asks for, or what of it cannot be read. */
export function changeIn(
  form: Form,
  { polarity }: Pick<Metric, 'polarity'>,
): {
  readonly change: Omit<TriedChange, 'metric' | 'without' | 'from'> & { readonly from: string };
  readonly errors: readonly FormError[];
} {
  const errors: FormError[] = [];
  const amountIn = (name: string): number | string | undefined => {
    const text = (form[name] ?? '').trim();
    if (text === '') return undefined;
    const read = readNumber(text, false);
    if (read.kind === 'unclear') errors.push({ field: name, text: sentence(read.detail) });
    else return read.kind === 'percentage' ? read.text : read.number;
    return undefined;
  };
  const isNone = /^none$/i.test((form.value ?? '').trim());
  const value = isNone ? null : amountIn('value');
  const [upTo, tolerance] = ['upTo', 'tolerance'].map(amountIn);
  const from = monthIn(form.from ?? '');
  if (from === undefined) errors.push({ field: 'from', text: 'Enter the month, such as September 2011' });
  if (errors.length === 0 && value === undefined && tolerance === undefined)
    errors.push({ field: 'value', text: 'Enter the standard, or another tolerance' });
  return {
    change: {
      ...(value === undefined ? {} : { value }),
      ...(upTo === undefined || isNone || polarity !== 'target' ? {} : { upTo }),
      ...(tolerance === undefined ? {} : { tolerance }),
      from: from ?? '',
    },
    errors,
  };
}

/** What the change would have raised, beside what was; then the form that saves it. */
function outcome(
  visit: Visit,
  view: MetricView,
  { form, errors, tried }: StandardForm & { readonly tried: TriedHistory },
): Html {
  const { metric } = view;
  const { asIs, asChanged, periods } = tried.outcome;
  const changed = { ...tried.history, smallNumbers: view.smallNumbers };
  const state = (alert: AlertState): Html =>
    stateTag(
      displayStateOf(metric, alert.state === 'clear' ? undefined : { ...alert, period: '', findings: [] }, true),
    );
  const differ = periods.filter(({ asIs: was, asChanged: is }) => was.state !== is.state || was.level !== is.level);
  const last = periods.at(-1);
  return html`<h2 class="govuk-heading-m" id="outcome">What it would have raised</h2>
${
  last
    ? html`<p class="govuk-body">As it is: ${inWords(asIs)} As tried: ${inWords(asChanged)}</p>
<p class="govuk-body">${
        last.asIs.state === last.asChanged.state && last.asIs.level === last.asChanged.level
          ? html`After ${monthName(last.period)}, the latest: ${state(last.asChanged)} either way.`
          : html`After ${monthName(last.period)}, the latest: ${state(last.asIs)} would be ${state(last.asChanged)}.`
      }</p>
${course(changed, pointsOf(changed, seriesOf(metric, view.months)))}
${
  differ.length === 0
    ? html`<p class="govuk-body">No month would have been judged otherwise.</p>`
    : table({
        caption: `${counted(differ.length, 'month')} judged otherwise, newest first`,
        heads: ['Month', 'As it is', 'As tried'],
        rows: [...differ]
          .reverse()
          .map(({ period, asIs: was, asChanged: is }) => [monthName(period), state(was), state(is)]),
      })
}`
    : html`<p class="govuk-body">No figure was submitted yet, so there is nothing to try it on.</p>`
}
${savingForm(visit, view, form, errors)}`;
}

function inWords({ episodes, first, watchMonths }: BacktestOutcome): string {
  const alerts = episodes === 0 ? 'no alert' : counted(episodes, 'alert');
  const watched = watchMonths > 0 && `${counted(watchMonths, 'month')} to watch`;
  return `${[alerts, first && `the first in ${monthName(first)}`, watched].filter(Boolean).join(', ')}.`;
}

function savingForm(
  { session }: Visit,
  { metric, inspection }: MetricView,
  form: Form,
  errors: readonly FormError[],
): Content {
  if (!session?.scopes.includes('manage'))
    return inset(
      'Saving it takes somebody who may manage. Send them the address of this page: it shows them the same.',
    );
  const { value, upTo, from, tolerance } = form;
  const { text, area } = inputs({}, { form, errors });
  const kept = Object.entries({ value, upTo, from, tolerance });
  return html`<h2 class="govuk-heading-m">Save it as the council’s own</h2>
<p class="govuk-body">Everything is judged again at once. Whoever is mailed hears of alerts that this raises, or ends.</p>
<form method="post" action="${pathOf(inspection.header.authority, 'metrics', metric.id, 'standard')}" class="app-narrow">
${forgeryField(session.forgeryToken)}
${kept.map(([name, typed]) => typed && html`<input type="hidden" name="${name}" value="${typed}">`)}
${text('author', 'Your name', { required: true, maxLength: 200 })}
${area('reason', 'Why', { hint: 'It is shown with the standard from then on.', required: true, maxLength: 1000 })}
<button class="govuk-button">Save</button></form>`;
}
