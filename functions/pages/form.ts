import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The fields of a posted form; of a file its text. What is sent twice counts once, the last time. */
export type Form = Readonly<Record<string, string>>;

/** Reads a form as browsers send it, with files or without; anything else has no fields. */
export async function readForm(event: APIGatewayProxyEventV2): Promise<Form> {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const type = event.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body.toString()));
  if (!type.startsWith('multipart/form-data')) return {};
  // Node's own reader of multipart bodies, which fetch brings with it.
  const data = await new Response(body, { headers: { 'content-type': type } }).formData();
  const fields = [...data].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()]);
  return Object.fromEntries(await Promise.all(fields));
}
