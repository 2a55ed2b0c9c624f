import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** Where notices are published, each with the message attributes `authority` and `level`, by which subscriptions choose. */
export class AlertTopic extends Construct {
  readonly topic: sns.Topic;
  private readonly key: kms.IKey;

  constructor(scope: Construct, id: string, props: { readonly key: kms.IKey }) {
    super(scope, id);
    this.key = props.key;
    this.topic = new sns.Topic(this, 'Topic', {
      displayName: 'Inspection monitor',
      masterKey: props.key,
      enforceSSL: true,
    });
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

  /** Lets a function publish and ask who would get it, and tells it the topic. */
  grantPublish(to: ServiceFunction): void {
    to.allow(['sns:Publish', 'sns:ListSubscriptionsByTopic'], this.topic.topicArn);
    to.allowAnywhere(
      ['sns:GetSubscriptionAttributes'],
      'IAM knows no resource for this. The function asks about subscriptions of this topic only.',
    );
    // SNS uses the key in the name of whoever publishes. To subscribe, or to be mailed, takes nothing of it.
    to.allow(['kms:GenerateDataKey', 'kms:Decrypt'], this.key.keyArn);
    to.tell('ALERT_TOPIC_ARN', this.topic.topicArn);
  }
}
