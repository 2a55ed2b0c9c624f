import { LINK_MINUTES, LINKS_AN_HOUR } from '../domain/person.ts';
import type { ListedSession } from '../services/sessions.ts';
import type { Form } from './form.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, forgeryField, layout, type Place, table, type Visit } from './layout.ts';
import { timeName } from './words.ts';

/**
 * The ways in: the council's own sign-in where there is one, a link by mail for people, a token for whoever was given one.
 * `asked` is the path to go on to.
 */
export function signInPage(
  visit: Visit,
  asked: string,
  hasCouncil: boolean,
  { token, address }: { readonly token?: string; readonly address?: string } = {},
): Html {
  const input = (name: 'address' | 'token', label: string, hint: string, fault: string | undefined, attributes: Html) =>
    html`<div class="govuk-form-group${fault ? ' govuk-form-group--error' : ''}">
<label class="govuk-label" for="${name}">${label}</label>
<div class="govuk-hint" id="${name}-hint">${hint}</div>
${fault && html`<p id="${name}-error" class="govuk-error-message"><span class="govuk-visually-hidden">Error:</span> ${fault}</p>`}
<input class="govuk-input${fault ? ' govuk-input--error' : ''}" id="${name}" name="${name}" ${attributes} required aria-describedby="${name}-hint${fault ? ` ${name}-error` : ''}">
</div>`;
  return layout(visit, {
    title: 'Sign in',
    hasErrors: (token ?? address) !== undefined,
    content: html`${errorSummary([...(address ? [{ text: address, field: 'address' }] : []), ...(token ? [{ text: token, field: 'token' }] : [])])}
<h1 class="govuk-heading-l">Sign in</h1>
${
  hasCouncil &&
  html`<a class="govuk-button" href="/sign-in/council?${new URLSearchParams({ to: asked }).toString()}">Sign in with your council account</a>
<h2 class="govuk-heading-m">Or by e-mail</h2>`
}
<form method="post" action="/sign-in/mail" class="app-narrow">
<input type="hidden" name="to" value="${asked}">
${input('address', 'E-mail address', 'The one that gets the alerts. We send a link to it.', address, html`type="email" autocomplete="email"`)}
<div class="govuk-form-group"><div class="govuk-checkboxes govuk-checkboxes--small"><div class="govuk-checkboxes__item">
<input class="govuk-checkboxes__input" id="remember" name="remember" type="checkbox" value="yes"><label class="govuk-label govuk-checkboxes__label" for="remember">Stay signed in on this device for 30 days</label>
</div></div></div>
<button class="govuk-button">Send me a link</button>
</form>
<h2 class="govuk-heading-m">Or use a token</h2>
<form method="post" action="/sign-in" class="app-narrow">
<input type="hidden" name="to" value="${asked}">
${input('token', 'Token', 'For programs, and for whoever was given one. It begins with “imt_”.', token, html`type="password" autocomplete="current-password" spellcheck="false"`)}
<button class="govuk-button govuk-button--secondary">Sign in</button>
</form>`,
  });
}

/** The answer to whoever asked for a link: the same for every address. */
export function linkAskedPage(visit: Visit, address: string): Html {
  return layout(visit, {
    title: 'Check your e-mail',
    content: html`<h1 class="govuk-heading-l">Check your e-mail</h1>
<p class="govuk-body">If <strong>${address}</strong> gets the alerts of this service, a link to sign in is on its way. It works once, for ${LINK_MINUTES} minutes.</p>
<p class="govuk-body">If nothing comes within a few minutes:</p>
<ul class="govuk-list govuk-list--bullet">
<li>look among your junk e-mail</li>
<li>check that this is the address that gets the alerts, and that it was confirmed: an address gets nothing before somebody follows the link in the e-mail from AWS Notifications</li>
<li>if the address was added or changed in the last 15 minutes, ask for another link once they are over: one that was sent before may never come</li>
</ul>
<p class="govuk-body">We send an address at most one link a minute, and ${LINKS_AN_HOUR} an hour.</p>
<p class="govuk-body"><a class="govuk-link" href="/sign-in">Try another address</a></p>`,
  });
}

/** What the mailed link opens: a button, as programs that look through e-mails follow links but press nothing. */
export function linkPage(visit: Visit, code: string, asked: string): Html {
  return layout(visit, {
    title: 'Sign in',
    content: html`<h1 class="govuk-heading-l">Sign in</h1>
<form method="post" action="/sign-in/link" class="app-narrow">
<input type="hidden" name="link" value="${code}"><input type="hidden" name="to" value="${asked}">
<button class="govuk-button">Sign in</button>
</form>`,
  });
}

/** Where else one is signed in, with a way to end it. */
export function sessionsPage(visit: Visit, sessions: readonly ListedSession[]): Html {
  const { session } = visit;
  return layout(visit, {
    title: 'Where you are signed in',
    content: html`<h1 class="govuk-heading-l">Where you are signed in</h1>
<p class="govuk-body">You are signed in as <strong>${session?.label ?? ''}</strong>.</p>
${
  sessions.length === 0
    ? html`<p class="govuk-body">You used a token. Whoever runs the service can revoke it; signing out only makes this browser forget it.</p>`
    : table({
        caption: 'Sessions, newest first',
        captionHidden: true,
        heads: ['Since', 'Until', 'End it'],
        rows: sessions.map(({ id, startedAt, expires, isThis }) => [
          html`${timeName(startedAt)}${isThis && html` <span class="app-when">this one</span>`}`,
          timeName(expires),
          html`<form method="post" action="/sessions/${id}/end">${session && forgeryField(session.forgeryToken)}
<button class="govuk-button govuk-button--secondary app-small-button">End<span class="govuk-visually-hidden"> the session since ${timeName(startedAt)}</span></button></form>`,
        ]),
      })
}`,
  });
}

/** Something that is not there, not allowed, or went wrong; with the menu of the authority that it is about. */
export function refusalPage(
  visit: Visit,
  title: string,
  text: string,
  {
    place,
    reference,
    written = {},
  }: { readonly place?: Place | undefined; readonly reference?: string; readonly written?: Form | undefined } = {},
): Html {
  return layout(visit, {
    title,
    ...(place && { place }),
    content: html`<h1 class="govuk-heading-l">${title}</h1>
<p class="govuk-body">${text}</p>
${whatWasWritten(Object.values(written).filter((typed) => /\s/.test(typed)))}
${reference && html`<p class="govuk-body">If it stays like this, tell whoever runs the service this reference: <code>${reference}</code></p>`}
<p class="govuk-body"><a class="govuk-link" href="/">Back to the overview</a></p>`,
  });
}

/** What somebody wrote, to be copied from where it could not be taken. */
const whatWasWritten = (texts: readonly string[]): Content =>
  texts.length > 0 &&
  html`<h2 class="govuk-heading-m">What you wrote</h2>${texts.map((text) => html`<div class="govuk-inset-text app-kept">${beginningOf(text)}</div>`)}`;

/** As much of what was written as tells it again. */
const MAX_SHOWN = 2000;
const beginningOf = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** What was written and not sent, as the session was over or another has begun since: it can be sent from here. */
export function keptPage(visit: Visit, path: string, form: Form, hadFile: boolean): Html {
  const { forgeryToken: _, ...fields } = form;
  const written = Object.values(fields).filter((text) => text.length > 40 || /\s/.test(text));
  const title = visit.session ? 'Check and send again' : 'You are signed out; what you wrote is kept';
  return layout(visit, {
    title,
    content: html`<h1 class="govuk-heading-l">${title}</h1>
<p class="govuk-body">${
      visit.session
        ? 'You signed in anew since the form was loaded, so it was not sent yet.'
        : html`Nothing was sent yet. <a class="govuk-link" href="/sign-in" target="_blank" rel="noopener">Sign in, in another tab</a>, then come back to this one and press “Send”.`
    }</p>
${whatWasWritten(written)}
${hadFile && html`<p class="govuk-body">A file cannot be kept: choose it again once you are signed in.</p>`}
<form method="post" action="${path}">${visit.session && forgeryField(visit.session.forgeryToken)}
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="govuk-button">Send</button></form>`,
  });
}
