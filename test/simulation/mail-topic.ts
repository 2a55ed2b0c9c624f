import {
  type GetSubscriptionAttributesCommandInput,
  InvalidParameterException,
  type ListSubscriptionsByTopicCommandInput,
  NotFoundException,
  type PublishCommandInput,
  type SetSubscriptionAttributesCommandInput,
  type SubscribeCommandInput,
  type UnsubscribeCommandInput,
} from '@aws-sdk/client-sns';
import type { Notice } from '../../functions/domain/notice-contents.ts';
import { compileFilterPolicy, type FilterPolicy } from '../../local/filter-policy.ts';
import type { Command } from './memory-store.ts';

/**
 * SNS with one topic and its e-mail subscriptions, in memory: each pending until somebody confirms, gone after two days if
 * nobody does, and with a filter policy that takes up to a quarter of an hour to change. Sources: Amazon SNS Developer
 * Guide, "Email notifications", "Subscription filter policies".
 */
export interface MailTopic {
  readonly arn: string;
  execute(command: Command): object;
  readonly subscriptions: readonly Subscription[];
  /** Who has the address follows the link in the mail that asked. */
  confirm(subscription: Subscription): void;
  /** Who has the address, or a scanner of theirs, follows the link at the end of a mail. */
  unsubscribe(subscription: Subscription): void;
  /** Since when an address that was subscribed once is not, in milliseconds since 1970; undefined while it is, or never was. */
  goneAt(endpoint: string): number | undefined;
  /** Who would get what is published with these attributes, once every changed policy is in effect. */
  wouldReach(attributes: Readonly<Record<string, string>>): readonly string[];
  /** What came to each address, in the order in which it came. */
  readonly inboxes: ReadonlyMap<string, Mail[]>;
  /** What came to each address alone: greetings, summaries, links. */
  readonly letters: ReadonlyMap<string, Letter[]>;
}

export interface Subscription {
  readonly arn: string;
  readonly endpoint: string;
  askedAt: number;
  confirmedAt: number | undefined;
  policy: string | undefined;
  /** The policy that is in effect until the new one is. */
  previous: { readonly policy: string | undefined; readonly until: number } | undefined;
}

/** A mail with what was published, for programs, and the attributes by which it was let through. */
export interface Mail {
  readonly notice: Notice;
  readonly subject: string;
  readonly at: number;
}

/** A mail that is for one recipient alone. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly at: number;
}

export interface MailTopicOptions {
  readonly now: () => number;
  /** How long a changed policy takes, in milliseconds. */
  readonly policyDelay: () => number;
  /** Hears of a message, and which addresses it went to. */
  readonly onPublish: (notice: Notice, addresses: readonly string[]) => void;
  /** Hears of what is for one recipient alone, and which addresses it went to. */
  readonly onAddressed: (recipient: string, addresses: readonly string[], letter: Letter) => void;
}

const PENDING_MS = 48 * 3_600_000;
/** "Each call returns a limited list of subscriptions, up to 100." */
const PAGE_SIZE = 100;
const ARN = 'arn:aws:sns:eu-west-2:000000000000:alerts';

const policies = new Map<string, FilterPolicy>();
function passes(policy: string | undefined, attributes: Readonly<Record<string, string>>): boolean {
  if (policy === undefined) return true;
  const compiled = policies.get(policy) ?? compileFilterPolicy(policy);
  policies.set(policy, compiled);
  return compiled(attributes);
}

export function createMailTopic({ now, policyDelay, onPublish, onAddressed }: MailTopicOptions): MailTopic {
  let all: Subscription[] = [];
  let made = 0;
  const inboxes = new Map<string, Mail[]>();
  const letters = new Map<string, Letter[]>();
  const put = <T>(boxes: Map<string, T[]>, endpoint: string, mail: T): void => {
    boxes.set(endpoint, [...(boxes.get(endpoint) ?? []), mail]);
  };

  const gone = new Map<string, number>();
  const keep = (isKept: (subscription: Subscription) => boolean): void => {
    for (const each of all) if (!isKept(each)) gone.set(each.endpoint, now());
    all = all.filter(isKept);
  };
  const current = (): Subscription[] => {
    keep((each) => each.confirmedAt !== undefined || now() - each.askedAt < PENDING_MS);
    return all;
  };
  const find = (arn: string | undefined): Subscription => {
    const found = current().find((each) => each.arn === arn);
    if (!found) throw new NotFoundException({ message: 'Subscription does not exist', $metadata: {} });
    return found;
  };
  const inEffect = ({ policy, previous }: Subscription): string | undefined =>
    previous && now() < previous.until ? previous.policy : policy;
  const same = (a = '{}', b = '{}'): boolean => a === b;

  function publish({ Message = '', Subject = '', MessageAttributes = {} }: PublishCommandInput): object {
    const attributes = Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
    );
    const reached = current().filter((each) => each.confirmedAt !== undefined && passes(inEffect(each), attributes));
    const { recipient } = attributes;
    if (recipient !== undefined) {
      const letter = { subject: Subject, text: JSON.parse(Message).email as string, at: now() };
      onAddressed(
        recipient,
        reached.map(({ endpoint }) => endpoint),
        letter,
      );
      for (const { endpoint } of reached) put(letters, endpoint, letter);
      return { MessageId: `message-${++made}` };
    }
    const notice = JSON.parse(JSON.parse(Message).sqs) as Notice;
    onPublish(
      notice,
      reached.map(({ endpoint }) => endpoint),
    );
    for (const { endpoint } of reached) put(inboxes, endpoint, { notice, subject: Subject, at: now() });
    return { MessageId: `message-${++made}` };
  }

  function subscribe({ Endpoint = '', Attributes = {} }: SubscribeCommandInput): object {
    const policy = Attributes.FilterPolicy;
    if (policy !== undefined) compileFilterPolicy(policy);
    const existing = current().find((each) => each.endpoint === Endpoint);
    // Pending or confirmed, it keeps its attributes; of those that are not given, nothing is asked.
    if (existing && policy !== undefined && !same(existing.policy, policy))
      throw new InvalidParameterException({
        message: 'Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
        $metadata: {},
      });
    if (existing) {
      if (existing.confirmedAt === undefined) existing.askedAt = now();
      return { SubscriptionArn: existing.arn };
    }
    const arn = `${ARN}:${++made}`;
    gone.delete(Endpoint);
    all.push({ arn, endpoint: Endpoint, askedAt: now(), confirmedAt: undefined, policy, previous: undefined });
    return { SubscriptionArn: arn };
  }

  function run(name: string, input: object): object {
    switch (name) {
      case 'PublishCommand':
        return publish(input as PublishCommandInput);
      case 'SubscribeCommand':
        return subscribe(input as SubscribeCommandInput);
      case 'UnsubscribeCommand': {
        const arn = (input as UnsubscribeCommandInput).SubscriptionArn;
        keep((each) => each.arn !== arn);
        return {};
      }
      case 'ListSubscriptionsByTopicCommand': {
        const from = Number((input as ListSubscriptionsByTopicCommandInput).NextToken ?? 0);
        const to = from + PAGE_SIZE;
        return {
          Subscriptions: current()
            .slice(from, to)
            .map(({ arn, endpoint, confirmedAt }) => ({
              Protocol: 'email',
              Endpoint: endpoint,
              SubscriptionArn: confirmedAt === undefined ? 'PendingConfirmation' : arn,
            })),
          ...(to < current().length ? { NextToken: String(to) } : {}),
        };
      }
      case 'GetSubscriptionAttributesCommand': {
        const { policy } = find((input as GetSubscriptionAttributesCommandInput).SubscriptionArn);
        return { Attributes: policy === undefined ? {} : { FilterPolicy: policy } };
      }
      case 'SetSubscriptionAttributesCommand': {
        const { SubscriptionArn, AttributeValue } = input as SetSubscriptionAttributesCommandInput;
        const found = find(SubscriptionArn);
        if (AttributeValue !== undefined) compileFilterPolicy(AttributeValue);
        found.previous = { policy: inEffect(found), until: now() + policyDelay() };
        found.policy = AttributeValue;
        return {};
      }
      case 'GetTopicAttributesCommand': {
        const confirmed = current().filter(({ confirmedAt }) => confirmedAt !== undefined).length;
        return { Attributes: { SubscriptionsConfirmed: String(confirmed) } };
      }
      default:
        throw new Error(`${name} is not played by the topic in memory`);
    }
  }

  return {
    arn: ARN,
    execute: (command) => ({ $metadata: {}, ...run(command.constructor.name, command.input) }),
    get subscriptions() {
      return current();
    },
    confirm(subscription) {
      if (current().includes(subscription)) subscription.confirmedAt ??= now();
    },
    unsubscribe(subscription) {
      keep((each) => each !== subscription);
    },
    goneAt: (endpoint) => gone.get(endpoint),
    wouldReach: (attributes) =>
      current()
        .filter(({ confirmedAt, policy }) => confirmedAt !== undefined && passes(policy, attributes))
        .map(({ endpoint }) => endpoint),
    inboxes,
    letters,
  };
}
