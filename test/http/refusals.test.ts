import { describe, expect, test } from 'vitest';
import { ForbiddenError } from '../../functions/domain/access.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { problemOf } from '../../functions/http/problem.ts';
import { problemFor } from '../../functions/http/refusals.ts';
import { refusalFor } from '../../functions/pages/refusals.ts';
import { BasisChangedError, MonthsWouldChangeError } from '../../functions/services/accept-months.ts';
import {
  InvalidError,
  NotFoundError,
  RevisionNeededError,
  RevisionStaleError,
  UnknownAuthorityError,
} from '../../functions/services/errors.ts';

const month: Month = { period: '2011-09', revision: 3, submittedAt: '', status: 'final', observations: {} };
const fault = { pointer: '#/address', detail: 'is not an e-mail address' };
const month404 = new NotFoundError('month', '2011-09');

/** What the API and the pages make of what a service refuses. */
describe.each([
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
  [new ForbiddenError('manage'), 403, 403, 'this needs a token with the scope "manage"'],
  [new ForbiddenError(), 403, 403, 'this token is for another authority'],
])('%s', (error, status, pageStatus, detail) => {
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
