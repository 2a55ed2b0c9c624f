import type { BacktestOutcome } from '../domain/backtest.ts';
import { DEFAULT, dayName, formatBaseline, formatStandard, monthName } from '../domain/format.ts';
import type { AlertState } from '../domain/lifecycle.ts';
import { type Metric, type MOfN, MOfNSchema, type Standard } from '../domain/metric.ts';
import { latestPeriodOf, localStandardsOf } from '../domain/record.ts';
import { DEFAULT_M_OF_N } from '../domain/rules.ts';
import { seriesOf } from '../domain/series.ts';
import { standardFor } from '../domain/timeline.ts';
import { readNumber } from '../services/cell-numbers.ts';
import { dayIn, monthIn } from '../services/cell-periods.ts';
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
  const inForce = standardFor(metric, localStandardsOf(inspection, metric.id), latest);
  const isJudged = metric.polarity !== 'neutral';
  return layout(visit, {
    title: `The standard of ${metric.title}`,
    place: { authority, name, at: 'metrics' },
    hasErrors: errors.length > 0,
    content: html`${errorSummary(errors)}
<span class="govuk-caption-l">${metric.title}</span>
<h1 class="govuk-heading-l">The standard</h1>
<p class="govuk-body">${inForce ? html`Now: ${formatStandard(metric, inForce)}.` : 'There is no standard now.'}</p>
${
  isJudged
    ? html`${inForce?.basis === 'local' && inset(html`It is ${DEFAULT}: nobody at the council has set it yet. Confirm it on the metric’s page, or try out another here and save it.`)}
${triedForm(view, form, errors, inForce)}
${otherForm(view, form, errors)}
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

const amountText = ({ kind }: Metric, value: number | undefined): string =>
  value === undefined ? '' : kind === 'proportion' ? `${value}%` : String(value);

/** Where a form is sent to be tried: by GET, as trying changes nothing. The browser's Back and a link lead to the same trial. */
const triedAt = ({ inspection, metric }: MetricView): Html =>
  html`method="get" action="${pathOf(inspection.header.authority, 'metrics', metric.id, 'standard')}#outcome"`;

const FROM_HINT = 'Such as September 2011. Earlier months keep what held in them.';

/** The form to try a standard or a tolerance out. */
function triedForm(view: MetricView, form: Form, errors: readonly FormError[], inForce: Standard | undefined): Html {
  const { metric, inspection } = view;
  const standingForm: Form = {
    value: amountText(metric, inForce?.value),
    upTo: amountText(metric, inForce?.upTo),
    from: inForce ? monthName(inForce.from) : '',
  };
  const shown = 'from' in form && !isOther(form) ? form : standingForm;
  const unit = metric.kind === 'proportion' ? 'A percentage, such as 80%.' : `In ${metric.unit}.`;
  const orNone = `${unit} “None” where no standard is to hold from then on.`;
  const { text } = inputs(shown, { form: shown, errors });
  const input = (name: string, label: string, hint: Content): Html => text(name, label, { hint, width: 10 });
  return html`<form ${triedAt(view)} class="app-narrow">
${input('value', SIDE[metric.polarity], orNone)}
${metric.polarity === 'target' && input('upTo', 'To', unit)}
${input('from', 'From which month on', FROM_HINT)}
${
  metric.tolerance !== null &&
  input(
    'tolerance',
    'Tolerance, where it is to be another',
    html`How much worse than the inspection found still counts as the same. Now ${amountText(metric, toleranceOf(inspection, metric))}.`,
  )
}
<button class="govuk-button govuk-button--secondary">Try it out</button></form>`;
}

/** What decides beside the standard, as it was set last. */
interface Others {
  readonly mOfN: MOfN;
  /** The council's own; those of the inspection count besides. */
  readonly rebaseDates: readonly string[];
  readonly comparable: number | undefined;
}

function othersOf({ metric, inspection }: MetricView): Others {
  const versions = localStandardsOf(inspection, metric.id);
  const rebased = versions.findLast(({ rebaseDates }) => rebaseDates !== undefined);
  return {
    mOfN: versions.findLast(({ mOfN }) => mOfN !== undefined)?.mOfN ?? metric.mOfN ?? DEFAULT_M_OF_N,
    rebaseDates: rebased?.rebaseDates ?? [],
    comparable: rebased?.comparable,
  };
}

/** Whether a form is of what decides beside the standard: the other of the two of the page. */
const isOther = (form: Form): boolean => 'mOfN' in form;

/** The ids of its fields begin so: both forms ask for a month. */
const OTHER = 'other-';

/** The id of the field of a form that a fault is about. */
export const fieldOf = (form: Form, name: string): string => (isOther(form) ? `${OTHER}${name}` : name);

const MISSING: readonly (readonly [MOfN['missing'], string])[] = [
  ['ignore', 'Not at all'],
  ['breaching', 'As a miss'],
  ['notBreaching', 'As one that meets it'],
  ['missing', 'As unknown, and the last one stands'],
];

/** The form to try out how many misses are critical, and days on which the way of working changed. */
function otherForm(view: MetricView, form: Form, errors: readonly FormError[]): Html {
  const { metric, inspection } = view;
  const { mOfN, rebaseDates, comparable } = othersOf(view);
  const asSet: Form = {
    mOfN: `${mOfN.m} of ${mOfN.n}`,
    missing: mOfN.missing,
    rebaseDates: rebaseDates.map(dayName).join('\n'),
    comparable: amountText(metric, comparable),
    from: '',
  };
  const shown = isOther(form) ? form : asSet;
  const { text, area, choice } = inputs(shown, { form: shown, errors }, OTHER);
  const ofReport = inspection.header.rebaseDates.map(({ date }) => dayName(date)).join(', ');
  return html`<details class="govuk-details"${isOther(form) && html` open`}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">Repeated misses, and a way of working that changed</span></summary>
<div class="govuk-details__text"><form ${triedAt(view)} class="app-narrow">
${text('mOfN', 'Misses that make it critical', { hint: 'So many of the last so many reports, such as 2 of 3. Where each figure comes with its counts, chance decides instead.', width: 10 })}
${choice('missing', 'How a report that did not come counts', MISSING)}
${area('rebaseDates', 'Days on which the way of working changed', { hint: `One a line, such as 1 April 2011. What is usual is worked out anew from each.${ofReport && ` Those of the inspection count as well: ${ofReport}.`}` })}
${text('comparable', 'What the inspection found, as figures are counted since', { hint: html`Leave blank where the two cannot be compared: then it is let go of. The report: ${formatBaseline(metric).replace(/\.$/, '')}.`, width: 10 })}
${text('from', 'From which month on', { hint: FROM_HINT, width: 10 })}
<button class="govuk-button govuk-button--secondary">Try these out</button></form></div></details>`;
}

const toleranceOf = (inspection: MetricView['inspection'], metric: Metric): number | undefined =>
  localStandardsOf(inspection, metric.id).findLast(({ tolerance }) => tolerance !== undefined)?.tolerance ??
  metric.tolerance ??
  undefined;

type FormChange = Omit<TriedChange, 'metric' | 'without' | 'from'>;

/** What the form asks for, or what of it cannot be read. */
export function changeIn(
  form: Form,
  view: MetricView,
): { readonly change: FormChange & { readonly from: string }; readonly errors: readonly FormError[] } {
  const errors: FormError[] = [];
  const refuse = (name: string, text: string): void => void errors.push({ field: fieldOf(form, name), text });
  const amountIn = (name: string): number | string | undefined => {
    const text = (form[name] ?? '').trim();
    if (text === '') return undefined;
    const read = readNumber(text, false);
    if (read.kind === 'unclear') refuse(name, sentence(read.detail));
    else return read.kind === 'percentage' ? read.text : read.number;
    return undefined;
  };
  const from = monthIn(form.from ?? '');
  const change = isOther(form) ? othersIn(form, view, amountIn, refuse) : standardIn(form, view, amountIn);
  if (from === undefined) refuse('from', 'Enter the month, such as September 2011');
  if (errors.length === 0 && Object.keys(change).length === 0) {
    if (isOther(form)) refuse('mOfN', 'Change one of these, then try it out');
    else refuse('value', 'Enter the standard, or another tolerance');
  }
  return { change: { ...change, from: from ?? '' }, errors };
}

type AmountIn = (name: string) => number | string | undefined;

function standardIn(form: Form, { metric: { polarity } }: MetricView, amountIn: AmountIn): FormChange {
  const isNone = /^none$/i.test((form.value ?? '').trim());
  const value = isNone ? null : amountIn('value');
  const [upTo, tolerance] = ['upTo', 'tolerance'].map(amountIn);
  return {
    ...(value === undefined ? {} : { value }),
    ...(upTo === undefined || isNone || polarity !== 'target' ? {} : { upTo }),
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}

/** Only what is another than it was set: what stands there unchanged is not decided anew. */
function othersIn(
  form: Form,
  view: MetricView,
  amountIn: AmountIn,
  refuse: (name: string, text: string) => void,
): FormChange {
  const asSet = othersOf(view);
  const [, m, n] = /^\s*(\d+)\s*(?:of|in|\/)\s*(\d+)\s*$/i.exec(form.mOfN ?? '') ?? [];
  const mOfN = MOfNSchema.safeParse({ m: Number(m), n: Number(n), missing: form.missing });
  if (!mOfN.success) refuse('mOfN', 'Enter so many of so many, such as 2 of 3, up to 36');
  const lines = (form.rebaseDates ?? '').split(/[\r\n;]+/).filter((line) => line.trim() !== '');
  const days = lines.map(dayIn);
  for (const [index, day] of days.entries())
    if (day === undefined) refuse('rebaseDates', `“${lines[index]?.trim()}” is not a day; write it as 1 April 2011`);
  const rebaseDates = [...new Set(days.flatMap((day) => day ?? []))].sort();
  const comparable = amountIn('comparable');
  if (comparable !== undefined && days.length === 0)
    refuse('rebaseDates', 'Enter the day since which figures are counted so');
  const isRebased =
    rebaseDates.join() !== [...asSet.rebaseDates].sort().join() ||
    (comparable === undefined ? undefined : Number.parseFloat(String(comparable))) !== asSet.comparable;
  return {
    ...(mOfN.data && !isSame(mOfN.data, asSet.mOfN) ? { mOfN: mOfN.data } : {}),
    ...(isRebased ? { rebaseDates, ...(comparable === undefined ? {} : { comparable }) } : {}),
  };
}

const isSame = (one: MOfN, other: MOfN): boolean =>
  one.m === other.m && one.n === other.n && one.missing === other.missing;

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

/** What either form holds. */
const FIELDS = ['value', 'upTo', 'from', 'tolerance', 'mOfN', 'missing', 'rebaseDates', 'comparable'] as const;

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
  const { text, area } = inputs({}, { form, errors });
  const kept = FIELDS.map((name) => [name, form[name]] as const);
  return html`<h2 class="govuk-heading-m">Save it as the council’s own</h2>
<p class="govuk-body">Everything is judged again at once. Whoever is mailed hears of alerts that this raises, or ends.</p>
<form method="post" action="${pathOf(inspection.header.authority, 'metrics', metric.id, 'standard')}" class="app-narrow">
${forgeryField(session.forgeryToken)}
${kept.map(([name, typed]) => typed !== undefined && html`<input type="hidden" name="${name}" value="${typed}">`)}
${text('author', 'Your name', { required: true, maxLength: 200 })}
${area('reason', 'Why', { hint: 'It is shown with the standard from then on.', required: true, maxLength: 1000 })}
<button class="govuk-button">Save</button></form>`;
}
