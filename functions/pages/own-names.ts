import type { InspectionHeader } from '../domain/inspection.ts';
import type { Metric } from '../domain/metric.ts';
import {
  FIELDS_OF,
  MAX_NAME_LENGTH,
  type OwnName,
  type OwnNameMeaning,
  OwnNameMeaningSchema,
} from '../domain/own-name.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import type { Mode } from '../services/accept-months.ts';
import type { Form } from './form.ts';
import { type Content, type Html, html } from './html.ts';
import { forgeryField, missingText, pathOf, table, type Visit } from './layout.ts';
import { timeName } from './words.ts';

/** Names in an authority's own files that no metric has: asked for once, remembered, shown, and taken away again. */

/** So many names are asked about; whoever has more has another kind of file, and is asked about none. */
const MAX_ASKED = 60;
/** The largest file that comes back with the form, so that it need not be chosen again. */
const MAX_KEPT_BYTES = 512 * 1024;
/** In the place of a metric: lines of that name are left out. */
const LEFT_OUT = 'left-out';

/** Asks what the names of a file mean that were not understood, and checks it again; nothing where all were. */
export function namesForm(
  { session }: Visit,
  { authority }: InspectionHeader,
  metrics: readonly Metric[],
  {
    unknown,
    pasted,
    file,
  }: { readonly unknown: readonly string[]; readonly pasted: string; readonly file: Uint8Array | undefined },
  mode: Mode,
): Content {
  const asked = unknown.filter((name) => name.length <= MAX_NAME_LENGTH);
  if (asked.length === 0 || asked.length > MAX_ASKED) return undefined;
  const isKept = file !== undefined && file.length <= MAX_KEPT_BYTES;
  return html`<form method="post" enctype="multipart/form-data" action="${pathOf(authority, 'submit')}" class="app-narrow">
<h2 class="govuk-heading-m">Names that no metric has</h2>
<p class="govuk-body">Say what they mean. It is remembered for the next file, and can be taken back under “Submit figures”.</p>
${session && forgeryField(session.forgeryToken)}
${asked.map((name, index) => question(name, index, metrics))}
<input type="hidden" name="mode" value="${mode}">
${
  isKept
    ? html`<input type="hidden" name="kept" value="${Buffer.from(file).toString('base64')}">`
    : file &&
      html`<div class="govuk-form-group"><label class="govuk-label" for="again">Choose the file again</label><input class="govuk-file-upload" type="file" id="again" name="file"></div>`
}
${!file && html`<textarea name="figures" hidden>${pasted}</textarea>`}
<button class="govuk-button govuk-button--secondary">Remember and check again</button></form>`;
}

function question(name: string, index: number, metrics: readonly Metric[]): Html {
  return html`<div class="govuk-form-group"><label class="govuk-label" for="meaning${index}">${name}</label>
<input type="hidden" name="name${index}" value="${name}">
<select class="govuk-select" id="meaning${index}" name="meaning${index}"><option value="">Not said</option><option value="${LEFT_OUT}">None of these: leave it out</option>${metrics.map(choices)}</select></div>`;
}

/** A metric; one that has several fields also by each of them. */
function choices({ id, title, kind }: Metric): Html {
  const fields = FIELDS_OF[kind];
  return html`<option value="${id}">${title}</option>${fields.length > 1 && fields.map((field) => html`<option value="${id} ${field}">${title}: ${FIELD_WORDS[field]}</option>`)}`;
}

const FIELD_WORDS = {
  numerator: 'numerator',
  denominator: 'denominator',
  count: 'count',
  value: 'percentage',
} as const;

/** What {@link namesForm} was answered. */
export function meaningsIn(form: Form): OwnNameMeaning[] {
  return Array.from({ length: MAX_ASKED }, (_, index): OwnNameMeaning[] => {
    const [metric = '', field] = (form[`meaning${index}`] ?? '').split(' ');
    const read = OwnNameMeaningSchema.safeParse({
      name: form[`name${index}`],
      metric: metric === LEFT_OUT ? null : metric,
      ...(field ? { field } : {}),
    });
    return read.success ? [read.data] : [];
  }).flat();
}

/** The file that {@link namesForm} handed on. */
export const keptFile = ({ kept }: Form): Uint8Array | undefined => (kept ? Buffer.from(kept, 'base64') : undefined);

/** The names that are remembered, each with a button that takes it away. */
export function rememberedNames(
  { session }: Visit,
  { authority }: InspectionHeader,
  metrics: readonly Metric[],
  { names, unreadable }: { readonly names: readonly OwnName[]; readonly unreadable: readonly Unreadable[] },
): Content {
  if (names.length === 0) return missingText(unreadable);
  const titles = new Map(metrics.map(({ id, title }) => [id, title]));
  const meaningOf = ({ metric, field }: OwnName): string =>
    metric === null ? 'left out' : `${titles.get(metric) ?? metric}${field ? `: ${FIELD_WORDS[field]}` : ''}`;
  return html`<h2 class="govuk-heading-m" id="names">Names of your own that are remembered</h2>
${missingText(unreadable)}
${table({
  caption: 'Names of your own that are remembered',
  captionHidden: true,
  heads: ['In your files', 'Means', 'Said by', 'On', ''],
  rows: names.map((name) => [
    name.name,
    meaningOf(name),
    name.by,
    timeName(name.at),
    html`<form method="post" action="${pathOf(authority, 'names', name.id, 'removal')}">${session && forgeryField(session.forgeryToken)}<button class="govuk-button govuk-button--secondary app-small-button">Remove<span class="govuk-visually-hidden"> ${name.name}</span></button></form>`,
  ]),
})}`;
}
