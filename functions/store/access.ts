import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Grant, GrantSchema, isExpired } from '../domain/access.ts';
import { type Database, type Item, queryAll, whereItHolds } from './database.ts';
import { digestOf, type TABLES, TOKEN_PREFIX, tokenKey } from './keys.ts';

type Access = Database<'access'>;

const TOKEN = /^imt_[A-Za-z0-9_-]{43}$/;

/** Creates a token of 256 random bits. Only its SHA-256 is stored: it can be shown now and never again. */
export async function createToken({ client, tables }: Access, grant: Grant): Promise<string> {
  const token = `imt_${randomBytes(32).toString('base64url')}`;
  const { scopes, authority, label, expires, made } = GrantSchema.parse(grant);
  await client.send(
    new PutItemCommand({
      TableName: tables.access,
      Item: {
        pk: { S: tokenKey(sha256(token)) },
        scopes: { SS: scopes },
        authority: { S: authority },
        label: { S: label },
        expires: { N: String(expires) },
        ...(made ? { made: { S: JSON.stringify(made) } } : {}),
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  return token;
}

/** What a token allows; undefined where it is malformed, unknown, revoked or expired. */
export async function readGrant({ client, tables }: Access, token: string, now: Date): Promise<Grant | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const key = tokenKey(sha256(token));
  const { Item } = await client.send(
    new GetItemCommand({ TableName: tables.access, Key: { pk: { S: key } }, ConsistentRead: true }),
  );
  if (!Item?.pk?.S || !isEqual(Item.pk.S, key)) return undefined;
  const grant = grantOf(Item);
  // Not left to the table's TTL, which may take days.
  return isExpired(grant, now) ? undefined : grant;
}

/** Digests, compared in a time that does not depend on where they differ. */
function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function grantOf(item: Item): Grant {
  return GrantSchema.parse({
    scopes: item.scopes?.SS,
    authority: item.authority?.S,
    label: item.label?.S,
    expires: Number(item.expires?.N),
    ...(item.made?.S ? { made: JSON.parse(item.made.S) } : {}),
    ...(item.kept?.S ? { kept: JSON.parse(item.kept.S) } : {}),
  });
}

/** A token as it can be listed: `id` begins its digest and says nothing of the token itself. */
export interface ListedToken extends Grant {
  readonly id: string;
}

/** As many digits of the digest as tell tokens apart: one collision in 281 million million. */
const ID_LENGTH = 12;

const idOf = ({ pk }: Item): string => digestOf(pk?.S ?? '').slice(0, ID_LENGTH);

/** Under which id a token is listed, and what it did is logged. */
export const idOfToken = (token: string): string => sha256(token).slice(0, ID_LENGTH);

/** Tokens, and the ids of those that are stored and cannot be read: they allow nothing, and can be revoked. */
export interface TokenList<T = ListedToken> {
  readonly tokens: readonly T[];
  readonly unreadable: readonly string[];
}

/** Every token there is, the one that expires first first. */
export async function listTokens(database: Access): Promise<TokenList> {
  const { tokens, unreadable } = listOf(await scan(database), listed);
  return { tokens: tokens.toSorted((a, b) => a.expires - b.expires), unreadable };
}

/** The tokens of an authority, or with `*` those of every authority, by label. One made a moment ago may be missing. */
export async function listTokensOf(database: Access, authority: string): Promise<TokenList> {
  return listOf(await itemsOf(database, authority), listed);
}

const listed = (item: Item): ListedToken => ({ id: idOf(item), ...grantOf(item) });

function listOf<T>(items: readonly Item[], read: (item: Item) => T): TokenList<T> {
  const tokens: T[] = [];
  const unreadable: string[] = [];
  for (const item of items)
    try {
      tokens.push(read(item));
    } catch {
      unreadable.push(idOf(item));
    }
  return { tokens, unreadable };
}

async function itemsOf(database: Access, authority: string): Promise<Item[]> {
  const { client, tables } = database;
  const found = await keysOf(database, authority);
  const items = await Promise.all(
    found.map(async ({ pk = { S: '' } }) => {
      const { Item } = await client.send(new GetItemCommand({ TableName: tables.access, Key: { pk } }));
      return Item ?? [];
    }),
  );
  return items.flat();
}

/** A token that ends before long, of which nobody was told yet. */
export interface EndingToken extends ListedToken {
  readonly key: string;
}

/** Those of an authority's tokens, or of those for every one, that end by then, and whose end was told to nobody. */
export async function listEndingTokens(database: Access, authority: string, by: Date): Promise<TokenList<EndingToken>> {
  const untold = (await itemsOf(database, authority)).filter(({ endTold }) => !endTold);
  const { tokens, unreadable } = listOf(untold, (item) => ({ ...listed(item), key: item.pk?.S ?? '' }));
  return { tokens: tokens.filter(({ expires }) => expires * 1000 <= by.getTime()), unreadable };
}

/** Takes it upon one run to tell of a token's end until then; false where it was told, is being told, or the token is gone. */
export function claimEnd({ client, tables }: Access, key: string, now: Date, until: Date): Promise<boolean> {
  return whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.access,
        Key: { pk: { S: key } },
        UpdateExpression: 'SET endTellingUntil = :until',
        ConditionExpression:
          'attribute_exists(pk) AND attribute_not_exists(endTold) AND (attribute_not_exists(endTellingUntil) OR endTellingUntil <= :now)',
        ExpressionAttributeValues: { ':until': { S: until.toISOString() }, ':now': { S: now.toISOString() } },
      }),
    ),
  );
}

/** Keeps that a token's end was told; of one that was revoked meanwhile nothing. */
export async function markEndTold({ client, tables }: Access, key: string, at: Date): Promise<void> {
  await whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.access,
        Key: { pk: { S: key } },
        UpdateExpression: 'SET endTold = :at REMOVE endTellingUntil',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':at': { S: at.toISOString() } },
      }),
    ),
  );
}

/** Keeps who answers for a token of an authority from now on; false where it has none with that id. */
export async function keepTokenOf(
  database: Access,
  authority: string,
  id: string,
  kept: NonNullable<Grant['kept']>,
): Promise<boolean> {
  const { client, tables } = database;
  const key = (await keysOf(database, authority)).find((candidate) => idOf(candidate) === id)?.pk;
  if (!key) return false;
  return whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.access,
        Key: { pk: key },
        UpdateExpression: 'SET kept = :kept',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':kept': { S: JSON.stringify(kept) } },
      }),
    ),
  );
}

/** Makes a token of an authority worthless from the next request on; false where it has none with that id. */
export async function revokeTokenOf(database: Access, authority: string, id: string): Promise<boolean> {
  const { client, tables } = database;
  const found = await keysOf(database, authority);
  const key = found.find((candidate) => idOf(candidate) === id)?.pk;
  if (!key) return false;
  await client.send(new DeleteItemCommand({ TableName: tables.access, Key: { pk: key } }));
  return true;
}

/** Makes a token worthless from the next request on; false where there is none with that id. */
export async function revokeToken(database: Access, id: string): Promise<boolean> {
  const { client, tables } = database;
  const item = (await scan(database)).find((candidate) => idOf(candidate) === id);
  if (!item?.pk) return false;
  await client.send(new DeleteItemCommand({ TableName: tables.access, Key: { pk: item.pk } }));
  return true;
}

/** The keys of an authority's tokens. */
const keysOf = ({ client, tables }: Access, authority: string): Promise<Item[]> =>
  queryAll(client, {
    TableName: tables.access,
    IndexName: 'tokens' satisfies keyof typeof TABLES.access.indexes,
    KeyConditionExpression: 'authority = :authority',
    ExpressionAttributeValues: { ':authority': { S: authority } },
  });

/** Every item of a token: people who sign in by mail are in the same table. */
async function scan({ client, tables }: Access): Promise<Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: tables.access, ConsistentRead: true, ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    items.push(...(page.Items ?? []).filter(({ pk }) => pk?.S?.startsWith(TOKEN_PREFIX)));
    from = page.LastEvaluatedKey;
  } while (from);
  return items;
}

function sha256(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
