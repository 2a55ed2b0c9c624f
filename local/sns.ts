import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { FunctionLog } from './function-log.ts';
import { type AwsCall, type AwsReply, awsError, escapeXml, type Gateway, type PageHandler } from './gateway.ts';
import type { Mailer } from './mail.ts';
import type { Model } from './model.ts';
import { openOutbox } from './outbox.ts';
import { confirmationMail, notificationMail } from './sns-mail.ts';
import { invalid, readMessage, SnsError } from './sns-message.ts';
import { openSubscriptions, type Subscription } from './sns-subscriptions.ts';
import { createTokenBucket } from './token-bucket.ts';

/**
 * Emulates Amazon SNS: its API, as far as the service uses it, and the pages behind the links in its mails.
 * Reference: Amazon SNS API Reference. Not emulated: the last mail that SNS sends to whoever unsubscribed, as it is documented
 * nowhere what following its link makes of the filter policy.
 */
export interface Sns {
  handle(call: AwsCall): AwsReply;
  /** The pages behind the links in SNS's mails: confirm and unsubscribe. Neither asks who is there, nor whether they mean it. */
  readonly pages: PageHandler;
  /** Whom the stack has asked while it is deployed counts as confirmed, where the template's own subscriptions do. */
  whileDeploying(deploy: () => Promise<void>): Promise<void>;
  /** How long a changed filter policy takes from now on: zero at first, up to 15 minutes on AWS. */
  delayFilterPolicies(ms: number): void;
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
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** Whether the template's own subscriptions, and those that its deployment asks for, count as confirmed. */
  readonly autoConfirm: boolean;
  /** Whether no call and no delivery is ever one too many. */
  readonly unlimited: boolean;
}

type Input = Readonly<Record<string, string>>;

const PAGE_SIZE = 100;

/** Calls a second ("This action is throttled at …", API Reference). Of the others AWS gives no figure there. */
const MAX_CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  ListSubscriptionsByTopic: 30,
  Subscribe: 100,
  Unsubscribe: 100,
};

/** Mails a second to one subscription; SNS suspends one that would get more (Developer Guide, "Email notifications"). */
const MAX_MAILS_PER_SECOND = 10;

/** The fields of an operation's input that are emulated; any other is refused by its name. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  Publish:
    /^(TopicArn|Message|Subject|MessageStructure|MessageAttributes\.entry\.\d+\.(Name|Value\.(DataType|StringValue)))$/,
  Subscribe: /^(TopicArn|Protocol|Endpoint|ReturnSubscriptionArn|Attributes\.entry\.\d+\.(key|value))$/,
  ConfirmSubscription: /^(TopicArn|Token)$/,
  Unsubscribe: /^SubscriptionArn$/,
  ListSubscriptionsByTopic: /^(TopicArn|NextToken)$/,
  GetSubscriptionAttributes: /^SubscriptionArn$/,
  SetSubscriptionAttributes: /^(SubscriptionArn|AttributeName|AttributeValue)$/,
  GetTopicAttributes: /^TopicArn$/,
};

export function createSns(options: SnsOptions): Sns {
  const { model, directory, gateway, mailer, clock, log, autoConfirm, unlimited } = options;
  const { account } = model.stack;
  const topics = model.ids('AWS::SNS::Topic').map((id) => model.arn(id));
  const subscriptions = openSubscriptions({ model, path: join(directory, 'subscriptions.json'), clock, autoConfirm });
  const outbox = openOutbox(join(directory, 'outbox'), mailer, log);
  const buckets = new Map<string, () => boolean>();
  let deploying = false;

  /** Whether one more of `what` is taken this second. */
  function withinLimit(what: string, perSecond: number): boolean {
    if (unlimited) return true;
    const take = buckets.get(what) ?? createTokenBucket(perSecond, perSecond);
    buckets.set(what, take);
    return take();
  }

  function findTopic(topicArn: string | undefined): string {
    if (topicArn === undefined || !/^arn:aws:sns:[^:]+:\d{12}:[^:]+$/.test(topicArn)) throw invalid('TopicArn');
    if (!topics.includes(topicArn)) throw new SnsError('NotFound', 'Topic does not exist', 404);
    return topicArn;
  }

  function requestConfirmation(subscription: Subscription): void {
    const id = randomUUID();
    outbox.accept(id, [confirmationMail(gateway.url, subscription, id)]);
  }

  /** Whether the subscription may get one more mail now. One that would get too many gets none until it is confirmed anew. */
  function mayBeMailed(subscription: Subscription): boolean {
    if (withinLimit(subscription.arn, MAX_MAILS_PER_SECOND)) return true;
    subscriptions.suspend(subscription);
    const message = `${subscription.arn} is suspended: more than ${MAX_MAILS_PER_SECOND} mails a second`;
    log.write({ source: 'sns', stream: 'platform', message });
    return false;
  }

  function unsubscribe(arn: string | undefined): void {
    try {
      subscriptions.remove(subscriptions.find(arn));
    } catch (error) {
      // Unsubscribing twice is no error.
      if (!(error instanceof SnsError && error.code === 'NotFound')) throw error;
    }
  }

  /** What each operation does, and answers within its result element. */
  const operations: Record<string, (input: Input) => string | undefined> = {
    Publish(input) {
      const topicArn = findTopic(input.TopicArn);
      const { subject, body, attributes } = readMessage(input);
      const id = randomUUID();
      const recipients = subscriptions
        .ofTopic(topicArn)
        .filter((each) => each.confirmed && subscriptions.accepts(each, attributes) && mayBeMailed(each));
      outbox.accept(
        id,
        recipients.map((each) => notificationMail(gateway.url, each, { id, subject, body })),
      );
      return element('MessageId', id);
    },
    Subscribe(input) {
      const topicArn = findTopic(input.TopicArn);
      if (input.Protocol !== 'email') throw invalid(`Protocol (only email is emulated, not ${input.Protocol})`);
      const { FilterPolicy, ...others } = readEntries(input);
      for (const name of Object.keys(others)) throw invalid(`Attributes (${name} is not emulated)`);
      const confirmed = deploying && autoConfirm;
      const subscription = subscriptions.request(topicArn, input.Endpoint ?? '', FilterPolicy, confirmed);
      if (!subscription.confirmed) requestConfirmation(subscription);
      const shown = subscription.confirmed || input.ReturnSubscriptionArn === 'true';
      return element('SubscriptionArn', shown ? subscription.arn : 'pending confirmation');
    },
    ConfirmSubscription: ({ Token, TopicArn }) =>
      element('SubscriptionArn', subscriptions.confirm(Token, findTopic(TopicArn)).arn),
    Unsubscribe({ SubscriptionArn }) {
      unsubscribe(SubscriptionArn);
      return undefined;
    },
    ListSubscriptionsByTopic(input) {
      const topicArn = findTopic(input.TopicArn);
      const start = input.NextToken === undefined ? 0 : Number(Buffer.from(input.NextToken, 'base64').toString());
      if (!Number.isInteger(start)) throw invalid('NextToken');
      const all = subscriptions.ofTopic(topicArn);
      const members = all.slice(start, start + PAGE_SIZE).map(({ arn, confirmed, endpoint }) =>
        elements('member', {
          TopicArn: topicArn,
          Protocol: 'email',
          SubscriptionArn: confirmed ? arn : 'PendingConfirmation',
          Owner: account,
          Endpoint: endpoint,
        }),
      );
      const end = start + PAGE_SIZE;
      const more = end < all.length ? element('NextToken', Buffer.from(String(end)).toString('base64')) : '';
      return `<Subscriptions>${members.join('')}</Subscriptions>${more}`;
    },
    GetSubscriptionAttributes(input) {
      const { arn, topicArn, endpoint, confirmed, filterPolicy } = subscriptions.find(input.SubscriptionArn);
      return attributesElement({
        ...(filterPolicy !== undefined && { FilterPolicy: filterPolicy, FilterPolicyScope: 'MessageAttributes' }),
        RawMessageDelivery: 'false',
        SubscriptionArn: arn,
        TopicArn: topicArn,
        Protocol: 'email',
        Endpoint: endpoint,
        Owner: account,
        SubscriptionPrincipal: `arn:aws:iam::${account}:root`,
        PendingConfirmation: String(!confirmed),
        ConfirmationWasAuthenticated: 'false',
      });
    },
    SetSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue = '' }) {
      const subscription = subscriptions.find(SubscriptionArn);
      if (AttributeName !== 'FilterPolicy') throw invalid(`AttributeName (${AttributeName} is not emulated)`);
      // "{}" or nothing removes the policy.
      const removes = AttributeValue === '' || AttributeValue === '{}';
      subscriptions.setFilterPolicy(subscription, removes ? undefined : AttributeValue);
      return undefined;
    },
    GetTopicAttributes(input) {
      const topicArn = findTopic(input.TopicArn);
      const all = subscriptions.ofTopic(topicArn);
      const confirmed = all.filter((subscription) => subscription.confirmed).length;
      return attributesElement({
        TopicArn: topicArn,
        Owner: account,
        SubscriptionsConfirmed: String(confirmed),
        SubscriptionsPending: String(all.length - confirmed),
      });
    },
  };

  for (const subscription of subscriptions.unasked) requestConfirmation(subscription);

  return {
    handle(call) {
      const name = call.operation;
      const operation = operations[name];
      const fields = FIELDS[name];
      if (operation === undefined || fields === undefined)
        return awsError(call, 400, 'InvalidAction', `${name} is not emulated by the local SNS endpoint`);
      const perSecond = MAX_CALLS_PER_SECOND[name];
      if (perSecond !== undefined && !withinLimit(name, perSecond))
        return awsError(call, 400, 'ThrottlingException', 'Rate exceeded');
      const { Action: _, Version: __, ...input } = call.input() as Input;
      const unknown = Object.keys(input).filter((field) => !fields.test(field));
      if (unknown.length > 0)
        return awsError(
          call,
          400,
          'InvalidParameter',
          `Invalid parameter: ${name} is not emulated with ${unknown.join(', ')}`,
        );
      try {
        const result = operation(input);
        const content = result === undefined ? '' : `<${name}Result>${result}</${name}Result>`;
        return {
          status: 200,
          headers: { 'content-type': 'text/xml' },
          body:
            `<${name}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${content}` +
            `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${name}Response>`,
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
          const { arn } = subscriptions.confirm(parameter('Token'), findTopic(parameter('TopicArn')));
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
    async whileDeploying(deploy) {
      deploying = true;
      try {
        await deploy();
      } finally {
        deploying = false;
      }
    },
    delayFilterPolicies: (ms) => subscriptions.delayFilterPolicies(ms),
    undelivered: () => outbox.size(),
    stop: (graceMs) => outbox.stop(graceMs),
  };
}

/** The map `Attributes` of a call, which a form spells as numbered pairs. */
function readEntries(input: Input): Record<string, string> {
  const entries: Record<string, string> = {};
  for (let index = 1; ; index++) {
    const key = input[`Attributes.entry.${index}.key`];
    if (key === undefined) return entries;
    entries[key] = input[`Attributes.entry.${index}.value`] ?? '';
  }
}

const element = (name: string, value: string): string => `<${name}>${escapeXml(value)}</${name}>`;

const elements = (name: string, values: Readonly<Record<string, string>>): string =>
  `<${name}>${Object.entries(values)
    .map(([key, value]) => element(key, value))
    .join('')}</${name}>`;

const attributesElement = (values: Readonly<Record<string, string>>): string =>
  `<Attributes>${Object.entries(values)
    .map(([key, value]) => elements('entry', { key, value }))
    .join('')}</Attributes>`;

const page = (title: string, text: string): AwsReply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><html lang="en"><title>${escapeXml(title)}</title><h1>${escapeXml(title)}</h1><p>${escapeXml(text)}</p>`,
});
