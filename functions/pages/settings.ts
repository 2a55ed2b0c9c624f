import {
  type AuthoritySettings,
  type DeployedSmallNumbers,
  type SettingsVersion,
  settingsIn,
  smallNumbersFor,
} from '../domain/authority.ts';
import { nth, type SmallNumbers } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import { SUBMISSION_WORKING_DAYS } from '../domain/rules.ts';
import { type Content, type Html, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { errorSummary, forgeryField, inset, layout, pathOf, table, type Visit, warningText } from './layout.ts';
import { enteredBy, timeName } from './words.ts';

const SMALL: Record<SmallNumbers, string> = {
  show: 'Shown as they are',
  suppress: 'Counts of 1 to 5 read “5 or fewer”',
};

/** What the council decides for itself as a whole, who decided it, and whether it goes on. */
export function settingsPage(
  visit: Visit,
  { header, settings = [] }: Pick<LoadedInspection, 'header' | 'settings'>,
  { deployed, mayBegin }: { readonly deployed: DeployedSmallNumbers; readonly mayBegin: boolean },
  refused?: Refused,
): Html {
  const { authority, name } = header;
  const set = settingsIn(settings);
  const { text, choice, area } = inputs(valuesOf(set), refused);
  const forgery = visit.session && forgeryField(visit.session.forgeryToken);
  return layout(visit, {
    title: 'Settings',
    place: { authority, name, at: 'settings' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">Settings</h1>
<form method="post" action="${pathOf(authority, 'settings')}" class="app-narrow">${forgery}
${text('name', 'Name', { hint: 'As people write it. Leave blank for the name that the inspection has.', width: 20 })}
${text('dueWorkingDay', 'Working day by which figures are due', { hint: `After the month, 1 to 20, in England. Leave blank for this service’s default, the ${nth(SUBMISSION_WORKING_DAYS)}.`, width: 5 })}
${choice('smallNumbers', 'Small numbers', [['', `As whoever runs this service set it: ${SMALL[smallNumbersFor({}, deployed)].toLowerCase()}`], ...Object.entries(SMALL)], { hint: 'On pages and in e-mails.' })}
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
<button class="govuk-button">Save</button></form>
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'inspections')}">Inspections, and loading a report</a></p>
${mayBegin && html`<p class="govuk-body"><a class="govuk-link" href="/new-authority">Add a council</a></p>`}
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'closing')}">${set.closed ? OPENING : CLOSING}</a></p>
${history(settings)}`,
  });
}

const CLOSING = 'Close this authority';
const OPENING = 'Open it again';

/** Asks before it is closed, or opened again: who decided that, and why. */
export function closingPage(
  visit: Visit,
  { header, settings }: Pick<LoadedInspection, 'header' | 'settings'>,
  refused?: Refused,
): Html {
  const { authority, name } = header;
  const { closed } = settingsIn(settings);
  const { text, area } = inputs({}, refused);
  const title = closed ? OPENING : CLOSING;
  return layout(visit, {
    title,
    place: { authority, name, at: 'settings' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">${title}</h1>
${
  closed
    ? inset(
        'Figures are taken in, judged and mailed again from then on. Notices that waited are sent, and say which day they tell of.',
      )
    : warningText(
        'No figure is taken in, nothing is judged and nobody is mailed any more. Everything stays, and can be read and downloaded. It can be opened again.',
      )
}
<form method="post" action="${pathOf(authority, 'closing')}" class="app-narrow">${visit.session && forgeryField(visit.session.forgeryToken)}
<input type="hidden" name="closed" value="${closed ? 'no' : 'yes'}">
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
<div class="govuk-button-group"><button class="govuk-button${!closed && ' govuk-button--warning'}">${closed ? 'Open it again' : 'Close it'}</button>
<a class="govuk-link" href="${pathOf(authority, 'settings')}">Leave it as it is</a></div></form>`,
  });
}

function history(settings: readonly SettingsVersion[]): Content {
  if (settings.length === 0) return undefined;
  return table({
    caption: 'What was set',
    heads: ['When', 'From then on', 'By', 'Why'],
    rows: [...settings]
      .reverse()
      .map((version) => [
        timeName(version.setAt),
        inWords(version),
        html`${version.author} <span class="app-when">Entered by: ${enteredBy(version.by)}</span>`,
        version.reason,
      ]),
  });
}

function inWords({ name, dueWorkingDay, smallNumbers, closed }: AuthoritySettings): string {
  const said = [
    ...(closed ? ['Closed'] : []),
    ...(name ? [`Called ${name}`] : []),
    ...(dueWorkingDay ? [`Figures due by the ${nth(dueWorkingDay)} working day`] : []),
    ...(smallNumbers ? [`Small numbers: ${SMALL[smallNumbers].toLowerCase()}`] : []),
  ];
  return said.join('; ') || 'As this service has it';
}

const valuesOf = ({ name, dueWorkingDay, smallNumbers }: AuthoritySettings) => ({
  ...{ name: name ?? '', dueWorkingDay: String(dueWorkingDay ?? ''), smallNumbers: smallNumbers ?? '' },
});
