import { formatReported, monthName, type SmallNumbers } from '../domain/format.ts';
import type { InspectionHeader } from '../domain/inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { Month, Reported } from '../domain/submission.ts';
import { readNumber } from '../services/cell-numbers.ts';
import { FIELDS, type Field } from '../services/names.ts';
import type { Form } from './form.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, type FormError, forgeryField, layout, pathOf, type Visit, warningText } from './layout.ts';

/** What was typed into the form and could not be taken. */
export interface RefusedCorrection {
  readonly form: Form;
  readonly errors: readonly FormError[];
}

const FIELDS_OF: Readonly<Record<Metric['kind'], readonly (readonly [field: Field, label: string])[]>> = {
  proportion: [
    ['numerator', 'Numerator'],
    ['denominator', 'Denominator'],
    ['value', 'Or the percentage, where only that is known, such as 76%'],
  ],
  rate: [
    ['numerator', 'Cases'],
    ['denominator', 'Children of the place'],
    ['value', 'Or the rate, where only that is known'],
  ],
  count: [['count', 'Count']],
  mean: [['value', 'Value']],
};

/** The form that corrects one figure of a month, adds it or takes it out. */
export function correctionPage(
  visit: Visit,
  header: InspectionHeader,
  metric: Metric,
  month: Month,
  smallNumbers: SmallNumbers,
  refused?: RefusedCorrection,
): Html {
  const { authority, name } = header;
  const { period, revision } = month;
  const reported = formatReported(metric, month, smallNumbers);
  const typed = refused?.form ?? typedOf(month.retracted ? undefined : month.observations[metric.id], metric);
  const faultOf = (field: string): string | undefined => refused?.errors.find((error) => error.field === field)?.text;
  const input = (field: string, label: string, width = ' govuk-input--width-10'): Html => {
    const fault = faultOf(field);
    return html`<div class="govuk-form-group${fault && ' govuk-form-group--error'}"><label class="govuk-label" for="${field}">${label}</label>
${fault && html`<p class="govuk-error-message" id="${field}-error"><span class="govuk-visually-hidden">Error:</span> ${fault}</p>`}
<input class="govuk-input${width}" id="${field}" name="${field}" value="${typed[field] ?? ''}"${fault && html` aria-describedby="${field}-error"`}></div>`;
  };
  return layout(visit, {
    title: `Correct ${metric.title}`,
    place: { authority, name, at: 'submissions' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">${metric.title}, ${monthName(period)}</h1>
<p class="govuk-body">${metric.definition}</p>
<p class="govuk-body">Reported now: ${reported ?? 'nothing'}. The other figures of the month stay as they are.</p>
<form method="post" action="${pathOf(authority, 'submissions', period, 'correction')}" class="app-narrow">
${visit.session && forgeryField(visit.session.forgeryToken)}
<input type="hidden" name="metric" value="${metric.id}"><input type="hidden" name="revision" value="${revision}">
${FIELDS_OF[metric.kind].map(([field, label]) => input(field, label))}
<p class="govuk-hint">${metric.kind === 'proportion' ? 'Enter 0 and 0 where there was nothing to count. ' : ''}Leave all blank to take out a figure that was wrong, and say why.</p>
${input('reason', 'Why it is corrected', '')}
<div class="govuk-button-group"><button class="govuk-button">Correct</button>
<a class="govuk-link" href="${pathOf(authority, 'submissions', period)}">Leave it as it is</a></div></form>`,
  });
}

/** A figure as it is typed into the form. */
function typedOf(reported: Reported | undefined, { kind }: Metric): Form {
  const fields = (reported ?? {}) as Partial<Record<Field, number>>;
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const number = fields[field];
      if (number === undefined) return [];
      return [[field, kind === 'proportion' && field === 'value' ? `${number}%` : String(number)]];
    }),
  );
}

/**
 * The patch that a form asks for, by the fields of the metric's kind: null where all are blank. What cannot be read is an error of
 * its field.
 */
export function patchIn(form: Form, metric: Metric): { patch: object; errors: readonly FormError[] } {
  const errors: FormError[] = [];
  const fields = FIELDS_OF[metric.kind].map(([field]) => [field, (form[field] ?? '').trim()] as const);
  const observation = fields.map(([field, text]): [Field, number | string | null] => {
    if (text === '') return [field, null];
    const read = readNumber(text, false);
    if (read.kind === 'unclear') errors.push({ field, text: `This ${read.detail}` });
    else return [field, read.kind === 'percentage' ? read.text : read.number];
    return [field, null];
  });
  const isBlank = fields.every(([, text]) => text === '');
  const reason = (form.reason ?? '').trim();
  return {
    patch: {
      observations: { [metric.id]: isBlank ? null : Object.fromEntries(observation) },
      ...(reason ? { reason } : {}),
    },
    errors,
  };
}

/** Asks before a month is taken back. */
export function retractionPage(visit: Visit, { authority, name }: InspectionHeader, month: Month): Html {
  const { period, revision, observations } = month;
  return layout(visit, {
    title: `Take back ${monthName(period)}`,
    place: { authority, name, at: 'submissions' },
    content: html`<h1 class="govuk-heading-l">Take back ${monthName(period)}?</h1>
${warningText(`None of its ${Object.keys(observations).length} figures will count any more. Alerts that rest on them are withdrawn, and recipients are told.`)}
<p class="govuk-body">Every revision is kept and can be looked at. The month can be submitted again.</p>
<form method="post" action="${pathOf(authority, 'submissions', period, 'retraction')}">
${visit.session && forgeryField(visit.session.forgeryToken)}
<input type="hidden" name="revision" value="${revision}">
<div class="govuk-button-group"><button class="govuk-button govuk-button--warning">Take the month back</button>
<a class="govuk-link" href="${pathOf(authority, 'submissions', period)}">Keep it</a></div></form>`,
  });
}

/** What can be done with a month, for who may: correct a figure, add one, take the month back. */
export function monthActions(
  { session }: Visit,
  { authority }: InspectionHeader,
  metrics: readonly Metric[],
  { period, retracted }: Month,
): Content {
  if (retracted || !session?.scopes.includes('submit')) return undefined;
  return html`<h2 class="govuk-heading-m">Correct this month</h2>
<form method="get" action="${pathOf(authority, 'submissions', period, 'correction')}" class="app-narrow">
<div class="govuk-form-group"><label class="govuk-label" for="metric">Figure to correct or to add</label>
<select class="govuk-select" id="metric" name="metric">${metrics.map(({ id, title }) => html`<option value="${id}">${title}</option>`)}</select></div>
<button class="govuk-button govuk-button--secondary">Go on</button></form>
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'submissions', period, 'retraction')}">Take this month back</a></p>`;
}
