import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import { bodyOf, subjectOf } from '../../functions/domain/notice.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import { SubmissionSchema } from '../../functions/domain/submission.ts';
import { readCsv } from '../../functions/services/csv.ts';
import { aRecord, HEREFORDSHIRE, month } from '../support/build.ts';

const DOCUMENT = new URL('../../docs/emails.md', import.meta.url);
const read = (url: URL): string => readFileSync(url, 'utf8');

/** The months of an example, each as its first revision. */
const monthsOf = (name: string) =>
  readCsv(read(new URL(`../../seed/examples/herefordshire-${name}.csv`, import.meta.url))).months.map(
    ({ period, body }) => {
      const { observations, ...rest } = SubmissionSchema.parse(body);
      return month(period, observations, rest);
    },
  );
const YEAR = monthsOf('illustrative-2010-2011');

/** Herefordshire, looked at after every change of its record. */
function begin() {
  let record = aRecord({ metrics: HEREFORDSHIRE.metrics, actions: HEREFORDSHIRE.actions });
  let board: Board | undefined;
  return {
    /** The e-mail that a change brings at an instant, as it is sent; undefined where it brings none. */
    look(at: string, change: Partial<AuthorityRecord> = {}): string | undefined {
      const superseded = record.months.filter((before) => change.months && !change.months.includes(before));
      record = { ...record, ...change };
      const { board: next = board, notice } = reconcile(board, record, superseded, new Date(at), 'show');
      board = next;
      return notice && `Subject: ${subjectOf(notice)}\n\n${bodyOf(notice, 'http://127.0.0.1:3000/')}`;
    },
    /** An acknowledgement of an alert as it stands. */
    acknowledge(alert: string, author: string, note: string, at: string) {
      const { period = '', episode } = board?.alerts[alert] ?? {};
      return { alert, author, note, at, period, level: episode?.level ?? 'watch' };
    },
  };
}

/** Every month on its own, long after the year; then a correction, and a standard that is changed. */
function aYearAtOnce(): (string | undefined)[] {
  const NOW = '2011-10-17T09:00:00.000Z';
  const { look, acknowledge } = begin();
  const through = (period: string) => ({ months: YEAR.filter((month) => month.period <= period) });
  const mails = YEAR.slice(0, -1).map(({ period }) => look(NOW, through(period)));
  const acknowledgement = acknowledge(
    'initial-assessments-on-time',
    'Head of Service',
    'two agency social workers start on 1 November',
    NOW,
  );
  look(NOW, { acknowledgements: [acknowledgement] });
  const september = look(NOW, through('2011-09'));
  const [corrected] = monthsOf('illustrative-correction').map((month) => ({ ...month, revision: 2 }));
  const correction = look(NOW, { months: [...through('2011-08').months, ...(corrected ? [corrected] : [])] });
  const standard = {
    metric: 'average-caseload',
    version: 1,
    from: '2011-08',
    value: 20,
    reason: 'agreed by the board until the new team is complete',
    author: 'Director',
    setAt: NOW,
  };
  return [mails[8], september, correction, look(NOW, { localStandards: [standard] })];
}

/** Month by month as it would have been; two actions are reported as completed, then more fall due. */
function actionsThatFallDue(): string | undefined {
  const { look } = begin();
  for (const [index, at] of ['2010-11-08', '2010-12-08', '2011-01-10'].entries())
    look(`${at}T09:00:00.000Z`, { months: YEAR.slice(0, index + 1) });
  const completed = (action: string, evidence: string) =>
    ({ action, version: 1, state: 'completed', evidence, author: 'Director', at: '2011-01-11T09:00:00.000Z' }) as const;
  look('2011-01-11T09:00:00.000Z', {
    progress: [completed('A4', 'audit of ten meetings'), completed('A6', 'audit programme agreed')],
  });
  return look('2011-01-23T00:00:00.000Z');
}

/** Everything that there was, sent at once when the service is new. */
const aFirstLoad = (): string | undefined => begin().look('2011-10-06T09:00:00.000Z', { months: YEAR });

/** A provisional month in which every share is at a half. */
function everythingFails(): string | undefined {
  const { look } = begin();
  look('2010-11-08T09:00:00.000Z', { months: YEAR.slice(0, 1) });
  const half = Object.fromEntries(
    HEREFORDSHIRE.metrics
      .filter(({ kind, polarity }) => kind === 'proportion' && polarity === 'higher')
      .map(({ id }) => [id, { numerator: 60, denominator: 120 }]),
  );
  const commentary = 'two teams have moved to the new record system; figures will be checked by the 20th';
  const failing = month('2010-11', half, { status: 'provisional', commentary });
  return look('2010-12-06T09:00:00.000Z', { months: [...YEAR.slice(0, 1), failing] });
}

/** A month that did not come in time. */
function aMissingMonth(): string | undefined {
  const { look } = begin();
  look('2010-11-08T09:00:00.000Z', { months: YEAR.slice(0, 1) });
  return look('2010-12-15T01:00:00.000Z');
}

test.each([
  ['the illustrative year', YEAR, 12],
  ['ten years of published figures', monthsOf('published-2016-2025'), 10],
])('%s, sent month by month, makes no e-mail without news', (_, months, count) => {
  const { look } = begin();
  const mails = months.map(({ period }, sent) =>
    look(`${addMonths(period, 1)}-08T09:00:00.000Z`, { months: months.slice(0, sent + 1) }),
  );
  const told = mails.filter((mail) => mail !== undefined);
  expect(told).toHaveLength(count);
  for (const mail of told) expect(mail).toMatch(/^(Critical|Warning|To watch|No longer raised|Withdrawn)\b.*: /m);
});

test('docs/emails.md shows the e-mails as they are sent', async () => {
  const mails = [...aYearAtOnce(), actionsThatFallDue(), aFirstLoad(), everythingFails(), aMissingMonth()];
  const blocks = /(?<=```text\n).*?(?=\n```)/gs;
  const document = read(DOCUMENT);
  expect(document.match(blocks)).toHaveLength(mails.length);
  await expect(document.replace(blocks, () => String(mails.shift()))).toMatchFileSnapshot(fileURLToPath(DOCUMENT));
});
