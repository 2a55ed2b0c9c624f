import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import { XLSX } from '../../functions/http/routes.ts';
import { databaseOf } from '../../local/launch.ts';
import { describedFetch } from './described.ts';
import { AUTHORITY, type Service } from './service.ts';

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  /** What it holds is in the API's description, and checked against it. */
  readonly body: any;
  readonly text: string;
}

export interface Call {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** CSV as a string, a workbook as bytes, anything else as JSON. */
  readonly body?: unknown;
}

export type Caller = (method: string, path: string, call?: Call) => Promise<Called>;

/** Calls the API of an instance at a path of the one authority, or at a whole path; answers whatever the status. */
export function callerOf(service: Pick<Service, 'api' | 'token'>): Caller {
  return async (method, path, { token = service.token, headers = {}, body } = {}) => {
    const isWritten = typeof body === 'string' || body instanceof Uint8Array;
    const type = typeof body === 'string' ? 'text/csv' : isWritten ? XLSX : 'application/json';
    const whole = /^\/(v1|health|openapi)/.test(path) ? path : `/v1/authorities/${AUTHORITY}${path}`;
    const response = await describedFetch(`${service.api}${whole}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isWritten ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {}, text };
  };
}

/** Everything that the tables hold, item by item, to tell whether anything was written. */
export async function dumpOf(service: Service): Promise<Record<string, unknown>> {
  const { client, tables } = databaseOf(service);
  const dump: Record<string, unknown> = {};
  for (const [name, TableName] of Object.entries(tables)) {
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page = await client.send(
        new ScanCommand({ TableName, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) }),
      );
      for (const item of page.Items ?? []) dump[[name, item.pk?.S, item.sk?.S].join(' ')] = item;
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
  return dump;
}
