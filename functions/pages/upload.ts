import { formatReported, monthName, type SmallNumbers } from '../domain/format.ts';
import type { InspectionHeader, Metric } from '../domain/inspection.ts';
import type { Submission } from '../domain/submission.ts';
import { MAX_BULK_BYTES } from '../http/routes.ts';
import { basisOf, type ComparedMonth, type Outcome } from '../services/accept.ts';
import { type FiguresMonth, type FileFault, readFigures } from '../services/figures.ts';
import { type Content, type Html, html } from './html.ts';
import {
  errorSummary,
  forgeryField,
  inset,
  layout,
  NOTHING,
  pathOf,
  table,
  type Visit,
  warningText,
} from './layout.ts';
import { counted } from './words.ts';

/** What a file holds: its months where all is well, else everything that is not. */
export interface Upload {
  /** The file itself; it goes along with the page, as nothing is stored before it is sent. */
  readonly text: string;
  readonly months: readonly FiguresMonth[];
  readonly faults: readonly FileFault[];
}

/** Reads a file of figures by the metrics that they are for. */
export function readUpload(text: string, metrics: readonly Metric[], now: Date): Upload {
  const failed = (detail: string): Upload => ({ text: '', months: [], faults: [{ line: 1, detail }] });
  if (text.trim() === '') return failed('no file was chosen and no figures were pasted, or they are empty');
  if (Buffer.byteLength(text) > MAX_BULK_BYTES) return failed(`the file is larger than ${MAX_BULK_BYTES / 1024} KB`);
  return { text, ...readFigures(text, new Map(metrics.map((metric) => [metric.id, metric])), { now }) };
}

/** The form to upload or paste figures. */
export function submitPage(visit: Visit, header: InspectionHeader): Html {
  return layout(visit, {
    title: 'Submit figures',
    place: { authority: header.authority, name: header.name, at: 'submit' },
    content: html`<h1 class="govuk-heading-l">Submit figures</h1>
<p class="govuk-body">You see what the file holds, and everything that is wrong with it, before anything is stored.</p>
${uploadForm(visit, header, '')}`,
  });
}

function uploadForm({ session }: Visit, { authority }: InspectionHeader, pasted: string): Html {
  return html`<form method="post" enctype="multipart/form-data" action="${pathOf(authority, 'submit')}" class="app-narrow">
${session && forgeryField(session.forgeryToken)}
<div class="govuk-form-group"><label class="govuk-label govuk-label--m" for="file">CSV file</label>
<div class="govuk-hint" id="file-hint">One figure a line, one month a line or one metric a line, with the names of the columns above. Metrics go by title, id or a usual name such as ICPC or NI 59. Several months may be in one file; a month replaces the whole month submitted before.</div>
<input class="govuk-file-upload" type="file" id="file" name="file" accept=".csv,.tsv,.txt,text/csv,text/plain" aria-describedby="file-hint"></div>
<div class="govuk-form-group"><label class="govuk-label" for="figures">Or paste the figures</label>
<textarea class="govuk-textarea app-code" id="figures" name="figures" rows="6" spellcheck="false">${pasted}</textarea></div>
<button class="govuk-button">Check</button></form>`;
}

/** What a file holds, before it is stored: each month beside the one that it would take the place of. */
export function previewPage(
  visit: Visit,
  { header, metrics }: { readonly header: InspectionHeader; readonly metrics: readonly Metric[] },
  { text }: Upload,
  months: readonly ComparedMonth[],
  smallNumbers: SmallNumbers,
  meanwhile?: string,
): Html {
  return layout(visit, {
    title: 'Check before sending',
    place: { authority: header.authority, name: header.name, at: 'submit' },
    hasErrors: meanwhile !== undefined,
    content: html`${errorSummary(meanwhile ? [{ text: meanwhile }] : [])}
<h1 class="govuk-heading-l">Check before sending</h1>
${inset('Nothing is stored yet.')}
${sending(visit, header, text, months)}
${months.map((month) => monthOf(month, metrics, smallNumbers, months.length <= FEW_MONTHS))}`,
  });
}

/** So many months are shown in full; of more only what changes. */
const FEW_MONTHS = 2;
/** The summary names so many faults; the table below it has all. */
const SUMMARY_FAULTS = 10;
/** … and the table so many: whoever has more has the wrong file. */
const TABLE_FAULTS = 200;
/** The most characters of a file that come back with its faults, to be put right in the page. */
const MAX_SHOWN_LENGTH = 20_000;

/** Everything that is wrong with a file, and the form to send it again. */
export function faultsPage(visit: Visit, header: InspectionHeader, { text, faults }: Upload): Html {
  const more = faults.length - SUMMARY_FAULTS;
  return layout(visit, {
    title: 'Nothing was stored',
    place: { authority: header.authority, name: header.name, at: 'submit' },
    hasErrors: true,
    content: html`${errorSummary(
      [
        ...faults
          .slice(0, SUMMARY_FAULTS)
          .map(({ line, column, detail }) => ({ text: `Line ${line}${column ? `, ${column}` : ''}: ${detail}` })),
        ...(more > 0 ? [{ text: `and ${more} more, in the table below` }] : []),
      ],
      `${counted(faults.length, 'fault')}; nothing was stored`,
    )}
<h1 class="govuk-heading-l">Nothing was stored</h1>
<p class="govuk-body">Put these right and check again.</p>
${table({
  caption: 'Every fault by its place in the file',
  heads: ['Line', 'Column', 'What is wrong'],
  className: 'app-faults',
  rows: faults.slice(0, TABLE_FAULTS).map(({ line, column, detail }) => [`${line}`, column ?? NOTHING, detail]),
})}
${faults.length > TABLE_FAULTS && html`<p class="govuk-body">And ${faults.length - TABLE_FAULTS} more, not shown here.</p>`}
${uploadForm(visit, header, text.length <= MAX_SHOWN_LENGTH ? text : '')}
${text.length > MAX_SHOWN_LENGTH && html`<p class="govuk-body">What you sent is too long to be shown here. Put it right where it came from, and choose or paste it again.</p>`}`,
  });
}

function sending(
  { session }: Visit,
  { authority }: InspectionHeader,
  text: string,
  months: readonly ComparedMonth[],
): Html {
  const count = (wanted: Outcome): number => months.filter(({ outcome }) => outcome === wanted).length;
  const [fresh, changed, same] = [count('accepted'), count('revised'), count('unchanged')];
  const parts = [
    fresh > 0 && `${counted(fresh, 'month')} new`,
    changed > 0 && `${counted(changed, 'month')} different from what was submitted before`,
    same > 0 && `${counted(same, 'month')} the same as before, to be skipped`,
  ].filter(Boolean);
  return html`<p class="govuk-body-l">${parts.join('; ')}.</p>
${changed > 0 && warningText('Months that differ replace what was submitted before as a whole. The earlier revision is kept and can be looked at.')}
${
  fresh + changed === 0
    ? html`<p class="govuk-body">There is nothing to send.</p>`
    : html`<form method="post" action="${pathOf(authority, 'submissions')}">
${session && forgeryField(session.forgeryToken)}
<input type="hidden" name="figures" value="${text}"><input type="hidden" name="basis" value="${basisOf(months)}">
<div class="govuk-button-group"><button class="govuk-button">Send ${counted(fresh + changed, 'month')}</button>
<a class="govuk-link" href="${pathOf(authority, 'submit')}">Do not send</a></div></form>`
}`;
}

function monthOf(
  { period, submission, before: current, outcome }: ComparedMonth,
  metrics: readonly Metric[],
  smallNumbers: SmallNumbers,
  open: boolean,
): Html {
  const say = (month: Submission | undefined, metric: Metric): string | undefined =>
    month && formatReported(metric, { ...month, period, revision: 1, submittedAt: '' }, smallNumbers);
  const figures = metrics
    .map((metric) => ({ metric, before: say(current, metric), after: say(submission, metric) }))
    .filter(({ before, after }) => before !== undefined || after !== undefined);
  const rows: readonly (readonly Content[])[] =
    outcome === 'revised'
      ? // What differs comes first.
        [
          ...figures.filter(({ before, after }) => before !== after),
          ...figures.filter(({ before, after }) => before === after),
        ].map(({ metric, before, after }) => [
          metric.title,
          before ?? NOTHING,
          before === after ? 'the same' : html`<mark class="app-changed">${after ?? 'no longer reported'}</mark>`,
        ])
      : figures.map(({ metric, after }) => [metric.title, after]);
  const what = { accepted: 'new', revised: `replaces revision ${current?.revision}`, unchanged: 'the same as before' }[
    outcome
  ];
  return html`<details class="govuk-details app-month"${open || outcome === 'revised' ? html` open` : ''}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">${monthName(period)}: ${what}, ${counted(Object.keys(submission.observations).length, 'figure')}${submission.status === 'provisional' && ', provisional'}</span></summary>
<div class="govuk-details__text">${table({
    caption: `Figures of ${monthName(period)}`,
    captionHidden: true,
    heads: outcome === 'revised' ? ['Metric', 'Before', 'In this file'] : ['Metric', 'Figure'],
    rows,
  })}</div></details>`;
}
