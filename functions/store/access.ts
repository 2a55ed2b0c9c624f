import { createHash, randomBytes } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { SCOPES } from '../routes.ts';
import type { Database } from './database.ts';
import { tokenKey } from './keys.ts';

type Access = Database<'access'>;

/** What a token allows: scopes, for one authority (or `*` for all), until `expires` (seconds since 1970). */
export const GrantSchema = z.object({
  scopes: z.array(z.enum(SCOPES)),
  authority: z.string().min(1),
  label: z.string(),
  expires: z.int(),
});
export type Grant = z.infer<typeof GrantSchema>;

const TOKEN = /^imt_[A-Za-z0-9_-]{43}$/;

/** Creates a token of 256 random bits. Only its SHA-256 is stored: it can be shown now and never again. */
export async function createToken({ client, tables }: Access, grant: Grant): Promise<string> {
  const token = `imt_${randomBytes(32).toString('base64url')}`;
  const { scopes, authority, label, expires } = GrantSchema.parse(grant);
  await client.send(
    new PutItemCommand({
      TableName: tables.access,
      Item: {
        pk: { S: tokenKey(sha256(token)) },
        scopes: { SS: scopes },
        authority: { S: authority },
        label: { S: label },
        expires: { N: String(expires) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  return token;
}

/** What a token allows; undefined where it is malformed, unknown, revoked or expired. */
export async function readGrant({ client, tables }: Access, token: string, now: Date): Promise<Grant | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const { Item } = await client.send(
    new GetItemCommand({ TableName: tables.access, Key: { pk: { S: tokenKey(sha256(token)) } }, ConsistentRead: true }),
  );
  if (!Item) return undefined;
  const grant = GrantSchema.parse({
    scopes: Item.scopes?.SS,
    authority: Item.authority?.S,
    label: Item.label?.S,
    expires: Number(Item.expires?.N),
  });
  return grant.expires * 1000 > now.getTime() ? grant : undefined;
}

function sha256(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
