import type { InspectionHeader } from '../domain/inspection.ts';
import { type Level, LevelSchema } from '../domain/lifecycle.ts';
import { type Role, RoleSchema } from '../domain/person.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import type { MailedPerson } from '../services/people.ts';
import { type MailedAddress, maskedAddress } from '../services/recipients.ts';
import type { Answering } from '../services/tokens.ts';
import { type Content, type Html, html } from './html.ts';
import { errorSummary, forgeryField, layout, missingText, pathOf, table, type Visit, warningText } from './layout.ts';
import { breakable, counted, enteredBy, timeName } from './words.ts';

const FROM: Record<Level, string> = {
  critical: 'Critical only',
  warning: 'Warning and critical',
  watch: 'Everything, also what is only to watch',
};

export const MAY: Record<Role, string> = {
  look: 'Look',
  acknowledge: 'Look, say who has an alert in hand',
  submit: 'Look, say who has an alert in hand, submit figures',
  manage: 'Everything, also who is mailed and what is judged by',
};

const SUMMARY = [
  ['yes', 'Send it every month'],
  ['no', 'Send none'],
] as const;

/** That there are tokens for which nobody answers any more; nothing where there are none. */
export function orphanWarning(answering: ReadonlyMap<string, Answering>, more?: Content): Content {
  const count = [...answering.values()].filter((each) => each === 'may no longer').length;
  if (count === 0) return undefined;
  return warningText(
    html`${counted(count, 'token was', 'tokens were')} made by somebody who may no longer manage, and ${count === 1 ? 'still works' : 'still work'}. Revoke what nobody needs. Keep what a program needs: then you answer for it.${more}`,
  );
}

/** What was typed into the form and could not be taken. */
export interface RefusedRecipient {
  readonly address: string;
  readonly level: string;
  readonly role: string;
  readonly summary: string;
  readonly fault: string;
}

/** Who is mailed: confirmed or not, and from which level on. */
export function recipientsPage(
  visit: Visit,
  { authority, name }: InspectionHeader,
  recipients: readonly MailedPerson[],
  {
    refused,
    tested,
    unreadable,
    answering,
  }: {
    readonly refused?: RefusedRecipient | undefined;
    readonly tested?: string | undefined;
    readonly unreadable?: readonly Unreadable[];
    /** Of the tokens of whoever may manage. */
    readonly answering?: ReadonlyMap<string, Answering> | undefined;
  } = {},
): Html {
  const confirmed = recipients.filter(({ arn }) => arn).length;
  const pending = recipients.filter(({ lapsesAt }) => lapsesAt).length;
  const lost = recipients.filter(({ lostAt }) => lostAt).length;
  const beside = recipients.map(({ address }) => address);
  const sentTo = recipients.find(({ id }) => id === tested);
  const mayManage = visit.session?.scopes.includes('manage') === true;
  return layout(visit, {
    title: 'Recipients',
    place: { authority, name, at: 'recipients' },
    hasErrors: refused !== undefined,
    content: html`${errorSummary(refused ? [{ text: refused.fault, field: 'address' }] : [])}
<h1 class="govuk-heading-l">Recipients</h1>
<p class="govuk-body">Who is mailed when an alert is raised, gets worse or ends.</p>
${missingText(unreadable)}
${sentTo && html`<p class="govuk-body" role="status"><strong>A test is on its way to ${maskedAddress(sentTo.address, beside)}.</strong> If it does not come within a few minutes, look among the junk e-mail.</p>`}
${lost > 0 && warningText(`${counted(lost, 'address', 'addresses')} no longer ${lost === 1 ? 'gets' : 'get'} the e-mails: unsubscribed by whoever has it, or by a scanner of mail. Add it again to have it asked.`)}
${answering && orphanWarning(answering, html` <a class="govuk-link" href="${pathOf(authority, 'tokens')}">Look at the tokens</a>`)}
${confirmed === 0 && warningText('Nobody is mailed: no address has confirmed yet. Notices wait until one has.')}
${pending > 0 && html`<p class="govuk-body">${counted(pending, 'address', 'addresses')} not confirmed yet: the link is in an e-mail from AWS Notifications, perhaps among the junk e-mail.</p>`}
${
  recipients.length > 0 &&
  table({
    caption: 'Addresses',
    captionHidden: true,
    heads: ['Address', 'Mailed about', 'What it may do', 'State', 'Set by', ...(mayManage ? ['Change'] : [])],
    rows: recipients.map((recipient) => [
      breakable(maskedAddress(recipient.address, beside)),
      `${FROM[recipient.level]}${recipient.summary ? '; a summary every month' : ''}`,
      MAY[recipient.role],
      recipient.arn
        ? 'Confirmed'
        : recipient.lostAt
          ? html`<strong>Lost</strong> <span class="app-when">seen ${timeName(recipient.lostAt)}</span>`
          : html`<strong>Pending</strong>${recipient.lapsesAt && html` <span class="app-when">lapses ${timeName(recipient.lapsesAt)}</span>`}`,
      recipient.decided
        ? html`${enteredBy(recipient.decided.by)} <span class="app-when">${timeName(recipient.decided.at)}</span>`
        : enteredBy(undefined),
      ...(mayManage ? [removal(visit, authority, recipient, beside)] : []),
    ]),
  })
}
${mayManage && additionForm(visit, authority, refused)}
${mayManage && html`<p class="govuk-body">Programs sign in with a token. <a class="govuk-link" href="${pathOf(authority, 'tokens')}">Tokens of ${name}</a></p>`}`,
  });
}

function removal(
  { session }: Visit,
  authority: string,
  { id, address, arn, lostAt }: MailedAddress,
  beside: readonly string[],
): Html | string {
  if (!arn && !lostAt) return 'Cannot be removed before it confirms or lapses';
  return html`<form method="post" action="${pathOf(authority, 'recipients', id, 'removal')}">${session && forgeryField(session.forgeryToken)}
<button class="govuk-button govuk-button--secondary app-small-button">Remove<span class="govuk-visually-hidden"> ${maskedAddress(address, beside)}</span></button></form>${
    arn &&
    html`<form method="post" action="${pathOf(authority, 'recipients', id, 'test')}">${session && forgeryField(session.forgeryToken)}
<button class="govuk-button govuk-button--secondary app-small-button">Send a test<span class="govuk-visually-hidden"> to ${maskedAddress(address, beside)}</span></button></form>`
  }`;
}

function additionForm({ session }: Visit, authority: string, refused?: RefusedRecipient): Html {
  const chosen = refused?.level ?? 'warning';
  return html`<h2 class="govuk-heading-m">Add or change an address</h2>
<form method="post" action="${pathOf(authority, 'recipients')}" class="app-narrow">${session && forgeryField(session.forgeryToken)}
<div class="govuk-form-group"><label class="govuk-label" for="address">E-mail address</label>
${refused && html`<p class="govuk-error-message" id="address-error"><span class="govuk-visually-hidden">Error:</span> ${refused.fault}</p>`}
<input class="govuk-input" id="address" name="address" type="email" autocomplete="off" required value="${refused?.address ?? ''}"${refused && html` aria-describedby="address-error"`}></div>
<div class="govuk-form-group"><label class="govuk-label" for="level">Mailed about</label>
<div class="govuk-hint" id="level-hint">A change takes up to 15 minutes.</div>
<select class="govuk-select" id="level" name="level" aria-describedby="level-hint">${[...LevelSchema.options]
    .reverse()
    .map(
      (level) => html`<option value="${level}"${level === chosen && html` selected`}>${FROM[level]}</option>`,
    )}</select></div>
<div class="govuk-form-group"><label class="govuk-label" for="role">What it may do</label>
<div class="govuk-hint" id="role-hint">Once signed in by a link that is mailed to the address.</div>
<select class="govuk-select" id="role" name="role" aria-describedby="role-hint"><option value="">As it is now; look, for a new address</option>${RoleSchema.options.map(
    (role) => html`<option value="${role}"${role === refused?.role && html` selected`}>${MAY[role]}</option>`,
  )}</select></div>
<div class="govuk-form-group"><label class="govuk-label" for="summary">Monthly summary</label>
<div class="govuk-hint" id="summary-hint">One e-mail a month that says how things stand, on the day after its figures were due; also when there is nothing to report.</div>
<select class="govuk-select" id="summary" name="summary" aria-describedby="summary-hint"><option value="">As it is now; none, for a new address</option>${SUMMARY.map(
    ([value, words]) =>
      html`<option value="${value}"${value === refused?.summary && html` selected`}>${words}</option>`,
  )}</select></div>
<button class="govuk-button">Save</button></form>`;
}

/** Before the last one goes: nobody would hear of anything then. */
export function lastRemovalPage({ session, ...visit }: Visit, { authority, name }: InspectionHeader, id: string): Html {
  return layout(
    { ...visit, ...(session && { session }) },
    {
      title: 'Remove the last address?',
      place: { authority, name, at: 'recipients' },
      content: html`<h1 class="govuk-heading-l">Remove the last address?</h1>
${warningText('Nobody would be e-mailed any more when something gets worse. Notices would wait until somebody has confirmed.')}
<p class="govuk-body">If somebody else is to be mailed instead, add their address first and wait until they have confirmed.</p>
<form method="post" action="${pathOf(authority, 'recipients', id, 'removal')}">${session && forgeryField(session.forgeryToken)}
<input type="hidden" name="last" value="yes">
<button class="govuk-button govuk-button--warning">Remove it, and mail nobody</button></form>
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'recipients')}">Back to the recipients</a></p>`,
    },
  );
}
