import { type Field, field, line, lines, select } from './field.ts';
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
}

const REQUIRED = html`required`;

/** The fields of a form, filled with what was typed, or else with `values`, and with what is wrong beside each. Ids are the names, after `prefix`. */
export function inputs(values: Form, refused: Refused | undefined, prefix = '') {
  const typed = refused?.form ?? values;
  const of = (name: string, label: string, { hint }: Options): Field => ({
    ...{ name, id: `${prefix}${name}`, label, hint },
    ...(refused && { errors: refused.errors }),
  });
  return {
    text: (name: string, label: string, options: Options = {}): Html => {
      const className = `govuk-input${options.width ? ` govuk-input--width-${options.width}` : ''}`;
      return line(of(name, label, options), typed[name], options.required && REQUIRED, className);
    },
    area: (name: string, label: string, options: Options = {}): Html =>
      lines(of(name, label, options), typed[name], options.required && REQUIRED),
    file: (name: string, label: string, options: Options = {}): Html =>
      field(of(name, label, options), (own) => html`<input class="govuk-file-upload" type="file" ${own}>`),
    choice: (
      name: string,
      label: string,
      choices: readonly (readonly [value: string, text: string])[],
      options: Options = {},
    ): Html => select(of(name, label, options), choices, typed[name] ?? ''),
  };
}
