import { expect, test } from 'vitest';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { type Overview, overviewPage } from '../../functions/pages/overview.ts';
import { aBacklog, aMetric, aRecord, month } from '../support/build.ts';

const ASSETS = { styles: '', icon: '', howItJudges: '', answer: () => undefined };
const metrics = [aMetric(), aBacklog()];

/** The overview after a first month in which both metrics are far from their standards. */
function overview(fields: Partial<Overview> = {}): Overview {
  const months = [month('2010-10', { assessments: { numerator: 20, denominator: 50 }, backlog: { count: 90 } })];
  const record = aRecord({ metrics, months });
  const { board, notice } = reconcile(undefined, record, [], new Date('2010-11-05'), 'show');
  const inspection = {
    header: record.inspection,
    ...{
      fingerprint: '',
      metrics,
      judgements: [],
      actions: [],
      localStandards: [],
      progress: [],
      benchmarks: [],
      inspections: [],
    },
  };
  const rest = { setAside: undefined, waiting: 0, lost: 0, today: '2010-11-05', smallNumbers: 'show' as const };
  return { inspection, months, board, notices: notice ? [notice] : [], ...rest, ...fields };
}

const read = (page: string): string => page.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

test('says first what is critical and in nobody’s hands, and what got worse, each a link', () => {
  const page = `${overviewPage({ assets: ASSETS }, overview())}`;
  expect(read(page)).toMatch(
    /What needs attention Critical, and in nobody’s hands: Assessments on time Got worse in October 2010: Assessments on time , Backlog/,
  );
  expect(page.match(/href="[^"]*\/metrics\/assessments"/)?.index).toBeLessThan(page.indexOf('app-cards'));
});

test('a tile that counts something leads to the first of it', () => {
  const page = `${overviewPage({ assets: ASSETS }, overview())}`;
  for (const [, state] of page.matchAll(/href="#first-(\w+)"/g)) expect(page).toContain(`id="first-${state}"`);
  expect([...page.matchAll(/href="#first-/g)].length).toBeGreaterThan(0);
});

test('what somebody has in hand is not in nobody’s', () => {
  const given = overview();
  const alerts = Object.fromEntries(
    Object.entries(given.board?.alerts ?? {}).map(([id, alert]) => [
      id,
      {
        ...alert,
        acknowledgement: {
          alert: id,
          author: 'A',
          note: 'b',
          at: '2010-11-05T10:00:00.000Z',
          period: '2010-10',
          level: 'critical' as const,
        },
      },
    ]),
  );
  const board = given.board && { ...given.board, alerts };
  expect(read(`${overviewPage({ assets: ASSETS }, { ...given, board })}`)).not.toContain('in nobody’s hands');
});
