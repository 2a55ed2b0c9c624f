import { InvalidParameterException, type SNSClient } from '@aws-sdk/client-sns';
import { SnsError } from '../../local/sns-message.ts';
import { createMailTopic, type MailTopic } from '../simulation/mail-topic.ts';
import type { Command } from '../simulation/memory-store.ts';
import * as real from '../support/topic.ts';
import { startStore } from './store.ts';

/** `test/support/topic.ts` in memory: mails are what would have come, and links are followed without one. */
export const NOW = real.NOW;
export type Topic = real.Topic;

const ARNS = 'arn:aws:sns:eu-west-2:000000000000';

interface Mail {
  readonly to: readonly { readonly address: string }[];
  readonly subject: string;
  readonly text: string;
}

/** Topics in memory by these names, and all mail that came of them. */
export function startSns(names: readonly string[], now: () => number = Date.now) {
  const mails: Mail[] = [];
  const mail = (addresses: readonly string[], subject: string, text: string): void =>
    void mails.push(...addresses.map((address) => ({ to: [{ address }], subject, text })));
  let published: { Subject?: string; Message?: string; MessageStructure?: string } = {};
  const reach = (addresses: readonly string[]): void =>
    mail(addresses, published.Subject ?? '', JSON.parse(published.Message ?? '{}').email);
  const topics = new Map<string, MailTopic>(
    names.map((name) => [
      `${ARNS}:${name}`,
      createMailTopic({
        now,
        policyDelay: () => 0,
        onPublish: (_, addresses) => reach(addresses),
        onAddressed: (_, addresses) => reach(addresses),
      }),
    ]),
  );
  const send = async (command: Command): Promise<unknown> => {
    const { input } = command;
    const { name } = command.constructor;
    const text = JSON.stringify(input);
    const named = [...topics].find(([arn]) => text.includes(`"${arn}"`) || text.includes(`"${arn}:`));
    if (!named) throw new Error(`no topic of ${text}`);
    const [arn, topic] = named;
    const own = input as { Endpoint?: string };
    if (name === 'PublishCommand') published = input;
    // Plain text goes to everybody whose subscription asks nothing.
    if (name === 'PublishCommand' && published.MessageStructure !== 'json') {
      mail(topic.wouldReach({}), published.Subject ?? '', published.Message ?? '');
      return { MessageId: 'text' };
    }
    try {
      const answer = topic.execute({
        constructor: { name },
        input: JSON.parse(text.replaceAll(`${arn}:`, `${topic.arn}:`)),
      });
      if (name === 'SubscribeCommand')
        mail([own.Endpoint ?? ''], 'AWS Notification - Subscription Confirmation', 'confirm');
      return JSON.parse(JSON.stringify(answer).replaceAll(`${topic.arn}:`, `${arn}:`));
    } catch (error) {
      // As SNS's client gives it on.
      if (error instanceof SnsError) throw new InvalidParameterException({ message: error.message, $metadata: {} });
      throw error;
    }
  };
  return { mails, topics, sns: { send } as unknown as SNSClient };
}

export async function startTopic(): Promise<Topic> {
  const { mails, topics, sns } = startSns(['Alerts']);
  const [arn, topic] = [...topics][0] as [string, MailTopic];
  const started = new real.Topic(await startStore(), {
    ...{ idle: async () => {}, remove: async () => {}, log: [] },
    ...{ credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, endpoints: { sns: 'http://127.0.0.1:9' } },
    resources: { topics: { Alerts: arn } },
  } as never);
  return Object.assign(started, {
    recipients: { ...started.recipients, sns },
    mails: async () => mails,
    async confirm(address: string) {
      const asked = mails.some(({ to, subject }) => to[0]?.address === address && subject.startsWith('AWS'));
      const found = topic.subscriptions.find(({ endpoint }) => endpoint === address);
      if (!asked || !found) throw new Error(`${address} was not asked`);
      topic.confirm(found);
    },
  }) as Topic;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: { TopicArn: { Ref: string }; Endpoint: string; FilterPolicy?: object };
}

export async function startTopics(resources: Readonly<Record<string, Resource>>) {
  const names = Object.keys(resources).filter((name) => resources[name]?.Type === 'AWS::SNS::Topic');
  const { mails, topics, sns } = startSns(names);
  const arnOf = (name: string): string => `${ARNS}:${name}`;
  for (const { Properties } of Object.values(resources)) {
    if (!Properties) continue;
    const { TopicArn, Endpoint, FilterPolicy } = Properties;
    const Attributes = FilterPolicy ? { FilterPolicy: JSON.stringify(FilterPolicy) } : {};
    const topic = topics.get(arnOf(TopicArn.Ref));
    topic?.execute({ constructor: { name: 'SubscribeCommand' }, input: { Endpoint, Attributes } });
    for (const each of topic?.subscriptions ?? []) topic?.confirm(each);
  }
  const log: { message: string }[] = [];
  return { ...{ log, sns, arnOf }, idle: async () => {}, mails: async () => mails, end: async () => {} };
}
