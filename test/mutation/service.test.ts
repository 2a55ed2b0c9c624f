import { expect, test } from 'vitest';
import { startService } from './service.ts';

/** That what mutants are asked over is the service: what is accepted is judged, mailed, and shown to whoever signs in. */
test('the service in memory judges, mails and shows what was sent, and is asked without a network', async () => {
  const service = await startService();
  const sent = await service.put('2011-08', { observations: { 'average-caseload': { value: 40 } } });
  expect([sent.status, sent.etag]).toEqual([201, '"1"']);
  const [mail] = await service.mails();
  expect(mail).toMatchObject({ to: [{ address: 'director@example.org' }], subject: expect.stringContaining('Heref') });
  expect((await service.get('/alerts')).alerts).toContainEqual(
    expect.objectContaining({ alert: 'average-caseload', state: 'raised' }),
  );
  const form = { method: 'POST', body: new URLSearchParams({ token: service.token, to: '/' }) };
  const answer = await fetch(`${service.api}/sign-in`, {
    ...form,
    ...{ redirect: 'manual', headers: { 'sec-fetch-site': 'same-origin' } },
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = await fetch(`${service.api}/`, { headers: { cookie } });
  expect([answer.status, page.status]).toEqual([303, 200]);
  expect(await page.text()).toContain('Herefordshire');
  await expect(
    service.put('2011-08', { observations: { 'average-caseload': { value: 4 } } }, 7),
  ).resolves.toMatchObject({ status: 412 });
  await service.end();
  await expect(fetch(`${service.api}/`)).rejects.toThrow();
});
