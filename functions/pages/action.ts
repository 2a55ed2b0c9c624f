import { type Action, withProgress } from '../domain/action.ts';
import { formatDue } from '../domain/format.ts';
import { line, lines, select } from './field.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, type FormError, fact, forgeryField, layout, pathOf, type Visit } from './layout.ts';
import type { Overview } from './overview.ts';
import { dueIn, paragraphs, shownBy } from './overview-inspections.ts';
import { entered, timeName } from './words.ts';

/** What was typed into the form and could not be taken. */
export interface RefusedProgress {
  readonly state: string;
  readonly evidence: string;
  readonly author: string;
  readonly errors: readonly FormError[];
}

const STATES = { open: 'Open', completed: 'Completed' } as const;

/** What the inspection asked for, all that was reported of it, and the form to report more, for who may. */
export function actionPage(visit: Visit, overview: Overview, action: Action, refused?: RefusedProgress): Html {
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
${fact('Due', html`${formatDue(action)} <span class="app-when">${state === 'open' && dueIn(action, overview.today)}</span>`)}
${fact('Asked for in', html`${header.title}, ${paragraphs([action.paragraph])}`)}
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
  refused?: RefusedProgress,
): Content {
  if (!session?.scopes.includes('manage')) return undefined;
  const errors = refused?.errors ?? [];
  return html`<h2 class="govuk-heading-m">Report on it</h2>
<form method="post" action="${pathOf(authority, 'actions', id)}" class="app-narrow">${forgeryField(session.forgeryToken)}
${select(
  { name: 'state', label: 'It is', errors },
  [
    ['open', 'Open'],
    ['completed', 'Completed'],
  ],
  refused?.state ?? state,
)}
${lines({ name: 'evidence', label: 'What shows it', hint: 'Such as an audit, with its date and what it found. Name no child and no member of staff.', errors }, refused?.evidence, html`maxlength="2000" required`)}
${line({ name: 'author', label: 'Your name', errors }, refused?.author, html`autocomplete="name" maxlength="200" required`)}
<button class="govuk-button">Save</button></form>`;
}
