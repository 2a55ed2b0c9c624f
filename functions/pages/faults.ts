import { type Content, type Html, html } from './html.ts';
import { errorSummary, table } from './layout.ts';
import { counted } from './words.ts';

/** What is wrong with a file that was sent: the first faults at the top of the page, and a table of all by their places. */

/** The summary names so many faults; the table below it has more. */
const SUMMARY_FAULTS = 10;
/** The most that a table lists: whoever has more has the wrong file. */
export const TABLE_FAULTS = 200;

/** The first faults, each as `sayOf` puts it in words. `outcome` says what became of the file: `nothing was stored`. */
export function faultSummary<Fault>(
  faults: readonly Fault[],
  sayOf: (fault: Fault) => string,
  outcome: string,
): Content {
  const more = faults.length - SUMMARY_FAULTS;
  return errorSummary(
    [
      ...faults.slice(0, SUMMARY_FAULTS).map((fault) => ({ text: sayOf(fault) })),
      ...(more > 0 ? [{ text: `and ${more} more, in the table below` }] : []),
    ],
    `${counted(faults.length, 'fault')}; ${outcome}`,
  );
}

/** Faults by line, by what the file calls a `place` in it, and by what is wrong. */
export function faultTable<Fault>(
  faults: readonly Fault[],
  place: 'Column' | 'Field',
  rowOf: (fault: Fault) => readonly Content[],
): Html {
  return html`${table({
    caption: 'Every fault by its place in the file',
    heads: ['Line', place, 'What is wrong'],
    className: 'app-faults',
    rows: faults.slice(0, TABLE_FAULTS).map(rowOf),
  })}
${faults.length > TABLE_FAULTS && html`<p class="govuk-body">And ${faults.length - TABLE_FAULTS} more, not shown here.</p>`}`;
}

/** Said below a form that does not hold again what was sent. */
export const TOO_LONG_TO_SHOW = html`<p class="govuk-body">What you sent is too long to be shown here. Put it right where it came from, and choose or paste it again.</p>`;
