import type { Form } from './form.ts';
import { type Content, type Html, html } from './html.ts';
import type { FormError } from './layout.ts';

/** A form that was sent and could not be taken: what was typed, and everything that is wrong with it. */
export interface Refused {
  readonly form: Form;
  readonly errors: readonly FormError[];
}

/** What a field says of itself, beside its name and label. */
interface Options {
  readonly hint?: Content;
  /** GOV.UK's width class: `5`, `10`, `20`. */
  readonly width?: number;
  readonly required?: boolean;
  /** In characters. */
  readonly maxLength?: number;
}

/** What a browser fills in by itself of whoever sits before it (WCAG 2.2, 1.3.5). */
const AUTOCOMPLETE: Readonly<Record<string, string>> = { author: 'name' };

/** The fields of a form, filled with what was typed, or else with `values`, and with what is wrong beside each. Ids are the names, after `prefix`. */
export function inputs(values: Form, refused: Refused | undefined, prefix = '') {
  const typed = refused?.form ?? values;
  const group = (name: string, label: string, hint: Content, control: (attributes: Html) => Html): Html => {
    const id = `${prefix}${name}`;
    const fault = refused?.errors.find(({ field }) => field === id)?.text;
    const described = [...(hint ? [`${id}-hint`] : []), ...(fault ? [`${id}-error`] : [])].join(' ');
    return html`<div class="govuk-form-group${fault && ' govuk-form-group--error'}"><label class="govuk-label" for="${id}">${label}</label>
${hint && html`<div class="govuk-hint" id="${id}-hint">${hint}</div>`}
${fault && html`<p class="govuk-error-message" id="${id}-error"><span class="govuk-visually-hidden">Error:</span> ${fault}</p>`}
${control(html` id="${id}" name="${name}"${described && html` aria-describedby="${described}"`}`)}</div>`;
  };
  return {
    text: (name: string, label: string, { hint, width, required, maxLength }: Options = {}): Html =>
      group(
        name,
        label,
        hint,
        (attributes) =>
          html`<input class="govuk-input${width && ` govuk-input--width-${width}`}"${attributes} value="${typed[name] ?? ''}" autocomplete="${AUTOCOMPLETE[name] ?? 'off'}"${maxLength && html` maxlength="${maxLength}"`}${required && html` required`}>`,
      ),
    file: (name: string, label: string, { hint }: Options = {}): Html =>
      group(name, label, hint, (attributes) => html`<input class="govuk-file-upload" type="file"${attributes}>`),
    area: (name: string, label: string, { hint, required, maxLength }: Options = {}): Html =>
      group(
        name,
        label,
        hint,
        (attributes) =>
          html`<textarea class="govuk-textarea" rows="3"${attributes}${maxLength && html` maxlength="${maxLength}"`}${required && html` required`}>${typed[name] ?? ''}</textarea>`,
      ),
    choice: (
      name: string,
      label: string,
      choices: readonly (readonly [value: string, text: string])[],
      { hint }: Options = {},
    ): Html =>
      group(
        name,
        label,
        hint,
        (attributes) =>
          html`<select class="govuk-select"${attributes}>${choices.map(([value, text]) => html`<option value="${value}"${value === (typed[name] ?? '') && html` selected`}>${text}</option>`)}</select>`,
      ),
  };
}
