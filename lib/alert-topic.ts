import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Level } from '../functions/domain/lifecycle.ts';
import type { ServiceFunction } from './service-function.ts';
import { levelsFrom } from './settings.ts';

/**
 * Where notices are published, each with the message attributes `authority` and `level`, by which subscriptions choose.
 *
 * Encrypted under the AWS-managed key of SNS: only our own functions publish here, and everyone who may use the topic
 * may use that key. (CloudWatch alarms could not: the operations topic needs a key of its own.)
 */
export class AlertTopic extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', {
      displayName: 'Inspection monitor',
      masterKey: kms.Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
      enforceSSL: true,
    });
  }

  /** Mails a recipient the notices of one authority from a level upwards, once they have confirmed. */
  mail(recipient: { readonly address: string; readonly authority: string; readonly from: Level }): void {
    this.topic.addSubscription(
      new subscriptions.EmailSubscription(recipient.address, {
        filterPolicy: {
          authority: sns.SubscriptionFilter.stringFilter({ allowlist: [recipient.authority] }),
          level: sns.SubscriptionFilter.stringFilter({ allowlist: [...levelsFrom(recipient.from)] }),
        },
      }),
    );
  }

  /** Lets a function add, change and remove recipients, and tells it the topic. */
  grantSubscribe(to: ServiceFunction): void {
    to.allow(['sns:Subscribe', 'sns:ListSubscriptionsByTopic'], this.topic.topicArn);
    to.allowAnywhere(
      ['sns:GetSubscriptionAttributes', 'sns:SetSubscriptionAttributes', 'sns:Unsubscribe'],
      'IAM knows no resource for these three. Whose subscription it is, the function checks by its filter.',
    );
    to.tell('ALERT_TOPIC_ARN', this.topic.topicArn);
  }

  /** Lets a function publish notices and ask whether anyone receives them, and tells it the topic. */
  grantPublish(to: ServiceFunction): void {
    to.allow(['sns:Publish', 'sns:GetTopicAttributes'], this.topic.topicArn);
    to.tell('ALERT_TOPIC_ARN', this.topic.topicArn);
  }
}
