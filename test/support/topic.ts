import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { expect } from 'vitest';
import type { Hears } from '../../functions/domain/recipient.ts';
import { listRecipients } from '../../functions/services/recipients.ts';
import type { Recipients } from '../../functions/services/subscriptions.ts';
import { recipientId } from '../../functions/store/keys.ts';
import { readRecipient, saveRecipient } from '../../functions/store/recipients.ts';
import { mails, type Resources, type Running, run } from '../local/fixture.ts';
import { type Store, startStore } from './store.ts';

/** The moment at which tests of recipients happen. */
export const NOW = new Date();

/** A topic of the emulated SNS and the real store beside it, with what its tests look at and do past the services. */
export class Topic {
  readonly store: Store;
  readonly instance: Running & { remove(): Promise<void> };
  readonly recipients: Recipients;

  constructor(store: Store, instance: Topic['instance']) {
    this.store = store;
    this.instance = instance;
    const { credentials, endpoints, resources } = instance;
    const sns = new SNSClient({ endpoint: endpoints.sns, region: 'eu-west-2', credentials });
    this.recipients = { sns, database: store, topicArn: resources.topics.Alerts ?? '' };
  }

  async end(): Promise<void> {
    await this.instance.remove();
    await this.store.end();
  }

  mails() {
    return mails(this.instance);
  }

  /** Writes what an address hears, as a writer does that ends before SNS is told. */
  async saveOnly(address: string, hears: Hears): Promise<void> {
    const read = await readRecipient(this.store, recipientId(address));
    if (!read) throw new Error(`${address} is not stored`);
    await saveRecipient(this.store, read, { ...read, hears: { ...read.hears, ...hears } });
  }

  /** Follows the newest link to confirm that an address was mailed. */
  async confirm(address: string): Promise<void> {
    await this.instance.idle();
    const mail = (await this.mails()).findLast(({ to, text }) => to[0]?.address === address && /confirm/.test(text));
    expect((await fetch(/http:\S+\/sns\/confirmation\S+/.exec(mail?.text ?? '')?.[0] ?? '')).status).toBe(200);
  }

  /** Subscribes an address past the service, as an earlier version or somebody by hand did. */
  subscribe(Endpoint: string, policy: object | undefined) {
    return this.recipients.sns.send(
      new SubscribeCommand({
        TopicArn: this.recipients.topicArn,
        Protocol: 'email',
        Endpoint,
        Attributes: policy ? { FilterPolicy: JSON.stringify(policy) } : {},
      }),
    );
  }

  async findSubscription(address: string) {
    const { Subscriptions = [] } = await this.recipients.sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: this.recipients.topicArn }),
    );
    return Subscriptions.find(({ Endpoint }) => Endpoint === address);
  }

  async policyOf(address: string): Promise<unknown> {
    const SubscriptionArn = (await this.findSubscription(address))?.SubscriptionArn;
    const { Attributes } = await this.recipients.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    return JSON.parse(Attributes?.FilterPolicy ?? 'null');
  }

  async levelsOf(authority: string) {
    const { mailed } = await listRecipients(this.recipients, authority, NOW);
    return Object.fromEntries(mailed.map(({ address, level }) => [address, level]));
  }

  /** The subjects of what an address was mailed, but for SNS's own. */
  async subjectsTo(address: string) {
    await this.instance.idle();
    const received = (await this.mails()).filter(({ to }) => to[0]?.address === address);
    return received.map(({ subject }) => subject).filter((subject) => !subject.startsWith('AWS'));
  }

  /** The same topic, with something that happens elsewhere just before the first call of that name. */
  interrupted(command: string, happens: () => Promise<unknown>): Recipients {
    const { sns: real } = this.recipients;
    let happened = false;
    const sns = Object.create(real) as SNSClient;
    sns.send = (async (call: { constructor: { name: string } }) => {
      if (!happened && call.constructor.name === command) {
        happened = true;
        await happens();
      }
      return real.send(call as never);
    }) as unknown as SNSClient['send'];
    return { ...this.recipients, sns };
  }
}

export async function startTopic(): Promise<Topic> {
  const store = await startStore();
  return new Topic(store, await run({ resources: { Alerts: { Type: 'AWS::SNS::Topic' } } }));
}

/** Topics as a template says them, by their names there; who is subscribed by it has confirmed. */
export async function startTopics(resources: Resources) {
  const instance = await run({ resources });
  const { credentials, endpoints, log } = instance;
  return {
    log,
    sns: new SNSClient({ endpoint: endpoints.sns, region: 'eu-west-2', credentials }),
    arnOf: (name: string): string => instance.resources.topics[name] ?? '',
    idle: () => instance.idle(),
    mails: () => mails(instance),
    end: () => instance.remove(),
  };
}
