import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import type { Month } from '../../functions/domain/submission.ts';
import { CLAIM_MS } from '../../functions/services/direct-mail.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { createToken, listEndingTokens } from '../../functions/store/access.ts';
import { readBoard } from '../../functions/store/boards.ts';
import { AT_ONCE, dueMark } from '../../functions/store/due-marks.ts';
import { readInspection } from '../../functions/store/inspections.ts';
import { AUTHORITY_KEY, recipientId } from '../../functions/store/keys.ts';
import { readRecipient, saveRecipient } from '../../functions/store/recipients.ts';
import { readWholeRecord } from '../../functions/store/recovery.ts';
import { FunctionFailedError } from '../../local/instance.ts';
import { HEREFORDSHIRE } from '../support/build.ts';
import { ACTION, type Answered, CLOCK, enqueue, functionOf, LABEL, METRIC, type World } from './world.ts';

/**
 * What people and programs do with the service, through its own doors and as they would: whoever gets no answer asks
 * again. Together the stories go through every effect of every function.
 */
export interface Story {
  /** The functions that are killed in it. */
  readonly kills: readonly string[];
  /** Killed around what they write and send alone: what they read, they read in other stories, too. */
  readonly aroundEffects?: true;
  /** What comes of it: the transitions that are mailed, in order, and what is seen. */
  readonly comesTo: { readonly transitions: readonly string[]; readonly seen?: unknown };
  /** Tells it, of a new authority where it does not keep to one of its own. */
  tell(world: World, authority: string): Promise<Told>;
}

export interface Told {
  readonly authority: string;
  readonly accepted: readonly Pick<Month, 'period' | 'revision' | 'observations'>[];
  /** What was seen in the end and on the way, without times: the same however often it is told. */
  readonly seen?: unknown;
}

/** Judged against a standard of 80%. */
const GOOD = { numerator: 45, denominator: 50 };
const BAD = { numerator: 20, denominator: 50 };
const BETTER = { numerator: 46, denominator: 50 };

const TAKEN = { author: 'A. Jones', note: 'Two more screeners from Monday.' };
const EASIER = { from: '2011-01', value: 30, reason: 'Improvement plan', author: 'Head of service' };
const REPORTS = [
  { state: 'open', evidence: 'An audit is planned for March', author: 'Head of service' },
  { state: 'completed', evidence: 'An audit of 40 cases', author: 'Head of service' },
];

const figures: Story = {
  kills: ['submit', 'evaluate', 'notify'],
  comesTo: { transitions: ['raised', 'withdrawn'] },
  async tell(world, authority) {
    await world.load(authority);
    const accepted = [];
    for (const [period, { numerator, denominator }] of [
      ['2011-03', GOOD],
      ['2011-04', BAD],
      ['2011-04', BETTER],
    ] as const) {
      accepted.push(await world.submit(authority, period, numerator, denominator));
      await world.instance.idle();
    }
    return { authority, accepted };
  },
};

const manyMonths: Story = {
  kills: ['submit'],
  comesTo: { transitions: ['raised', 'withdrawn'] },
  async tell(world, authority) {
    await world.load(authority);
    const path = `/v1/authorities/${authority}/submissions`;
    const months = ['2011-02', '2011-03'].map((period) => ({ period, observations: { [METRIC]: GOOD } }));
    await api(world, 'POST', path, { submissions: months });
    await world.instance.idle();
    const csv = `period,metric,numerator,denominator\n2011-03,${METRIC},45,50\n2011-04,${METRIC},20,50\n`;
    await api(world, 'POST', path, csv);
    await world.instance.idle();
    await api(world, 'POST', `${path}?revise=true`, csv.replace('45', '44'));
    await world.instance.idle();
    await retract(world, `${path}/2011-04`);
    return {
      authority,
      accepted: [
        { period: '2011-02', revision: 1, observations: { [METRIC]: GOOD } },
        { period: '2011-03', revision: 1, observations: { [METRIC]: GOOD } },
        { period: '2011-03', revision: 2, observations: { [METRIC]: { ...GOOD, numerator: 44 } } },
        { period: '2011-04', revision: 1, observations: { [METRIC]: BAD } },
        { period: '2011-04', revision: 2, observations: {} },
      ],
    };
  },
};

/** Retracts a month as it stands: what was changed meanwhile, if only by oneself, is read again first. */
async function retract(world: World, path: string): Promise<void> {
  for (;;) {
    const { headers, text } = await ask(world, 'GET', path);
    if (JSON.parse(text).retracted) return;
    const { status } = await ask(world, 'DELETE', path, undefined, { 'if-match': headers.get('etag') ?? '' });
    if (status === 200) return;
    if (status !== 412) throw new Error(`DELETE ${path} was answered ${status}`);
  }
}

const decisions: Story = {
  kills: ['manage'],
  comesTo: {
    transitions: ['raised', 'withdrawn'],
    seen: [[expect.objectContaining(TAKEN)], [{ ...EASIER, metric: METRIC, version: 1, by: LABEL }]],
  },
  async tell(world, authority) {
    const accepted = await raise(world, authority);
    const path = `/v1/authorities/${authority}`;
    await api(world, 'PUT', `${path}/alerts/${METRIC}/acknowledgement`, TAKEN);
    await world.instance.runSchedules();
    const { acknowledgements } = await readBoard(world.database, authority);
    await api(world, 'PUT', `${path}/metrics/${METRIC}/standard`, EASIER);
    await world.instance.idle();
    const set = await readInspection(world.database, authority);
    return {
      authority,
      accepted,
      seen: [acknowledgements.map(({ at, ...rest }) => rest), set?.localStandards.map(({ setAt, ...rest }) => rest)],
    };
  },
};

/** Nothing is found. Looked at once more, all is as it was: what is left to write is when to look again. */
const progress: Story = {
  kills: ['manage', 'evaluate'],
  comesTo: {
    transitions: [],
    seen: REPORTS.map((report, index) => ({
      ...report,
      action: ACTION,
      inspection: 'herefordshire-2010',
      version: index + 1,
      by: LABEL,
    })),
  },
  async tell(world, authority) {
    await world.load(authority);
    const path = `/v1/authorities/${authority}/actions/${ACTION}`;
    await api(world, 'PUT', path, REPORTS[0]);
    await world.instance.idle();
    const month = await world.submit(authority, '2011-04', GOOD.numerator, GOOD.denominator);
    await world.instance.idle();
    await api(world, 'PUT', path, REPORTS[1]);
    await world.instance.idle();
    await makeDue(world, authority);
    await byTheHour(world, 'Evaluate');
    const reported = await readInspection(world.database, authority);
    return { authority, accepted: [month], seen: reported?.progress.map(({ at, ...rest }) => rest) };
  },
};

/** A bad month: an alert, for somebody to decide about. */
async function raise(world: World, authority: string): Promise<Month[]> {
  await world.load(authority);
  const months = [];
  for (const [period, { numerator, denominator }] of [
    ['2011-03', GOOD],
    ['2011-04', BAD],
  ] as const) {
    months.push(await world.submit(authority, period, numerator, denominator));
    await world.instance.idle();
  }
  return months;
}

const recipients: Story = {
  kills: ['manage'],
  comesTo: { transitions: [], seen: [['pending warning'], ['confirmed critical'], [], undefined] },
  async tell(world, authority) {
    await world.load(authority);
    const path = `/v1/authorities/${authority}/recipients`;
    const address = `${authority}@example.org`;
    const seen: unknown[] = [];
    const look = async () => {
      const { recipients } = await api(world, 'GET', path);
      seen.push(recipients.map(({ level, state }: { level: string; state: string }) => `${state} ${level}`));
    };
    const { id } = await api(world, 'POST', path, { address });
    await look();
    await confirm(world, address);
    await api(world, 'POST', path, { address, level: 'critical' });
    await look();
    const { status } = await ask(world, 'DELETE', `${path}/${id}`);
    // Not found: it had been removed already, before whoever did it could say so.
    if (status !== 204 && status !== 404) throw new Error(`DELETE was answered ${status}`);
    await look();
    // What a removal that was broken off left behind is gone within the hour.
    await world.instance.runSchedules();
    seen.push(await readRecipient(world.database, id));
    return { authority, accepted: [], seen };
  },
};

/** Has an authority be looked at by the next who asks what is due. */
async function makeDue({ database: { client, tables } }: World, authority: string): Promise<void> {
  await client.send(new PutItemCommand({ TableName: tables.alerts, Item: dueMark(authority, AT_ONCE) }));
}

/** Has a function do its hourly work, which Lambda has it begin again where it fails. */
async function byTheHour(world: World, name: string): Promise<void> {
  await world.instance.invoke(functionOf(world, name), {}).catch((error: unknown) => {
    if (!(error instanceof FunctionFailedError)) throw error;
  });
  await world.instance.idle();
}

/** As above, until something has come of it: a run that is killed in between keeps what it was at to itself for a while. */
async function byTheHourUntil(world: World, name: string, isDone: () => Promise<boolean>): Promise<void> {
  for (let run = 1; run <= 10 && !(await isDone()); run++) {
    if (run > 1) world.wait(CLAIM_MS);
    await byTheHour(world, name);
  }
}

async function mailsTo(world: World, address: string): Promise<{ subject: string; text: string }[]> {
  await world.instance.idle();
  const mails = (await (await fetch(`${world.instance.inbox}/api/email`)).json()) as {
    subject: string;
    text: string;
    to: { address: string }[];
  }[];
  return mails.filter(({ to }) => to[0]?.address === address);
}

/** Follows the link in the newest mail to an address. */
async function confirm(world: World, address: string): Promise<void> {
  const mail = (await mailsTo(world, address)).at(-1);
  const link = /http:\S+\/sns\/confirmation\S+/.exec(mail?.text ?? '')?.[0];
  if (!link || !(await fetch(link)).ok) throw new Error(`${address} could not confirm`);
}

/** Nothing is raised, and the mail says so. Asked for in the past: as if a month had gone by since. */
const summary: Story = {
  kills: ['notify'],
  aroundEffects: true,
  comesTo: {
    transitions: [],
    seen: [
      ['/authority/, March 2011: monthly summary (nothing to report)'],
      { month: '2011-03', dueAt: '2011-05-16T23:00:00.000Z' },
    ],
  },
  async tell(world, authority) {
    await world.load(authority);
    const month = await world.submit(authority, '2011-03', GOOD.numerator, GOOD.denominator);
    const address = `${authority}@example.org`;
    const { id } = await api(world, 'POST', `/v1/authorities/${authority}/recipients`, { address, summary: true });
    await confirm(world, address);
    const read = await readRecipient(world.database, id);
    if (read)
      await saveRecipient(world.database, read, {
        ...read,
        summaries: { [authority]: { month: '2011-02', dueAt: '2011-04-16T00:00:00.000Z' } },
      });
    const kept = async () => (await readRecipient(world.database, id))?.summaries?.[authority];
    await byTheHourUntil(world, 'Notify', async () => (await kept())?.month === '2011-03');
    const subjects = (await mailsTo(world, address)).map(({ subject }) => subject.replace(/^.*?, /, '/authority/, '));
    // Sent, and killed before that was recorded, it comes twice, and is the same.
    const told = new Set(subjects.filter((subject) => subject.includes('monthly summary')));
    return { authority, accepted: [month], seen: [[...told], await kept()] };
  },
};

/** Whoever may manage is mailed, and whoever runs the service. */
const tokenEnd: Story = {
  kills: ['notify'],
  aroundEffects: true,
  comesTo: { transitions: [], seen: ['/authority/: the token "monthly returns" ends on 19 May 2011'] },
  async tell(world, authority) {
    await world.load(authority);
    const address = `${authority}@example.org`;
    await api(world, 'POST', `/v1/authorities/${authority}/recipients`, { address, role: 'manage' });
    await confirm(world, address);
    const inDays = (days: number) => new Date(Date.parse(CLOCK) + days * 24 * 60 * 60 * 1000);
    const expires = Math.floor(inDays(13).getTime() / 1000);
    await createToken(world.database, { scopes: ['submit'], authority, label: 'monthly returns', expires });
    const untold = async () => (await listEndingTokens(world.database, authority, inDays(14))).tokens;
    await byTheHourUntil(world, 'Notify', async () => (await untold()).length === 0);
    const subjects = (await mailsTo(world, address)).map(({ subject }) => subject.replace(/^.*?:/, '/authority/:'));
    // Sent, and killed before that was recorded, it comes twice, and is the same.
    const told = new Set(subjects.filter((subject) => subject.includes('token')));
    return { authority, accepted: [], seen: [...told] };
  },
};

/** Asks for links until one leads in: one is used up though its answer was lost, and no second one is mailed within a minute. */
const mailedLink: Story = {
  kills: ['dashboard'],
  aroundEffects: true,
  comesTo: { transitions: [], seen: [expect.stringContaining('Where you are signed in'), 403] },
  async tell(world, authority) {
    await world.load(authority);
    const address = `${authority}@example.org`;
    await api(world, 'POST', `/v1/authorities/${authority}/recipients`, { address });
    await confirm(world, address);
    const headers = { 'sec-fetch-site': 'same-origin' };
    const post = (path: string, fields: Readonly<Record<string, string>>) =>
      world.ask(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
    const links = async () =>
      (await mailsTo(world, address)).flatMap(({ text }) => {
        const url = URL.parse(/http:\S+\/sign-in\/link\S+/.exec(text)?.[0] ?? '');
        return url?.searchParams.get('link') ?? [];
      });
    for (let tries = 1; tries <= 5; tries++) {
      const before = (await links()).length;
      await post('/sign-in/mail', { address });
      const link = (await links()).slice(before).at(-1);
      const answered = link ? await post('/sign-in/link', { link, to: '/sessions' }) : undefined;
      const cookie = answered?.headers.getSetCookie()[0]?.split(';')[0];
      if (link && cookie) {
        const { text } = await world.ask('/sessions', { headers: { cookie } });
        const again = await post('/sign-in/link', { link });
        return { authority, accepted: [], seen: [/<h1[^>]*>[^<]*/.exec(text)?.[0], again.status] };
      }
      world.wait(61_000);
    }
    throw new Error(`${address} could not sign in`);
  },
};

const pages: Story = {
  kills: ['dashboard'],
  comesTo: { transitions: ['raised'], seen: [200, '2 months accepted: March 2011, April 2011', true] },
  async tell(world, authority) {
    await world.load(authority);
    const visitor = await signIn(world, `/authorities/${authority}`);
    const figures = `period,metric,numerator,denominator\n2011-03,${METRIC},45,50\n2011-04,${METRIC},20,50\n`;
    const checked = await visitor.send('submit', { figures: '', file: new Blob([figures], { type: 'text/csv' }) });
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(checked.text)?.[1] ?? '';
    const fields = { months: field('months'), mode: field('mode'), basis: field('basis') };
    const sent = await visitor.send('submissions', fields);
    const told = await visitor.follow(sent);
    await world.instance.idle();
    const taken = await visitor.send(`alerts/${METRIC}/acknowledgement`, TAKEN);
    const shown = await visitor.follow(taken);
    return {
      authority,
      accepted: [
        { period: '2011-03', revision: 1, observations: { [METRIC]: GOOD } },
        { period: '2011-04', revision: 1, observations: { [METRIC]: BAD } },
      ],
      seen: [checked.status, /\d months accepted: [^.]+/.exec(told)?.[0], shown.includes(TAKEN.note)],
    };
  },
};

const recipientsOnPages: Story = {
  kills: ['dashboard'],
  comesTo: { transitions: [], seen: ['Confirmed', [], undefined] },
  async tell(world, authority) {
    await world.load(authority);
    const visitor = await signIn(world, `/authorities/${authority}/recipients`);
    const address = `${authority}@example.org`;
    await visitor.send('recipients', { address, level: 'warning' });
    await confirm(world, address);
    const html = await visitor.follow(await visitor.send('recipients', { address, level: 'critical' }));
    const [, row = ''] = /<tbody.*?<tr[^>]*>(.*?)<\/tr>/s.exec(html) ?? [];
    const [, removal = ''] = /action="[^"]*\/(recipients\/[^"]+\/removal)"/.exec(row) ?? [];
    const { status } = await visitor.send(removal, { last: 'yes' });
    // Not found: it had been removed already, before the page could say so.
    if (status !== 303 && status !== 404) throw new Error(`the removal was answered ${status}`);
    await world.instance.runSchedules();
    return {
      authority,
      accepted: [],
      seen: [
        /Pending|Confirmed/.exec(row)?.[0],
        (await api(world, 'GET', `/v1/authorities/${authority}/recipients`)).recipients,
        await readRecipient(world.database, recipientId(address)),
      ],
    };
  },
};

/** Somebody at a browser who signed in and came to a page: sends its forms, and sends them again if nothing comes of it. */
async function signIn(world: World, to: string) {
  const { authority } = /^\/authorities\/(?<authority>[^/]+)/.exec(to)?.groups ?? {};
  const at = (path: string) => `/authorities/${authority}/${path}`;
  const headers = { 'sec-fetch-site': 'same-origin', cookie: '' };
  const post = (path: string, fields: Readonly<Record<string, string | Blob>>) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return world.ask(path, { method: 'POST', headers, body });
  };
  const answered = await post('/sign-in', { token: world.token, to });
  headers.cookie = answered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const html = (await world.ask(to, { headers })).text;
  const [, forgeryToken = ''] = /name="forgeryToken" value="([^"]+)"/.exec(html) ?? [];
  return {
    send: (path: string, fields: Readonly<Record<string, string | Blob>>) =>
      post(at(path), { ...fields, forgeryToken }),
    /** The page that an answer sends the browser to. */
    async follow({ status, headers: answer }: Answered): Promise<string> {
      if (status !== 303) throw new Error(`expected to be sent on, was answered ${status}`);
      return (await world.ask(answer.get('location') ?? '', { headers })).text;
    },
  };
}

/** What can be read of an authority, and a word that each answer must hold. */
const READS: readonly (readonly [path: string, word: string])[] = [
  ['submissions', METRIC],
  ['submissions?format=csv', METRIC],
  ['submissions/2011-04', METRIC],
  ['submissions/2011-04/revisions', METRIC],
  ['metrics', METRIC],
  [`metrics/${METRIC}`, METRIC],
  ['alerts', '"raised"'],
  ['notices', '"raised"'],
  ['inspection', ACTION],
];

const reading: Story = {
  kills: ['query'],
  comesTo: {
    transitions: ['raised'],
    seen: [...READS.map(([, word]) => expect.stringContaining(word)), expect.stringContaining('"asChanged"')],
  },
  async tell(world) {
    // Always the same, so that what is read is too, to the last time.
    const authority = 'read';
    const accepted = await raise(world, authority);
    await world.instance.runSchedules();
    await world.instance.idle();
    const path = `/v1/authorities/${authority}`;
    const seen = [];
    for (const [read] of READS) seen.push((await ask(world, 'GET', `${path}/${read}`)).text);
    seen.push((await ask(world, 'POST', `${path}/backtests`, { metric: METRIC, value: 95 })).text);
    return { authority, accepted, seen };
  },
};

/** Grades are read with their framework's words. */
const LOADED = {
  metrics: HEREFORDSHIRE.metrics,
  judgements: HEREFORDSHIRE.judgements.map((judgement) => expect.objectContaining(judgement)),
};

/** Without when an inspection was loaded, which no two tellings share. */
const untimed = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, each) => (key === 'loaded' ? { ...each, at: undefined } : each)));

const deployments: Story = {
  kills: ['seed'],
  comesTo: {
    transitions: expect.arrayContaining(['raised']),
    seen: {
      answers: [expect.objectContaining({ Status: 'SUCCESS' }), expect.objectContaining({ Status: 'SUCCESS' })],
      created: expect.objectContaining(LOADED),
      updated: expect.objectContaining(LOADED),
    },
  },
  async tell(world) {
    const { authority } = HEREFORDSHIRE;
    await forget(world, authority);
    const answers = [await deploy(world, 'Create')];
    await world.instance.idle();
    // Some children have no plan: what the file says of it decides whether that is an alert.
    const observations = { 'protection-plans-allocated': { numerator: 90, denominator: 100 } };
    await api(world, 'PUT', `/v1/authorities/${authority}/submissions/2011-04`, { observations });
    await world.instance.idle();
    const created = await readInspection(world.database, authority);
    // As if what was deployed had been another file: without the last metric and judgement, with others changed.
    const { metrics, judgements, ...rest } = HEREFORDSHIRE;
    const older = {
      ...rest,
      metrics: metrics.slice(0, -1).map((metric) => ({ ...metric, standards: [] })),
      judgements: judgements.slice(0, -1).map((judgement) => ({ ...judgement, note: 'as it was' })),
    };
    await loadInspection(world.database, older);
    await world.instance.idle();
    answers.push(await deploy(world, 'Update'));
    await world.instance.idle();
    const updated = await readInspection(world.database, authority);
    return {
      authority,
      accepted: [{ period: '2011-04', revision: 1, observations }],
      seen: { answers, created: untimed(created), updated: untimed(updated) },
    };
  },
};

/** Has an inspection loaded as CloudFormation has it: asynchronously, so that Lambda tries twice more where the function fails. */
async function deploy(world: World, RequestType: 'Create' | 'Update'): Promise<unknown> {
  const { promise: answered, resolve: answer } = Promise.withResolvers<string>();
  const cloudFormation = createServer(async (request, response) => {
    answer(await text(request));
    response.end();
  });
  await new Promise<void>((listening) => cloudFormation.listen(0, '127.0.0.1', listening));
  const event = {
    RequestType,
    ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Loading',
  };
  try {
    for (let attempt = 1; attempt <= 3; attempt++)
      try {
        await world.instance.invoke(functionOf(world, 'Seed'), event);
        break;
      } catch (error) {
        if (!(error instanceof FunctionFailedError) || attempt === 3) throw error;
      }
    return JSON.parse(await answered);
  } finally {
    cloudFormation.close();
    cloudFormation.closeAllConnections();
  }
}

/** As if the authority had never been; first what it is known by, so that nothing is judged by half a record. */
async function forget(world: World, authority: string): Promise<void> {
  const { client, tables } = world.database;
  const everything = await readWholeRecord(world.database, authority);
  const items = Object.entries(everything).flatMap(([table, stored]) =>
    stored.map(({ pk, sk }) => ({ TableName: tables[table as keyof typeof everything], Key: { pk, sk } as never, sk })),
  );
  for (const { sk, ...item } of items.sort((a) => (a.sk?.S === AUTHORITY_KEY ? -1 : 1)))
    await client.send(new DeleteItemCommand(item));
  await world.instance.idle();
  for (const key of world.published.keys()) if (key.startsWith(`${authority} `)) world.published.delete(key);
}

/** Two messages of one authority: whoever has the second finds that nothing is due any more. */
const queued: Story = {
  kills: ['evaluate'],
  comesTo: { transitions: [] },
  async tell(world, authority) {
    await world.load(authority);
    await makeDue(world, authority);
    await enqueue(world, 'DueAuthorities', { authority }, { authority });
    return { authority, accepted: [] };
  },
};

/** Calls the API as a program does: JSON, or CSV where it is text. */
function ask(
  world: World,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const isCsv = typeof body === 'string';
  return world.ask(path, {
    method,
    headers: {
      authorization: `Bearer ${world.token}`,
      ...(body === undefined ? {} : { 'content-type': isCsv ? 'text/csv' : 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isCsv ? body : JSON.stringify(body) }),
  });
}

/** As above, for what must be done in the end; gives what was answered. */
async function api(world: World, method: string, path: string, body?: unknown): Promise<any> {
  const { status, text } = await ask(world, method, path, body);
  if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
  return JSON.parse(text);
}

/** By what happens in them. */
export const STORIES: Readonly<Record<string, Story>> = {
  'a good month, a bad one and its correction': figures,
  'many months at once, corrected and one retracted': manyMonths,
  'an alert taken in hand, a standard set': decisions,
  'an action begun and completed': progress,
  'a recipient added, changed and removed': recipients,
  'a monthly summary': summary,
  'a token that ends before long': tokenEnd,
  'signed in by a mailed link': mailedLink,
  'a file checked and sent on the page, its alert taken in hand': pages,
  'a recipient added, changed and removed on the page': recipientsOnPages,
  'everything read': reading,
  'an authority that is due, from the queue': queued,
  'an inspection loaded by a deployment, and by the next': deployments,
};
