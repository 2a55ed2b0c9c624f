import { type AuthoritySettings, type SettingsVersion, settingsIn } from '../domain/authority.ts';
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

/** Which of the forms was refused, and why. */
export interface RefusedSettings extends Refused {
  readonly of: 'settings' | 'closing';
}

/** What the council decides for itself as a whole, who decided it, and whether it goes on. */
export function settingsPage(
  visit: Visit,
  { header, settings = [] }: Pick<LoadedInspection, 'header' | 'settings'>,
  deployed: SmallNumbers,
  refused?: RefusedSettings,
): Html {
  const { authority, name } = header;
  const set = settingsIn(settings);
  const form = (of: RefusedSettings['of']) =>
    inputs(valuesOf(set), refused?.of === of ? refused : undefined, of === 'closing' ? 'closing-' : '');
  const { text, choice, area } = form('settings');
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
${choice('smallNumbers', 'Small numbers', [['', `As this instance has it: ${SMALL[deployed].toLowerCase()}`], ...Object.entries(SMALL)], { hint: 'On pages and in e-mails.' })}
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
<button class="govuk-button">Save</button></form>
${closing(forgery, authority, set, form('closing'))}
${history(settings)}`,
  });
}

function closing(
  forgery: Content,
  authority: string,
  { closed }: AuthoritySettings,
  { text, area }: ReturnType<typeof inputs>,
): Html {
  const [title, says, button] = closed
    ? [
        'Open it again',
        inset(
          'Figures are taken in, judged and mailed again from then on. Notices that waited are sent, and say which day they tell of.',
        ),
        html`<input type="hidden" name="closed" value="no"><button class="govuk-button">Open it again</button>`,
      ]
    : [
        'Close this authority',
        warningText(
          'No figure is taken in, nothing is judged and nobody is mailed any more. What there is stays, and can be read and taken out. It can be opened again here.',
        ),
        html`<input type="hidden" name="closed" value="yes"><button class="govuk-button govuk-button--warning">Close it</button>`,
      ];
  return html`<h2 class="govuk-heading-m" id="closing">${title}</h2>${says}
<form method="post" action="${pathOf(authority, 'closing')}" class="app-narrow">${forgery}
${text('author', 'Your name', { required: true })}
${area('reason', 'Why', { required: true })}
${button}</form>`;
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
