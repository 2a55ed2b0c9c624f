import { describe, expect, test } from 'vitest';
import {
  greetingOf,
  lossOf,
  type Standing,
  summaryOf,
  testMailOf,
  tokenEndOf,
} from '../../functions/domain/direct-mail.ts';
import type { NoticeItem } from '../../functions/domain/notice-contents.ts';

const NOW = new Date('2011-02-16T09:30:00Z');
const PAGES = 'https://x/';
const HOME = 'https://x/authorities/hull';
const item = (fields: Partial<NoticeItem>): NoticeItem => ({
  ...{ alert: 'visits', title: 'Visits on time', level: 'critical', reached: 'critical', since: '2010-11' },
  ...{ value: '70% in January 2011', findings: [], actions: [] },
  ...fields,
});
const CRITICAL = item({});
/** A warning by now, of an episode that was critical, and better for a month. */
const RECOVERING = item({ alert: 'plans', title: 'Plans', level: 'warning', reached: 'critical', recovering: true });
const WARNING = item({ alert: 'reviews', title: 'Reviews', level: 'warning', reached: 'critical' });
const WATCH = item({ alert: 'caseload', title: 'Caseload', level: 'watch', reached: 'watch' });
const standing = (stillRaised: NoticeItem[], watching: NoticeItem[] = [], period?: string): Standing => ({
  ...{ authority: 'hull', name: 'Hull', stillRaised, watching },
  ...(period ? { period } : {}),
});

describe('a greeting', () => {
  const of = (stands: Standing, least: 'critical' | 'warning' | 'watch' = 'warning', waiting = 0) =>
    greetingOf(stands, { least, waiting, isNew: true, now: NOW }, PAGES);

  test('says what will come, and how things stand: what is raised by how bad it was', () => {
    const { subject, text } = of(standing([CRITICAL, RECOVERING, WARNING], [WATCH], '2011-01'));
    expect(subject).toBe('Hull: how things stand (2 critical, 1 warning)');
    expect(text.split('\n').slice(0, 2)).toEqual([
      'From now on you get e-mails about Hull, when something critical or a warning is raised, gets worse or ends. This is how things stood on 16 February 2011 at 09:30.',
      '',
    ]);
    expect(text).not.toContain('Nothing is raised');
    expect(text.endsWith(`\nEverything: ${HOME}`)).toBe(true);
    expect(text).toContain('70% in January 2011');
  });

  test('says that nothing is raised, and that no figures are in, where that is so', () => {
    const { subject, text } = of(standing([]), 'watch');
    expect(subject).toBe('Hull: how things stand (nothing is raised)');
    expect(text).toContain('whenever an alert changes, also what is only to watch.');
    expect(text.split('\n').slice(1, 4)).toEqual(['No figures are in.', 'Nothing is raised.', '']);
  });

  test('says what waited and follows, and leaves the figures to that', () => {
    const [one, three] = [1, 3].map((waiting) => of(standing([CRITICAL], [], '2011-01'), 'critical', waiting).text);
    expect(one).toContain('One e-mail waited for somebody to get it, and follows. It says how it came to this.\n\n');
    expect(three).toContain(
      '3 e-mails waited for somebody to get them, and follow, the oldest first. They say how it came to this.\n\n',
    );
    expect(one).toContain('when something critical is raised, gets worse or ends.');
    expect(one).not.toContain('70% in January 2011');
  });
});

describe('a monthly summary', () => {
  const of = (stands: Standing, mails: number[] = []) =>
    summaryOf(stands, { month: '2011-01', since: '2011-01-15T00:30:00Z', mails, now: NOW }, PAGES);

  test('tells of a month in which nothing was to report', () => {
    const { subject, text } = of(standing([], [], '2011-01'));
    expect(subject).toBe('Hull, January 2011: monthly summary (nothing to report)');
    expect(text.split('\n')).toEqual([
      'The monthly summary of Hull for January 2011. This is how things stood on 16 February 2011 at 09:30.',
      'Figures are in up to January 2011.',
      'Nothing to report: nothing is raised.',
      'No e-mail has told of a change since 15 January 2011.',
      '',
      `Everything: ${HOME}`,
      `You get this once a month, also when there is nothing to report, because it was asked for with your address. It can be ended there: ${HOME}/recipients`,
    ]);
    expect(of(standing([], [WATCH], '2011-01')).text).toContain(
      'Nothing to report: nothing is raised, and what is only to watch is not serious yet.',
    );
  });

  test('tells of what is raised, and which e-mails told of it', () => {
    const { subject, text } = of(standing([CRITICAL], [], '2011-02'), [4]);
    expect(subject).toBe('Hull, January 2011: monthly summary (1 critical)');
    expect(text).toContain(`Since 15 January 2011 one e-mail told of changes, number 4: ${HOME}/notices\n\n`);
    expect(text).not.toContain('Nothing to report');
    expect(of(standing([WARNING]), [4, 5, 7]).text).toContain(
      `Since 15 January 2011 3 e-mails told of changes, numbers 4 to 7: ${HOME}/notices`,
    );
  });

  test('never takes figures that are missing for nothing to report', () => {
    for (const period of [undefined, '2010-12']) {
      const { subject, text } = of(standing([], [], period));
      expect(subject).toBe('Hull, January 2011: monthly summary (no figures)');
      expect(text).not.toContain('Nothing to report');
      expect(text).toContain(period ? 'Figures are in up to December 2010.' : 'No figures are in.');
    }
  });
});

test('whoever still gets the e-mails is told who no longer does, and how many are left', () => {
  const of = (left: number) =>
    lossOf({ authority: 'hull', name: 'Hull', address: 'd…@x', noticedAt: NOW.toISOString(), left }, PAGES);
  expect(of(1).subject).toBe('Hull: d…@x no longer gets these e-mails');
  expect(of(1).text).toMatch(
    /^d…@x no longer gets e-mails about Hull\. This service noticed on 16 February 2011 at 09:30\./,
  );
  expect(of(1).text).toContain('You are the only one who still gets them.');
  expect(of(2).text).toContain('2 people still get them, and you are one.');
  expect(of(2).text).toContain(`They will be asked to confirm:\n${HOME}/recipients\n`);
});

test('the end of a token is told to who can make another: of one authority, or of whoever runs the service', () => {
  const expires = Date.parse('2011-03-02T00:00:00Z') / 1000;
  const of = (name: string | undefined) =>
    tokenEndOf({ label: 'Monthly job', id: '1f', authority: name ? 'hull' : '*', name, expires }, PAGES);
  expect(of('Hull').subject).toBe('Hull: the token "Monthly job" ends on 2 March 2011');
  expect(of('Hull').text).toMatch(/^The token “Monthly job” \(1f\) of Hull ends on 2 March 2011 at 00:00\./);
  expect(of('Hull').text).toContain(`revoke this one:\n${HOME}/tokens\n`);
  expect(of(undefined).subject).toBe('Inspection monitor: the token "Monthly job" ends on 2 March 2011');
  expect(of(undefined).text).toContain('of every authority ends on');
  expect(of(undefined).text).toContain('so only whoever runs this service can make another.');
});

test('a test says that it is one, and what else will come', () => {
  const { subject, text } = testMailOf({ authority: 'hull', name: 'Hull', least: 'critical', now: NOW }, PAGES);
  expect(subject).toBe('Hull: this is a test, nothing has changed');
  expect(text).toContain('This is a test, asked for on 16 February 2011 at 09:30.');
  expect(text).toContain('you get one when something critical is raised, gets worse or ends.');
  expect(text).toContain(`How things stand: ${HOME}\n`);
});
