import type { Grant, Scope } from '../domain/access.ts';
import type { InspectionHeader } from '../domain/inspection.ts';
import { RoleSchema } from '../domain/person.ts';
import { type Answering, type ListedToken, MAX_TOKEN_DAYS, type TokenList } from '../services/tokens.ts';
import { type Html, html } from './html.ts';
import { inputs, type Refused } from './inputs.ts';
import { errorSummary, forgeryField, layout, pathOf, table, type Visit, warningText } from './layout.ts';
import { MAY, orphanWarning } from './recipients.ts';
import { breakable, enteredBy, timeName } from './words.ts';

const RIGHT: Readonly<Record<Scope, string>> = {
  read: 'look',
  acknowledge: 'say who has an alert in hand',
  submit: 'submit figures',
  manage: 'manage',
};

const until = ({ expires }: Grant): string => timeName(new Date(expires * 1000).toISOString());

/** Which programs may sign in, until when, and the form to make a token for another. */
export function tokensPage(
  visit: Visit,
  { authority, name }: InspectionHeader,
  { tokens, unreadable, answering }: TokenList & { readonly answering: ReadonlyMap<string, Answering> },
  refused?: Refused,
): Html {
  const { session } = visit;
  const { text, choice } = inputs({ role: 'look', days: '90' }, refused);
  return layout(visit, {
    title: 'Tokens',
    place: { authority, name, at: 'recipients' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused?.errors ?? [])}
<h1 class="govuk-heading-l">Tokens</h1>
<p class="govuk-body">A program signs in with a token, as a person does by e-mail. What it changes is kept under its label.</p>
${orphanWarning(answering)}
${
  tokens.length > 0 &&
  table({
    caption: 'Tokens by label',
    captionHidden: true,
    heads: ['Label', 'What it may do', 'Ends', 'Made by', 'Change'],
    rows: tokens.map((token) => [
      breakable(token.label),
      token.scopes.map((scope) => RIGHT[scope]).join(', '),
      until(token),
      madeBy(token, answering.get(token.id)),
      token.authority === '*'
        ? html`For every authority: whoever runs the service can revoke it`
        : html`${button(visit, pathOf(authority, 'tokens', token.id, 'revocation'), 'Revoke', token)}${answering.get(token.id) === 'may no longer' && button(visit, pathOf(authority, 'tokens', token.id, 'keeping'), 'Keep', token)}`,
    ]),
  })
}
${unreadable.map((id) => warningText(html`A token is stored and cannot be read. It allows nothing. Whoever runs the service finds it under <code>${id}</code>.`))}
<h2 class="govuk-heading-m">Make a token</h2>
<form method="post" action="${pathOf(authority, 'tokens')}" class="app-narrow">${session && forgeryField(session.forgeryToken)}
${text('label', 'What it is for', { hint: 'Such as “monthly returns program”. It is shown beside whatever the program changes.', required: true, maxLength: 80 })}
${choice(
  'role',
  'What it may do',
  RoleSchema.options.map((role) => [role, MAY[role]]),
)}
${text('days', 'For how many days', { hint: `At most ${MAX_TOKEN_DAYS}.`, required: true, width: 5 })}
<button class="govuk-button">Make it</button></form>`,
  });
}

const button = ({ session }: Visit, action: string, word: string, { label }: ListedToken): Html =>
  html`<form method="post" action="${action}">${session && forgeryField(session.forgeryToken)}
<button class="govuk-button govuk-button--secondary app-small-button">${word}<span class="govuk-visually-hidden"> ${label}</span></button></form>`;

const ANSWERING: Readonly<Record<Answering, string | undefined>> = {
  'may manage': undefined,
  'may no longer': 'may no longer manage',
  'not known': 'has a council account: whether they may still manage is not known here',
};

/** Who made a token, who keeps it since, and what there is to know of whoever answers for it. */
function madeBy({ made, kept }: ListedToken, answering: Answering | undefined): Html {
  const said = (word: string, who: NonNullable<typeof made>): Html =>
    html`${word}${enteredBy(who.by)} <span class="app-when">${timeName(who.at)}</span>`;
  const remark = answering && ANSWERING[answering];
  return html`${made ? said('', made) : enteredBy(undefined)}${kept && html`<br>${said('Kept by ', kept)}`}${remark && html`<br><strong>${remark}</strong>`}`;
}

/** A token that was just made: it is shown here, and nowhere else ever. */
export function tokenPage(
  visit: Visit,
  { authority, name }: InspectionHeader,
  { token, grant }: { readonly token: string; readonly grant: Grant },
): Html {
  return layout(visit, {
    title: 'Your new token',
    place: { authority, name, at: 'recipients' },
    content: html`<h1 class="govuk-heading-l">Your new token</h1>
${warningText('Copy it now. It cannot be shown again.')}
<p class="govuk-body"><code>${token}</code></p>
<p class="govuk-body">“${grant.label}” may ${grant.scopes.map((scope) => RIGHT[scope]).join(', ')}, until ${until(grant)}. Keep it as you keep a password. If others may have seen it, revoke it and make another.</p>
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'tokens')}">Back to the tokens</a></p>`,
  });
}
