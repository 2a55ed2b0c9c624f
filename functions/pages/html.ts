import { raw, html as template } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** HTML that is ready to be sent. */
export type Html = HtmlEscapedString;
/** What may stand in a template: text is escaped, HTML is not escaped twice, and `false`, `null`, `undefined` are nothing. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

/** A template that escapes what is put into it, in text and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Html {
  // The library answers with a promise only where it is given one, which `Content` rules out.
  return template(strings, ...contents) as Html;
}

/** Trusts markup as it is: only for what this service itself has drawn. */
export { raw as trusted };
