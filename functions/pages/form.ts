import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { RefusalError } from './refusals.ts';

/** The fields of a posted form. What is sent twice counts once, the last time. */
export type Form = Readonly<Record<string, string>>;

/** A form as it was posted. */
export interface Posted {
  readonly form: Form;
  /** The bytes of its files; a file that was not chosen is not there. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/**
 * Reads a form as browsers send it, with files or without. Throws {@link RefusalError} where it is larger than
 * `maxBytes`, or nothing that a browser would send.
 */
export async function readForm(event: APIGatewayProxyEventV2, maxBytes: number): Promise<Posted> {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length > maxBytes)
    throw new RefusalError(413, 'Too large', `A form holds at most ${maxBytes / 1024} KB. Send less at once.`);
  const type = event.headers['content-type'] ?? '';
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type))
    return { form: Object.fromEntries(new URLSearchParams(body.toString())), files: {} };
  if (!/^multipart\/form-data\s*(;|$)/i.test(type))
    throw new RefusalError(
      415,
      'Not a form',
      'Only forms are taken here. Send it from the page; programs use the API, which docs/api.md describes.',
    );
  // Node's own reader of multipart bodies, which fetch brings with it.
  const data = await new Response(body, { headers: { 'content-type': type } }).formData().catch(() => {
    throw new RefusalError(
      400,
      'Not a form',
      'This form came incomplete. Go back, load the page again and send it anew.',
    );
  });
  const form: Record<string, string> = {};
  const files: Record<string, Uint8Array> = {};
  for (const [name, value] of data)
    if (typeof value === 'string') form[name] = value;
    else if (value.size > 0) files[name] = new Uint8Array(await value.arrayBuffer());
  return { form, files };
}
