import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { SCOPES, type Scope } from '../../functions/domain/access.ts';
import { readCsv } from '../../functions/services/csv.ts';
import { createToken } from '../../functions/store/access.ts';
import { databaseOf } from '../../local/launch.ts';
import { AUTHORITY, type Service } from './service.ts';

export const HOME = `/authorities/${AUTHORITY}`;

export const EXAMPLE = new URL('../../seed/examples/herefordshire-illustrative-2010-2011.csv', import.meta.url);
export const CORRECTION = new URL('../../seed/examples/herefordshire-illustrative-correction.csv', import.meta.url);

/** A token made for a test; `*` is every authority. */
export async function tokenFor(
  service: Service,
  scopes: readonly Scope[] = SCOPES,
  authority = AUTHORITY,
): Promise<string> {
  const expires = Math.floor(Date.parse('2030-01-01') / 1000);
  return createToken(databaseOf(service), { scopes: [...scopes], authority, label: 'Director', expires });
}

/** Submits the months of an example file, through the API, and waits until they are judged. */
export async function submitExample(service: Service, file: URL, revise = false): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const submissions = readCsv(text).months.map(({ period, body }) => ({ period, ...body }));
  const path = `/v1/authorities/${AUTHORITY}/submissions${revise ? '?revise=true' : ''}`;
  await service.client.request('POST', path, { submissions });
  await service.idle();
}

export async function signIn(page: Page, token: string, path = '/'): Promise<void> {
  await page.goto(path);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What a browser is answered, and its text as it is read. */
export async function seenIn(response: Response) {
  const html = await response.text();
  const text = html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll(/\s+/g, ' ');
  return { status: response.status, location: response.headers.get('location'), html, text };
}
