import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { XLSX } from '../../functions/http/routes.ts';
import { databaseOf } from '../../local/launch.ts';
import bristol2023 from '../../seed/bristol-2023.json' with { type: 'json' };
import { describedFetch } from './described.ts';
import { AUTHORITY, type Mail, type Service } from './service.ts';

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

/** Loads an inspection of Bristol, as if it had been in 2011. */
export async function loadSecondAuthority(service: Service): Promise<void> {
  const fieldwork = { from: '2011-01-10', to: '2011-01-21' };
  const report = { ...bristol2023, published: '2011-02-10', fieldwork };
  await service.client.request('PUT', `/v1/authorities/bristol/inspections/${report.id}`, report);
  await service.idle();
}

/** A council beside the one that a suite works on. */
export interface Neighbour {
  readonly address: string;
  /** The request by which its figures came. */
  readonly requestId: string;
  /** Fails where anything of it was written since, its recipient was mailed, or somebody else was told of it. */
  untouched(on?: Service): Promise<void>;
}

const BACKLOG = {
  title: 'Referrals waiting in Bristol',
  definition: 'Referrals that wait for a decision at the end of the month.',
  ...{ kind: 'count', unit: 'referrals', polarity: 'lower', frequency: 'monthly', cases: 'stock', window: 'month' },
  ...{ holdLine: false, tolerance: 5, section: 'asked-for', source: 'Own record', author: 'A. Head', reason: 'agreed' },
  standards: [{ value: 20, from: '2011-01', basis: 'council', note: 'agreed' }],
};

/** What becomes of an authority whenever the hourly run comes by. */
const BY_THE_HOUR = / (BOARD|DUE)$/;

/** Bristol in the same instance, with figures that raise an alert and somebody who is mailed of it. */
export async function startNeighbour(service: Service): Promise<Neighbour> {
  const address = 'bristol@example.org';
  const call = callerOf(service);
  await loadSecondAuthority(service);
  await call('POST', '/v1/authorities/bristol/recipients', { body: { address, level: 'watch' } });
  const asked = (await service.mails()).findLast((mail) => isTo(mail, address))?.text ?? '';
  await fetch(/http:\S+\/sns\/confirmation\S+/.exec(asked)?.[0] ?? '');
  // By the id of one that the other has too, and another meaning.
  expect((await call('PUT', '/v1/authorities/bristol/metrics/referral-backlog', { body: BACKLOG })).status).toBe(201);
  const figures = { observations: { 'referral-backlog': { count: 70 } } };
  const sent = await call('PUT', '/v1/authorities/bristol/submissions/2011-08', { body: figures });
  expect(sent.status).toBe(201);
  const seen = async (on: Service) => ({
    items: Object.entries(await dumpOf(on)).filter(
      ([key]) => key.includes(' AUTHORITY#bristol ') && !BY_THE_HOUR.test(key),
    ),
    mails: (await on.mails()).filter((mail) => isTo(mail, address)).map(({ subject }) => subject),
  });
  await service.mails();
  const before = await seen(service);
  return {
    address,
    requestId: sent.headers.get('apigw-requestid') ?? '',
    async untouched(on = service) {
      expect(await seen(on)).toEqual(before);
      const others = (await on.mails()).filter((mail) => !isTo(mail, address));
      expect(others.filter(({ subject, text }) => /bristol/i.test(`${subject} ${text}`))).toEqual([]);
    },
  };
}

const isTo = ({ to }: Mail, address: string): boolean => to.some((each) => each.address === address);
