import type { Board } from '../../functions/domain/board.ts';
import { shownChart } from '../../functions/domain/evaluators/special-cause.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { questionsAbout } from '../../functions/domain/questions.ts';
import { reconcile, timelines } from '../../functions/domain/reconcile.ts';
import { localStandardsOf } from '../../functions/domain/record.ts';
import { seriesOf } from '../../functions/domain/series.ts';
import { metricPage } from '../../functions/pages/metric.ts';
import { aBacklog, aMetric, aRecord, type Figure, IN_WORDS, month, months, NO_ASSETS, observation } from './build.ts';
import { rewriteDocument } from './how-it-judges.ts';

type Reader = 'findings' | 'notice' | 'page' | 'answer' | 'document' | 'calendar' | 'questions';

/** What each reader of the rules says of records that every rule bears on. */
export function readRules(): Record<Reader, string> {
  const findings = RECORDS.map((record) => [...timelines(record, 'show').values()]);
  const notice = reconcile(undefined, DRIFTING, [], new Date('2014-06-01'), 'show').notice;
  const [metric = aMetric()] = DRIFTING.metrics;
  const observations = seriesOf(metric, DRIFTING.months);
  // As it was answered month by month.
  const points = observations.map((_, i) => shownChart(metric, observations.slice(0, i + 1), []).at(-1));
  const page = metricPage(
    { assets: NO_ASSETS },
    {
      metric,
      inspection: {
        header: DRIFTING.inspection,
        judgements: [],
        actions: [],
        metrics: DRIFTING.metrics,
        localStandards: localStandardsOf(DRIFTING, metric.id),
        progress: [],
        benchmarks: [],
        fingerprint: 'one',
        inspections: [],
      },
      months: DRIFTING.months,
      superseded: [],
      alert: undefined,
      judged: timelines(DRIFTING, 'show').get(metric.id) ?? [],
      smallNumbers: 'show',
    },
  );
  return {
    findings: JSON.stringify(findings),
    notice: JSON.stringify(notice),
    page: `${page}`,
    answer: JSON.stringify(points),
    document: rewriteDocument(),
    calendar: JSON.stringify(readCalendar()),
    questions: JSON.stringify(readQuestions()),
  };
}

/** What is told as the months come in, and while they do not: a critical figure, left out, a year that was skipped. */
function readCalendar(): unknown[] {
  const [metric, other] = [aMetric(), aMetric({ id: 'other', polarity: 'neutral', standards: [] })];
  const isReported = { [other.id]: { numerator: 1, denominator: 2 } };
  const critical = { ...isReported, [metric.id]: { numerator: 30, denominator: 50 } };
  const all = [
    ...['2010-09', '2010-10', '2010-11', '2010-12', '2011-01', '2011-02', '2011-03'].map((each) =>
      month(each, critical),
    ),
    ...['2011-04', '2011-05', '2011-06', '2012-02'].map((each) => month(each, isReported)),
  ];
  let board: Board | undefined;
  return all.flatMap(({ period }, i) =>
    ['08', '20', '31'].map((day) => {
      const now = new Date(`${addMonths(period, day === '08' ? 1 : 3)}-${day}T09:00:00.000Z`.replace('-31T', '-28T'));
      const record = aRecord({ metrics: [metric, other], months: all.slice(0, i + 1) });
      const seen = reconcile(board, record, [], now, 'show');
      board = seen.board ?? board;
      return [board?.alerts, seen.notice?.transitions];
    }),
  );
}

/** What is asked of figures that are just questionable. */
function readQuestions(): unknown[] {
  const ask = (metric: ReturnType<typeof aMetric>, figures: readonly Figure[]): unknown =>
    questionsAbout(
      metric,
      figures.map((figure, i) => observation(addMonths('2010-10', i), figure)),
    );
  return [
    ask(averages, [18, 17, 18, 60 * 18]),
    ask(averages, [18, 17, 18, 101 * 18]),
    ask(aMetric(), [
      [40, 50],
      [41, 50],
      [42, 50],
      [430, 510],
    ]),
    ask(aBacklog({ cases: 'flow' }), [9, 10, 10, 10]),
  ];
}

const wave = (length: number, middle: number, swing: number): number[] =>
  Array.from({ length }, (_, i) => middle + Math.round(swing * Math.sin(i * i)));

/** Three years of a share of new cases: a year with one wild month, an odd month, a slow slide, a jump, close calls. */
const COURSE: readonly Figure[] = [
  ...wave(5, 85, 3),
  95,
  ...wave(6, 85, 3),
  60,
  ...[87, 84, 78, 78, 87],
  ...[84, 83, 82, 81, 80, 79, 78, 77],
  ...[80, 80, 79, 79, 80, 79, 80, 80],
  ...[80, 80, 86, 80, 79],
].map((n): Figure => [n, 100]);

/** Against 88%: a sum that grows slowly, in a service that grows. */
const GROWING: readonly Figure[] = Array.from(
  { length: 40 },
  (_, i): Figure => [Math.floor(0.83 * (30 + 2 * i)), 30 + 2 * i],
);

const DRIFTING = aRecord({ metrics: [aMetric({ baseline: IN_WORDS })], months: months(aMetric(), COURSE) });

/** Half a year at 80%, three quarters at 93%, down to 84%, back, and down again. */
const REACHED: readonly Figure[] = [
  ...Array.from({ length: 14 }, (_, i): Figure => [80 + (i % 3), 100]),
  ...Array.from({ length: 6 + 12 }, (_, i): Figure => [92 + (i % 3), 100]),
  ...Array.from({ length: 14 }, (_, i): Figure => [84 + (i % 3), 100]),
  [88, 100],
  [89, 100],
  [90, 100],
  [183, 200],
  ...Array.from({ length: 16 }, (_, i): Figure => [92 + (i % 3), 100]),
  ...Array.from({ length: 8 }, (_, i): Figure => [91 - i, 100]),
];
/** So small a fall that it takes a year to tell it from chance. */
const SMALL: readonly Figure[] = Array.from({ length: 40 }, (_, i): Figure => [i < 24 ? 38 : 34, 50]);
const SHORT: readonly Figure[] = [...Array.from({ length: 6 }, (): Figure => [97, 100]), [70, 100], [70, 100]];
const rolling = aMetric({ cases: 'stock', window: '12-months', standards: [], tolerance: null });
const snapshot = aMetric({ cases: 'stock', tolerance: 1 });
const inWords = aMetric({ cases: 'stock', tolerance: 1, standards: [], baseline: IN_WORDS });
const bare = aMetric({ baseline: { kind: 'none', statement: 'The report says nothing.' } });
const averages = aBacklog({ kind: 'mean', standards: [] });

const absences = aBacklog({ mOfN: { m: 2, n: 2, missing: 'missing' } });
const RECORDS = [
  DRIFTING,
  aRecord({ metrics: [aMetric()], months: months(aMetric(), GROWING) }),
  // Months so large that their typical one is rounded.
  aRecord({
    metrics: [aMetric()],
    months: months(
      aMetric(),
      Array.from({ length: 6 }, (): Figure => [197, 234]),
    ),
  }),
  aRecord({
    metrics: [aMetric()],
    months: months(aMetric(), [[45, 50], ...COURSE.slice(12), [20, 50], [44, 50], [45, 50]]),
  }),
  aRecord({ metrics: [aMetric()], months: months(aMetric(), [[34, 50]]) }),
  aRecord({ metrics: [aBacklog()], months: months(aBacklog(), [9, 11, 9, 12, 9, 9, 11, 12]) }),
  // Small months, months that vary wildly, a snapshot a little below its lines, and failures that are only together too many.
  aRecord({
    metrics: [aMetric()],
    months: months(
      aMetric(),
      Array.from({ length: 30 }, (_, i): Figure => [7 + (i % 2), 10]),
    ),
  }),
  aRecord({
    metrics: [aMetric()],
    months: months(aMetric(), [...Array.from({ length: 24 }, (_, i): Figure => [i % 2 ? 90 : 85, 100]), [72, 100]]),
  }),
  aRecord({
    metrics: [snapshot],
    months: months(snapshot, [
      [74, 100],
      [82, 100],
      [72, 100],
    ]),
  }),
  aRecord({
    metrics: [aMetric()],
    months: months(aMetric(), [
      [36, 50],
      [40, 50],
      [36, 50],
    ]),
  }),
  ...[REACHED, SMALL, SHORT].map((figures) => aRecord({ metrics: [aMetric()], months: months(aMetric(), figures) })),
  aRecord({
    metrics: [rolling],
    months: months(
      rolling,
      [...wave(24, 85, 3), ...wave(20, 60, 3)].map((n): Figure => [n, 100]),
    ),
  }),
  // What stands in for words, what lasts half a year, and shares without counts that come once a year.
  aRecord({
    metrics: [inWords],
    months: months(inWords, [...Array.from({ length: 6 }, (): Figure => [90, 100]), [83, 100]]),
  }),
  aRecord({
    metrics: [snapshot],
    months: months(
      snapshot,
      Array.from({ length: 6 }, (): Figure => [78, 100]),
    ),
  }),
  aRecord({
    metrics: [bare],
    months: [70, 69, 63.5].map((value, i) => month(`${2012 + i}-03`, { [bare.id]: { value } })),
  }),
  aRecord({ metrics: [averages], months: months(averages, [...wave(12, 8, 2), 40, 40, 40]) }),
  aRecord({ metrics: [absences], months: months(absences, [11, 9, 9, 9, 11]).filter((_, i) => i === 0 || i === 4) }),
];
