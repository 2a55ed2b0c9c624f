import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

/**
 * Faults that somebody might make one day, each a change of one place. `npm run simulate -- --fault NAME` tells histories of the
 * service with it, to see whether a promise breaks and after how many steps.
 */
export interface DeliberateFault {
  /** From the root of the project. */
  readonly file: string;
  /** What stands there once. */
  readonly find: string;
  readonly replace: string;
}

export const DELIBERATE_FAULTS: Readonly<Record<string, DeliberateFault>> = {
  'marked sent before it is published': {
    file: 'functions/services/deliver.ts',
    find: '  const turn = await waitForTurn(authority);\n',
    replace: '  const turn = await waitForTurn(authority);\n  await markSent(database, reference, now());\n',
  },
  'a record that is read as it was': {
    file: 'functions/store/submissions.ts',
    find: '...beginning(tables.submissions, pk, CURRENT_PREFIX), ConsistentRead: true }',
    replace: '...beginning(tables.submissions, pk, CURRENT_PREFIX) }',
  },
  // That one look whether it was sent already is left out no history shows: the claim looks again.
  'a notice that waits on after it was sent': {
    file: 'functions/store/notices.ts',
    find: 'SET sentAt = :at REMOVE unsent, sendingUntil',
    replace: 'SET sentAt = :at REMOVE sendingUntil',
  },
  'figures without a due mark': {
    file: 'functions/store/submissions.ts',
    find: '[...writes, { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } }]',
    replace: 'writes',
  },
  'the record read before the board': {
    file: 'functions/services/evaluate.ts',
    find: 'const seen = await readJudged(database, authority, read.board, read.acknowledgements);\n',
    replace:
      'const seen = await readJudged(database, authority, read.board, read.acknowledgements);\n    Object.assign(read, await readBoard(database, authority));\n',
  },
  'a token that opens every authority': {
    file: 'functions/domain/access.ts',
    find: "grant.authority !== '*' && grant.authority !== authority",
    replace: "grant.authority === ''",
  },
  'a board without its notice': {
    file: 'functions/store/boards.ts',
    find: '...(notice ? [noticeWrite(table, notice)] : [])',
    replace: '',
  },
  'a filter that lets other authorities through': {
    file: 'functions/domain/recipient.ts',
    find: '[{ authority, level: levelsFrom(level) }]',
    replace: "[{ authority: [...authority, 'alnwick', 'berwick', 'corbridge'], level: levelsFrom(level) }]",
  },
  'a deadline that nobody waits for': {
    file: 'functions/store/due-marks.ts',
    find: 'if (nextDueAt) return { Put',
    replace: 'if (nextDueAt && !mark) return { Put',
  },
  'a link that works twice': {
    file: 'functions/domain/person.ts',
    find: 'const links = person.links.filter((each) => each !== used);',
    replace: 'const { links } = person;',
  },
  'a session that is not ended': {
    file: 'functions/services/sessions.ts',
    find: 'sessions: person.sessions.filter((session) => !isMeant(session))',
    replace: 'sessions: person.sessions',
  },
  'a summary by the hour': {
    file: 'functions/services/summaries.ts',
    find: 'await keep(isSent ? { month, dueAt } : before);',
    replace: 'await keep(before);',
  },
  'the end of a token told by the hour': {
    file: 'functions/services/token-ends.ts',
    find: '  if (told > 0) await markEndTold(database, key, now);\n',
    replace: '',
  },
  'a closed authority that is judged': {
    file: 'functions/services/evaluate.ts',
    find: 'if (settingsIn(record.settings).closed) {',
    replace: 'if (settingsIn(record.settings).closed && record.months.length === 0) {',
  },
  'a due mark taken away unread': {
    file: 'functions/store/due-marks.ts',
    find: "ConditionExpression: 'mark = :mark'",
    replace: "ConditionExpression: 'mark = :mark OR mark <> :mark'",
  },
};

const ROOT = join(import.meta.dirname, '../..');

/** The file as it would stand with the fault. Throws where the place is not there once, and only once. */
export function withFault({ file, find, replace }: DeliberateFault): string {
  const [before, after, ...others] = readFileSync(join(ROOT, file), 'utf8').split(find);
  if (before === undefined || after === undefined || others.length > 0)
    throw new Error(`${file} has ${others.length > 0 ? 'more than one' : 'no'} place that reads: ${find}`);
  return before + replace + after;
}

/** Has everything that is loaded from now on find the file with the fault in it. */
export function commit(name: string): void {
  const fault = DELIBERATE_FAULTS[name];
  if (!fault) throw new Error(`there is no fault "${name}"; there are: ${Object.keys(DELIBERATE_FAULTS).join('; ')}`);
  const source = withFault(fault);
  registerHooks({
    load: (url, context, next) =>
      url.endsWith(`/${fault.file}`) ? { ...next(url, context), source } : next(url, context),
  });
}
