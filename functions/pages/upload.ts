import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { formatReported, monthName, type SmallNumbers } from '../domain/format.ts';
import type { InspectionHeader } from '../domain/inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { OwnName } from '../domain/own-name.ts';
import { MAX_PERIODS } from '../domain/period.ts';
import type { Submission } from '../domain/submission.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { MAX_BULK_BYTES, MAX_WORKBOOK_BYTES } from '../http/routes.ts';
import type { Outcome } from '../services/accept.ts';
import { basisOf, type ComparedMonth, type Mode, readMonths, type SentMonth } from '../services/accept-months.ts';
import { describeLines, type Figures, type FileFault, readFigures } from '../services/figures.ts';
import { withTitles } from '../services/names.ts';
import { describeOnce } from '../services/table-dated.ts';
import { isWorkbook } from '../services/workbook.ts';
import { faultSummary, faultTable, TABLE_FAULTS, TOO_LONG_TO_SHOW } from './faults.ts';
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
import { namesForm, rememberedNames } from './own-names.ts';
import { RefusalError, withPlainMonth } from './refusals.ts';
import { counted } from './words.ts';

/** What a file holds: its months where all is well, else everything that is not; and how it was read. */
export interface Upload extends Figures {
  /** What was pasted, to be shown again where it is wrong. */
  readonly pasted: string;
  /** The file that was chosen. */
  readonly file: Uint8Array | undefined;
}

type Metrics = readonly Metric[];
const byId = (metrics: Metrics): ReadonlyMap<string, Metric> => new Map(metrics.map((metric) => [metric.id, metric]));

/** Reads a file of figures, or what was pasted, by the metrics that they are for and the names that the authority has for them. */
export function readUpload(
  file: Uint8Array | undefined,
  pasted: string,
  { metrics, ownNames }: { readonly metrics: Metrics; readonly ownNames: readonly OwnName[] },
  now: Date,
): Upload {
  const failed = (detail: string): Upload => ({
    pasted: '',
    file: undefined,
    unknown: [],
    months: [],
    faults: [{ line: 1, detail }],
    understood: [],
    otherSheets: [],
  });
  if (!file && pasted.trim() === '') return failed('no file was chosen and no figures were pasted, or they are empty');
  const limit = file && isWorkbook(file) ? MAX_WORKBOOK_BYTES : MAX_BULK_BYTES;
  if ((file?.length ?? Buffer.byteLength(pasted)) > limit)
    return failed(`the file is larger than ${limit / 1024} KB; send fewer months, or the sheet with the figures alone`);
  const settings = { now, maxMonths: MAX_PERIODS, ownNames };
  return { pasted: file ? '' : pasted, file, ...readFigures(file ?? pasted, byId(metrics), settings) };
}

/** Months as the preview hands them on to be sent: nothing is stored before that, and a workbook need not travel twice. */
export function packMonths(months: Upload['months']): string {
  const submissions = months.map(({ period, body: { status, ...body }, statesStatus }) => ({
    period,
    ...body,
    ...(statesStatus ? { status } : {}),
  }));
  return deflateRawSync(JSON.stringify({ submissions })).toString('base64url');
}

/** As much as {@link packMonths} can have packed, with something to spare. */
const MAX_PACKED_BYTES = 8 * 1024 * 1024;

/** The months that a preview handed on; they are read anew, as anybody can send a form. Throws `InvalidError`. */
export function unpackMonths(packed: string, metrics: Metrics, now: Date): SentMonth[] {
  return readMonths(unpacked(packed), byId(metrics), now, MAX_PERIODS);
}

function unpacked(packed: string): unknown {
  try {
    return JSON.parse(
      inflateRawSync(Buffer.from(packed, 'base64url'), { maxOutputLength: MAX_PACKED_BYTES }).toString(),
    );
  } catch {
    throw new RefusalError(422, 'Not accepted', 'This form does not hold what was checked. Choose the file again.');
  }
}

/** The form to upload or paste figures. */
export function submitPage(
  visit: Visit,
  header: InspectionHeader,
  metrics: Metrics,
  ownNames: { readonly names: readonly OwnName[]; readonly unreadable: readonly Unreadable[] },
): Html {
  return layout(visit, {
    title: 'Submit figures',
    place: { authority: header.authority, name: header.name, at: 'submit' },
    content: html`<h1 class="govuk-heading-l">Submit figures</h1>
<p class="govuk-body">You see what the file holds, and everything that is wrong with it, before anything is stored.</p>
${templateForm(header)}
<h2 class="govuk-heading-m">Send a file</h2>
${uploadForm(visit, header, '')}
${rememberedNames(visit, header, metrics, ownNames)}`,
  });
}

/** The workbook to fill in, for some months. */
function templateForm({ authority }: InspectionHeader): Html {
  const field = (name: string, label: string): Html =>
    html`<div class="govuk-form-group"><label class="govuk-label" for="${name}">${label}</label>
<input class="govuk-input govuk-input--width-10" id="${name}" name="${name}" autocomplete="off" aria-describedby="template-hint"></div>`;
  return html`<h2 class="govuk-heading-m">Get a workbook to fill in</h2>
<p class="govuk-body">It has a row for each metric and month, says what each needs, and holds what was sent before. Send it back below as it is.</p>
<p class="govuk-hint" id="template-hint">Leave both blank for the months that are over and were not sent yet.</p>
<form method="get" action="${pathOf(authority, 'template.xlsx')}" class="app-narrow">${field('from', 'First month, such as September 2024')}${field('to', 'Last month')}
<button class="govuk-button govuk-button--secondary">Download the workbook</button></form>`;
}

/** What the file is to do to months that are there already. */
function modeChoice(mode: Mode): Html {
  const choice = (value: Mode, label: string): Html =>
    html`<option value="${value}"${value === mode && html` selected`}>${label}</option>`;
  return html`<div class="govuk-form-group"><label class="govuk-label" for="mode">Months that were submitted before</label>
<div class="govuk-hint" id="mode-hint">If you add them, figures that differ are corrected and the other figures of the month stay. If you put the file in their place, figures that it leaves out are no longer reported.</div>
<select class="govuk-select" id="mode" name="mode" aria-describedby="mode-hint">${choice('add', 'Add these figures to them')}${choice('replace', 'Put this file in their place')}</select></div>`;
}

/** The choice that was made; adding unless the other was. */
export const modeIn = (mode: string | undefined): Mode => (mode === 'replace' ? 'replace' : 'add');

function uploadForm({ session }: Visit, { authority }: InspectionHeader, pasted: string, mode: Mode = 'add'): Html {
  return html`<form method="post" enctype="multipart/form-data" action="${pathOf(authority, 'submit')}" class="app-narrow">
${session && forgeryField(session.forgeryToken)}
<div class="govuk-form-group"><label class="govuk-label govuk-label--m" for="file">Excel workbook or CSV file</label>
<div class="govuk-hint" id="file-hint">One figure a line, one month a line or one metric a line, with the names of the columns above. Metrics go by their title or a usual name such as ICPC or NI 59. Several months may be in one file.</div>
<input class="govuk-file-upload" type="file" id="file" name="file" accept=".xlsx,.xlsm,.csv,.tsv,.txt,text/csv,text/plain" aria-describedby="file-hint"></div>
<div class="govuk-form-group"><label class="govuk-label" for="figures">Or paste the figures</label>
<textarea class="govuk-textarea app-code" id="figures" name="figures" rows="6" spellcheck="false">${pasted}</textarea></div>
${modeChoice(mode)}
<button class="govuk-button">Check</button></form>`;
}

/** What a file holds, before it is stored: each month beside the one that it would take the place of. */
export function previewPage(
  visit: Visit,
  { header, metrics }: { readonly header: InspectionHeader; readonly metrics: readonly Metric[] },
  upload: Omit<Upload, 'months' | 'faults'> & { readonly packed: string; readonly questions: readonly string[] },
  mode: Mode,
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
${
  upload.questions.length > 0 &&
  html`<h2 class="govuk-heading-m">Please check</h2>
<ul class="govuk-list govuk-list--bullet">${upload.questions.map((question) => html`<li>${question}</li>`)}</ul>`
}
${sending(visit, header, upload.packed, mode, months)}
${howRead(upload.understood, upload.otherSheets)}
${namesForm(visit, header, metrics, upload, mode)}
${months.map((month) => monthOf(month, metrics, smallNumbers, months.length <= FEW_MONTHS))}`,
  });
}

/** So many months are shown in full; of more only what changes. */
const FEW_MONTHS = 2;
/** The most characters of a file that come back with its faults, to be put right in the page. */
const MAX_SHOWN_LENGTH = 20_000;

/** Everything that is wrong with a file, and the form to send it again. */
export function faultsPage(
  visit: Visit,
  { header, metrics }: { readonly header: InspectionHeader; readonly metrics: Metrics },
  upload: Upload,
  mode: Mode,
): Html {
  const { pasted, faults, understood, otherSheets } = upload;
  const known = byId(metrics);
  const inWords = (detail: string): string => withTitles(withPlainMonth(detail), known);
  return layout(visit, {
    title: 'Nothing was stored',
    place: { authority: header.authority, name: header.name, at: 'submit' },
    hasErrors: true,
    content: html`${faultSummary(
      faults,
      (fault) => `${placeOf(fault)}: ${inWords(fault.detail)}`,
      'nothing was stored',
    )}
<h1 class="govuk-heading-l">Nothing was stored</h1>
<p class="govuk-body">${upload.unknown.length > 0 ? 'Say what the names mean that no metric has; put the rest right, and check again.' : 'Put these right and check again.'}</p>
${namesForm(visit, header, metrics, upload, mode)}
${faultTable(faults, 'Column', ({ sheet, line, column, detail }) => [
  sheet ? `${sheet}, ${line}` : `${line}`,
  column ?? NOTHING,
  inWords(detail),
])}
${howRead(understood, otherSheets)}
${uploadForm(visit, header, pasted.length <= MAX_SHOWN_LENGTH ? pasted : '', mode)}
${pasted.length > MAX_SHOWN_LENGTH && TOO_LONG_TO_SHOW}`,
  });
}

const placeOf = ({ sheet, line, column }: FileFault): string =>
  [sheet && `Sheet ${sheet}`, `${sheet ? 'line' : 'Line'} ${line}`, column].filter(Boolean).join(', ');

const HOLDS: Readonly<Record<Upload['understood'][number]['holds'], string>> = {
  figure: 'one figure a line',
  month: 'one month a line',
  metric: 'one metric a line',
};

/** What was made of the columns, and every line and sheet that was set aside. */
function howRead(understood: Upload['understood'], otherSheets: Upload['otherSheets']): Content {
  if (understood.length === 0) return undefined;
  const asides = understood.flatMap((how) => how.asides.map((aside) => ({ ...aside, sheet: how.sheet })));
  const left = asides.length + otherSheets.length;
  return html`<details class="govuk-details"${left > 0 && html` open`}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">How this was read${left > 0 && `, and what was set aside (${left})`}</span></summary>
<div class="govuk-details__text">${understood.map(
    ({
      sheet,
      holds,
      header,
      month,
      metric,
      columns,
      blanks,
    }) => html`<p class="govuk-body">${sheet && `Sheet ${sheet}: `}${HOLDS[holds]}, with the names of the columns in line ${header}.${(month ?? metric) && ` ${describeOnce({ month, metric })}`}${blanks > 0 && ` ${counted(blanks, 'line')} without a figure: not reported.`}</p>
${table({
  caption: 'Columns',
  captionHidden: true,
  heads: ['Column', 'Read as'],
  rows: columns.map(({ heading, readAs }) => [heading, readAs]),
})}`,
  )}${
    left > 0 &&
    table({
      caption: 'Set aside',
      heads: ['Where', 'What', 'Why'],
      rows: [
        ...asides
          .slice(0, TABLE_FAULTS)
          .map(({ sheet, line, text, why }) => [placeOf({ ...(sheet ? { sheet } : {}), line, detail: '' }), text, why]),
        ...[...Map.groupBy(asides.slice(TABLE_FAULTS), ({ sheet }) => sheet)].map(([sheet, more]) => [
          [sheet && `Sheet ${sheet}`, describeLines(more.map(({ line }) => line))].filter(Boolean).join(', '),
          NOTHING,
          'set aside, too',
        ]),
        ...otherSheets.map(({ name, why }) => [`Sheet ${name}`, NOTHING, why]),
      ],
    })
  }</div></details>`;
}

function sending(
  { session }: Visit,
  { authority }: InspectionHeader,
  sent: string,
  mode: Mode,
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
${
  changed > 0 &&
  warningText(
    mode === 'replace'
      ? 'Months that differ replace what was submitted before as a whole. The earlier revision is kept and can be looked at.'
      : 'These figures are added to what was submitted before, and correct what differs. The earlier revision is kept and can be looked at.',
  )
}
${
  fresh + changed === 0
    ? html`<p class="govuk-body">There is nothing to send.</p>`
    : html`<form method="post" action="${pathOf(authority, 'submissions')}">
${session && forgeryField(session.forgeryToken)}
<input type="hidden" name="months" value="${sent}"><input type="hidden" name="mode" value="${mode}"><input type="hidden" name="basis" value="${basisOf(months)}">
<div class="govuk-button-group"><button class="govuk-button">Send ${counted(fresh + changed, 'month')}</button>
<a class="govuk-link" href="${pathOf(authority, 'submit')}">Do not send</a></div></form>`
}`;
}

function monthOf(
  { period, submission: sent, month, before: current, outcome }: ComparedMonth,
  metrics: readonly Metric[],
  smallNumbers: SmallNumbers,
  open: boolean,
): Html {
  const say = (month: Submission | undefined, metric: Metric): string | undefined =>
    month && formatReported(metric, { ...month, period, revision: 1, submittedAt: '' }, smallNumbers);
  const figures = metrics
    .map((metric) => ({ metric, before: say(current, metric), after: say(month, metric) }))
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
  const what = { accepted: 'new', revised: `changes revision ${current?.revision}`, unchanged: 'the same as before' }[
    outcome
  ];
  return html`<details class="govuk-details app-month"${open || outcome === 'revised' ? html` open` : ''}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">${monthName(period)}: ${what}, ${counted(Object.keys(sent.observations).length, 'figure')}${month.status === 'provisional' && ', provisional'}</span></summary>
<div class="govuk-details__text">${table({
    caption: `Figures of ${monthName(period)}`,
    captionHidden: true,
    heads: outcome === 'revised' ? ['Metric', 'Before', 'After'] : ['Metric', 'Figure'],
    rows,
  })}</div></details>`;
}
