import { type Action, withProgress } from '../domain/action.ts';
import { formatDue, formatParagraphs, sentence } from '../domain/format.ts';
import { type Content, type Html, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { errorSummary, fact, forgeryField, layout, pathOf, type Visit } from './layout.ts';
import type { Overview } from './overview.ts';
import { dueIn, shownBy } from './overview-inspections.ts';
import { entered, timeName } from './words.ts';

const STATES = { open: 'Open', completed: 'Completed' } as const;

/** What the inspection asked for, all that was reported of it, and the form to report more, for who may. */
export function actionPage(visit: Visit, overview: Overview, action: Action, refused?: Refused): Html {
  const { header, progress } = overview.inspection;
  const { state, progress: versions } = withProgress(action, progress);
  return layout(visit, {
    title: `Action ${action.id}`,
    place: { authority: header.authority, name: header.name },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<span class="govuk-caption-l">Recommended action ${action.id}</span>
<h1 class="govuk-heading-l">${action.title}</h1>
<dl class="govuk-summary-list app-facts">
${fact('Where it stands', STATES[state])}
${fact('Due', html`${sentence(formatDue(action))} <span class="app-when">${state === 'open' && dueIn(action, overview.today)}</span>`)}
${fact('Asked for in', html`${header.title}, ${formatParagraphs([action.paragraph])}`)}
${fact('How its metrics do', shownBy(overview, action))}
</dl>
<h2 class="govuk-heading-m" id="progress">What was reported of it</h2>
${
  versions.length === 0
    ? html`<p class="govuk-body">Nothing yet.</p>`
    : html`<ul class="govuk-list govuk-list--spaced">${[...versions]
        .reverse()
        .map(
          ({ state, author, at, evidence, by }) =>
            html`<li><strong>${STATES[state]}</strong>, ${author}, ${timeName(at)}: ${evidence} ${entered(by)}</li>`,
        )}</ul>`
}
${reporting(visit, header.authority, action, state, refused)}
<p class="govuk-body"><a class="govuk-link" href="${pathOf(header.authority)}#actions">Back to the actions</a></p>`,
  });
}

function reporting(
  { session }: Visit,
  authority: string,
  { id }: Action,
  state: keyof typeof STATES,
  refused?: Refused,
): Content {
  if (!session?.scopes.includes('manage')) return undefined;
  const { text, area, choice } = inputs({ state }, refused);
  return html`<h2 class="govuk-heading-m">Report on it</h2>
<form method="post" action="${pathOf(authority, 'actions', id)}" class="app-narrow">${forgeryField(session.forgeryToken)}
${choice('state', 'It is', Object.entries(STATES))}
${area('evidence', 'What shows it', { hint: 'Such as an audit, with its date and what it found. Name no child and no member of staff.', required: true, maxLength: 2000 })}
${text('author', 'Your name', { required: true, maxLength: 200 })}
<button class="govuk-button">Save</button></form>`;
}
