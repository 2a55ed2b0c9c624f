import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { XLSX } from './routes.ts';

/** Whoever keeps an answer asks before using it again: figures are corrected, and tokens revoked. */
export const CACHE_CONTROL = 'private, no-cache';

/** A file to be kept under that name: a workbook as its bytes, CSV as its text. */
export function fileAnswer(file: string | Buffer, name: string): APIGatewayProxyStructuredResultV2 {
  const isText = typeof file === 'string';
  return {
    statusCode: 200,
    headers: {
      'content-type': isText ? 'text/csv; charset=utf-8' : XLSX,
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': CACHE_CONTROL,
    },
    body: isText ? file : file.toString('base64'),
    isBase64Encoded: !isText,
  };
}
