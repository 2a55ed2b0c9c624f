import { revokeToken as deleteToken } from '../store/access.ts';
import type { Database } from '../store/database.ts';
import { NotFoundError } from './errors.ts';

export { createToken, idOfToken, listTokens, readGrant } from '../store/access.ts';

/** Makes a token worthless from its next request on. Throws {@link NotFoundError} where none is listed under `id`. */
export async function revokeToken(database: Database<'access'>, id: string): Promise<void> {
  if (!(await deleteToken(database, id))) throw new NotFoundError('token', id);
}
