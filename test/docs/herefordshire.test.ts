import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acknowledge, type Board } from '../../functions/domain/board.ts';
import type { Notice, NoticeItem } from '../../functions/domain/notice-contents.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { aRecord, HEREFORDSHIRE, month } from '../support/build.ts';

/** What Herefordshire's published figures would have had the service say, each year as if it had come in the April after it. */

const root = join(import.meta.dirname, '../..');
const DOCUMENT = join(root, 'docs/herefordshire-2018-2022.md');

const rows = readFileSync(join(root, 'seed/examples/herefordshire-published-2016-2025.csv'), 'utf8')
  .split('\n')
  .filter((line) => /^20\d\d-03,/.test(line))
  .map((line) => line.split(','));
const months = [...Map.groupBy(rows, ([period]) => period as string)].map(([period, reported]) =>
  month(
    period,
    Object.fromEntries(
      reported.map(([, metric = '', , , count, value]) => [
        metric,
        count ? { count: Number(count) } : { value: Number(value) },
      ]),
    ),
  ),
);

/** One notice a year at most. What was told is in somebody's hands by the next: nobody is reminded. */
function mailsOfTheYears(): { year: string; notice: Notice }[] {
  let board: Board | undefined;
  return months.flatMap(({ period }, i) => {
    const now = new Date(`${period.slice(0, 4)}-04-05T12:00:00Z`);
    const acknowledgements = Object.keys(board?.alerts ?? {}).flatMap(
      (id) => acknowledge(board, undefined, id, { author: 'A. Head', note: 'in hand' }, { by: 'A. Head', now }) ?? [],
    );
    const record = aRecord({ metrics: HEREFORDSHIRE.metrics, months: months.slice(0, i + 1), acknowledgements });
    const { notice, ...result } = reconcile(board, record, [], now, 'show');
    board = result.board ?? board;
    return notice && notice.level !== 'watch' ? [{ year: period.slice(0, 4), notice }] : [];
  });
}

const WORDS = {
  raised: 'new',
  worsened: 'worse',
  recovering: 'better',
  cleared: 'over',
  eased: 'less serious',
} as const;

function sayItem({ alert, transition, level, value = '' }: NoticeItem): string {
  const word = WORDS[transition as keyof typeof WORDS] ?? transition;
  const [figure = ''] = value.split(/ \(| in /);
  return `${alert} ${figure}, ${word}${transition === 'cleared' || transition === 'recovering' ? '' : ` (${level})`}`;
}

const mails = mailsOfTheYears();
const lines = mails.map(
  ({ year, notice }) =>
    `${year}  ${notice.transitions
      .filter(({ transition, level }) => transition && level !== 'watch')
      .map(sayItem)
      .join('; ')}`,
);

test('docs/herefordshire-2018-2022.md says what the published figures would have told', async () => {
  const text = readFileSync(DOCUMENT, 'utf8').replace(
    /(?<=```told\n)[\s\S]*?(?=\n```)/,
    lines.join('\n').replaceAll('$', '$$$$'),
  );
  await expect(text).toMatchFileSnapshot(DOCUMENT);
});

test('conferences on time, critical already, are told each time they get materially worse', () => {
  const told = mails.flatMap(({ year, notice }) =>
    notice.transitions.flatMap(({ alert, transition, level }) =>
      alert === 'conferences-on-time' && level !== 'watch' && (transition === 'raised' || transition === 'worsened')
        ? `${year} ${transition}`
        : [],
    ),
  );
  // 78.3, 71.9, 61.7 and 56.2%; in 2025, after 93.5%, 83.3%.
  expect(told).toEqual(['2018 raised', '2020 worsened', '2022 worsened', '2023 worsened', '2025 raised']);
});
