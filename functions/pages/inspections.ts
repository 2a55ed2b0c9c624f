import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { dayName } from '../domain/format.ts';
import { FRAMEWORKS, frameworkOf } from '../domain/frameworks.ts';
import { readJsonText } from '../domain/json-lines.ts';
import type { Inspected, LoadedInspection } from '../domain/loaded-inspection.ts';
import { MAX_BULK_BYTES } from '../http/routes.ts';
import type { InspectionChange, PlacedFault } from '../services/inspection-files.ts';
import { faultSummary, faultTable, TOO_LONG_TO_SHOW } from './faults.ts';
import { type Content, type Html, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { errorSummary, forgeryField, inset, layout, NOTHING, type Place, pathOf, table, type Visit } from './layout.ts';
import { RefusalError } from './refusals.ts';
import { enteredBy, timeName } from './words.ts';

/** The inspections of an authority, and another one brought in from its file: looked at first, then loaded. */

/** A report's file as it was sent: what it says and where, or why it cannot be read. */
export type SentReport = ReturnType<typeof readJsonText> & { readonly pasted: string };

/** Reads a report that was chosen as a file or pasted. */
export function readReport(file: Uint8Array | undefined, pasted: string): SentReport {
  const unreadable = (detail: string): SentReport => ({ pasted, unreadable: [{ line: 1, detail }] });
  if (!file && pasted.trim() === '') return unreadable('no file was chosen and nothing was pasted, or they are empty');
  if ((file?.length ?? Buffer.byteLength(pasted)) > MAX_BULK_BYTES)
    return unreadable(`the file is larger than ${MAX_BULK_BYTES / 1024} KB, which no report is`);
  try {
    return { pasted, ...readJsonText(file ? new TextDecoder('utf-8', { fatal: true }).decode(file) : pasted) };
  } catch {
    return unreadable('this is not text in UTF-8; save the report as a text file in JSON');
  }
}

/** A report as the preview hands it on to be loaded. */
export const packReport = (contents: unknown): string => deflateRawSync(JSON.stringify(contents)).toString('base64url');

/** The report that a preview handed on. It is checked again: a form can hold whatever its sender likes. */
export function unpackReport(packed: string): unknown {
  try {
    const bytes = inflateRawSync(Buffer.from(packed, 'base64url'), { maxOutputLength: 2 * MAX_BULK_BYTES });
    return JSON.parse(bytes.toString());
  } catch {
    throw new RefusalError(422, 'Not accepted', 'This form does not hold what was checked. Choose the file again.');
  }
}

/** Every inspection that is loaded, and the forms to begin a report and to bring one in. */
export function inspectionsPage(visit: Visit, inspection: LoadedInspection, loaded: string | undefined): Html {
  const { header, inspections } = inspection;
  const isLoaded = inspections.find((each) => each.header.id === loaded);
  return layout(visit, {
    title: 'Inspections',
    place: { authority: header.authority, name: header.name, at: 'settings' },
    content: html`${isLoaded && inset(`${isLoaded.header.title} is loaded. Everything is judged again within a minute.`)}
<h1 class="govuk-heading-l">Inspections</h1>
<p class="govuk-body">Each keeps its actions, and what became of them. A month’s figures are held against the newest full inspection that was published by then.</p>
${table({
  caption: 'Loaded, the newest first',
  heads: ['Inspection', 'Published', 'Counts as', 'Actions', 'Loaded'],
  rows: inspections.map((each) => [
    each.header.title,
    dayName(each.header.published),
    countsAs(each, header.id),
    `${completedIn(each)} of ${each.actions.length} completed`,
    each.loaded
      ? html`${timeName(each.loaded.at)} <span class="app-when">Entered by: ${enteredBy(each.loaded.by)}</span>`
      : NOTHING,
  ]),
})}
${skeletonForm(pathOf(header.authority, 'inspections', 'skeleton'))}
<h2 class="govuk-heading-m">Load a report</h2>
<p class="govuk-body">You see everything that is wrong with it, or what it would change, before anything is stored.</p>
${reportForm(visit, ofAuthority(inspection), '')}`,
  });
}

/** Whose report is brought in, and where its forms lead: a council's that is known, or of one that begins with it. */
export interface Destination {
  readonly place?: Place;
  readonly check: string;
  readonly load: (inspection: string) => string;
  readonly back: string;
}

export function ofAuthority({ header: { authority, name } }: Pick<LoadedInspection, 'header'>): Destination {
  const inspections = pathOf(authority, 'inspections');
  return {
    place: { authority, name, at: 'settings' },
    check: inspections,
    load: (inspection) => pathOf(authority, 'inspections', inspection),
    back: inspections,
  };
}

export const OF_NEW_AUTHORITY: Destination = {
  check: '/new-authority',
  load: () => '/new-authority/loading',
  back: '/new-authority',
};

/** How a council is begun: a file to fill in with its first report, and the form to bring that in. */
export function newAuthorityPage(visit: Visit, refused: Refused | undefined): Html {
  const { text } = inputs({}, refused);
  return layout(visit, {
    title: 'Add a council',
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">Add a council</h1>
<p class="govuk-body">A council begins with the report of an inspection, which its figures are held against. Its settings, recipients and metrics come after that, on its own pages.</p>
${skeletonForm('/new-authority/skeleton', text('authority', 'Council, as addresses have it', { hint: 'Lower-case letters, digits and hyphens, as in north-shire. It cannot be changed later; the name that people read can.', required: true, width: 20 }))}
<h2 class="govuk-heading-m">Load the report</h2>
<p class="govuk-body">You see everything that is wrong with it, or what it would bring, before anything is stored.</p>
${reportForm(visit, OF_NEW_AUTHORITY, '')}`,
  });
}

function countsAs({ header, retired }: Inspected, leading: string): string {
  if (retired) return 'Retired: it no longer counts';
  if (header.id === leading) return 'What figures are held against';
  return frameworkOf(header).full ? 'Earlier inspection' : 'Visit';
}

/** How many of its actions were last reported as completed. */
function completedIn({ actions, progress }: Inspected): number {
  const newest = new Map(progress.map(({ action, state }) => [action, state]));
  return actions.filter(({ id }) => newest.get(id) === 'completed').length;
}

function skeletonForm(action: string, whose?: Html): Html {
  const { choice } = inputs({ framework: 'ilacs-2018' }, undefined);
  return html`<h2 class="govuk-heading-m">Begin a report</h2>
<p class="govuk-body">A file to fill in with any text editor: what is in capitals is yours to write, and what the report does not say is to be taken out. It takes about half an hour, most of it reading.</p>
<form method="get" action="${action}" class="app-narrow">
${whose}
${choice(
  'framework',
  'Kind of inspection',
  Object.entries({ ...FRAMEWORKS, own: { title: 'Anything else' } }).map(([id, { title }]) => [id, title]),
)}
<button class="govuk-button govuk-button--secondary">Download the file</button></form>`;
}

function reportForm({ session }: Visit, { check }: Destination, pasted: string): Html {
  return html`<form method="post" enctype="multipart/form-data" action="${check}" class="app-narrow">
${session && forgeryField(session.forgeryToken)}
<div class="govuk-form-group"><label class="govuk-label" for="file">File of the report</label>
<div class="govuk-hint" id="file-hint">In JSON, as the file to fill in has it.</div>
<input class="govuk-file-upload" type="file" id="file" name="file" accept=".json,application/json,text/plain" aria-describedby="file-hint"></div>
<div class="govuk-form-group"><label class="govuk-label" for="report">Or paste it</label>
<textarea class="govuk-textarea app-code" id="report" name="report" rows="6" spellcheck="false">${pasted}</textarea></div>
<button class="govuk-button">Check</button></form>`;
}

/** As much of a report as comes back with its faults, to be put right in the page. */
const MAX_SHOWN_LENGTH = 100_000;

/** Everything that is wrong with a report, and the form to send it again. */
export function reportFaultsPage(
  visit: Visit,
  destination: Destination,
  faults: readonly PlacedFault[],
  pasted: string,
): Html {
  const { place } = destination;
  return layout(visit, {
    title: 'Nothing was loaded',
    ...(place && { place }),
    hasErrors: true,
    content: html`${faultSummary(
      faults,
      ({ line, path, detail }) => `Line ${line}${path && `, ${path}`}: ${detail}`,
      'nothing was loaded',
    )}
<h1 class="govuk-heading-l">Nothing was loaded</h1>
<p class="govuk-body">Put these right and check again.</p>
${faultTable(faults, 'Field', ({ line, path, detail }) => [`${line}`, path || NOTHING, detail])}
${reportForm(visit, destination, pasted.length <= MAX_SHOWN_LENGTH ? pasted : '')}
${pasted.length > MAX_SHOWN_LENGTH && TOO_LONG_TO_SHOW}`,
  });
}

/** What loading a report would change, and the button that does it. */
export function reportPreviewPage(
  visit: Visit,
  { place, load, back }: Destination,
  change: InspectionChange,
  { packed, titleOf }: { readonly packed: string; readonly titleOf: (metric: string) => string },
): Html {
  const { inspection, outcome, alerts, metrics, actions } = change;
  return layout(visit, {
    title: 'Check before loading',
    ...(place && { place }),
    content: html`<h1 class="govuk-heading-l">Check before loading</h1>
${inset('Nothing is loaded yet.')}
<p class="govuk-body-l">${{ new: `“${inspection}” is new.`, changed: `“${inspection}” differs from what was loaded.`, unchanged: `“${inspection}” is loaded already, as it is here.`, retired: '' }[outcome]}</p>
<p class="govuk-body">${
      change.leading.before === change.leading.after
        ? `Figures are held against “${change.leading.after}”, as before.`
        : `From its publication on figures are held against “${change.leading.after}”${change.leading.before ? `, no longer against “${change.leading.before}”` : ''}. Whoever is mailed is told so.`
    }</p>
${
  outcome === 'unchanged'
    ? html`<p class="govuk-body">There is nothing to load. <a class="govuk-link" href="${back}">Back to the inspections</a></p>`
    : html`<form method="post" action="${load(inspection)}">${visit.session && forgeryField(visit.session.forgeryToken)}
<input type="hidden" name="report" value="${packed}">
<div class="govuk-button-group"><button class="govuk-button">Load this inspection</button>
<a class="govuk-link" href="${back}">Do not load it</a></div></form>`
}
${differences('Metrics', metrics, titleOf)}
${differences('Actions asked for', actions, (id) => id)}
${
  alerts.length === 0
    ? html`<p class="govuk-body">No alert changes.</p>`
    : table({
        caption: 'Alerts that change',
        heads: ['Alert', 'Before', 'After'],
        rows: alerts.map(({ title, before, after }) => [title, stateWords(before), stateWords(after)]),
      })
}`,
  });
}

function differences(what: string, difference: InspectionChange['metrics'], titleOf: (id: string) => string): Content {
  const rows = (['added', 'changed', 'removed'] as const)
    .filter((kind) => difference[kind].length > 0)
    .map((kind) => [HOW[kind], difference[kind].map(titleOf).join('; ')]);
  return rows.length > 0 && table({ caption: what, heads: ['How', 'Which'], rows });
}

const HOW = { added: 'Come', changed: 'Change', removed: 'Go' } as const;

/** `raised critical` as people say it. */
function stateWords(state: string): string {
  if (state === 'clear') return 'Not raised';
  const [how, level = ''] = state.split(' ');
  const word = level === 'watch' ? 'To watch' : level.charAt(0).toUpperCase() + level.slice(1);
  return how === 'recovering' ? `${word}, but getting better` : word;
}
