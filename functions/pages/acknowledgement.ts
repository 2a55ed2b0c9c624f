import type { BoardAlert } from '../domain/board.ts';
import { type Content, type Html, html } from './html.ts';
import { type FormError, forgeryField, pathOf, type Visit } from './layout.ts';

/** What was typed into the form and could not be taken. */
export interface RefusedAcknowledgement {
  readonly author: string;
  readonly note: string;
  readonly errors: readonly FormError[];
}

/** The same on a page with several such forms: of which alert it is. */
export interface RefusedOf extends RefusedAcknowledgement {
  readonly alert: string;
}

/** What the button says, and what opens the form where it is folded away. */
export const TAKE_IN_HAND = 'Say that you have it in hand';

/** The form to take an alert in hand, for who may. An acknowledgement belongs to an episode; what is only watched has none. */
export function acknowledgementForm(
  { session }: Visit,
  authority: string,
  id: string,
  { episode, acknowledgement }: BoardAlert,
  refused?: RefusedAcknowledgement,
): Content {
  if (!episode || !session?.scopes.includes('acknowledge')) return undefined;
  const field = (name: 'author' | 'note', label: string, input: (described: Content) => Html): Html => {
    const fault = refused?.errors.find((error) => error.field === `${id}-${name}`)?.text;
    return html`<div class="govuk-form-group${fault && ' govuk-form-group--error'}"><label class="govuk-label" for="${id}-${name}">${label}</label>
${fault && html`<p class="govuk-error-message" id="${id}-${name}-error"><span class="govuk-visually-hidden">Error:</span> ${fault}</p>`}
${input(fault && html` aria-describedby="${id}-${name}-error"`)}</div>`;
  };
  return html`<form method="post" action="${pathOf(authority, 'alerts', id, 'acknowledgement')}" class="app-narrow">
${forgeryField(session.forgeryToken)}
${field('author', 'Your name', (described) => html`<input class="govuk-input" id="${id}-author" name="author" autocomplete="name" maxlength="200" required value="${refused?.author ?? ''}"${described}>`)}
${field('note', 'What is being done', (described) => html`<textarea class="govuk-textarea" id="${id}-note" name="note" rows="3" maxlength="2000" required${described}>${refused?.note ?? ''}</textarea>`)}
<button class="govuk-button govuk-button--secondary">${TAKE_IN_HAND}${acknowledgement && ' now'}</button></form>`;
}
