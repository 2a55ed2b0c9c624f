import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Html } from './html.ts';
import { RefusalError } from './refusals.ts';

export type PageAnswer = APIGatewayProxyStructuredResultV2;

/** A page. It shows an authority's figures: nothing keeps it, so that after signing out Back shows nothing of it. */
export function page(contents: Html, statusCode = 200): PageAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: `${contents}`,
  };
}

/** Sends the browser to another page, by GET. */
export function redirect(location: string, cookies: string[] = []): PageAnswer {
  return { statusCode: 303, headers: { location, 'cache-control': 'no-store' }, cookies };
}

/** Lambda hands on 6 MB at most; the rest is for what stands beside a page. */
const MAX_SIZE = 5 * 1024 * 1024;
/** What is more than this is not even compressed: it would take seconds, and still be too much. */
const MAX_UNCOMPRESSED = 8 * MAX_SIZE;

/** The answer as the browser takes it, if Lambda can hand it on; throws a {@link RefusalError} where it is too much. */
export function handedOn(answer: PageAnswer, event: APIGatewayProxyEventV2): PageAnswer {
  const written = (answer.body ?? '').length > MAX_UNCOMPRESSED ? answer : compressed(answer, event);
  const { body = '' } = written;
  // Lambda writes it as JSON once more.
  const size = written.isBase64Encoded ? body.length : Buffer.byteLength(JSON.stringify(body));
  if (size <= MAX_SIZE) return written;
  throw new RefusalError(
    422,
    'Too much to show at once',
    'This would be more than can be sent at once. Ask for a part of it, such as fewer months or one metric, or ask whoever runs this service to take the whole record out.',
  );
}

/** Quality 5 of 11 costs a few milliseconds and is within a tenth of the best. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** The answer as small as the browser can take it. API Gateway's HTTP APIs do not compress by themselves. */
export function compressed(answer: PageAnswer, { headers }: APIGatewayProxyEventV2): PageAnswer {
  const accepted = headers['accept-encoding'] ?? '';
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined;
  if (!answer.body || !encoding || answer.isBase64Encoded) return answer;
  const body = encoding === 'br' ? brotliCompressSync(answer.body, BROTLI) : gzipSync(answer.body);
  return {
    ...answer,
    headers: { ...answer.headers, 'content-encoding': encoding, vary: 'accept-encoding' },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}
