import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { compilePattern } from './event-pattern.ts';
import type { FunctionLog } from './function-log.ts';
import { type AwsCall, type AwsReply, awsError, escapeXml, type Gateway, type PageHandler } from './gateway.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Mailer } from './mail.ts';
import type { Model } from './model.ts';
import { type Delivery, openOutbox } from './outbox.ts';
import { invalid, type MessageAttribute, passesFilter, readMessage, SnsError } from './sns-message.ts';
import type { Queues } from './sqs.ts';

/**
 * Plays Amazon SNS: topics from the template, subscriptions from the template and the API, delivery to mail and
 * queues. Reference: Amazon SNS API Reference and Developer Guide.
 */
export interface Sns {
  handle(call: AwsCall): AwsReply;
  /** The pages behind the links in SNS's mails: confirm and unsubscribe. */
  readonly pages: PageHandler;
  /** Deliveries accepted but not made yet. */
  undelivered(): number;
  /** Stops delivering; gives deliveries under way up to `graceMs` to be made. */
  stop(graceMs: number): Promise<void>;
}

export interface SnsOptions {
  readonly model: Model;
  readonly directory: string;
  readonly gateway: Gateway;
  readonly mailer: Mailer;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** Whether the template's own e-mail subscriptions count as confirmed. */
  readonly autoConfirm: boolean;
}

interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  attributes: Record<string, string>;
  confirmed: boolean;
  token: string;
  /** Milliseconds since 1970 by the instance's clock. */
  createdAt: number;
  readonly fromTemplate: boolean;
}

const PAGE_SIZE = 100;
/** A subscription that nobody confirms is dropped after two days (SNS Developer Guide, "Email notifications"). */
const PENDING_MS = 48 * 3_600_000;

const SETTABLE = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery'];

const SubscriptionSchema = z.looseObject({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  FilterPolicy: z.record(z.string(), z.unknown()).optional(),
  FilterPolicyScope: z.string().optional(),
  RawMessageDelivery: z.union([z.boolean(), z.string()]).optional(),
});

const TopicSchema = z.looseObject({
  DisplayName: z.string().optional(),
  FifoTopic: z.literal(false, { error: 'FIFO topics do not run here' }).optional(),
});

export function createSns(options: SnsOptions): Sns {
  const { model, directory, gateway, mailer, queues, clock, log, autoConfirm } = options;
  const { account } = model.stack;
  const topics = new Map(
    model.ids('AWS::SNS::Topic').map((id) => [model.arn(id), model.properties(id, TopicSchema)] as const),
  );
  const subscriptionsPath = join(directory, 'subscriptions.json');
  const stored = readJson<Subscription[]>(subscriptionsPath) ?? [];
  let subscriptions = reconcile(stored);
  save();
  const outbox = openOutbox(join(directory, 'outbox'), mailer, queues, log);

  // ---- subscriptions

  function save(): void {
    writeJson(subscriptionsPath, subscriptions);
  }

  /** The stored subscriptions with those of the template brought up to date, as a deployment would. */
  function reconcile(stored: Subscription[]): Subscription[] {
    const own = model.ids('AWS::SNS::Subscription').map((logicalId): Subscription => {
      const properties = model.properties(logicalId, SubscriptionSchema);
      const attributes: Record<string, string> = {};
      if (properties.FilterPolicy !== undefined) attributes.FilterPolicy = JSON.stringify(properties.FilterPolicy);
      if (properties.FilterPolicyScope !== undefined) attributes.FilterPolicyScope = properties.FilterPolicyScope;
      if (properties.RawMessageDelivery !== undefined) {
        attributes.RawMessageDelivery = String(properties.RawMessageDelivery);
      }
      try {
        findTopic(properties.TopicArn);
        checkEndpoint(properties.Protocol, properties.Endpoint);
        checkAttributes(attributes);
      } catch (error) {
        throw new Error(`subscription '${logicalId}': ${(error as Error).message}`);
      }
      const arn = model.arn(logicalId);
      const same = stored.find((each) => each.arn === arn && each.endpoint === properties.Endpoint);
      return {
        arn,
        topicArn: properties.TopicArn,
        protocol: properties.Protocol,
        endpoint: properties.Endpoint,
        attributes,
        confirmed: same?.confirmed ?? (properties.Protocol !== 'email' || autoConfirm),
        token: same?.token ?? newToken(),
        createdAt: same?.createdAt ?? clock.now(),
        fromTemplate: true,
      };
    });
    const others = stored.filter(({ fromTemplate, topicArn }) => !fromTemplate && topics.has(topicArn));
    return [...own, ...others];
  }

  function findTopic(topicArn: string | undefined): string {
    if (topicArn === undefined || !/^arn:aws:sns:[^:]+:\d{12}:[^:]+$/.test(topicArn)) throw invalid('TopicArn');
    if (!topics.has(topicArn)) throw new SnsError('NotFound', 'Topic does not exist', 404);
    return topicArn;
  }

  function findSubscription(arn: string | undefined): Subscription {
    if (arn === undefined || arn.split(':').length < 7) {
      throw invalid(
        `SubscriptionArn Reason: An ARN must have at least 6 elements, not ${(arn ?? '').split(':').length}`,
      );
    }
    const found = current().find((subscription) => subscription.arn === arn);
    if (found === undefined) throw new SnsError('NotFound', 'Subscription does not exist', 404);
    return found;
  }

  /** The subscriptions there are now: a pending one lapses. */
  function current(): Subscription[] {
    const now = clock.now();
    const alive = subscriptions.filter(
      ({ confirmed, fromTemplate, createdAt }) => confirmed || fromTemplate || now - createdAt < PENDING_MS,
    );
    if (alive.length < subscriptions.length) {
      subscriptions = alive;
      save();
    }
    return subscriptions;
  }

  function checkEndpoint(protocol: string, endpoint: string): void {
    if (protocol === 'email') {
      if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>"]+$/.test(endpoint)) throw invalid('Email address');
    } else if (protocol === 'sqs') {
      if (!queues.has(endpoint)) throw invalid('SQS endpoint ARN');
    } else {
      throw invalid(`Does not support this protocol: ${protocol} (here only email and sqs)`);
    }
  }

  function requestConfirmation({ arn, topicArn, endpoint, token }: Subscription): void {
    const link = `${gateway.url}/sns/confirmation.html?${new URLSearchParams({ TopicArn: topicArn, Token: token, Endpoint: endpoint })}`;
    const text = [
      'You have chosen to subscribe to the topic:',
      topicArn,
      '',
      'To confirm this subscription, click or visit the link below (If this was in error no action is necessary):',
      link,
      '',
      'Please do not reply directly to this email.',
      '',
    ].join('\n');
    const subject = 'AWS Notification - Subscription Confirmation';
    const id = randomUUID();
    outbox.accept(id, [{ protocol: 'email', id: `${id}.${lastPart(arn)}`, to: endpoint, subject, text }]);
  }

  function confirm(token: string | undefined, topicArn: string | undefined): Subscription {
    const found = current().find((each) => each.token === token && each.topicArn === topicArn);
    if (found === undefined) throw invalid('Invalid token');
    found.confirmed = true;
    save();
    return found;
  }

  // ---- operations

  type Input = Readonly<Record<string, string>>;
  type Xml = string | undefined;

  function publish(input: Input): Xml {
    const topicArn = findTopic(input.TopicArn ?? input.TargetArn);
    const { subject, bodies, attributes } = readMessage(input);
    const id = randomUUID();
    const deliveries = current()
      .filter((subscription) => subscription.topicArn === topicArn && subscription.confirmed)
      .filter((subscription) => passesFilter(subscription.attributes, bodies.default, attributes))
      .map((subscription): Delivery => {
        const body = bodies[subscription.protocol] ?? bodies.default;
        return subscription.protocol === 'sqs'
          ? toQueue(subscription, id, topicArn, subject, body, attributes)
          : toMail(subscription, id, subject ?? 'AWS Notification Message', body);
      });
    outbox.accept(id, deliveries);
    return element('MessageId', id);
  }

  function toMail({ arn, endpoint }: Subscription, id: string, subject: string, body: string): Delivery {
    const link = `${gateway.url}/sns/unsubscribe.html?${new URLSearchParams({ SubscriptionArn: arn, Endpoint: endpoint })}`;
    const footer = [
      '',
      '',
      '--',
      'If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:',
      link,
      '',
      'Please do not reply directly to this email. If you have any questions or comments regarding this email, ' +
        'please contact us at https://aws.amazon.com/support',
      '',
    ];
    return { protocol: 'email', id: `${id}.${lastPart(arn)}`, to: endpoint, subject, text: body + footer.join('\n') };
  }

  function toQueue(
    subscription: Subscription,
    id: string,
    topicArn: string,
    subject: string | undefined,
    message: string,
    attributes: Readonly<Record<string, MessageAttribute>>,
  ): Delivery {
    if (subscription.attributes.RawMessageDelivery === 'true') {
      return { protocol: 'sqs', queueArn: subscription.endpoint, body: message };
    }
    const described = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: StringValue ?? BinaryValue },
    ]);
    const body = {
      Type: 'Notification',
      MessageId: id,
      TopicArn: topicArn,
      ...(subject === undefined ? {} : { Subject: subject }),
      Message: message,
      Timestamp: new Date(clock.now()).toISOString(),
      UnsubscribeURL: `${gateway.url}/sns/unsubscribe.html?${new URLSearchParams({ SubscriptionArn: subscription.arn })}`,
      ...(described.length === 0 ? {} : { MessageAttributes: Object.fromEntries(described) }),
    };
    return { protocol: 'sqs', queueArn: subscription.endpoint, body: JSON.stringify(body) };
  }

  function subscribe(input: Input): Xml {
    const topicArn = findTopic(input.TopicArn);
    const protocol = input.Protocol ?? '';
    const endpoint = input.Endpoint ?? '';
    checkEndpoint(protocol, endpoint);
    const attributes = readEntries(input, 'Attributes.entry', 'key', 'value');
    checkAttributes(attributes);
    const existing = current().find(
      (each) => each.topicArn === topicArn && each.protocol === protocol && each.endpoint === endpoint,
    );
    if (existing?.confirmed === true) {
      if (!sameAttributes(existing.attributes, attributes)) {
        throw invalid('Attributes Reason: Subscription already exists with different attributes');
      }
      return element('SubscriptionArn', existing.arn);
    }
    const subscription: Subscription = existing ?? {
      arn: `${topicArn}:${randomUUID()}`,
      topicArn,
      protocol,
      endpoint,
      attributes,
      confirmed: protocol !== 'email',
      token: newToken(),
      createdAt: clock.now(),
      fromTemplate: false,
    };
    if (existing === undefined) subscriptions.push(subscription);
    subscription.attributes = attributes;
    subscription.createdAt = clock.now();
    save();
    if (!subscription.confirmed) requestConfirmation(subscription);
    const shown = subscription.confirmed || input.ReturnSubscriptionArn === 'true';
    return element('SubscriptionArn', shown ? subscription.arn : 'pending confirmation');
  }

  function unsubscribe(arn: string | undefined): void {
    let found: Subscription;
    try {
      found = findSubscription(arn);
    } catch (error) {
      // Unsubscribing twice is no error.
      if (error instanceof SnsError && error.code === 'NotFound') return;
      throw error;
    }
    if (!found.confirmed) throw invalid('SubscriptionArn Reason: This subscription is pending confirmation');
    subscriptions = subscriptions.filter((each) => each !== found);
    save();
  }

  function list(input: Input): Xml {
    const topicArn = findTopic(input.TopicArn);
    const all = current().filter((subscription) => subscription.topicArn === topicArn);
    const start = input.NextToken === undefined ? 0 : Number(Buffer.from(input.NextToken, 'base64').toString());
    if (!Number.isInteger(start)) throw invalid('NextToken');
    const members = all.slice(start, start + PAGE_SIZE).map((subscription) => {
      const { arn, confirmed, protocol, endpoint } = subscription;
      const fields = {
        TopicArn: topicArn,
        Protocol: protocol,
        SubscriptionArn: confirmed ? arn : 'PendingConfirmation',
        Owner: account,
        Endpoint: endpoint,
      };
      return `<member>${Object.entries(fields)
        .map(([name, value]) => element(name, value))
        .join('')}</member>`;
    });
    const more = start + PAGE_SIZE < all.length;
    const token = more ? element('NextToken', Buffer.from(String(start + PAGE_SIZE)).toString('base64')) : '';
    return `<Subscriptions>${members.join('')}</Subscriptions>${token}`;
  }

  function subscriptionAttributes(input: Input): Xml {
    const { arn, topicArn, protocol, endpoint, confirmed, attributes } = findSubscription(input.SubscriptionArn);
    return map('Attributes', {
      RawMessageDelivery: 'false',
      ...(attributes.FilterPolicy !== undefined && { FilterPolicyScope: 'MessageAttributes' }),
      ...attributes,
      SubscriptionArn: arn,
      TopicArn: topicArn,
      Protocol: protocol,
      Endpoint: endpoint,
      Owner: account,
      SubscriptionPrincipal: `arn:aws:iam::${account}:root`,
      PendingConfirmation: String(!confirmed),
      ConfirmationWasAuthenticated: 'false',
    });
  }

  function setSubscriptionAttribute(input: Input): Xml {
    const subscription = findSubscription(input.SubscriptionArn);
    const attributes = { ...subscription.attributes };
    const name = input.AttributeName ?? '';
    const value = input.AttributeValue ?? '';
    // "{}" or nothing removes the policy.
    if (name === 'FilterPolicy' && (value === '' || value === '{}')) delete attributes.FilterPolicy;
    else attributes[name] = value;
    checkAttributes(attributes);
    subscription.attributes = attributes;
    save();
    return undefined;
  }

  function topicAttributes(input: Input): Xml {
    const topicArn = findTopic(input.TopicArn);
    const own = current().filter((subscription) => subscription.topicArn === topicArn);
    const confirmed = own.filter((subscription) => subscription.confirmed).length;
    return map('Attributes', {
      TopicArn: topicArn,
      DisplayName: topics.get(topicArn)?.DisplayName ?? '',
      Owner: account,
      SubscriptionsConfirmed: String(confirmed),
      SubscriptionsPending: String(own.length - confirmed),
      SubscriptionsDeleted: '0',
    });
  }

  const operations: Record<string, (input: Input) => Xml> = {
    Publish: publish,
    Subscribe: subscribe,
    ConfirmSubscription: (input) => element('SubscriptionArn', confirm(input.Token, findTopic(input.TopicArn)).arn),
    Unsubscribe: (input) => {
      unsubscribe(input.SubscriptionArn);
      return undefined;
    },
    ListSubscriptionsByTopic: list,
    GetSubscriptionAttributes: subscriptionAttributes,
    SetSubscriptionAttributes: setSubscriptionAttribute,
    GetTopicAttributes: topicAttributes,
  };

  for (const subscription of subscriptions) {
    const known = stored.some(({ arn, endpoint }) => arn === subscription.arn && endpoint === subscription.endpoint);
    if (!subscription.confirmed && !known) requestConfirmation(subscription);
  }

  return {
    handle(call) {
      const operation = operations[call.operation];
      if (operation === undefined) {
        return awsError(call, 400, 'InvalidAction', `${call.operation} is not played by the local SNS endpoint`);
      }
      try {
        const result = operation(call.input() as Input);
        const content = result === undefined ? '' : `<${call.operation}Result>${result}</${call.operation}Result>`;
        return {
          status: 200,
          headers: { 'content-type': 'text/xml' },
          body:
            `<${call.operation}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${content}` +
            `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${call.operation}Response>`,
        };
      } catch (error) {
        if (error instanceof SnsError) return awsError(call, error.status, error.code, error.message);
        throw error;
      }
    },
    pages({ method, url }) {
      const parameter = (name: string) => url.searchParams.get(name) ?? undefined;
      if (method !== 'GET') return undefined;
      try {
        if (url.pathname === '/sns/confirmation.html') {
          const { arn } = confirm(parameter('Token'), parameter('TopicArn'));
          return page('Subscription confirmed!', `You have successfully subscribed. Your subscription's id is ${arn}`);
        }
        if (url.pathname === '/sns/unsubscribe.html') {
          unsubscribe(parameter('SubscriptionArn'));
          return page('Subscription removed!', `Your subscription ${parameter('SubscriptionArn')} has been removed.`);
        }
        return undefined;
      } catch (error) {
        return { ...page('Error', (error as Error).message), status: 400 };
      }
    },
    undelivered: () => outbox.size(),
    stop: (graceMs) => outbox.stop(graceMs),
  };
}

function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(attributes)) {
    if (!SETTABLE.includes(name)) throw invalid(`AttributeName (${name} cannot be set here)`);
  }
  const { FilterPolicy, FilterPolicyScope } = attributes;
  if (FilterPolicyScope !== undefined && !['MessageAttributes', 'MessageBody'].includes(FilterPolicyScope)) {
    throw invalid('FilterPolicyScope');
  }
  if (FilterPolicy === undefined) return;
  let policy: unknown;
  try {
    policy = JSON.parse(FilterPolicy);
  } catch {
    throw invalid('FilterPolicy: failed to parse JSON.');
  }
  try {
    compilePattern(policy);
  } catch (error) {
    throw invalid(`FilterPolicy: ${(error as Error).message}`);
  }
}

/** Compared as what they mean, not as they are written. */
function sameAttributes(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const meaning = ({ FilterPolicy = '{}', FilterPolicyScope = 'MessageAttributes', RawMessageDelivery = 'false' }) =>
    JSON.stringify([JSON.parse(FilterPolicy), FilterPolicyScope, RawMessageDelivery]);
  return meaning(a) === meaning(b);
}

function readEntries(
  input: Readonly<Record<string, string>>,
  prefix: string,
  keyName: string,
  valueName: string,
): Record<string, string> {
  const entries: Record<string, string> = {};
  for (let index = 1; ; index++) {
    const key = input[`${prefix}.${index}.${keyName}`];
    if (key === undefined) return entries;
    entries[key] = input[`${prefix}.${index}.${valueName}`] ?? '';
  }
}

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1);

const newToken = (): string => randomBytes(32).toString('hex');

// ---- what goes over the wire

const element = (name: string, value: string): string => `<${name}>${escapeXml(value)}</${name}>`;

const map = (name: string, values: Readonly<Record<string, string>>): string => {
  const entries = Object.entries(values).map(
    ([key, value]) => `<entry>${element('key', key)}${element('value', value)}</entry>`,
  );
  return `<${name}>${entries.join('')}</${name}>`;
};

const page = (title: string, text: string): AwsReply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><html lang="en"><title>${escapeXml(title)}</title><h1>${escapeXml(title)}</h1><p>${escapeXml(text)}</p>`,
});
