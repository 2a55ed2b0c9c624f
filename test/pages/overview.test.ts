import { expect, test } from 'vitest';
import type { Progress } from '../../functions/domain/action.ts';
import { FRAMEWORKS } from '../../functions/domain/frameworks.ts';
import { type GradedJudgement, InspectionSchema } from '../../functions/domain/inspection.ts';
import { loadedFrom, storedFrom } from '../../functions/domain/loaded-inspection.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { boardPackPage } from '../../functions/pages/board-pack.ts';
import { type Overview, overviewPage } from '../../functions/pages/overview.ts';
import { gradeOf } from '../../functions/pages/words.ts';
import bristol2023 from '../../seed/bristol-2023.json' with { type: 'json' };
import herefordshire2010 from '../../seed/herefordshire-2010.json' with { type: 'json' };
import herefordshire2014 from '../../seed/herefordshire-2014.json' with { type: 'json' };
import herefordshire2018 from '../../seed/herefordshire-2018.json' with { type: 'json' };
import herefordshire2022 from '../../seed/herefordshire-2022.json' with { type: 'json' };
import { aBacklog, aMetric, aRecord, IN_WORDS, inFigures, month, NO_ASSETS } from '../support/build.ts';

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
  const rest = {
    setAside: undefined,
    unreadable: [],
    waiting: 0,
    lost: 0,
    today: '2010-11-05',
    smallNumbers: 'show' as const,
  };
  return { inspection, months, board, notices: notice ? [notice] : [], ...rest, ...fields };
}

const read = (page: string): string => page.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

test('says first what is critical and in nobody’s hands, and what got worse, each a link', () => {
  const page = `${overviewPage({ assets: NO_ASSETS }, overview())}`;
  expect(read(page)).toMatch(
    /What needs attention Critical, and in nobody’s hands: Assessments on time Got worse in October 2010: Assessments on time , Backlog/,
  );
  expect(page.match(/href="[^"]*\/metrics\/assessments"/)?.index).toBeLessThan(page.indexOf('app-cards'));
});

test.each([
  [inFigures(12, 'upper'), 'at most 12% September 2010; report, paragraph 11'],
  [inFigures(90, 'lower'), 'at least 90% September 2010; report, paragraph 11'],
  [IN_WORDS, 'The report gives no percentage. Report, paragraph 11'],
])('what the inspection found is said with where the report has it: %#', (baseline, words) => {
  const { inspection, ...rest } = overview();
  const found = { ...inspection, metrics: [aMetric({ baseline })] };
  for (const page of [overviewPage, boardPackPage])
    expect(read(`${page({ assets: NO_ASSETS }, { ...rest, inspection: found })}`)).toContain(words);
});

test('a tile that counts something leads to the first of it', () => {
  const page = `${overviewPage({ assets: NO_ASSETS }, overview())}`;
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
  expect(read(`${overviewPage({ assets: NO_ASSETS }, { ...given, board })}`)).not.toContain('in nobody’s hands');
});

/** The overview of an authority with these files loaded. */
function overviewOf(files: readonly unknown[], progress: readonly Progress[] = []): string {
  const stored = files.map((file) => storedFrom(InspectionSchema.parse(file)));
  const inspection = loadedFrom({
    ...{ fingerprint: 'one', localStandards: [], benchmarks: [], progress },
    reports: stored.map(({ report }) => report),
    definitions: stored.flatMap(({ definitions }) => definitions),
  });
  if (!inspection) throw new Error('nothing is loaded');
  return `${overviewPage({ assets: NO_ASSETS }, overview({ inspection, months: [], board: undefined, notices: [] }))}`;
}

test('the newest of the reports that ship leads; each of the others is there with its grades and what became of its actions', () => {
  const earlier = [herefordshire2010, herefordshire2014, herefordshire2018];
  const action = herefordshire2018.actions[0]?.id ?? '';
  const done = {
    state: 'completed',
    evidence: 'Audit of 40 cases',
    author: 'A. Head',
    at: '2019-02-04T10:00:00Z',
  } as const;
  const page = overviewOf(
    [herefordshire2022, ...earlier],
    [{ inspection: 'herefordshire-2018', action, version: 1, ...done }],
  );
  const others = page.slice(page.indexOf('id="inspections"'));
  for (const { title } of earlier) expect(read(others)).toContain(title.replaceAll("'", '&#39;'));
  expect(read(others)).toContain(`${herefordshire2018.actions.length} actions, 1 reported as completed`);
  expect(read(others)).toContain('Completed A. Head, 4 February 2019: Audit of 40 cases');
  for (const { actions } of [herefordshire2010, herefordshire2014])
    expect(read(others)).toContain(`${actions.length} actions, 0 reported as completed`);
  // What was completed of one inspection says nothing of another's action of the same name.
  expect(others.match(/1 reported as completed/g)).toHaveLength(1);
  for (const words of ['Requires improvement to be good', 'Requires improvement', 'Adequate'])
    expect(others).toContain(`>${words}</span>`);
  expect(read(overviewOf([bristol2023]))).toContain('Bristol');
});

test.each(Object.entries(FRAMEWORKS))(
  '%s shows each grade in its own words with a colour, and none by number',
  (_, framework) => {
    const grades: Record<string, { words: string; tone: string }> = framework.grades;
    const shown = Object.entries(grades).map(
      ([grade, { words, tone }]) =>
        `${gradeOf({ ...herefordshire2010.judgements[0], grade, words, tone } as GradedJudgement)}`,
    );
    expect(shown).toEqual(
      Object.values(grades).map(({ words, tone }) => `<span class="app-grade app-grade--${tone}">${words}</span>`),
    );
    // A colour each: no two grades of a framework look alike.
    expect(new Set(Object.values(grades).map(({ tone }) => tone)).size).toBe(shown.length);
    expect(shown.join(' ')).not.toMatch(/>\s*\d/);
  },
);

test('the board pack asks about what can hardly be right', () => {
  const [assessments = aMetric()] = metrics;
  const months = ['2010-10', '2010-11', '2010-12'].map((period) =>
    month(period, { [assessments.id]: { numerator: 82, denominator: 100 } }),
  );
  const pack = read(`${boardPackPage({ assets: NO_ASSETS }, overview({ months }))}`);
  expect(pack).toMatch(
    /Questions about the data.*82.0% \(82 of 100\) in December 2010 is exactly what the two reports before it were/,
  );
  expect(read(`${boardPackPage({ assets: NO_ASSETS }, overview())}`)).not.toContain('is exactly what');
});
