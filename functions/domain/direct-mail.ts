import type { Grant } from './access.ts';
import { dayName, MAX_NAME_LENGTH, monthName, timeName, typed } from './format.ts';
import type { Level } from './lifecycle.ts';
import { LEGEND, standingOf } from './notice.ts';
import type { Notice } from './notice-contents.ts';
import { countOf } from './notice-subject.ts';
import { dayInEngland } from './period.ts';
import type { PutBack } from './recipient.ts';

/** The words of what is mailed to one recipient alone. Links are to `pageUrl`, with a trailing slash. */

export interface Words {
  readonly subject: string;
  readonly text: string;
}

/** What somebody who hears from a level on is mailed about. */
const WHEN: Record<Level, string> = {
  critical: 'when something critical is raised, gets worse or ends',
  warning: 'when something critical or a warning is raised, gets worse or ends',
  watch: 'whenever an alert changes, also what is only to watch',
};

/** How things stand at a moment, in the words of a notice that has no news. */
export type Standing = Pick<Notice, 'authority' | 'name' | 'period' | 'stillRaised' | 'watching'>;

/**
 * How things stand, for somebody who has begun to get the e-mails, or whom they told what may no longer hold. Where others waited for
 * them, it names each alert without its figure: those that follow have that.
 */
export function greetingOf(
  standing: Standing,
  {
    least,
    waiting,
    isNew,
    putBack,
    now,
  }: {
    readonly least: Level;
    readonly waiting: number;
    readonly isNew: boolean;
    readonly putBack?: PutBack | undefined;
    readonly now: Date;
  },
  pageUrl: string,
): Words {
  const { authority, name, period, stillRaised } = standing;
  const counts = countsOf(stillRaised) || 'nothing is raised';
  const home = `${pageUrl}authorities/${authority}`;
  const follow =
    waiting === 1
      ? 'One e-mail waited for somebody to get it, and follows. It says how it came to this.'
      : `${waiting} e-mails waited for somebody to get them, and follow, the oldest first. They say how it came to this.`;
  return {
    subject: `${name}: how things stand ${putBack ? 'again ' : ''}(${counts})`,
    text: [
      [
        ...(putBack
          ? [
              `The record of ${name} was put back on ${timeName(putBack.at)} to what it was on ${timeName(putBack.to)}. E-mails that you got in between may no longer hold.`,
            ]
          : []),
        ...(isNew ? [`From now on you get e-mails about ${name}, ${WHEN[least]}.`] : []),
        `This is how things stood on ${timeName(now.toISOString())}.`,
      ].join(' '),
      period ? '' : 'No figures are in.',
      ...(waiting > 0 ? [follow, ''] : []),
      ...(stillRaised.length === 0 ? ['Nothing is raised.', ''] : []),
      ...standingOf(standing, home, waiting > 0),
      LEGEND,
      `Everything: ${home}`,
    ].join('\n'),
  };
}

/** How things stood once the figures of a month had been due, for somebody who asked to be told every month, also of nothing. */
export function summaryOf(
  standing: Standing,
  {
    month,
    since,
    mails,
    now,
  }: {
    readonly month: string;
    /** When the summary before was due, or this one was asked for; ISO instant. */
    readonly since: string;
    /** The numbers of the e-mails that told of changes since, whomever they went to; in order. */
    readonly mails: readonly number[];
    readonly now: Date;
  },
  pageUrl: string,
): Words {
  const { authority, name, period, stillRaised, watching } = standing;
  const counts = countsOf(stillRaised);
  const isIn = period !== undefined && period >= month;
  const home = `${pageUrl}authorities/${authority}`;
  const day = dayName(dayInEngland(new Date(since)));
  const [first] = mails;
  const last = mails.at(-1);
  const told =
    first === undefined
      ? `No e-mail has told of a change since ${day}.`
      : `Since ${day} ${mails.length === 1 ? `one e-mail told of changes, number ${first}` : `${mails.length} e-mails told of changes, numbers ${first} to ${last}`}: ${home}/notices`;
  return {
    subject: `${name}, ${monthName(month)}: monthly summary (${counts || (isIn ? 'nothing to report' : 'no figures')})`,
    text: [
      `The monthly summary of ${name} for ${monthName(month)}. This is how things stood on ${timeName(now.toISOString())}.`,
      period ? `Figures are in up to ${monthName(period)}.` : 'No figures are in.',
      ...(!counts && isIn
        ? [
            `Nothing to report: nothing is raised${watching.length > 0 ? ', and what is only to watch is not serious yet' : ''}.`,
          ]
        : []),
      told,
      '',
      ...standingOf(standing, home, false),
      ...(counts || watching.length > 0 ? [LEGEND] : []),
      `Everything: ${home}`,
      `You get this once a month, also when there is nothing to report, because it was asked for with your address. It can be ended there: ${home}/recipients`,
    ].join('\n'),
  };
}

/** `2 critical, 1 warning`; nothing where nothing is raised. */
function countsOf(raised: Standing['stillRaised']): string {
  const count = (level: Level): string[] => {
    const found = raised.filter((item) => (item.recovering ? item.reached : item.level) === level).length;
    return found > 0 ? [countOf(found, level)] : [];
  };
  return [...count('critical'), ...count('warning')].join(', ');
}

/** That somebody else is no longer mailed, for whoever still is. */
export function lossOf(
  {
    authority,
    name,
    address,
    noticedAt,
    left,
  }: {
    readonly authority: string;
    readonly name: string;
    /** Masked. */
    readonly address: string;
    readonly noticedAt: string;
    /** How many people still get the e-mails. */
    readonly left: number;
  },
  pageUrl: string,
): Words {
  return {
    subject: `${name}: ${address} no longer gets these e-mails`,
    text: `${address} no longer gets e-mails about ${name}. This service noticed on ${timeName(noticedAt)}.

Somebody followed the link at the end of an e-mail that ends them, or a scanner of mail did, or whoever runs this service took the address out.
Nobody removed it here. ${left === 1 ? 'You are the only one who still gets them.' : `${left} people still get them, and you are one.`}

If they should go on getting them, add the address again. They will be asked to confirm:
${pageUrl}authorities/${authority}/recipients
`,
  };
}

/** That a token ends before long, for whoever can make another. */
export function tokenEndOf(
  {
    label,
    id,
    authority,
    name,
    expires,
  }: Pick<Grant, 'label' | 'authority' | 'expires'> & {
    readonly id: string;
    /** What its authority is called; undefined for a token of every authority. */
    readonly name: string | undefined;
  },
  pageUrl: string,
): Words {
  const called = typed(label, MAX_NAME_LENGTH);
  const ends = new Date(expires * 1000);
  const what =
    name === undefined
      ? `It is for every authority, so only whoever runs this service can make another. How: “Replace a token that ends” in docs/runbook.md.`
      : `Make another before then, put it into the program that uses this one, and revoke this one:
${pageUrl}authorities/${authority}/tokens`;
  return {
    subject: `${name ?? 'Inspection monitor'}: the token "${called}" ends on ${dayName(dayInEngland(ends))}`,
    text: `The token “${called}” (${id}) of ${name ?? 'every authority'} ends on ${timeName(ends.toISOString())}. Whatever program signs in with it is refused from then on, such as one
that sends the monthly figures.

${what}

This is said once, two weeks before. If nothing uses the token any more, you need do nothing.
`,
  };
}

/** That mail arrives, for somebody who wants to be sure. */
export function testMailOf(
  {
    authority,
    name,
    least,
    now,
  }: { readonly authority: string; readonly name: string; readonly least: Level; readonly now: Date },
  pageUrl: string,
): Words {
  return {
    subject: `${name}: this is a test, nothing has changed`,
    text: `This is a test, asked for on ${timeName(now.toISOString())}. It arrived, and so will the e-mails about ${name}: you get one ${WHEN[least]}.

You need do nothing. How things stand: ${pageUrl}authorities/${authority}
`,
  };
}
