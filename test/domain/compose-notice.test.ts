import { describe, expect, it, test } from 'vitest';
import type { Announced, Board, BoardAlert, ToldAlert } from '../../functions/domain/board.ts';
import { composeNotice, isNewlyLed, type Occasion } from '../../functions/domain/compose-notice.ts';
import type { Finding } from '../../functions/domain/evaluators/evaluator.ts';
import type { Change } from '../../functions/domain/lifecycle.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import type { NoticeItem } from '../../functions/domain/notice-contents.ts';
import { obligationsOf } from '../../functions/domain/obligations.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import { seriesOf } from '../../functions/domain/series.ts';
import { type Judged, timeline } from '../../functions/domain/timeline.ts';
import {
  aBacklog,
  aLocalStandard,
  aMetric,
  anAction,
  aRecord,
  type Figure,
  months,
  SETTINGS,
} from '../support/build.ts';

/** What a notice is made of, from what was judged and what was told before; each test says only what matters to it. */

const NOW = new Date('2010-12-01T12:00:00Z');
const metric = aMetric();
const NO_BASELINE = { kind: 'none', statement: 'The report says nothing.' } as const;

const raised = (level: BoardAlert['level'], since = '2010-10', fields: Partial<BoardAlert> = {}): BoardAlert => ({
  ...{ state: 'raised', level, since, period: '2010-11', findings: [] },
  ...(level === 'watch' ? {} : { episode: { from: since, level: level ?? 'warning' } }),
  ...fields,
});
const told = (alerts: Record<string, ToldAlert>, fields: Partial<Announced> = {}): Announced => ({
  ...{
    latestPeriod: '2010-10',
    judged: { '2010-10': 1 },
    standards: {},
    inspection: 'one',
    leading: 'herefordshire-2010',
  },
  alerts,
  ...fields,
});

interface Told {
  readonly metrics?: readonly Metric[];
  readonly figures?: readonly Figure[];
  readonly alerts?: Record<string, BoardAlert>;
  readonly changes?: Record<string, Change['transition'] | Change>;
  readonly told?: Announced;
  readonly board?: Partial<Board>;
  readonly record?: Partial<AuthorityRecord>;
  readonly findings?: readonly Partial<Finding>[];
  readonly isAsTold?: boolean;
}

function compose({ metrics = [metric], figures = [[34, 50]], alerts = {}, changes = {}, ...fields }: Told) {
  const [first = metric] = metrics;
  const record = aRecord({ metrics: [...metrics], months: months(first, figures), ...fields.record });
  const judgements = new Map<string, readonly Judged[]>(
    metrics.map((each) => [each.id, timeline(each, seriesOf(each, record.months), SETTINGS)]),
  );
  if (fields.findings) {
    const [last] = (judgements.get(first.id) ?? []).slice(-1) as [Judged];
    judgements.set(first.id, [
      ...(judgements.get(first.id) ?? []).slice(0, -1),
      { ...last, alert: last.alert, findings: fields.findings as Finding[] },
    ]);
  }
  const latestPeriod = record.months.findLast(({ retracted }) => !retracted)?.period;
  const occasion: Occasion = {
    board: {
      ...{ authority: 'herefordshire', version: 2, evaluatedAt: NOW.toISOString(), lastNotice: 7, judged: {} },
      ...{ standards: {}, inspection: 'one', leading: record.inspection.id, alerts },
      ...(latestPeriod ? { latestPeriod } : {}),
      ...fields.board,
    },
    told: fields.told,
    changes: new Map(
      Object.entries(changes).map(([id, change]) => [
        id,
        typeof change === 'string' ? { transition: change, mailed: true } : change,
      ]),
    ),
    judgements,
    obligations: obligationsOf(record, NOW),
    record,
    superseded: [],
    smallNumbers: 'show',
    ...(fields.isAsTold ? { isAsTold: true } : {}),
  };
  return composeNotice(occasion);
}

const changed = (fields: Told): NoticeItem => compose(fields).transitions[0] as NoticeItem;
const standing = (fields: Told): NoticeItem => compose(fields).stillRaised[0] as NoticeItem;
const ofMetric = (alert: BoardAlert) => ({ [metric.id]: alert });

describe('the order of what stands', () => {
  const share = (id: string, fields: Partial<Metric> = {}) => aMetric({ id, title: id, ...fields });
  const metrics = [share('a'), aBacklog({ id: 'b', title: 'b' }), share('c', { holdLine: true }), share('d')];

  it('is by level, then lines that must hold, then counts, then as in the file, and last what has no metric', () => {
    const alerts = Object.fromEntries(
      ['submission', 'd', 'a', 'b', 'c'].map((id) => [id, raised(id === 'd' ? 'critical' : 'warning')]),
    );
    expect(compose({ metrics, alerts }).stillRaised.map(({ alert }) => alert)).toEqual([
      'd',
      'c',
      'b',
      'a',
      'submission',
    ]);
    const changes = { a: 'raised', b: 'raised', c: 'raised', submission: 'raised', d: 'raised' } as const;
    expect(compose({ metrics, alerts, changes }).transitions.map(({ alert }) => alert)).toEqual([
      ...['d', 'c', 'b', 'a', 'submission'],
    ]);
  });

  it('is apart from what is only to watch, which is told once where that is the news and twice where it is left of more', () => {
    const watched = { alerts: ofMetric(raised('watch')) };
    expect(compose(watched).watching).toHaveLength(1);
    expect(compose({ ...watched, changes: { [metric.id]: 'raised' } }).watching).toEqual([]);
    const before = told(ofMetric(raised('warning')));
    const left = compose({ ...watched, told: before, changes: { [metric.id]: 'cleared' } });
    expect([left.watching.length, left.transitions.length, left.stillRaised.length]).toEqual([1, 1, 0]);
    expect(compose({ ...watched, changes: { other: 'raised' } }).watching).toHaveLength(1);
  });
});

describe('to whom it goes', () => {
  const both = { alerts: { ...ofMetric(raised('warning')), submission: raised('critical') } };

  it('is by the highest level that is mailed, now or as it was told', () => {
    const quiet = { transition: 'raised', mailed: false } as const;
    expect(compose({ ...both, changes: { [metric.id]: 'raised', submission: quiet } }).level).toBe('warning');
    expect(compose({ ...both, changes: { [metric.id]: 'raised', submission: 'raised' } }).level).toBe('critical');
    const ended = { told: told(ofMetric(raised('critical'))), changes: { [metric.id]: 'cleared' } as const };
    expect(compose(ended).level).toBe('critical');
    expect(compose({ alerts: ofMetric(raised('watch')), changes: { [metric.id]: 'raised' } }).level).toBe('watch');
  });

  it.each<[NonNullable<Announced['lastOf']>, number | undefined]>([
    [{ critical: 2, warning: 4, watch: 6 }, 5],
    [{ critical: 5, warning: 4, watch: 6 }, 6],
    [{ critical: 6, warning: 4 }, undefined],
    [{ watch: 6 }, 1],
  ])('says from which e-mail on not everybody got those before: %j', (lastOf, first) => {
    const sent = { alerts: ofMetric(raised('warning')), changes: { [metric.id]: 'worsened' } as const };
    expect(compose({ ...sent, told: told({}, { lastOf }) }).lessSerious).toBe(first);
    expect(compose({ ...sent, told: told({}) }).lessSerious).toBeUndefined();
  });

  it('is everybody, where figures that were judged are held against another inspection', () => {
    const elsewhere = told({}, { leading: 'herefordshire-2005' });
    expect(compose({ told: elsewhere })).toMatchObject({
      level: 'critical',
      inspection: { title: expect.stringContaining('nspection'), published: expect.stringMatching(/^2010-/) },
    });
    expect(compose({ told: told({}) })).not.toHaveProperty('inspection');
    const { leading: _, ...unsaid } = elsewhere;
    const { latestPeriod: __, ...unjudged } = elsewhere;
    const now = { leading: 'herefordshire-2010' };
    expect([elsewhere, unsaid, unjudged, undefined].map((each) => isNewlyLed(each, now))).toEqual([
      ...[true, false, false, false],
    ]);
  });
});

describe('which month it is of', () => {
  const [october, november] = months(metric, [
    [34, 50],
    [33, 50],
  ]) as [AuthorityRecord['months'][0], AuthorityRecord['months'][0]];
  const about = (each: AuthorityRecord['months'], changes: Told['changes'] = { [metric.id]: 'raised' }) => {
    const { about, provisional, takenBack, commentary } = compose({
      ...{ alerts: ofMetric(raised('warning')), told: told({}), changes },
      record: { months: each },
    });
    return { about, provisional, takenBack, commentary };
  };

  it('is the latest that came, was corrected or was taken back', () => {
    expect(about([october, november])).toEqual({ about: '2010-11' });
    expect(about([{ ...october, revision: 2 }]).about).toBe('2010-10');
    expect(about([october]).about).toBeUndefined();
    expect(about([{ ...october, revision: 2, retracted: true }])).toEqual({ about: '2010-10', takenBack: true });
    expect(about([october, { ...november, retracted: true }]).about).toBeUndefined();
    expect(about([october, november], { submission: 'raised' }).about).toBeUndefined();
    expect(about([october, november], { submission: 'raised', [metric.id]: 'raised' }).about).toBe('2010-11');
  });

  it('says that it is provisional, and what was written beside it where it is new', () => {
    const fields = { status: 'provisional', commentary: 'A new system.' } as const;
    expect(about([october, { ...november, ...fields }])).toEqual({
      ...{ about: '2010-11', provisional: true, commentary: 'A new system.' },
    });
    expect(about([{ ...october, ...fields, revision: 2 }])).toEqual({ about: '2010-10', provisional: true });
    const back = { ...november, ...fields, revision: 2, retracted: true };
    const before = { told: told({}, { judged: { '2010-10': 1, '2010-11': 1 }, latestPeriod: '2010-10' }) };
    expect(
      compose({ ...before, changes: { [metric.id]: 'withdrawn' }, record: { months: [october, back] } }),
    ).not.toHaveProperty('commentary');
  });

  it('asks to check figures of the latest month alone', () => {
    const odd = aBacklog();
    const months = (figures: Figure[]) => compose({ metrics: [odd], figures });
    expect(months([2, 1, 1, 150]).questions).toEqual([expect.stringContaining('150 cases in January 2011')]);
    expect(months([2, 1, 1, 2])).not.toHaveProperty('questions');
    expect(compose({ metrics: [odd], figures: [2, 1, 1, 150], board: { latestPeriod: '2011-02' } })).not.toHaveProperty(
      'questions',
    );
  });
});

describe('an alert', () => {
  const warning = raised('warning');
  const now = { alerts: ofMetric(warning) };

  it('is told with what it was, and why it is otherwise', () => {
    const corrected = { record: { fingerprint: 'two' }, told: told(ofMetric(raised('watch'))) };
    expect(changed({ ...now, ...corrected, changes: { [metric.id]: 'raised' } })).toMatchObject({
      ...{ transition: 'raised', level: 'warning', reached: 'warning', since: '2010-10' },
      was: { level: 'watch', recovering: false },
      reason: 'what is measured, or what the inspection found, was loaded again and is different',
    });
    // Nothing made it so that nobody reports it, or that it stands still.
    expect(changed({ ...now, ...corrected, changes: { [metric.id]: 'unreported' } })).not.toHaveProperty('reason');
    expect(changed({ ...now, ...corrected, changes: { [metric.id]: 'reminded' } })).not.toHaveProperty('reason');
    expect(standing({ ...now, ...corrected })).not.toHaveProperty('reason');
  });

  it('says that it dates from another month, where it is the same otherwise', () => {
    const before = told(ofMetric(raised('warning', '2010-09')));
    const moved = { was: { level: 'warning', recovering: false, since: '2010-09' } };
    expect(standing({ ...now, told: before })).toMatchObject(moved);
    expect(standing({ ...now, told: before, record: { fingerprint: 'two' } })).toHaveProperty('reason');
    expect(changed({ ...now, told: before, changes: { [metric.id]: 'worsened' } })).toMatchObject(moved);
    const same = { was: { level: 'warning', recovering: false } };
    expect(changed({ ...now, told: before, changes: { [metric.id]: 'raised' } }).was).toEqual(same.was);
    expect(changed({ told: before, changes: { [metric.id]: 'cleared' } }).was).toEqual(same.was);
    expect(standing({ ...now, told: told(ofMetric(warning)) }).was).toEqual(same.was);
    const watched = told(ofMetric(raised('watch', '2010-09')));
    expect(standing({ ...now, told: watched }).was).toEqual({ level: 'watch', recovering: false });
  });

  it('that ended is told as it was', () => {
    const over = changed({
      told: told(ofMetric(raised('critical', '2010-08'))),
      changes: { [metric.id]: 'withdrawn' },
    });
    expect(over).toMatchObject({ level: 'critical', reached: 'critical', since: '2010-08' });
    expect(over).not.toHaveProperty('unmeasured');
    const ended = aMetric({ until: '2010-09' });
    const gone = { told: told(ofMetric(warning)), changes: { [metric.id]: 'cleared' } as const };
    expect(changed({ ...gone, metrics: [ended] })).toMatchObject({ unmeasured: true });
    expect(changed({ ...gone, metrics: [aMetric({ until: '2010-10' })] })).not.toHaveProperty('unmeasured');
    expect(changed({ ...gone, metrics: [aMetric({ id: 'other' })] })).toMatchObject({
      ...{ title: 'Assessments', unmeasured: true, findings: [] },
    });
    const late = { told: told({ submission: warning }), changes: { submission: 'cleared' } as const };
    expect(changed(late)).not.toHaveProperty('unmeasured');
  });

  it('says that it was told as over', () => {
    const over = { told: told({}, { over: { [metric.id]: '2010-10' } }), changes: { [metric.id]: 'raised' } as const };
    expect(changed({ ...now, ...over })).toMatchObject({ again: true });
    expect(changed({ alerts: ofMetric(raised('warning', '2010-11')), ...over })).not.toHaveProperty('again');
    expect(changed({ ...now, ...over, told: told({}) })).not.toHaveProperty('again');
    expect(changed({ ...now, ...over, told: { ...over.told, alerts: ofMetric(warning) } })).not.toHaveProperty('again');
  });

  it('says what it has become where the e-mails have not said so, only where it is told as they have it', () => {
    const recovering = raised('warning', '2010-10', { state: 'recovering', level: 'warning' });
    const unsaid = (before: BoardAlert, after: BoardAlert, isAsTold = true) =>
      standing({ alerts: ofMetric(after), told: told(ofMetric(before)), isAsTold });
    expect(unsaid(raised('critical'), recovering)).toMatchObject({
      ...{ level: 'critical', unsaid: { level: 'warning', recovering: true, since: '2010-10' } },
    });
    expect(unsaid(raised('critical'), recovering)).not.toHaveProperty('recovering');
    expect(unsaid(recovering, raised('warning')).unsaid).toMatchObject({ recovering: false });
    expect(unsaid(raised('warning', '2010-09'), warning).unsaid).toMatchObject({ since: '2010-10' });
    expect(unsaid(warning, warning)).not.toHaveProperty('unsaid');
    expect(unsaid(raised('watch'), warning)).not.toHaveProperty('unsaid');
    expect(unsaid(raised('critical'), recovering, false)).toMatchObject({ level: 'warning', recovering: true });
    expect(standing({ ...now, told: told({}), isAsTold: true })).not.toHaveProperty('unsaid');
  });

  it('says what its metric was called, and what was written of what it is judged by', () => {
    const renamed = aMetric({
      formerTitles: [
        { title: 'First name', until: '2010-08-31' },
        { title: 'Second name', until: '2010-10-15' },
      ],
    });
    expect(standing({ ...now, metrics: [renamed], told: told({}) }).formerly).toEqual({
      ...{ title: 'Second name', until: '2010-10-15' },
    });
    expect(standing({ ...now, metrics: [renamed], told: told({}, { latestPeriod: '2010-11' }) })).not.toHaveProperty(
      'formerly',
    );
    expect(standing({ ...now, metrics: [renamed] })).not.toHaveProperty('formerly');
    const set = { record: { localStandards: [aLocalStandard({ value: 70 })] }, told: told({}) };
    expect(changed({ ...now, ...set, changes: { [metric.id]: 'raised' } }).said).toEqual([
      { author: 'A. Head', text: 'agreed' },
    ]);
    expect(standing({ ...now, ...set })).not.toHaveProperty('said');
    expect(changed({ ...now, told: told({}), changes: { [metric.id]: 'raised' } })).not.toHaveProperty('said');
  });

  it('says who has it in hand, or had until it got worse', () => {
    const given = {
      ...{ alert: metric.id, author: 'B. Lead', note: 'On it.', at: '2010-11-02T09:00:00.000Z' },
      ...{ period: '2010-10', level: 'warning' as const },
    };
    const said = { author: 'B. Lead', at: given.at, note: 'On it.' };
    const held = { alerts: ofMetric({ ...warning, acknowledgement: given }) };
    expect(standing(held).inHand).toEqual({ ...said, lapsed: false });
    const lapsed = { ...now, told: told(ofMetric(warning)), record: { acknowledgements: [given] } };
    expect(standing(lapsed).inHand).toEqual({ ...said, lapsed: true });
    expect(changed({ ...lapsed, alerts: {}, changes: { [metric.id]: 'cleared' } }).inHand).toEqual({
      ...{ ...said, lapsed: false },
    });
    const other = { record: { acknowledgements: [{ ...given, alert: 'backlog' }] } };
    expect(standing({ ...lapsed, ...other })).not.toHaveProperty('inHand');
    const earlier = { record: { acknowledgements: [{ ...given, period: '2010-09' }] } };
    expect(standing({ ...lapsed, ...earlier })).not.toHaveProperty('inHand');
    expect(standing({ ...lapsed, told: told({}) })).not.toHaveProperty('inHand');
  });
});

describe('the words for a figure', () => {
  const words = (fields: Partial<Metric>, figures: readonly Figure[], more: Told = {}) => {
    const each = aMetric(fields);
    return standing({ metrics: [each], figures, alerts: { [each.id]: raised('warning') }, ...more });
  };
  const count = { kind: 'count', unit: 'cases' } as const;
  const standards = (value: number, upTo?: number): Metric['standards'] => [
    { value, ...(upTo === undefined ? {} : { upTo }), from: '2000-01', basis: 'local', note: 'a default' },
  ];

  it.each<[Partial<Metric>, string]>([
    [{}, '80% or more'],
    [{ standards: standards(100) }, '100%'],
    [{ ...count, standards: standards(100) }, '100 cases or more'],
    [{ ...count, polarity: 'lower', standards: standards(10) }, '10 cases or fewer'],
    [{ ...count, polarity: 'lower', standards: standards(0) }, '0 cases'],
    [{ kind: 'mean', unit: 'days', polarity: 'lower', standards: standards(10) }, '10 days or less'],
    [{ polarity: 'target', standards: standards(60, 80) }, '60% to 80%'],
  ])('say what it should be: %j', (fields, expected) => {
    expect(words(fields, [50]).shouldBe).toBe(`${expected} (this service's default)`);
    expect(words({ ...fields, standards: [] }, [50])).not.toHaveProperty('shouldBe');
  });

  it.each<[Partial<Metric>, Figure, string]>([
    [{}, [40, 50], 'worse: down from 84.0% (42 of 50) in October 2010'],
    [{}, [43, 50], 'better: up from 84.0% (42 of 50) in October 2010'],
    [{}, [42, 50], 'the same as in October 2010'],
    [{ polarity: 'lower' }, [43, 50], 'worse: up from 84.0% (42 of 50) in October 2010'],
    [{ polarity: 'target' }, [43, 50], 'up from 84.0% (42 of 50) in October 2010'],
    [{ polarity: 'neutral' }, [40, 50], 'down from 84.0% (42 of 50) in October 2010'],
  ])('say which way it went: %j', (fields, figure, direction) => {
    expect(words(fields, [[42, 50], figure]).direction).toBe(direction);
    expect(words(fields, [figure])).not.toHaveProperty('direction');
  });

  it('say as much of the figure before as tells the two apart', () => {
    expect(words({ kind: 'mean', unit: 'days' }, [80.01, 80.04]).direction).toContain('up from 80.01');
  });

  it('say what it is, what the inspection found and how others are, and since when it is not reported', () => {
    const { value, baseline, compared: others } = words({}, [[34, 50]], { record: { benchmarks: [] } });
    expect([value, baseline, others]).toEqual([
      '68.0% (34 of 50) in October 2010',
      '88% in September 2010 (paragraph 11)',
      undefined,
    ]);
    const later = words(
      {},
      [
        [34, 50],
        [33, 50],
      ],
      { board: { latestPeriod: '2011-01' } },
    );
    expect(later.value).toBe('66.0% (33 of 50) in November 2010, not reported since (two reports were expected)');
    expect(later).not.toHaveProperty('direction');
    const ended = words(
      { until: '2010-12' },
      [
        [34, 50],
        [33, 50],
      ],
      { board: { latestPeriod: '2011-01' } },
    );
    expect(ended.value).toBe('66.0% (33 of 50) in November 2010, not reported since (one report was expected)');
  });

  it('name the actions that the metric belongs to', () => {
    const actions = [anAction('A1', '2011-01-22'), anAction('A2', '2011-02-22')];
    expect(words({ actions: ['A2'] }, [50], { record: { actions } }).actions).toEqual([
      'A2 Do A2 (due 22 February 2011; paragraph 16)',
    ]);
  });

  it('give the reasons without what stands above them', () => {
    expect(words({ baseline: NO_BASELINE }, [[34, 50]]).reasons).toEqual([
      'a service exactly at the standard looks this bad in at most 1 month of 30, by chance',
    ]);
    const standard = "the standard is 80% since January 2000 (this service's default)";
    const finding = { evaluator: 'standard', level: 'warning', text: 't', numbers: {} } as const;
    const reasons = (fields: Partial<Finding>) => words({}, [50], { findings: [{ ...finding, ...fields }] }).reasons;
    expect(reasons({ reference: standard })).toEqual(['the figure fails the standard']);
    expect(reasons({ reference: 'its level', reason: 'chance' })).toEqual(['its level; chance']);
    expect(words({}, [50], { findings: [{ ...finding, text: 'In a sentence' }] }).findings).toEqual(['In a sentence']);
  });

  it.each<[Partial<Finding>, Partial<Metric>, readonly Figure[], string[]]>([
    [
      { evaluator: 'standard', level: 'critical', numbers: { failing: 2 } },
      {},
      [60, 60],
      ['Two of the latest reports are not what they should be.'],
    ],
    [{ evaluator: 'standard', level: 'critical', numbers: { failing: 1 } }, {}, [60, 60], []],
    [{ evaluator: 'standard', level: 'warning', numbers: { failing: 2 } }, {}, [60, 60], []],
    [{ evaluator: 'standard', level: 'critical', numbers: { failing: 2 } }, {}, [60, 50], []],
    [{ evaluator: 'standard', level: 'critical', numbers: { failing: 2 } }, {}, [60], []],
    [{ evaluator: 'standard', level: 'critical', numbers: {} }, {}, [60, 60], []],
    [
      { evaluator: 'inspection' },
      {},
      [60],
      ['It has become worse than the inspectors found: 88% in September 2010 (paragraph 11).'],
    ],
    [
      { evaluator: 'inspection' },
      { baseline: NO_BASELINE },
      [60],
      ['It has become worse than it was in the first months after the inspection.'],
    ],
    [
      { evaluator: 'change-point', reference: '80% since May' },
      {},
      [60],
      ['It has become worse than it had been: 80% since May.'],
    ],
    [{ evaluator: 'change-point' }, {}, [60], ['It has become worse than it had been.']],
    [
      { evaluator: 'special-cause' },
      {},
      [60],
      ['This is unusually bad for this figure, more than its usual ups and downs.'],
    ],
    [{ evaluator: 'submission' }, {}, [60], []],
  ])('say why it is raised beside the standard: %j', (finding, fields, figures, why) => {
    const found = { level: 'warning', text: 't', numbers: {}, ...finding } as const;
    expect(words(fields, figures, { findings: [found, found] }).why).toEqual(why);
  });
});

test('an alert of the authority is told with what it found, and what is in', () => {
  const finding = { evaluator: 'submission', level: 'warning', text: 'figures did not come', numbers: {} } as const;
  const item = standing({ alerts: { submission: raised('warning', '2010-10', { findings: [finding] }) } });
  expect(item).toMatchObject({
    ...{ value: 'figures are in up to October 2010', findings: ['figures did not come'], why: [], actions: [] },
  });
  expect(item).not.toHaveProperty('standard');
});
