import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { compileFilterPolicy, type FilterPolicy } from './filter-policy.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';
import type { Addressee } from './sns-mail.ts';
import { invalid, SnsError } from './sns-message.ts';

/**
 * Emulates what SNS keeps of e-mail subscriptions: those of the template and those made since, each pending or confirmed, with
 * the filter policy that its messages pass.
 */

export interface Subscription extends Addressee {
  readonly confirmed: boolean;
  /** The policy that was set last, as JSON; undefined where every message is for it. */
  readonly filterPolicy: string | undefined;
}

export interface Subscriptions {
  /** Those that there are now, in the order in which they came. */
  ofTopic(topicArn: string): readonly Subscription[];
  /** Throws an `SnsError` where there is no such subscription. */
  find(arn: string | undefined): Subscription;
  /** Asks for a subscription, or once more for a pending one; a new one may count as `confirmed` at once. */
  request(topicArn: string, endpoint: string, filterPolicy: string | undefined, confirmed?: boolean): Subscription;
  confirm(token: string | undefined, topicArn: string): Subscription;
  remove(subscription: Subscription): void;
  setFilterPolicy(subscription: Subscription, filterPolicy: string | undefined): void;
  /** Whether a message is for it, by the policy that is in effect. */
  accepts(subscription: Subscription, attributes: Readonly<Record<string, string>>): boolean;
  /** Makes a confirmed one pending, as SNS does with an address that is sent too much. */
  suspend(subscription: Subscription): void;
  /** How long a changed policy takes from now on, by the instance's clock; at once means also those on their way. */
  delayFilterPolicies(ms: number): void;
  /** Pending ones of the template that nobody has been asked about yet. */
  readonly unasked: readonly Subscription[];
}

/** As it is on disk. */
interface Stored extends Addressee {
  readonly fromTemplate: boolean;
  /** When it was last asked for, or suspended. Milliseconds since 1970 by the instance's clock. */
  createdAt: number;
  confirmed: boolean;
  attributes: { FilterPolicy?: string };
  /** The policy that is in effect until a changed one is. */
  previous?: { readonly FilterPolicy?: string; readonly until: number } | undefined;
  /** One of the template's: its policy when it was last deployed, empty for none. */
  readonly deployed?: string;
  /** One of the template's that was removed: AWS too does not make it again before the template says something else. */
  removed?: boolean;
}

/** A subscription that nobody confirms is dropped after two days (SNS Developer Guide, "Email notifications"). */
const PENDING_MS = 48 * 3_600_000;
/** "By default, you can have up to 200 filter policies per topic" (SNS Developer Guide, "Filter policy constraints"). */
const MAX_FILTER_POLICIES = 200;

export function openSubscriptions(options: {
  readonly model: Model;
  readonly path: string;
  readonly clock: Clock;
  /** Whether the template's own count as confirmed from the beginning. */
  readonly autoConfirm: boolean;
}): Subscriptions {
  const { model, path, clock, autoConfirm } = options;
  const topics = model.ids('AWS::SNS::Topic').map((id) => model.arn(id));
  const known = readJson<Stored[]>(path) ?? [];
  const own = model.ids('AWS::SNS::Subscription').map(deploy);
  let all: Stored[] = [...own, ...known.filter((each) => !each.fromTemplate && topics.includes(each.topicArn))];
  let delayMs = 0;
  save();

  function save(): void {
    writeJson(path, all);
  }

  /** One of the template, brought up to date as a deployment would. */
  function deploy(logicalId: string): Stored {
    const { TopicArn, Endpoint, FilterPolicy } = model.properties(logicalId, 'AWS::SNS::Subscription');
    const filterPolicy = FilterPolicy && JSON.stringify(FilterPolicy);
    try {
      if (!topics.includes(TopicArn)) throw new Error(`${TopicArn} is no topic of this template`);
      checkAddress(Endpoint);
      if (filterPolicy !== undefined) compileFilterPolicy(filterPolicy);
    } catch (error) {
      throw new Error(`subscription '${logicalId}': ${(error as Error).message}`);
    }
    const before = known.find((each) => each.fromTemplate && each.topicArn === TopicArn && each.endpoint === Endpoint);
    // Nobody can guess it, as nobody can on AWS: whoever follows the link in a mail is asked for nothing else.
    const arn = before?.arn ?? `${TopicArn}:${randomUUID()}`;
    const deployed = filterPolicy ?? '';
    return {
      ...(before ?? { token: newToken(), createdAt: clock.now(), confirmed: autoConfirm }),
      ...{ arn, topicArn: TopicArn, endpoint: Endpoint, fromTemplate: true, deployed },
      // Whatever the API has made of it since, stays: a deployment changes only what the template has changed.
      attributes: before?.deployed === deployed ? before.attributes : attributesOf(filterPolicy),
    };
  }

  /** Those that there are now: a pending one lapses. */
  function current(): Stored[] {
    const now = clock.now();
    for (const each of all) if (!each.confirmed && !each.removed && now - each.createdAt >= PENDING_MS) forget(each);
    return all.filter(({ removed }) => !removed);
  }

  function forget(stored: Stored): void {
    if (stored.fromTemplate) stored.removed = true;
    else all = all.filter((each) => each !== stored);
    save();
  }

  const storedOf = (arn: string): Stored => {
    const found = current().find((each) => each.arn === arn);
    if (found === undefined) throw new SnsError('NotFound', 'Subscription does not exist', 404);
    return found;
  };

  function checkFilterPolicy(topicArn: string, filterPolicy: string | undefined, except: string): void {
    if (filterPolicy === undefined) return;
    compileFilterPolicy(filterPolicy);
    const others = current().filter((each) => each.topicArn === topicArn && each.arn !== except);
    if (others.filter(({ attributes }) => attributes.FilterPolicy !== undefined).length >= MAX_FILTER_POLICIES)
      throw new SnsError('FilterPolicyLimitExceeded', `Limit of ${MAX_FILTER_POLICIES} filter policies exceeded`, 403);
  }

  return {
    unasked: own
      .filter(
        ({ arn, endpoint, confirmed }) =>
          !confirmed && known.every((each) => each.arn !== arn || each.endpoint !== endpoint),
      )
      .map(shown),
    ofTopic: (topicArn) =>
      current()
        .filter((each) => each.topicArn === topicArn)
        .map(shown),
    find(arn = '') {
      const parts = arn.split(':').length;
      if (parts < 7) throw invalid(`SubscriptionArn Reason: An ARN must have at least 6 elements, not ${parts}`);
      return shown(storedOf(arn));
    },
    request(topicArn, endpoint, filterPolicy, confirmed = false) {
      checkAddress(endpoint);
      const existing = current().find((each) => each.topicArn === topicArn && each.endpoint === endpoint);
      checkFilterPolicy(topicArn, filterPolicy, existing?.arn ?? '');
      // Of attributes that are not given, nothing is asked.
      if (existing && filterPolicy !== undefined && !samePolicy(existing.attributes.FilterPolicy, filterPolicy))
        throw invalid('Attributes Reason: Subscription already exists with different attributes');
      if (existing?.confirmed) return shown(existing);
      const asked: Stored = existing ?? {
        arn: `${topicArn}:${randomUUID()}`,
        ...{
          topicArn,
          endpoint,
          token: newToken(),
          fromTemplate: false,
          createdAt: 0,
          confirmed,
          attributes: attributesOf(filterPolicy),
        },
      };
      if (existing === undefined) all.push(asked);
      asked.createdAt = clock.now();
      save();
      return shown(asked);
    },
    confirm(token, topicArn) {
      const found = current().find((each) => each.token === token && each.topicArn === topicArn);
      if (found === undefined) throw invalid('Invalid token');
      found.confirmed = true;
      save();
      return shown(found);
    },
    remove(subscription) {
      if (!subscription.confirmed) throw invalid('SubscriptionArn Reason: This subscription is pending confirmation');
      forget(storedOf(subscription.arn));
    },
    setFilterPolicy(subscription, filterPolicy) {
      const stored = storedOf(subscription.arn);
      checkFilterPolicy(stored.topicArn, filterPolicy, stored.arn);
      const inEffect = policyInEffect(stored, clock.now());
      stored.previous = delayMs === 0 ? undefined : { ...attributesOf(inEffect), until: clock.now() + delayMs };
      stored.attributes = attributesOf(filterPolicy);
      save();
    },
    accepts(subscription, attributes) {
      const policy = policyInEffect(storedOf(subscription.arn), clock.now());
      return policy === undefined || compiled(policy)(attributes);
    },
    suspend(subscription) {
      const stored = storedOf(subscription.arn);
      stored.confirmed = false;
      stored.createdAt = clock.now();
      save();
    },
    delayFilterPolicies(ms) {
      delayMs = ms;
      if (ms === 0) for (const each of all) each.previous = undefined;
      save();
    },
  };
}

const shown = ({ arn, topicArn, endpoint, token, confirmed, attributes }: Stored): Subscription => ({
  ...{ arn, topicArn, endpoint, token, confirmed },
  filterPolicy: attributes.FilterPolicy,
});

const policyInEffect = ({ attributes, previous }: Stored, now: number): string | undefined =>
  previous !== undefined && now < previous.until ? previous.FilterPolicy : attributes.FilterPolicy;

const attributesOf = (filterPolicy: string | undefined): { FilterPolicy?: string } =>
  filterPolicy === undefined ? {} : { FilterPolicy: filterPolicy };

/** Compared as what they mean, not as they are written. */
const samePolicy = (a = '{}', b = '{}'): boolean => JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));

const policies = new Map<string, FilterPolicy>();

/** Read once: every message asks every subscription. */
function compiled(text: string): FilterPolicy {
  const policy = policies.get(text) ?? compileFilterPolicy(text);
  policies.set(text, policy);
  return policy;
}

function checkAddress(endpoint: string): void {
  if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>"]+$/.test(endpoint)) throw invalid('Email address');
}

const newToken = (): string => randomBytes(32).toString('hex');
