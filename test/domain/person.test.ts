import { expect, test } from 'vitest';
import {
  mustBeChecked,
  newPerson,
  type Person,
  scopesOf,
  sessionOf,
  withLink,
  withSession,
} from '../../functions/domain/person.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const at = (minutes: number): Date => new Date(NOW + minutes * 60_000);
/** When the address was asked to confirm. */
const ASKED = '2026-11-01T09:00:00.000Z';
const fresh = newPerson('0123456789abcdef', at(0));

test('a role may do what those before it may', () => {
  expect(scopesOf('look')).toEqual(['read']);
  expect(scopesOf('submit')).toEqual(['read', 'acknowledge', 'submit']);
  expect(scopesOf('manage')).toEqual(['read', 'acknowledge', 'submit', 'manage']);
});

test('an address is sent one link a minute and five an hour', () => {
  let person: Person = fresh;
  const sent: number[] = [];
  for (let minute = 0; minute <= 120; minute += 0.5) {
    const next = withLink(person, `link ${minute}`, false, at(minute));
    if (!next) continue;
    sent.push(minute);
    person = next;
  }
  expect(sent).toEqual([0, 1, 2, 3, 4, 60, 61, 62, 63, 64, 120]);
});

test('a link works once, and for 15 minutes', () => {
  const person = withLink(fresh, 'link', false, at(0)) as Person;
  expect(withSession(person, 'link', 'session', ASKED, at(15))).toBeUndefined();
  const begun = withSession(person, 'link', 'session', ASKED, at(14.5));
  expect(begun?.session.expires).toBe(at(14.5 + 12 * 60).toISOString());
  expect(withSession(begun?.person as Person, 'link', 'another', ASKED, at(14.5))).toBeUndefined();
  expect(withSession(person, 'no link', 'session', ASKED, at(1))).toBeUndefined();
});

test('a session lasts 12 hours, or 30 days where that was asked for', () => {
  const person = withLink(fresh, 'link', true, at(0)) as Person;
  const { person: signedIn } = withSession(person, 'link', 'session', ASKED, at(0)) as { person: Person };
  const days = (count: number): Date => at(count * 24 * 60);
  expect(sessionOf(signedIn, 'session', days(29.9))).toBeDefined();
  expect(sessionOf(signedIn, 'session', days(30))).toBeUndefined();
  expect(sessionOf(signedIn, 'another', days(1))).toBeUndefined();
});

test('whether an address still gets the alerts is asked an hour after SNS last said so, not after a link was followed', () => {
  const person = withLink(newPerson('a', at(-600)), 'link', true, at(0)) as Person;
  const { person: signedIn } = withSession(person, 'link', 'session', ASKED, at(14)) as { person: Person };
  expect([59, 60].map((minute) => mustBeChecked(signedIn, at(minute)))).toEqual([false, true]);
});
