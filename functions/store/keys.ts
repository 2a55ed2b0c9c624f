import { createHash } from 'node:crypto';
import type { Unreadable } from '../domain/unreadable.ts';

/**
 * Every key and index, under the table of who reads what. No SDK here: the CDK stack, the stores and the tests all
 * build from these constants.
 *
 * | access pattern | table | key |
 * | --- | --- | --- |
 * | inspections, metrics, local standards, progress, settings of one authority | Baselines | pk = AUTHORITY#a |
 * | whether anything of these changed, and whether it is closed | Baselines | pk = AUTHORITY#a, sk = AUTHORITY |
 * | published figures of other places, with these | Baselines | pk = AUTHORITY#a, sk = BENCHMARK#metric |
 * | authorities | Baselines | pk = AUTHORITIES |
 * | one month as it stands | Submissions | pk = AUTHORITY#a, sk = CURRENT#yyyy-mm |
 * | the whole record as it stands | Submissions | pk = AUTHORITY#a, sk begins CURRENT# |
 * | months from one to another | Submissions | pk = AUTHORITY#a, sk between two CURRENT#yyyy-mm |
 * | every revision of a month | Submissions | pk = AUTHORITY#a, sk between two REVISION#yyyy-mm#nnnn |
 * | what an authority's own files call its metrics | Submissions | pk = AUTHORITY#a, sk = OWN-NAMES |
 * | board, acknowledgements and due mark, in one query | Alerts | pk = AUTHORITY#a, sk between ACK# and DUE |
 * | who is mailed, of whichever authorities | Alerts | pk = RECIPIENTS |
 * | notices of an authority, newest first | Alerts | pk = AUTHORITY#a, sk begins NOTICE#, backwards |
 * | authorities to look at by now | Alerts, index due | all of it, dueAt <= now; a partition for each authority: due = DUE#a |
 * | notices not yet sent | Alerts, index unsent | all of it, createdAt <= then |
 * | notices of an authority not yet sent | Alerts, index unsent | unsent = UNSENT#a, createdAt <= then |
 * | who a token belongs to | Access | pk = TOKEN#sha256 |
 * | tokens of an authority | Access, index tokens | authority = a |
 * | who signs in: role, links, sessions | Access | pk = PERSON#recipient, or PERSON#{@link councilPersonId} |
 */
export interface TableDefinition {
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly stream: boolean;
  readonly timeToLive?: string;
  readonly indexes: Readonly<Record<string, { readonly partitionKey: string; readonly sortKey: string }>>;
}

export const TABLES = {
  baselines: { partitionKey: 'pk', sortKey: 'sk', stream: true, indexes: {} },
  submissions: { partitionKey: 'pk', sortKey: 'sk', stream: true, indexes: {} },
  alerts: {
    partitionKey: 'pk',
    sortKey: 'sk',
    stream: true,
    indexes: {
      due: { partitionKey: 'due', sortKey: 'dueAt' },
      unsent: { partitionKey: 'unsent', sortKey: 'createdAt' },
    },
  },
  access: {
    partitionKey: 'pk',
    stream: false,
    timeToLive: 'expires',
    // Attributes that tokens alone have.
    indexes: { tokens: { partitionKey: 'authority', sortKey: 'label' } },
  },
} as const satisfies Record<string, TableDefinition>;

export type TableName = keyof typeof TABLES;

/** The indexes by which the hourly runs find what waits for them, as {@link TABLES} defines them. */
export type WaitingIndex = keyof typeof TABLES.alerts.indexes;

const pad = (number: number, width: number): string => String(number).padStart(width, '0');

const AUTHORITY_PREFIX = 'AUTHORITY#';
export const authorityKey = (authority: string): string => `${AUTHORITY_PREFIX}${authority}`;
export const authorityOf = (partitionKey: string): string => partitionKey.slice(AUTHORITY_PREFIX.length);

/** The partition that lists every authority; its sort keys are their ids. */
export const AUTHORITIES_KEY = 'AUTHORITIES';

/** What an authority is called, the fingerprint of all that is loaded for it, and which settings hold: every change of these changes this item. */
export const AUTHORITY_KEY = 'AUTHORITY';
export const INSPECTION_PREFIX = 'INSPECTION#';
export const inspectionKey = (inspection: string): string => `${INSPECTION_PREFIX}${inspection}`;
export const METRIC_PREFIX = 'METRIC#';
export const metricKey = (metric: string): string => `${METRIC_PREFIX}${metric}`;

/** How the one inspection that an authority could have was stored before December 2026: in parts. */
export const FORMER = {
  inspection: 'INSPECTION',
  judgements: 'JUDGEMENT#',
  actions: 'ACTION#',
} as const;

/** Where the notices of all authorities were in their index before December 2026, those that an earlier version wrote. */
export const FORMER_UNSENT = 'UNSENT';

/** On the listing of an authority, while a record of it is put back: since when, as an ISO instant. */
export const PUT_BACK_SINCE = 'putBackSince';

/** What an authority's own files call its metrics, all of it in one item. */
export const OWN_NAMES_KEY = 'OWN-NAMES';

/** Versions count from 1; four digits keep the order. */
export const STANDARD_PREFIX = 'STANDARD#';
export const standardKey = (metric: string, version: number): string =>
  `${STANDARD_PREFIX}${metric}#${pad(version, 4)}`;
export const PROGRESS_PREFIX = 'PROGRESS#';
export const progressKey = (inspection: string, action: string, version: number): string =>
  `${PROGRESS_PREFIX}${inspection}#${action}#${pad(version, 4)}`;

export const SETTINGS_PREFIX = 'SETTINGS#';
export const settingsKey = (version: number): string => `${SETTINGS_PREFIX}${pad(version, 4)}`;

/** No evaluation follows a change of these: nothing is judged by them. */
export const BENCHMARK_PREFIX = 'BENCHMARK#';
export const benchmarkKey = (metric: string): string => `${BENCHMARK_PREFIX}${metric}`;

export const CURRENT_PREFIX = 'CURRENT#';
export const currentKey = (period: string): string => `${CURRENT_PREFIX}${period}`;
export const REVISION_PREFIX = 'REVISION#';
export const revisionKey = (period: string, revision: number): string =>
  `${REVISION_PREFIX}${period}#${pad(revision, 4)}`;
/** The highest revision that four digits take. */
export const MAX_REVISION = 9999;

export const ACK_PREFIX = 'ACK#';
export const ackKey = (alert: string): string => `${ACK_PREFIX}${alert}`;
export const BOARD_KEY = 'BOARD';
/** When to look at the authority again: earliest deadline, or at once after something was accepted. */
export const DUE_KEY = 'DUE';
/** Where the mark of an authority is in its index: each has a partition, so that together they may write without limit. */
export const dueKey = (authority: string): string => `${DUE_KEY}#${authority}`;

export const NOTICE_PREFIX = 'NOTICE#';
export const noticeKey = (number: number): string => `${NOTICE_PREFIX}${pad(number, 6)}`;
export const noticeNumberOf = (sortKey: string): number => Number(sortKey.slice(NOTICE_PREFIX.length));
/** The highest notice number that six digits take. */
export const MAX_NOTICE = 999_999;
/** Where the notices of an authority are in their index until they are sent: each has a partition, as in that of marks. */
export const unsentKey = (authority: string): string => `${FORMER_UNSENT}#${authority}`;

/** The partition of everybody who was asked to be mailed; its sort keys are {@link recipientKey}s. */
export const RECIPIENTS_KEY = 'RECIPIENTS';
export const RECIPIENT_PREFIX = 'RECIPIENT#';
/** Names an address without telling it; upper and lower case are one. */
export const recipientId = (address: string): string =>
  createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 16);
/** Names somebody whom the council's own sign-in knows, by what it promises never to give to anybody else. */
export const councilPersonId = (issuer: string, subject: string): string =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 16);
export const recipientKey = (id: string): string => `${RECIPIENT_PREFIX}${id}`;

export const PERSON_PREFIX = 'PERSON#';
export const personKey = (id: string): string => `${PERSON_PREFIX}${id}`;

export const TOKEN_PREFIX = 'TOKEN#';
export const tokenKey = (sha256: string): string => `${TOKEN_PREFIX}${sha256}`;
export const digestOf = (partitionKey: string): string => partitionKey.slice(TOKEN_PREFIX.length);

/** What an item is of by its sort key, for whoever has to be told that it cannot be read. */
export function kindOf(sk: string): Pick<Unreadable, 'kind' | 'of' | 'version'> {
  const [first = '', ...rest] = sk.split('#');
  const [of = ''] = rest;
  const version = Number(rest.at(-1));
  switch (`${first}#`) {
    case CURRENT_PREFIX:
      return { kind: 'month', of };
    case REVISION_PREFIX:
      return { kind: 'revision', of, version };
    case STANDARD_PREFIX:
      return { kind: 'standard', of, version };
    case PROGRESS_PREFIX:
      return { kind: 'progress', of: rest.at(-2) ?? '', version };
    case METRIC_PREFIX:
      return { kind: 'metric', of };
    case BENCHMARK_PREFIX:
      return { kind: 'benchmark', of };
    case SETTINGS_PREFIX:
      return { kind: 'settings', of: '', version };
    case INSPECTION_PREFIX:
      return { kind: 'inspection', of };
    case ACK_PREFIX:
      return { kind: 'acknowledgement', of };
    case NOTICE_PREFIX:
      return { kind: 'notice', of: String(Number(of)) };
    case RECIPIENT_PREFIX:
      return { kind: 'recipient', of };
    case PERSON_PREFIX:
      return { kind: 'person', of };
  }
  if (sk === AUTHORITY_KEY) return { kind: 'authority', of: '' };
  return sk === BOARD_KEY ? { kind: 'board', of: '' } : { kind: 'other', of: sk };
}

/** Sort keys that make evaluate look at an authority again. Every change of what is loaded changes its AUTHORITY item. */
export const EVALUATED_PREFIXES = {
  baselines: [AUTHORITY_KEY, STANDARD_PREFIX, PROGRESS_PREFIX],
  submissions: [CURRENT_PREFIX],
} as const;
