import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Metric } from '../../functions/domain/metric.ts';
import { addMonths, hasEnded, type Period } from '../../functions/domain/period.ts';
import type { Month, Reported } from '../../functions/domain/submission.ts';
import { type PageKey, ROUTES, type RouteKey } from '../../functions/http/routes.ts';
import { forgeryToken } from '../../functions/pages/session.ts';
import type { Database } from '../../functions/store/database.ts';
import { recipientId } from '../../functions/store/keys.ts';
import type { Earlier } from './operators.ts';
import type { Random } from './random.ts';
import type { BegunSession, MailedLink } from './visitors.ts';
import { BrokenPromise, type World } from './world.ts';

/**
 * Who uses the service, and as they would: analysts who send, correct, add and take back; directors who take alerts in hand,
 * set standards, report on actions; whoever looks after recipients; and somebody who tries another authority's door.
 * Whoever gets no answer asks again, and gives up in the end.
 */

/** An authority as its people know it. */
export interface Authority {
  readonly id: string;
  readonly token: string;
  readonly metrics: readonly Metric[];
  /** Whether what is stored of it has been made unreadable: it is to harm nobody else. */
  readonly spoilt: boolean;
  /** The first month that nobody has sent yet. */
  next: Period;
  /** What the service has said that it has. */
  readonly accepted: Pick<Month, 'period' | 'revision' | 'observations'>[];
  readonly links: MailedLink[];
  readonly sessions: BegunSession[];
  /** How many tokens were made for programs. */
  programs: number;
  /** Earlier states that somebody may go back to. */
  readonly earlier: Earlier[];
  /** Whether an earlier state is being put back, and how often that was done: whoever asks meanwhile asks in vain. */
  isAway: boolean;
  restores: number;
  /** How often one of its figures was corrected: each correction has a reason of its own. */
  recounts: number;
}

export interface Person {
  readonly world: World;
  readonly random: () => Random;
  readonly authority: Authority;
  readonly others: readonly Authority[];
  /** Hears at once of what the service said that it has. */
  readonly onAccepted: (authority: Authority, month: Authority['accepted'][number]) => void;
  /** The database by the credentials of whoever runs the service; where it may, it is interrupted. */
  readonly operating: (isInterrupted: boolean) => Database<'baselines' | 'submissions' | 'alerts'>;
  /** Hears that an authority is not known for a while. */
  readonly onAway: (authority: Authority) => void;
  /** Hears that an earlier state of an authority was put back. */
  readonly onRestored: (authority: Authority) => void;
  /** A newer inspection of an authority, as its file has it. */
  readonly newer: (authority: string, edition: number) => { readonly id: string; readonly inspection: unknown };
  /** The last time that an address was removed, in milliseconds since 1970. */
  readonly removedAt: (address: string) => number | undefined;
}

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly etag: string | undefined;
}

const MOST_ATTEMPTS = 8;

/** Whether nobody has put back an earlier state of any authority since: what was asked meanwhile is answered by either. */
function hereOf({ authority, others }: Person): () => boolean {
  const count = (): number => [authority, ...others].reduce((sum, { restores }) => sum + restores, 0);
  const before = count();
  return () => count() === before && [authority, ...others].every(({ isAway }) => !isAway);
}

/** Asks until there is an answer; undefined where that never came. */
async function ask(
  person: Person,
  routeKey: RouteKey,
  parameters: Record<string, string>,
  more: { body?: unknown; headers?: Record<string, string>; query?: Record<string, string>; token?: string } = {},
): Promise<Answered | undefined> {
  const { world, authority } = person;
  const [method = '', template = ''] = routeKey.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  const event = {
    ...{ version: '2.0', routeKey, rawPath: path, rawQueryString: '', pathParameters: parameters },
    headers: {
      authorization: `Bearer ${more.token ?? authority.token}`,
      'content-type': 'application/json',
      ...more.headers,
    },
    ...(more.query ? { queryStringParameters: more.query } : {}),
    requestContext: {
      requestId: 'simulated',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'simulation' },
    },
    isBase64Encoded: false,
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  };
  const isHere = hereOf(person);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    // middy reads the event's body in place: each attempt is an event of its own.
    const { answer } = await world.invoke(ROUTES[routeKey].handledBy, { ...event });
    const { statusCode = 0, body = '', headers = {} } = (answer ?? {}) as APIGatewayProxyStructuredResultV2;
    if (!isHere()) return undefined;
    if (statusCode > 0 && statusCode < 500 && statusCode !== 429) {
      const etag = headers.etag ?? headers.ETag;
      const isJson = String(headers['content-type'] ?? '').includes('json');
      return {
        status: statusCode,
        text: body,
        body: isJson && body ? JSON.parse(body) : {},
        etag: etag === undefined ? undefined : String(etag),
      };
    }
    await world.sleep(200 + person.random().below(2000));
  }
  return undefined;
}

export const refusedOddly = (what: string, { status, text }: Pick<Answered, 'status' | 'text'>): BrokenPromise =>
  new BrokenPromise('whoever asks rightly is answered', `${what}: ${status} ${text.slice(0, 500)}`);

// ---- figures

function reportedOf({ random }: Person, metric: Metric): Reported {
  const draw = random();
  // Mostly as it should be, with times in which it is not.
  const bad = draw.chance(0.25);
  if (metric.kind === 'proportion') {
    const denominator = 20 + draw.below(100);
    const share = bad ? 0.2 + 0.4 * draw.next() : 0.82 + 0.15 * draw.next();
    return { numerator: Math.round(denominator * share), denominator };
  }
  if (metric.kind === 'count') return { count: bad ? 15 + draw.below(30) : draw.below(10) };
  return { value: bad ? 40 + draw.below(30) : 10 + draw.below(10) };
}

function observationsOf(person: Person): Record<string, Reported> {
  const reported = person.authority.metrics.filter(() => person.random().chance(0.85));
  const [first] = person.authority.metrics;
  const all = reported.length > 0 || !first ? reported : [first];
  return Object.fromEntries(all.map((metric) => [metric.id, reportedOf(person, metric)]));
}

/** PUTs a month until the service has it, with the revision that it names where there is one already. */
async function sendMonth(
  person: Person,
  period: Period,
  body: { observations: Record<string, Reported> },
): Promise<void> {
  const { authority } = person;
  let headers: Record<string, string> = {};
  for (let attempt = 1; attempt <= 6; attempt++) {
    const parameters = { authority: authority.id, period };
    const answered = await ask(person, 'PUT /v1/authorities/{authority}/submissions/{period}', parameters, {
      body,
      headers,
    });
    if (!answered) return;
    if (answered.status < 300) {
      accept(person, answered.body as unknown as Month);
      return;
    }
    // Overtaken too often, or not over yet by a clock that is behind.
    if (answered.status === 409 || answered.status === 422) return;
    if (answered.status !== 428 && answered.status !== 412) throw refusedOddly(`PUT ${period}`, answered);
    headers = answered.etag ? { 'if-match': answered.etag } : {};
  }
}

function accept(person: Person, { period, revision, observations }: Month): void {
  const month = { period, revision, observations };
  person.authority.accepted.push(month);
  person.onAccepted(person.authority, month);
}

async function sendNextMonth(person: Person): Promise<void> {
  const { authority, world } = person;
  if (!hasEnded(authority.next, new Date(world.now))) return;
  const period = authority.next;
  authority.next = addMonths(period, 1);
  await sendMonth(person, period, { observations: observationsOf(person) });
}

/** Many at once: the first year, or what was forgotten. */
async function sendMany(person: Person): Promise<void> {
  const { authority, world, random } = person;
  const count = 1 + random().below(8);
  const submissions = [];
  for (let at = 0; at < count && hasEnded(authority.next, new Date(world.now)); at++) {
    submissions.push({ period: authority.next, observations: observationsOf(person) });
    authority.next = addMonths(authority.next, 1);
  }
  if (submissions.length === 0) return;
  const answered = await ask(
    person,
    'POST /v1/authorities/{authority}/submissions',
    { authority: authority.id },
    {
      body: { submissions },
      ...(random().chance(0.5) ? { query: { revise: 'true' } } : {}),
    },
  );
  if (!answered || answered.status === 409 || answered.status === 422) return;
  if (answered.status !== 200) throw refusedOddly('POST of months', answered);
  const outcomes = answered.body.submissions as { period: string; revision: number }[];
  for (const { period, revision } of outcomes) {
    const sent = submissions.find((each) => each.period === period);
    // Added to what is there: of a revision before it that nobody was told of, nobody knows what it says.
    const before = revision === 1 ? {} : revisionOf(authority, period, revision - 1);
    const observations = before && sent && { ...before, ...sent.observations };
    if (observations) accept(person, { period, revision, observations } as Month);
  }
}

const revisionOf = ({ accepted }: Authority, period: Period, revision: number): Month['observations'] | undefined =>
  accepted.findLast((each) => each.period === period && each.revision === revision)?.observations;

async function someMonth(person: Person): Promise<{ period: Period; month: Month; etag: string } | undefined> {
  const { authority, random } = person;
  const known = authority.accepted[random().below(authority.accepted.length)];
  if (!known) return undefined;
  const { period } = known;
  const answered = await ask(person, 'GET /v1/authorities/{authority}/submissions/{period}', {
    authority: authority.id,
    period,
  });
  if (!answered) return undefined;
  if (answered.status !== 200 || !answered.etag) throw refusedOddly(`GET ${period}`, answered);
  return { period, month: answered.body as unknown as Month, etag: answered.etag };
}

async function correct(person: Person): Promise<void> {
  const found = await someMonth(person);
  const [id] = found ? Object.keys(found.month.observations) : [];
  const metric =
    person.authority.metrics.find((each) => each.id === id) ?? person.random().pick(person.authority.metrics);
  if (!found || !metric) return;
  const observations = { ...found.month.observations, [metric.id]: reportedOf(person, metric) };
  await sendMonth(person, found.period, { observations });
}

/** Corrects some figures of a month alone: the others stay as they were. */
async function correctOne(person: Person): Promise<void> {
  const found = await someMonth(person);
  if (!found || found.month.retracted) return;
  const { period, month, etag } = found;
  const { authority, random } = person;
  const known = Object.keys(month.observations);
  const metric = authority.metrics.find(({ id }) => id === random().pick(known));
  if (!metric) return;
  const isTakenOut = known.length > 1 && random().chance(0.2);
  const change = { [metric.id]: isTakenOut ? null : reportedOf(person, metric) };
  const reason = `Counted again, ${++authority.recounts}`;
  const answered = await ask(
    person,
    'PATCH /v1/authorities/{authority}/submissions/{period}',
    { authority: authority.id, period },
    { body: { observations: change, reason }, headers: { 'if-match': etag } },
  );
  if (!answered || [409, 412].includes(answered.status)) return;
  // Taken out already, by somebody whose answer was lost.
  if (answered.status === 422 && isTakenOut) return;
  if (answered.status !== 200) throw refusedOddly(`PATCH ${period}`, answered);
  const stored = answered.body as unknown as Month;
  const wanted = { ...month.observations, ...change };
  // Said already by somebody else, it is their revision, with what that one says of the others.
  const named = stored.reason === reason && stored.revision === month.revision + 1 ? Object.keys(wanted) : [metric.id];
  const wrong = named.find((id) => JSON.stringify(stored.observations[id]) !== JSON.stringify(wanted[id] ?? undefined));
  if (wrong) throw new BrokenPromise('a correction changes what it names', `${authority.id} ${period}: ${wrong}`);
  accept(person, stored);
}

async function retract(person: Person): Promise<void> {
  const found = await someMonth(person);
  if (!found) return;
  const { period, etag } = found;
  const answered = await ask(
    person,
    'DELETE /v1/authorities/{authority}/submissions/{period}',
    { authority: person.authority.id, period },
    { headers: { 'if-match': etag } },
  );
  if (!answered || answered.status === 412 || answered.status === 409) return;
  if (answered.status !== 200) throw refusedOddly(`DELETE ${period}`, answered);
  const { revision } = answered.body as unknown as Month;
  accept(person, { period, revision, observations: {} } as Month);
}

// ---- what people decide

async function takeInHand(person: Person): Promise<void> {
  const { id, token } = person.authority;
  const listed = await ask(person, 'GET /v1/authorities/{authority}/alerts', { authority: id });
  if (!listed) return;
  if (listed.status !== 200) throw refusedOddly('GET alerts', listed);
  const raised = (listed.body.alerts as { alert: string; episode?: unknown }[]).filter(({ episode }) => episode);
  if (raised.length === 0) return;
  const { alert } = person.random().pick(raised);
  const given = { author: `Director of ${id}`, note: 'Looked into.' };
  if (person.random().chance(0.3)) {
    const route = 'POST /authorities/{authority}/alerts/{alert}/acknowledgement';
    const sent = await open(person, route, { authority: id, alert }, { form: given, session: token });
    if (sent && sent.status !== 303 && sent.status !== 409) throw refusedOddly(`form for ${alert}`, sent);
    return;
  }
  const answered = await ask(
    person,
    'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement',
    { authority: id, alert },
    { body: given },
  );
  if (answered && answered.status !== 200 && answered.status !== 409)
    throw refusedOddly(`acknowledge ${alert}`, answered);
}

async function setStandard(person: Person): Promise<void> {
  const { authority, random } = person;
  const metric = random().pick(authority.metrics);
  const body = {
    from: random().pick(['2011-01', '2011-06', '2012-01']),
    value: metric.kind === 'proportion' ? 60 + random().below(30) : 10 + random().below(20),
    ...{ reason: 'Improvement plan', author: `Director of ${authority.id}` },
  };
  const parameters = { authority: authority.id, metric: metric.id };
  const answered = await ask(person, 'PUT /v1/authorities/{authority}/metrics/{metric}/standard', parameters, { body });
  if (answered && answered.status > 201 && answered.status !== 409) throw refusedOddly('PUT standard', answered);
}

async function reportProgress(person: Person): Promise<void> {
  const { authority, random } = person;
  const body = {
    state: random().pick(['open', 'completed']),
    ...{ evidence: 'An audit of 40 cases', author: `Director of ${authority.id}` },
  };
  const parameters = { authority: authority.id, action: random().pick(['A1', 'A2']) };
  const answered = await ask(person, 'PUT /v1/authorities/{authority}/actions/{action}', parameters, { body });
  if (answered && answered.status > 201 && answered.status !== 409) throw refusedOddly('PUT action', answered);
}

async function addRecipient(person: Person): Promise<void> {
  const { authority, random } = person;
  const body = {
    address: `${random().pick(['director', 'deputy', 'lead'])}@${authority.id}.example`,
    level: random().pick(['watch', 'warning', 'critical']),
    ...(random().chance(0.6) ? { summary: random().chance(0.8) } : {}),
    ...(random().chance(0.6) ? { role: random().pick(['look', 'manage']) } : {}),
  };
  await addAddress(person, body);
}

export async function addAddress(person: Person, body: object): Promise<void> {
  const route = 'POST /v1/authorities/{authority}/recipients';
  const answered = await ask(person, route, { authority: person.authority.id }, { body });
  if (answered && answered.status > 201 && answered.status !== 409) throw refusedOddly('POST recipient', answered);
}

async function removeRecipient(person: Person): Promise<void> {
  const { id } = person.authority;
  const listed = await ask(person, 'GET /v1/authorities/{authority}/recipients', { authority: id });
  if (!listed) return;
  if (listed.status !== 200) throw refusedOddly('GET recipients', listed);
  const recipients = listed.body.recipients as { id: string; address: string }[];
  const foreign = recipients.find(({ address }) => !address.endsWith(`@${id}.example`));
  if (foreign) throw new BrokenPromise('no authority sees another', `${id} is shown ${foreign.address}`);
  if (recipients.length < 2) return;
  await removeById(person, person.random().pick(recipients).id);
}

async function removeById(person: Person, recipient: string): Promise<void> {
  const parameters = { authority: person.authority.id, recipient };
  const answered = await ask(person, 'DELETE /v1/authorities/{authority}/recipients/{recipient}', parameters);
  if (answered && ![204, 404, 409].includes(answered.status)) throw refusedOddly('DELETE recipient', answered);
}

export const removeAddress = (person: Person, address: string): Promise<void> =>
  removeById(person, recipientId(address));

async function makeToken(person: Person): Promise<void> {
  const { authority, random } = person;
  const form = {
    ...{ label: `program ${++authority.programs} of ${authority.id}`, role: 'submit' },
    days: String(10 + random().below(60)),
  };
  const route = 'POST /authorities/{authority}/tokens';
  const made = await open(person, route, { authority: authority.id }, { form, session: authority.token });
  // Made already where the answer was lost, or too many.
  if (made && made.status !== 200 && made.status !== 422) throw refusedOddly('a token', made);
}

/** Loads a newer inspection of the same authority, again in another edition, or has one of the two count no longer. */
async function reinspect(person: Person): Promise<void> {
  const { authority, random, newer } = person;
  const { id, inspection } = newer(authority.id, random().below(2));
  const parameters = { authority: authority.id, inspection: id };
  const isRetired = random().chance(0.25);
  const answered = isRetired
    ? await ask(person, 'DELETE /v1/authorities/{authority}/inspections/{inspection}', parameters)
    : await ask(person, 'PUT /v1/authorities/{authority}/inspections/{inspection}', parameters, { body: inspection });
  if (!answered || (isRetired && [404, 422].includes(answered.status)) || answered.status === 409) return;
  if (answered.status > 201) throw refusedOddly(isRetired ? 'DELETE inspection' : 'PUT inspection', answered);
}

export async function setClosed(person: Person, closed: boolean): Promise<void> {
  const { id } = person.authority;
  const body = { closed, reason: 'Merged', author: `Director of ${id}` };
  const answered = await ask(person, 'PATCH /v1/authorities/{authority}', { authority: id }, { body });
  if (answered && answered.status !== 200 && answered.status !== 409) throw refusedOddly('PATCH authority', answered);
}

const close = (person: Person): Promise<void> => setClosed(person, true);
const reopen = (person: Person): Promise<void> => setClosed(person, false);

// ---- looking

const READS: readonly RouteKey[] = [
  'GET /v1/authorities/{authority}/submissions',
  'GET /v1/authorities/{authority}/alerts',
  'GET /v1/authorities/{authority}/notices',
  'GET /v1/authorities/{authority}/inspection',
];

/** Tries another authority's doors with a token of one's own. */
async function pry(person: Person): Promise<void> {
  const { others, random, authority } = person;
  if (others.length === 0) return;
  const other = random().pick(others);
  const answered = await ask(person, random().pick(READS), { authority: other.id });
  if (answered && answered.status !== 403)
    throw new BrokenPromise('no authority sees another', `${authority.id} asked for ${other.id}: ${answered.status}`);
}

async function look(person: Person): Promise<void> {
  const { others, random, authority } = person;
  const answered = await ask(person, random().pick(READS), { authority: authority.id });
  if (!answered) return;
  if (answered.status !== 200) throw refusedOddly('a look', answered);
  const foreign = others.find(({ id }) => answered.text.includes(id));
  if (foreign) throw new BrokenPromise('no authority sees another', `${authority.id} is told of ${foreign.id}`);
}

/** Opens a page as a browser does, signed in by its cookie; undefined where it never came. */
export async function open(
  person: Person,
  routeKey: PageKey,
  parameters: Record<string, string>,
  {
    form,
    session = '',
  }: { readonly form?: Readonly<Record<string, string>>; readonly session?: string | undefined } = {
    session: person.authority.token,
  },
): Promise<{ readonly status: number; readonly text: string; readonly cookies: readonly string[] } | undefined> {
  const { world, random } = person;
  const [method = '', template = ''] = routeKey.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  const event = {
    ...{ version: '2.0', routeKey, rawPath: path, rawQueryString: '', pathParameters: parameters },
    headers: {
      ...{ host: 'monitor.example', 'x-forwarded-proto': 'https', 'sec-fetch-site': 'same-origin' },
      'content-type': 'application/x-www-form-urlencoded',
    },
    cookies: session ? [`__Host-session=${session}`] : [],
    requestContext: {
      requestId: 'simulated',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'simulation' },
    },
    isBase64Encoded: false,
    ...(form ? { body: new URLSearchParams({ ...form, forgeryToken: forgeryToken(session) }).toString() } : {}),
  };
  const isHere = hereOf(person);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const { answer } = await world.invoke('dashboard', { ...event });
    const { statusCode = 0, body = '', cookies = [] } = (answer ?? {}) as APIGatewayProxyStructuredResultV2;
    if (!isHere()) return undefined;
    if (statusCode > 0 && statusCode < 500) return { status: statusCode, text: body, cookies };
    await world.sleep(200 + random().below(2000));
  }
  return undefined;
}

/** Looks at the pages, and finds nothing of others there. */
async function lookAtPages(person: Person): Promise<void> {
  const { authority, others, random } = person;
  const key = random().pick(['GET /authorities/{authority}', 'GET /authorities/{authority}/notices'] as const);
  const seen = await open(person, key, { authority: authority.id });
  if (!seen) return;
  if (seen.status !== 200) throw refusedOddly(key, seen);
  const foreign = others.find(({ id }) => seen.text.includes(id));
  if (foreign) throw new BrokenPromise('no authority sees another', `${authority.id} is shown ${foreign.id}`);
}

/** What people do, and how much oftener than something else. */
export const DEEDS: readonly (readonly [weight: number, deed: (person: Person) => Promise<void>])[] = [
  [10, sendNextMonth],
  [2, sendMany],
  [6, correct],
  [3, correctOne],
  [2, retract],
  [3, takeInHand],
  [1, setStandard],
  [1, reportProgress],
  [1, addRecipient],
  [0.5, removeRecipient],
  [0.3, makeToken],
  [0.4, reinspect],
  [0.15, close],
  [1, reopen],
  [0.5, pry],
  [2, look],
  [0.4, lookAtPages],
];
