import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, Progress } from '../../functions/domain/action.ts';
import { isAuthorityAlert } from '../../functions/domain/authority-alerts.ts';
import { type Acknowledgement, acknowledged, announcedOf, type Board } from '../../functions/domain/board.ts';
import { greetingOf } from '../../functions/domain/direct-mail.ts';
import { highest, type Level, LevelSchema, rank } from '../../functions/domain/lifecycle.ts';
import type { LocalStandard } from '../../functions/domain/metric.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import { type Notice, type NoticeItem, NoticeSchema } from '../../functions/domain/notice-contents.ts';
import { subjectOf } from '../../functions/domain/notice-subject.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile, standingOn } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { aBacklog, aMetric, anAction, aRecord, IN_WORDS, reported } from '../support/build.ts';

/**
 * A model of the service around reconcile(): a record that people change, events about it that are doubled, lost and out
 * of order, evaluations that crash, overlap and look again, and readers who are told by notices alone.
 */

const METRICS = [
  aMetric(),
  aMetric({ id: 'in-words', title: 'In words', baseline: IN_WORDS }),
  aBacklog({ mOfN: { m: 2, n: 3, missing: 'breaching' } }),
  aMetric({ id: 'held', title: 'Held', holdLine: true, cases: 'stock', tolerance: null }),
];

const ACTIONS = [anAction('A1', '2010-11-20'), anAction('A2', '2010-12-20'), anAction('A3', '2011-02-10')];

type Step =
  | {
      readonly kind: 'submit';
      readonly month: number;
      readonly quality: readonly number[];
      readonly provisional: boolean;
    }
  | { readonly kind: 'retract'; readonly month: number }
  | { readonly kind: 'standard'; readonly metric: number; readonly value: number; readonly from: number }
  | { readonly kind: 'progress'; readonly action: number; readonly completed: boolean }
  | { readonly kind: 'acknowledge'; readonly alert: number }
  | { readonly kind: 'wait'; readonly days: number }
  | { readonly kind: 'evaluate'; readonly fate: 'saved' | 'crashed' }
  | { readonly kind: 'comes' | 'leaves'; readonly reader: Level }
  | { readonly kind: 'overlap'; readonly quality: readonly number[]; readonly month: number };

const MONTHS = 8;
const quality = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: METRICS.length, maxLength: METRICS.length });
const monthNumber = fc.integer({ min: 0, max: MONTHS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      month: monthNumber,
      quality,
      provisional: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('evaluate' as const), fate: fc.constantFrom('saved', 'crashed') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retract' as const), month: monthNumber }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('standard' as const),
      metric: fc.nat(METRICS.length - 1),
      value: fc.constantFrom(5, 50, 80, 95),
      from: monthNumber,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('progress' as const), action: fc.nat(2), completed: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), alert: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.constant(100) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('comes' as const, 'leaves' as const),
      reader: fc.constantFrom(...LevelSchema.options),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('overlap' as const), month: monthNumber, quality }) },
);

/** What somebody reads who hears from a level on: each mail, beside the board that it is of. */
type Read =
  | { readonly kind: 'greeting'; readonly standing: Notice; readonly text: string; readonly board: Board }
  | { readonly kind: 'notice'; readonly notice: Notice; readonly board: Board };

/** What people did, and what the service wrote. */
class World {
  readonly revisions: Month[] = [];
  readonly localStandards: LocalStandard[] = [];
  readonly progress: Progress[] = [];
  readonly acknowledgements = new Map<string, Acknowledgement>();
  now = new Date('2010-11-02T12:00:00Z');
  board: Board | undefined;
  nextDueAt: Date | undefined;
  readonly notices: Notice[] = [];
  /** The board that each of them is of. */
  readonly boards: Board[] = [];
  /** Who is mailed now, and what each has read since they came last; undefined where somebody is not there. */
  readonly readers = new Map<Level, Read[]>();
  /** What was read by those who left. */
  readonly left: (readonly [Level, Read[]])[] = [];

  /** Somebody confirms, and is told how things stand; of an authority that nobody was told of there is nothing to tell. */
  private comes(reader: Level): void {
    if (this.readers.has(reader)) return;
    const { board: stored, record, now } = this;
    if (!stored || stored.lastNotice === 0) {
      this.readers.set(reader, []);
      return;
    }
    const acknowledgements = [...this.acknowledgements.values()];
    const alerts = Object.entries(stored.alerts).map(
      ([id, alert]) => [id, acknowledged(id, alert, { board: stored, acknowledgements })] as const,
    );
    const board = { ...stored, alerts: Object.fromEntries(alerts) };
    const standing = standingOn(board, record, now, 'show');
    const { text } = greetingOf(standing, { least: reader, waiting: 0, isNew: true, now }, 'https://x/');
    this.readers.set(reader, [{ kind: 'greeting', standing, text, board }]);
  }

  private leaves(reader: Level): void {
    const read = this.readers.get(reader);
    if (read) this.left.push([reader, read]);
    this.readers.delete(reader);
  }

  private publish(notice: Notice, board: Board): void {
    this.notices.push(notice);
    this.boards.push(board);
    for (const [reader, read] of this.readers)
      if (rank(notice.level) >= rank(reader)) read.push({ kind: 'notice', notice, board });
  }

  get record(): AuthorityRecord {
    const current = new Map<string, Month>();
    for (const revision of this.revisions) current.set(revision.period, revision);
    return aRecord({
      metrics: METRICS,
      actions: ACTIONS,
      months: [...current.values()].sort((a, b) => (a.period < b.period ? -1 : 1)),
      localStandards: this.localStandards,
      progress: this.progress,
      acknowledgements: [...this.acknowledgements.values()],
    });
  }

  private put(number: number, fields: Pick<Month, 'observations' | 'status'> & { retracted?: true }): void {
    const period = addMonths('2010-10', number);
    const revision = this.revisions.filter((month) => month.period === period).length + 1;
    this.revisions.push({ period, revision, submittedAt: this.now.toISOString(), ...fields });
  }

  submit(number: number, qualities: readonly number[], provisional: boolean): void {
    const observations = Object.fromEntries(
      METRICS.flatMap((metric, i) => {
        const good = qualities[i] ?? 0;
        // The worst quality is no report at all.
        if (good === 0) return [];
        return [[metric.id, reported(metric, metric.kind === 'count' ? 20 - 2 * good : [40 + good, 50])]];
      }),
    );
    this.put(number, { observations, status: provisional ? 'provisional' : 'final' });
  }

  retract(number: number): void {
    const period = addMonths('2010-10', number);
    const current = this.revisions.findLast((month) => month.period === period);
    if (current && !current.retracted) this.put(number, { observations: {}, status: 'final', retracted: true });
  }

  /** Reads the board first, then the record; `between` is what others do meanwhile. */
  evaluate(fate: 'saved' | 'crashed', between: () => void = () => {}): void {
    const board = this.board;
    const known = board && announcedOf(board);
    const superseded = this.revisions.filter(({ period, revision }) => known?.judged[period] === revision);
    between();
    const result = reconcile(board, this.record, superseded, this.now, 'show');
    if (fate === 'crashed') return;
    // The condition of the write: somebody else was faster, so look again.
    if (this.board !== board) {
      this.evaluate(fate);
      return;
    }
    this.nextDueAt = result.nextDueAt;
    if (!result.board) return;
    this.board = JSON.parse(JSON.stringify(result.board)) as Board;
    if (!result.notice) return;
    this.publish(NoticeSchema.parse(JSON.parse(JSON.stringify(result.notice))), this.board);
  }

  do(step: Step): void {
    switch (step.kind) {
      case 'submit':
        this.submit(step.month, step.quality, step.provisional);
        return;
      case 'retract':
        this.retract(step.month);
        return;
      case 'standard': {
        const metric = METRICS[step.metric]?.id ?? '';
        const version = this.localStandards.filter((known) => known.metric === metric).length + 1;
        const from = addMonths('2010-10', step.from);
        const common = { reason: 'agreed', author: 'A. Head', setAt: this.now.toISOString() };
        this.localStandards.push({ metric, version, from, value: step.value, ...common });
        return;
      }
      case 'progress': {
        const { id } = ACTIONS[step.action] as Action;
        const version = this.progress.filter((known) => known.action === id).length + 1;
        const state = step.completed ? 'completed' : 'open';
        this.progress.push({
          action: id,
          version,
          state,
          evidence: 'seen',
          author: 'A. Head',
          at: this.now.toISOString(),
        });
        return;
      }
      case 'acknowledge': {
        const alerts = Object.entries(this.board?.alerts ?? {});
        const [alert, state] = alerts[step.alert % (alerts.length || 1)] ?? [];
        if (!alert || !state?.episode) return;
        const common = { author: 'A. Head', note: 'on it', at: this.now.toISOString() };
        this.acknowledgements.set(alert, { alert, ...common, period: state.period, level: state.episode.level });
        return;
      }
      case 'wait':
        this.now = new Date(this.now.getTime() + step.days * 86_400_000);
        return;
      case 'comes':
        this.comes(step.reader);
        return;
      case 'leaves':
        this.leaves(step.reader);
        return;
      case 'evaluate':
        this.evaluate(step.fate);
        return;
      case 'overlap':
        this.evaluate('saved', () => {
          this.submit(step.month, step.quality, false);
          this.evaluate('saved');
        });
        return;
    }
  }
}

function lived(steps: readonly Step[]): World {
  const world = new World();
  for (const each of steps) world.do(each);
  world.evaluate('saved');
  return world;
}

/** The board without what counts its own writes. */
function contentOf(board: Board | undefined): unknown {
  if (!board) return undefined;
  const { version, evaluatedAt, lastNotice, announced, ...content } = board;
  return JSON.parse(JSON.stringify(content));
}

/** What a reader takes an alert to be. */
interface Believed {
  readonly level: Level | undefined;
  readonly recovering: boolean;
  readonly since: string | undefined;
  readonly inHand: boolean;
}

const isOver = (transition: NoticeItem['transition']): boolean =>
  transition === 'cleared' || transition === 'withdrawn';

const believedOf = (items: readonly NoticeItem[]): Map<string, Believed> =>
  new Map(
    items.map(({ alert, level, recovering = false, since, inHand }) => [
      alert,
      { level, recovering, since, inHand: inHand?.lapsed === false },
    ]),
  );

/** The same, by the board. */
const trueOf = ({ alerts }: Board): Map<string, Believed> =>
  new Map(
    Object.entries(alerts).map(([id, { level, state, since, acknowledgement }]) => [
      id,
      { level, recovering: state === 'recovering', since, inHand: acknowledgement !== undefined },
    ]),
  );

const lives = fc.array(step, { minLength: 1, maxLength: 40 });
const RUNS = { numRuns: 300 };

/** Lives in which the months come one after the other, each told, with anything else in between. */
const years = fc
  .array(
    fc.record({
      qualities: fc.array(fc.constantFrom(1, 4, 5, 8, 10), { minLength: METRICS.length, maxLength: METRICS.length }),
      others: fc.array(step, { maxLength: 2 }),
      // Somebody is lost and comes again.
      again: fc.option(fc.constantFrom(...LevelSchema.options), { nil: undefined }),
      days: fc.constantFrom(20, 30, 60),
    }),
    { minLength: 4, maxLength: 2 * MONTHS },
  )
  .map((told) =>
    told.flatMap(({ qualities, others, again, days }, month): Step[] => [
      { kind: 'submit', month, quality: qualities, provisional: false },
      { kind: 'evaluate', fate: 'saved' },
      ...(again
        ? ([
            { kind: 'leaves', reader: again },
            { kind: 'comes', reader: again },
          ] as const)
        : []),
      ...others,
      { kind: 'wait', days },
      { kind: 'evaluate', fate: 'saved' },
    ]),
  );

describe('around reconcile()', () => {
  it('the board depends on record, standards, progress, acknowledgements and now, and not on how it came about', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const world = lived(steps);
        const fresh = reconcile(undefined, world.record, [], world.now, 'show').board;
        expect(contentOf(world.board)).toEqual(contentOf(fresh));
      }),
      RUNS,
    );
  });

  it('looking again changes nothing and says nothing', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const world = lived(steps);
        const { board, notices } = world;
        const told = notices.length;
        world.evaluate('saved');
        expect(world.board).toBe(board);
        expect(notices).toHaveLength(told);
        const earlier = new Date(world.now.getTime() - 400 * 86_400_000);
        expect(reconcile(board, world.record, [], earlier, 'show').board).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('notices count from 1 without a gap, each with a change that somebody has to be told, and at its level', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const { notices, board } = lived(steps);
        expect(notices.map(({ number }) => number)).toEqual(notices.map((_, i) => i + 1));
        expect(board?.lastNotice).toBe(notices.length);
        for (const notice of notices) {
          expect(notice.transitions.length).toBeGreaterThan(0);
          expect(new Set(notice.transitions.map(({ alert }) => alert)).size).toBe(notice.transitions.length);
          expect(subjectOf(notice)).toMatch(/^[\x20-\x7e]{1,99}$/);
          expect(subjectOf(notice)).not.toMatch(/: $/);
        }
      }),
      RUNS,
    );
  });

  it.each(LevelSchema.options)('whoever reads at %s knows what stands, from the notices alone', (level: Level) => {
    fc.assert(
      fc.property(lives, (steps) => {
        const { notices, board } = lived(steps);
        const told = new Set<string>();
        for (const notice of notices.filter((each) => rank(each.level) >= rank(level))) {
          for (const { alert, transition, reached } of notice.transitions) {
            if (transition === 'cleared' || transition === 'withdrawn') told.delete(alert);
            else if (rank(reached) >= rank(level)) told.add(alert);
            else told.delete(alert);
          }
          if (level === 'watch') for (const { alert } of notice.watching) told.add(alert);
        }
        const alerts = Object.entries(board?.alerts ?? {});
        const standing = alerts.filter(([, { episode }]) => rank(episode?.level ?? 'watch') >= rank(level));
        for (const [id] of standing) expect(told, `${id} stands`).toContain(id);
        for (const id of told) expect(Object.keys(board?.alerts ?? {}), `${id} was announced`).toContain(id);
      }),
      RUNS,
    );
  });

  it('every mail tells each alert as it stands, against what the mail before it said', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const { notices, boards } = lived(steps);
        let known = new Map<string, { level: Level; recovering: boolean }>();
        let reachedBefore = new Map<string, Level>();
        // By which period an alert was said to be over.
        const over = new Map<string, string>();
        for (const [index, notice] of notices.entries()) {
          const text = bodyOf(notice, 'https://x/');
          // What it says was so is what the mail before said.
          for (const { alert, transition, was, title, recovering, findings, since } of notice.transitions) {
            expect(was && { level: was.level, recovering: was.recovering }, `${alert} was`).toEqual(known.get(alert));
            if (transition === 'raised' && was && !recovering)
              expect(text).toMatch(new RegExp(`(again|anew|was .*): ${title}`));
            if (transition === 'cleared' || transition === 'withdrawn') expect(was).toBeDefined();
            // What was said to be over and never was is not new.
            if (transition === 'raised' && !was && since <= (over.get(alert) ?? ''))
              expect(text).toMatch(new RegExp(`again(, but getting better)?: ${title} since`));
            // Which figures are not in says more than the alert's name.
            const isUnseen = alert === 'submission' && transition !== 'cleared' && transition !== 'withdrawn';
            expect(text).toContain(isUnseen ? findings[0]?.slice(1) : title);
          }
          // Who knows nothing but the mails knows every alert of the board, and none that it has not.
          const told = new Map<string, { level: Level; recovering: boolean }>();
          const items = [...notice.transitions, ...notice.stillRaised, ...notice.watching];
          for (const item of items) {
            if (item.transition === 'cleared' || item.transition === 'withdrawn') continue;
            told.set(item.alert, { level: item.level, recovering: item.recovering ?? false });
            const alert = boards[index]?.alerts[item.alert];
            expect(item.since).toBe(alert?.since);
            expect(item.inHand?.lapsed === false).toBe(alert?.acknowledgement !== undefined);
          }
          const alerts = Object.entries(boards[index]?.alerts ?? {});
          expect(told).toEqual(
            new Map(alerts.map(([id, { level, state }]) => [id, { level, recovering: state === 'recovering' }])),
          );
          // Something in it is news to whoever gets it.
          const concerns = notice.transitions.some(
            ({ alert, reached }) => rank(highest([reached, reachedBefore.get(alert)])) >= rank(notice.level),
          );
          expect(concerns).toBe(true);
          for (const { alert, transition, reached } of notice.transitions)
            if (isOver(transition) && reached !== 'watch' && METRICS.some(({ id }) => id === alert))
              over.set(alert, notice.period ?? '');
          known = told;
          reachedBefore = new Map(items.map(({ alert, reached }) => [alert, reached]));
        }
      }),
      RUNS,
    );
  });

  it('whoever reads from a level on, came late, or was lost and came again, knows what is so, and is told why it is otherwise', () => {
    let reminders = 0;
    let missed = 0;
    let unsaid = 0;
    let moved = 0;
    fc.assert(
      fc.property(fc.oneof(lives, years), (steps) => {
        const world = new World();
        world.do({ kind: 'comes', reader: 'critical' });
        world.do({ kind: 'comes', reader: 'warning' });
        for (const each of steps) world.do(each);
        world.evaluate('saved');
        for (const [, mails] of [...world.left, ...world.readers]) {
          // By alert, what somebody believes who knows nothing but what was mailed to them.
          let believed: ReadonlyMap<string, Believed> | undefined;
          let last = 0;
          for (const mail of mails) {
            if (mail.kind === 'greeting') {
              const items = [...mail.standing.stillRaised, ...mail.standing.watching];
              believed = believedOf(items);
              last = mail.board.lastNotice;
              for (const { alert, title, findings, unsaid: now } of items) {
                expect(mail.text).toContain(alert === 'submission' ? findings[0]?.slice(1) : title);
                if (!now) continue;
                unsaid++;
                expect(mail.text).toContain('The e-mails have not said so yet.');
              }
              // What it is by now is told, too.
              const asItIs = items.map(({ unsaid: now, ...item }) => ({ ...item, ...now }));
              expect(believedOf(asItIs)).toEqual(trueOf(mail.board));
              continue;
            }
            const { notice, board } = mail;
            const { transitions, stillRaised, watching } = notice;
            const changed = new Map(transitions.map((item) => [item.alert, item]));
            const skipped = notice.number - last > 1;
            if (believed && skipped) {
              missed++;
              expect(notice.lessSerious, `notice ${notice.number} after ${last}`).toBeLessThanOrEqual(last + 1);
              expect(bodyOf(notice, 'https://x/')).toMatch(/Not everybody who gets this got e-mails? /);
            }
            const items = [...transitions, ...stillRaised, ...watching];
            const now = believedOf(items.filter(({ transition }) => !isOver(transition)));
            expect(now).toEqual(trueOf(board));
            if (believed && !skipped)
              for (const id of new Set([...believed.keys(), ...now.keys()])) {
                const before = believed.get(id);
                const item = items.find(({ alert }) => alert === id);
                const { was } = item ?? {};
                if (changed.has(id))
                  expect(was && { level: was.level, recovering: was.recovering }, id).toEqual(
                    before && { level: before.level, recovering: before.recovering },
                  );
                // What is said of it without being news is what was said before; who has it in hand may be new.
                else
                  expect(now.get(id), id).toEqual(
                    before && { ...before, since: item?.since, inHand: now.get(id)?.inHand },
                  );
                // Since when is what was said before, or it says that it said otherwise, and why.
                const isSame = before && before.level === item?.level && before.since !== item?.since;
                if (isSame && !isOver(item?.transition) && item?.transition !== 'raised') {
                  moved++;
                  expect(was?.since, id).toBe(before.since);
                  // Which months or actions it is about says why.
                  if (!isAuthorityAlert(id)) expect(item?.reason, id).toBeDefined();
                }
              }
            for (const { transition, level, recovering, inHand } of transitions)
              if (transition === 'reminded') {
                reminders++;
                expect([level, recovering, inHand?.lapsed ?? true]).toEqual(['critical', undefined, true]);
              }
            believed = now;
            last = notice.number;
          }
        }
      }),
      { numRuns: 150 },
    );
    // It looked at what it is about.
    expect(Math.min(reminders, missed, unsaid, moved)).toBeGreaterThan(0);
  });

  it('a correction that is undone leaves the alerts as they were, and both revisions in the record', () => {
    fc.assert(
      fc.property(lives, monthNumber, quality, (steps, number, qualities) => {
        const world = lived(steps);
        const period = addMonths('2010-10', number);
        const before = world.revisions.findLast((month) => month.period === period);
        if (!before || before.retracted) return;
        const alerts = contentOf(world.board) as Board;
        world.submit(number, qualities, false);
        world.evaluate('saved');
        const undone = { ...before, revision: before.revision + 2 };
        world.revisions.push(undone);
        world.evaluate('saved');
        expect((contentOf(world.board) as Board).alerts).toEqual(alerts.alerts);
        expect(world.board?.judged[period]).toBe(before.revision + 2);
      }),
      RUNS,
    );
  });

  it('nothing changes by time alone before it is due again, and something does then', () => {
    fc.assert(
      fc.property(lives, fc.double({ min: 0, max: 0.999, noNaN: true }), (steps, share) => {
        const world = lived(steps);
        const { nextDueAt, now, board, record } = world;
        const until = nextDueAt ?? new Date(now.getTime() + 4000 * 86_400_000);
        expect(until.getTime()).toBeGreaterThan(now.getTime());
        const meanwhile = new Date(now.getTime() + share * (until.getTime() - 1 - now.getTime()));
        expect(reconcile(board, record, [], meanwhile, 'show').board).toBeUndefined();
        if (nextDueAt) expect(reconcile(board, record, [], nextDueAt, 'show').board).toBeDefined();
      }),
      RUNS,
    );
  });
});
