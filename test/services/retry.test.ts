import { expect, test } from 'vitest';
import { OvertakenError, retryChanged } from '../../functions/services/retry.ts';
import { ChangedMeanwhileError } from '../../functions/store/database.ts';

test('does it again while others are faster, and gives what the last attempt gave', async () => {
  const attempts: number[] = [];
  const done = await retryChanged(async (attempt) => {
    attempts.push(attempt);
    if (attempt < 3) throw new ChangedMeanwhileError('2011-09 was revised by somebody else');
    return 'done';
  });
  expect([done, attempts]).toEqual(['done', [1, 2, 3]]);
});

test('says in the end that others were faster, in the words of what was changed', async () => {
  let attempts = 0;
  const work = retryChanged(async () => {
    attempts++;
    throw new ChangedMeanwhileError('2011-09 was revised by somebody else');
  });
  await expect(work).rejects.toThrow(new OvertakenError('2011-09 was revised by somebody else'));
  expect(attempts).toBe(6);
});

test('does nothing again that failed for another reason', async () => {
  let attempts = 0;
  const work = retryChanged(async () => {
    attempts++;
    throw new Error('the table is gone');
  });
  await expect(work).rejects.toThrow('the table is gone');
  expect(attempts).toBe(1);
});
