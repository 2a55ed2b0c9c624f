import { type Html, html } from './html.ts';
import { errorSummary, layout, pathOf, type Visit } from './layout.ts';

/** The form that asks for a token. `asked` is the path to go on to. */
export function signInPage(visit: Visit, asked: string, fault?: string): Html {
  return layout(visit, {
    title: 'Sign in',
    hasErrors: fault !== undefined,
    content: html`${errorSummary(fault ? [{ text: fault, field: 'token' }] : [])}
<h1 class="govuk-heading-l">Sign in</h1>
<p class="govuk-body">Your token was given to you by whoever runs this service. It begins with <code>imt_</code>.</p>
<form method="post" action="/sign-in" class="app-narrow">
<input type="hidden" name="to" value="${asked}">
<div class="govuk-form-group${fault ? ' govuk-form-group--error' : ''}">
<label class="govuk-label" for="token">Token</label>
${fault && html`<p id="token-error" class="govuk-error-message"><span class="govuk-visually-hidden">Error:</span> ${fault}</p>`}
<input class="govuk-input${fault ? ' govuk-input--error' : ''}" id="token" name="token" type="password" autocomplete="current-password" spellcheck="false" required${fault ? html` aria-describedby="token-error"` : ''}>
</div>
<button class="govuk-button">Sign in</button>
</form>`,
  });
}

/** Where to go, for who may see more than one authority. */
export function authoritiesPage(visit: Visit, authorities: readonly { id: string; name: string }[]): Html {
  return layout(visit, {
    title: 'Authorities',
    content: html`<h1 class="govuk-heading-l">Authorities</h1>
${
  authorities.length === 0
    ? html`<p class="govuk-body">No inspection is loaded yet. A deployment loads those in <code>seed/</code>.</p>`
    : html`<ul class="govuk-list govuk-list--spaced">${authorities.map(({ id, name }) => html`<li><a class="govuk-link" href="${pathOf(id)}">${name}</a></li>`)}</ul>`
}`,
  });
}

/** Something that is not there, not allowed, or went wrong. */
export function refusalPage(visit: Visit, title: string, text: string, reference?: string): Html {
  return layout(visit, {
    title,
    content: html`<h1 class="govuk-heading-l">${title}</h1>
<p class="govuk-body">${text}</p>
${reference && html`<p class="govuk-body">If it stays like this, tell whoever runs the service this reference: <code>${reference}</code></p>`}
<p class="govuk-body"><a class="govuk-link" href="/">Go to the start</a></p>`,
  });
}
