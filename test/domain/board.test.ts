import { expect, it } from 'vitest';
import { BoardSchema } from '../../functions/domain/board.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import { NoticeSchema } from '../../functions/domain/notice-contents.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { aMetric, aRecord, months } from '../support/build.ts';

/** A board and a notice as the version of 24 November 2026 wrote them. */
const BOARD = {
  authority: 'herefordshire',
  version: 3,
  evaluatedAt: '2010-11-20T12:00:00.000Z',
  lastNotice: 1,
  latestPeriod: '2010-10',
  judged: { '2010-10': 1 },
  standards: {},
  inspection: 'one',
  alerts: {
    assessments: {
      state: 'raised',
      level: 'critical',
      since: '2010-10',
      episode: { from: '2010-10', level: 'critical' },
      period: '2010-10',
      findings: [
        {
          evaluator: 'standard',
          level: 'critical',
          text: "40.0% (20 of 50) in 2010-10; the standard is 80% since 2000-01 (this service's default); a service exactly at the standard looks this bad in at most 1 month of 40, by chance",
          numbers: { value: 40, standard: 80, chance: 1e-9 },
        },
      ],
    },
  },
};
const ITEM = {
  alert: 'assessments',
  title: 'Assessments on time',
  transition: 'raised',
  level: 'critical',
  reached: 'critical',
  since: '2010-10',
  value: '40.0% (20 of 50) in 2010-10',
  standard: "80% since 2000-01 (this service's default)",
  findings: BOARD.alerts.assessments.findings.map(({ text }) => text),
  actions: [],
};
const NOTICE = {
  authority: 'herefordshire',
  name: 'Herefordshire',
  number: 1,
  createdAt: '2010-11-20T12:00:00.000Z',
  level: 'critical',
  period: '2010-10',
  transitions: [ITEM],
  stillRaised: [],
  watching: [],
};

it('is read as an earlier version wrote it, and says nothing new of the same figures', () => {
  const stored = BoardSchema.parse(BOARD);
  const metric = aMetric({ baseline: { kind: 'none', statement: 'The report says nothing.' } });
  const record = aRecord({ metrics: [metric], months: months(metric, [[20, 50]]) });
  const { board, notice } = reconcile(stored, record, [], new Date('2010-11-21T12:00:00Z'), 'show');
  expect(notice).toBeUndefined();
  expect(board?.version).toBe(4);
  expect(board?.alerts.assessments).toMatchObject({ state: 'raised', level: 'critical', since: '2010-10' });
});

it('has notices that are sent as an earlier version wrote them', () => {
  const body = bodyOf(NoticeSchema.parse(NOTICE), 'https://x/');
  expect(body).toContain('40.0% (20 of 50) in 2010-10.');
  expect(body).toContain(`The standard is ${ITEM.standard}.`);
  expect(body).toContain(`\n${ITEM.findings[0]}.`);
});
