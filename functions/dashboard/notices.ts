import { NOTICES_A_PAGE, noticePage, noticesPage } from '../pages/notices.ts';
import { type PageAnswer, page } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { NotFoundError } from '../services/errors.ts';
import { withInspection } from '../services/inspections.ts';
import { readNotice, readNotices } from '../services/notices.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** The notices that were mailed. */

export async function getNotices(
  { parameters: { authority = '' }, query, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  const before = /^[1-9]\d{0,5}$/.test(query.before ?? '') ? Number(query.before) : undefined;
  const [{ header }, found] = await withInspection(database, authority, () =>
    readNotices(database, authority, { before, limit: NOTICES_A_PAGE }),
  );
  return page(noticesPage(visit, header, found));
}

export async function getNotice(
  { parameters: { authority = '', number = '' }, event: { headers }, visit }: PageRequest,
  { database }: DashboardDependencies,
): Promise<PageAnswer> {
  if (!/^[1-9]\d{0,4}$/.test(number)) throw new NotFoundError('notice', number);
  const [{ header }, notice] = await withInspection(database, authority, () =>
    readNotice(database, authority, Number(number)),
  );
  return page(noticePage(visit, header, notice, `${headers['x-forwarded-proto']}://${headers.host}/`));
}
