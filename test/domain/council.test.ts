import { expect, test } from 'vitest';
import { CouncilRulesSchema, IssuerSchema, isPlain, rolesFor } from '../../functions/domain/council.ts';
import { newPerson, roleIn, type Said, sessionOf, withSaidSession } from '../../functions/domain/person.ts';

const RULES = CouncilRulesSchema.parse(
  'look@*=Readers; manage@herefordshire = CN=Heads,OU=Children; acknowledge@herefordshire=Readers; submit@bristol=a@b.c',
);

test('a rule is role, authority and value, which may have everything in it but ;', () => {
  expect(RULES.map(({ role, authority, value }) => [role, authority, value])).toEqual([
    ['look', '*', 'Readers'],
    ['manage', 'herefordshire', 'CN=Heads,OU=Children'],
    ['acknowledge', 'herefordshire', 'Readers'],
    ['submit', 'bristol', 'a@b.c'],
  ]);
  const refused = (text: string) => CouncilRulesSchema.safeParse(text).error?.issues.map(({ message }) => message);
  expect(refused('look@*')?.[0]).toMatch(/^"look@\*" is no rule; write role@authority=value/);
  expect(refused('look@Leeds=x; all@*=y; look@*=')).toHaveLength(3);
});

test.each([
  ['Readers', { '*': 'look', herefordshire: 'acknowledge' }],
  [['Readers', 'CN=Heads,OU=Children'], { '*': 'look', herefordshire: 'manage' }],
  [['readers', 'Readers '], {}],
  [{ Readers: true }, {}],
  [[['Readers']], {}],
  [undefined, {}],
])('of a claim %j the highest role counts, and only what is in the rules to the letter', (claim, roles) => {
  expect(rolesFor(claim, RULES)).toEqual(roles);
});

test('in an authority the higher of its own role and that for all counts', () => {
  expect(roleIn({ '*': 'submit', herefordshire: 'look' }, 'herefordshire')).toBe('submit');
  expect(roleIn({ '*': 'look', herefordshire: 'manage' }, 'herefordshire')).toBe('manage');
  expect(roleIn({ '*': 'look' }, 'bristol')).toBe('look');
  expect(roleIn({ herefordshire: 'manage' }, 'bristol')).toBeUndefined();
});

test('an issuer is spoken to over HTTPS, but for one on this very machine', () => {
  for (const issuer of ['https://login.example.org/t/v2.0', 'http://127.0.0.1:9000', 'http://localhost'])
    expect(IssuerSchema.safeParse(issuer).success).toBe(true);
  for (const issuer of [
    'http://login.example.org',
    'https://a@b.c',
    'https://b.c?x',
    'https://b.c#',
    'b.c',
    'file:///x',
  ])
    expect(IssuerSchema.safeParse(issuer).success).toBe(false);
  expect([isPlain({ issuer: 'https://localhost' }), isPlain({ issuer: 'http://localhost' })]).toEqual([false, true]);
});

test('an attempt becomes one session, for a working day, however often it comes back while it could', () => {
  const now = new Date('2026-11-30T12:00:00Z');
  const attempt = { digest: 'attempt', expires: '2026-11-30T12:10:00.000Z' };
  const said: Said = { settings: 's', address: 'a@example.org', roles: { '*': 'look' } };
  const begun = withSaidSession(newPerson('0123456789abcdef', now), attempt, 'session', said, now);
  const person = begun?.person ?? newPerson('none', now);
  expect(sessionOf(person, 'session', now)?.said).toEqual(said);
  expect(begun?.session.expires).toBe('2026-12-01T00:00:00.000Z');
  expect(withSaidSession(person, attempt, 'another', said, now)).toBeUndefined();
  const later = new Date('2026-11-30T12:10:00Z');
  const other = { digest: 'other', expires: '2026-11-30T12:20:00.000Z' };
  expect(withSaidSession(person, other, 'another', said, later)?.person.used).toEqual([other]);
});
