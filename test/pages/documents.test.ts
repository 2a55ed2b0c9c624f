import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LINK_MINUTES, newPerson, withLink, withSession } from '../../functions/domain/person.ts';
import { documentPage } from '../../functions/pages/documents.ts';
import { NO_ASSETS } from '../support/build.ts';

/** The documents of `docs/` that the service shows. */

const documents = { ...NO_ASSETS.documents, accessibility: '<p>Write to {contact}. If {contact} is away, wait.</p>' };
const shown = (contact: string | undefined) =>
  `${documentPage({ assets: { ...NO_ASSETS, documents } }, 'accessibility', contact)}`;

test('a document names whom to write to, escaped, wherever it does', () => {
  const page = shown("o'hara&co@example.org");
  expect(page.match(/mailto:o&#39;hara&amp;co@example\.org">o&#39;hara&amp;co@example\.org</g)).toHaveLength(2);
  expect(page).not.toContain('{contact}');
});

test('where nobody was named it says so in words', () => {
  expect(shown(undefined)).toContain('Write to whoever gave you access to this service.');
});

test.each(['accessibility', 'privacy-notice'])('%s has somebody to write to', (name) => {
  expect(readFileSync(`docs/${name}.md`, 'utf8').match(/\{contact\}/g)?.length).toBeGreaterThan(1);
});

test('the privacy notice says how long sessions and links last', () => {
  const notice = readFileSync('docs/privacy-notice.md', 'utf8');
  const now = new Date('2026-11-30T12:00:00Z');
  const hours = (remember: boolean): number => {
    const asked = withLink(newPerson('a', now), 'link', remember, now);
    const begun = asked && withSession(asked, 'link', 'session', '2026-11-01T09:00:00.000Z', now);
    return (Date.parse(begun?.session.expires ?? '') - now.getTime()) / 3_600_000;
  };
  expect(notice).toContain(`A session ends after ${hours(false)} hours, or after ${hours(true) / 24} days`);
  expect(notice).toContain(`a link works for ${LINK_MINUTES} minutes`);
});
