import { type Content, type Html, html } from './html.ts';
import type { FormError } from './layout.ts';

/** A labelled part of a form, with what helps to fill it in and what is wrong with it. */
export interface Field {
  /** Its id and, of most, its name. */
  readonly name: string;
  readonly label: Content;
  readonly hint?: Content;
  /** Of the whole form; those that name this field stand beside it. */
  readonly errors?: readonly FormError[];
}

/** Draws a field around its input, which is given the attributes that tie it to label, hint and error. */
export function field({ name, label, hint, errors = [] }: Field, input: (attributes: Html) => Html): Html {
  const fault = errors.find((error) => error.field === name)?.text;
  const described = [hint && `${name}-hint`, fault && `${name}-error`].filter(Boolean).join(' ');
  const attributes = html`id="${name}" name="${name}"${described && html` aria-describedby="${described}"`}`;
  return html`<div class="govuk-form-group${fault && ' govuk-form-group--error'}"><label class="govuk-label" for="${name}">${label}</label>
${hint && html`<div class="govuk-hint" id="${name}-hint">${hint}</div>`}
${fault && html`<p class="govuk-error-message" id="${name}-error"><span class="govuk-visually-hidden">Error:</span> ${fault}</p>`}
${input(attributes)}</div>`;
}

/** A line to type into. */
export const line = (of: Field, value: string | undefined, attributes: Content = '', className = 'govuk-input'): Html =>
  field(of, (own) => html`<input class="${className}" ${own} value="${value ?? ''}" ${attributes}>`);

/** Several lines to type into. */
export const lines = (of: Field, value: string | undefined, attributes: Content = ''): Html =>
  field(of, (own) => html`<textarea class="govuk-textarea" rows="4" ${own} ${attributes}>${value ?? ''}</textarea>`);

/** One of a few. */
export const select = (
  of: Field,
  choices: readonly (readonly [value: string, text: string])[],
  chosen: string | undefined,
): Html =>
  field(
    of,
    (own) =>
      html`<select class="govuk-select" ${own}>${choices.map(([value, text]) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`)}</select>`,
  );
