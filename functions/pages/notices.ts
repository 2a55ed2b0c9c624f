import type { InspectionHeader } from '../domain/inspection.ts';
import { bodyOf } from '../domain/notice.ts';
import type { StoredNotice } from '../domain/notice-contents.ts';
import { subjectOf } from '../domain/notice-subject.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { type Html, html } from './html.ts';
import { layout, missingText, pathOf, table, type Visit } from './layout.ts';
import { stateTag, timeName } from './words.ts';

export const NOTICES_A_PAGE = 50;

/** Notices, newest first, and the way to older ones. */
export function noticesPage(
  visit: Visit,
  { authority, name }: InspectionHeader,
  {
    notices,
    unreadable,
    last,
    more,
  }: {
    readonly notices: readonly StoredNotice[];
    readonly unreadable: readonly Unreadable[];
    /** The lowest number on this page. */
    readonly last: number;
    readonly more: boolean;
  },
): Html {
  return layout(visit, {
    title: 'Notices',
    place: { authority, name, at: 'notices' },
    content: html`<h1 class="govuk-heading-l">Notices</h1>
<p class="govuk-body">A notice is written whenever figures or deadlines raise, worsen or end an alert. Each recipient is mailed those of the levels they asked for.</p>
${missingText(unreadable)}
${
  notices.length === 0
    ? html`<p class="govuk-body">There is no notice yet.</p>`
    : table({
        caption: 'Notices, newest first',
        captionHidden: true,
        heads: ['Notice', 'Level', 'Written', 'Sent'],
        rows: notices.map(({ notice, sentAt }) => [
          html`<a class="govuk-link" href="${pathOf(authority, 'notices', String(notice.number))}">${notice.number}: ${subjectOf(notice)}</a>`,
          stateTag(notice.level),
          timeName(notice.createdAt),
          sentAt ? timeName(sentAt) : UNSENT,
        ]),
      })
}
${more && html`<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'notices')}?before=${last}">Older notices</a></p>`}`,
  });
}

const UNSENT = 'Not yet: it waits until a recipient has confirmed';

/** One notice, word for word as it was mailed. */
export function noticePage(
  visit: Visit,
  { authority, name }: InspectionHeader,
  { notice, sentAt }: StoredNotice,
  pageUrl: string,
): Html {
  return layout(visit, {
    title: `Notice ${notice.number}`,
    place: { authority, name, at: 'notices' },
    content: html`<h1 class="govuk-heading-l">Notice ${notice.number}</h1>
<dl class="govuk-summary-list app-facts">
<div class="govuk-summary-list__row"><dt class="govuk-summary-list__key">Subject</dt><dd class="govuk-summary-list__value">${subjectOf(notice)}</dd></div>
<div class="govuk-summary-list__row"><dt class="govuk-summary-list__key">Level</dt><dd class="govuk-summary-list__value">${stateTag(notice.level)}</dd></div>
<div class="govuk-summary-list__row"><dt class="govuk-summary-list__key">Sent</dt><dd class="govuk-summary-list__value">${sentAt ? timeName(sentAt) : UNSENT}</dd></div>
</dl>
<pre class="app-mail" tabindex="0" role="region" aria-label="The text as mailed">${bodyOf(notice, pageUrl)}</pre>
<p class="govuk-body"><a class="govuk-link" href="${pathOf(authority, 'notices')}">All notices</a></p>`,
  });
}
