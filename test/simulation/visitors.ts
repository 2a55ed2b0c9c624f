import { LINK_MINUTES } from '../../functions/domain/person.ts';
import { addAddress, open, type Person, refusedOddly, removeAddress } from './people.ts';
import { BrokenPromise, MOST_BEHIND_MS } from './world.ts';

/** Directors who sign in by mail: they ask for a link, follow it once, twice or never, look at their page, and sign out. */

/** A link that came by mail. */
export interface MailedLink {
  readonly code: string;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  spent: boolean;
}

/** A session as whoever began it keeps it. */
export interface BegunSession {
  readonly cookie: string;
  readonly address: string;
  /** When its link was followed, and when that was answered; milliseconds since 1970. */
  readonly followedAt: number;
  readonly begunAt: number;
  over: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LONGEST_MS = 30 * 24 * HOUR_MS;

async function askForLink(person: Person): Promise<MailedLink | undefined> {
  const { authority, world, random } = person;
  const address = `${random().pick(['director', 'director', 'deputy', 'lead'])}@${authority.id}.example`;
  const form = { address, to: `/authorities/${authority.id}`, ...(random().chance(0.3) ? { remember: 'yes' } : {}) };
  const asked = await open(person, 'POST /sign-in/mail', {}, { form, session: undefined });
  if (asked && asked.status !== 200) throw refusedOddly('a link to sign in', asked);
  for (const { text, at } of world.topic.letters.get(address) ?? []) {
    const [, code] = /[?&]link=([\w.-]+)/.exec(text) ?? [];
    if (code && authority.links.every((each) => each.code !== code))
      authority.links.push({ code, address, at, spent: false });
  }
  return authority.links.findLast((each) => each.address === address);
}

async function followLink(person: Person, link: MailedLink | undefined): Promise<void> {
  const { authority, world } = person;
  if (!link) return;
  const isTooOld = world.now - link.at > LINK_MINUTES * MINUTE_MS + MOST_BEHIND_MS;
  const form = { link: link.code, to: '/' };
  const followedAt = world.now;
  const answered = await open(person, 'POST /sign-in/link', {}, { form, session: undefined });
  if (!answered || answered.status === 403) return;
  const cookie = /__Host-session=([^;]+)/.exec(answered.cookies.join())?.[1];
  if (answered.status !== 303 || !cookie) throw refusedOddly('a link that is followed', answered);
  if (link.spent || isTooOld)
    throw new BrokenPromise(
      'a link works once, and soon',
      `${link.address}, of ${new Date(link.at).toISOString()}${link.spent ? ', spent before' : ''}`,
    );
  link.spent = true;
  authority.sessions.push({ cookie, address: link.address, followedAt, begunAt: world.now, over: false });
}

/** Why a session is over by now; undefined where it may still hold. */
function endOf({ world, removedAt }: Person, { address, begunAt, over }: BegunSession): string | undefined {
  const gone = world.topic.goneAt(address);
  if (over) return 'signed out';
  if (world.now - begunAt > LONGEST_MS + MOST_BEHIND_MS) return 'older than 30 days';
  if ((removedAt(address) ?? 0) > begunAt) return 'removed since';
  if (gone !== undefined && world.now - gone > HOUR_MS + MOST_BEHIND_MS) return 'unsubscribed for more than an hour';
  return undefined;
}

/** Whether a session surely holds: nothing happened since its link was followed that might end it. */
function holds({ world, removedAt }: Person, { address, followedAt, begunAt, over }: BegunSession): boolean {
  const subscription = world.topic.subscriptions.find(({ endpoint }) => endpoint === address);
  return (
    !over &&
    world.now - begunAt < 11 * HOUR_MS &&
    (removedAt(address) ?? 0) < followedAt &&
    subscription?.confirmedAt !== undefined &&
    subscription.askedAt + MOST_BEHIND_MS < begunAt
  );
}

async function visit(person: Person, session: BegunSession | undefined): Promise<void> {
  const { authority, others } = person;
  if (!session) return;
  const [why, held] = [endOf(person, session), holds(person, session)];
  const seen = await open(
    person,
    'GET /authorities/{authority}',
    { authority: authority.id },
    { session: session.cookie },
  );
  if (!seen) return;
  if (seen.status !== 200) {
    if (held && holds(person, session)) throw refusedOddly(`a session of ${session.address}`, seen);
    return;
  }
  if (why) throw new BrokenPromise('nobody sees anything whose session is over', `${session.address}: ${why}`);
  const foreign = others.find(({ id }) => seen.text.includes(id));
  if (foreign) throw new BrokenPromise('no authority sees another', `${session.address} is shown ${foreign.id}`);
}

async function signOut(person: Person, session: BegunSession): Promise<void> {
  const answered = await open(person, 'POST /sign-out', {}, { form: {}, session: session.cookie });
  if (answered?.status === 303) session.over = true;
  else if (answered && answered.status !== 409) throw refusedOddly('signing out', answered);
}

/** Has an address mailed again that was removed; whoever has it confirms at once. */
async function bringBack(person: Person, address: string): Promise<void> {
  await addAddress(person, { address, level: 'watch' });
  const { topic } = person.world;
  for (const subscription of topic.subscriptions) if (subscription.endpoint === address) topic.confirm(subscription);
}

/** Asks for a link, follows it, at times twice at once, and looks at the page again and again; meanwhile somebody may have them removed, or a scanner unsubscribe them. */
async function sit(person: Person): Promise<void> {
  const { authority, world, random } = person;
  const link = await askForLink(person);
  if (random().chance(0.2)) await world.sleep(random().below(30 * MINUTE_MS));
  await Promise.all(Array.from({ length: 1 + random().below(2) }, () => followLink(person, link)));
  const session = authority.sessions.findLast(({ address }) => address === link?.address);
  for (let looks = random().below(5); session && looks > 0; looks--) {
    await visit(person, session);
    const draw = random().next();
    if (draw < 0.15) await signOut(person, session);
    else if (draw < 0.3) {
      await removeAddress(person, session.address);
      if (random().chance(0.5)) await bringBack(person, session.address);
    } else if (draw < 0.4) {
      const subscription = world.topic.subscriptions.find(({ endpoint }) => endpoint === session.address);
      if (subscription) world.topic.unsubscribe(subscription);
    } else await world.sleep(random().below(2 * HOUR_MS));
  }
}

const lateLink = (person: Person): Promise<void> =>
  followLink(person, person.random().pick(person.authority.links.slice(-3)));
const lateVisit = (person: Person): Promise<void> =>
  visit(person, person.random().pick(person.authority.sessions.slice(-4)));

/** What they do, and how much oftener than something else. */
export const VISITS: readonly (readonly [weight: number, visit: (person: Person) => Promise<void>])[] = [
  [2, sit],
  [0.3, lateLink],
  [1, lateVisit],
];
