import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ForbiddenError } from '../../functions/domain/access.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { problemOf } from '../../functions/http/problem.ts';
import { problemFor } from '../../functions/http/refusals.ts';
import { refusalFor } from '../../functions/pages/refusals.ts';
import { MaxRevisionsError, RecordFullError } from '../../functions/services/accept.ts';
import { BasisChangedError, MonthsWouldChangeError } from '../../functions/services/accept-months.ts';
import { NotRaisedError } from '../../functions/services/alerts.ts';
import { TestedError, UnreachedError } from '../../functions/services/direct-mail.ts';
import {
  ClosedError,
  FullError,
  InvalidError,
  NotFoundError,
  RevisionNeededError,
  RevisionStaleError,
  UnknownAuthorityError,
  UnreadableMonthError,
} from '../../functions/services/errors.ts';
import {
  AddressTakenError,
  TooManyAddressesError,
  TooManyAuthoritiesError,
  UnconfirmedError,
} from '../../functions/services/recipients.ts';
import { FiguresStoredError, NothingStoredError } from '../../functions/services/recovery.ts';
import { OvertakenError } from '../../functions/services/retry.ts';
import { LabelTakenError, TooManyTokensError } from '../../functions/services/tokens.ts';

const month: Month = { period: '2011-09', revision: 3, submittedAt: '', status: 'final', observations: {} };
const fault = { pointer: '#/address', detail: 'is not an e-mail address' };
const month404 = new NotFoundError('month', '2011-09');

/** What the API and the pages make of what a service refuses. */
const REFUSALS: readonly (readonly [error: Error, status: number, pageStatus: number, detail: string])[] = [
  [new UnknownAuthorityError('atlantis'), 404, 404, 'no inspection is loaded for "atlantis"'],
  [month404, 404, 404, '2011-09 was not submitted'],
  [new InvalidError([fault]), 422, 422, '1 fault; nothing was stored'],
  [new BasisChangedError(), 409, 409, 'somebody else submitted one of these months since'],
  [
    new MonthsWouldChangeError(['2011-09'], []),
    409,
    409,
    '2011-09 would change; nothing was stored; send it again with ?revise=true',
  ],
  [
    new RevisionNeededError(month),
    428,
    409,
    'to change it, name its revision, which is 3; send If-Match with its ETag',
  ],
  [new RevisionStaleError('2011-09', month), 412, 409, '2011-09 is at revision 3; read it again'],
  [new ClosedError('leeds'), 409, 409, '"leeds" is closed'],
  [new FullError('400 metrics'), 409, 409, 'at most 400 metrics'],
  [new UnreadableMonthError('2011-09'), 409, 409, 'send the whole of it anew'],
  [new MaxRevisionsError('2011-09'), 409, 409, 'was revised 9999 times'],
  [new RecordFullError(), 409, 409, 'at most 360 months'],
  [new NotRaisedError('complaints'), 409, 409, 'nothing to take in hand'],
  [new AddressTakenError(), 409, 409, 'subscribed already'],
  [new UnconfirmedError('2011-09-03'), 409, 409, 'has not confirmed'],
  [new TooManyAuthoritiesError(49), 409, 409, 'hears of 49 authorities'],
  [new TooManyAddressesError(), 409, 409, 'have the limit raised'],
  [new OvertakenError('somebody was faster'), 409, 409, 'somebody was faster'],
  [new LabelTakenError('ours'), 409, 409, 'a token called "ours" already'],
  [new TooManyTokensError(), 409, 409, 'revoke one'],
  [new TestedError(new Date(0)), 409, 409, 'was sent a test a moment ago'],
  [new UnreachedError(), 409, 409, 'have not confirmed yet'],
  [new NothingStoredError('leeds'), 404, 404, 'there is nothing of leeds here'],
  [new FiguresStoredError('leeds', 3), 409, 409, 'has 3 items of figures'],
  [new ForbiddenError('manage'), 403, 403, 'this needs a token with the scope "manage"'],
  [new ForbiddenError(), 403, 403, 'this token is for another authority'],
];

test('every refusal that a service knows is here', () => {
  const services = new URL('../../functions/services/', import.meta.url);
  const classes = readdirSync(services).flatMap((file) =>
    [...readFileSync(new URL(file, services), 'utf8').matchAll(/class (\w+) extends ServiceError/g)].map(
      ([, name]) => name,
    ),
  );
  const here = new Set(REFUSALS.map(([error]) => error.name));
  expect(classes.length).toBeGreaterThan(20);
  expect(classes.filter((name) => !here.has(name ?? ''))).toEqual([]);
});

describe.each(REFUSALS)('%s', (error, status, pageStatus, detail) => {
  test(`is a problem document of status ${status}`, () => {
    const problem = problemFor(error);
    expect(problem && problemOf(problem)).toMatchObject({ status, detail: expect.stringContaining(detail) });
  });

  test(`is a page of status ${pageStatus} that begins with a capital letter`, () => {
    expect(refusalFor(error)).toMatchObject({ status: pageStatus, message: expect.stringMatching(/^[A-Z0-9].*\.$/) });
  });
});

test('a refusal for the revision comes with the ETag of the current one', () => {
  expect(problemFor(new RevisionStaleError('2011-09', month))?.headers).toEqual({ etag: '"3"' });
  expect(problemFor(new RevisionStaleError('2011-09', undefined))?.headers).toEqual({});
});

test('every fault is named', () => {
  expect(problemFor(new UnknownAuthorityError('atlantis', [fault]))?.errors).toEqual([
    { parameter: 'authority', detail: 'no inspection is loaded for "atlantis"' },
    fault,
  ]);
});

test('what nobody foresaw is nobody else’s business', () => {
  expect([problemFor(new TypeError('x')), refusalFor(new TypeError('x'))]).toEqual([undefined, undefined]);
});
