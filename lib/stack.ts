import { CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type * as z from 'zod';
import type { CouncilSchema } from '../functions/domain/council.ts';
import { EVALUATED_PREFIXES, NOTICE_PREFIX } from '../functions/store/keys.ts';
import { AlertTopic } from './alert-topic.ts';
import { Api } from './api.ts';
import { InspectionLoading } from './inspection-loading.ts';
import { Operations } from './operations.ts';
import { Schedule } from './schedule.ts';
import { ServiceFunction } from './service-function.ts';
import { type Settings, spellSettings } from './settings.ts';
import { StreamMapping } from './stream-mapping.ts';
import { Tables } from './tables.ts';
import { WorkQueue } from './work-queue.ts';

/** As long as API Gateway waits for an answer, but for some seconds: the largest record is 20 MB, read anew for each. */
const ANSWER = Duration.seconds(25);

/** Everything, in the order data flows: inspection → submission → evaluation → notice → e-mail. */
export class InspectionMonitorStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, { description: "Keeps watch over children's services after an inspection" });
    Tags.of(this).add('service', 'inspection-monitor');
    // Logs tell how the service ran; what it was told and what it said is in the tables. So logs may go with the stack.
    const logRemoval = RemovalPolicy.DESTROY;

    const tables = new Tables(this, 'Tables', { retain: settings.retain });
    const operations = new Operations(this, 'Operations', {
      level: settings.operations,
      email: settings.operationsEmail,
    });
    const topic = new AlertTopic(this, 'Alerts', { key: operations.key });

    // The inspection, loaded by the deployment, and whom it has mailed.
    const seed = new ServiceFunction(this, 'Seed', {
      name: 'seed',
      whenItFails:
        'A deployment stops, as figures would be judged against the old inspection; or recipients whose subscription is gone are not asked again.',
      memory: 512,
      timeout: Duration.minutes(2),
      logRemoval,
    });
    tables.grant(seed, 'baselines', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    tables.grant(seed, 'alerts', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    topic.grantSubscribe(seed);
    operations.grantSubscribe(seed);
    operations.tellMetrics(seed);
    if (settings.alertEmail) seed.tell('ALERT_EMAIL', settings.alertEmail);
    new InspectionLoading(this, 'Loading', {
      by: seed,
      authority: settings.authority,
      operator: settings.operationsEmail,
      recipient: settings.alertEmail ? { address: settings.alertEmail, level: settings.alertLevel } : undefined,
    });

    // Figures in, and what became of them out.
    const submit = new ServiceFunction(this, 'Submit', {
      name: 'submit',
      whenItFails: 'Analysts cannot submit or correct figures; what was accepted before is still judged and mailed.',
      memory: 1024,
      timeout: ANSWER,
      logRemoval,
    });
    tables.grant(submit, 'access', ['dynamodb:GetItem']);
    tables.grant(submit, 'baselines', ['dynamodb:GetItem', 'dynamodb:Query']);
    tables.grant(submit, 'submissions', ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem']);
    tables.grant(submit, 'alerts', ['dynamodb:PutItem']);

    const query = new ServiceFunction(this, 'Query', {
      name: 'query',
      whenItFails: 'Nobody can look up figures, alerts or notices; figures are still taken in, judged and mailed.',
      memory: 1024,
      timeout: ANSWER,
      logRemoval,
    });
    tables.grant(query, 'access', ['dynamodb:GetItem']);
    tables.grant(query, 'baselines', ['dynamodb:GetItem', 'dynamodb:Query']);
    tables.grant(query, 'submissions', ['dynamodb:GetItem', 'dynamodb:Query']);
    tables.grant(query, 'alerts', ['dynamodb:Query']);
    tables.grantIndex(query, 'alerts', 'unsent');

    // What people decide beside the figures. Apart from the two above, so that neither waits for the SNS client to load.
    const manage = new ServiceFunction(this, 'Manage', {
      name: 'manage',
      whenItFails:
        'Nobody can set a standard, take an alert in hand, report on an action or change who is mailed; the rest goes on.',
      memory: 512,
      timeout: ANSWER,
      logRemoval,
    });
    tables.grant(manage, 'access', ['dynamodb:GetItem', 'dynamodb:PutItem']);
    tables.grant(manage, 'baselines', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    tables.grant(manage, 'submissions', ['dynamodb:Query']);
    tables.grant(manage, 'alerts', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    topic.grantSubscribe(manage);
    // Tests go to one recipient each.
    topic.grantPublish(manage);

    // What people look at, with the forms on it.
    const dashboard = new ServiceFunction(this, 'Dashboard', {
      name: 'dashboard',
      whenItFails: 'Nobody can look at the pages; figures are still taken in by the API, judged and mailed.',
      memory: 1024,
      timeout: ANSWER,
      logRemoval,
    });
    // Tokens are listed, made and revoked on the page.
    tables.grant(dashboard, 'access', [
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
    ]);
    tables.grantIndex(dashboard, 'access', 'tokens');
    tables.grant(dashboard, 'baselines', [
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
    ]);
    tables.grant(dashboard, 'submissions', [
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
    ]);
    tables.grant(dashboard, 'alerts', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    tables.grantIndex(dashboard, 'alerts', 'unsent');
    topic.grantSubscribe(dashboard);
    // Links to sign in go to one recipient each.
    topic.grantPublish(dashboard);
    dashboard.tell('SMALL_NUMBERS', settings.smallNumbers);
    if (settings.contact) dashboard.tell('CONTACT', settings.contact);

    // The council's own sign-in, where there is one. Apart, so that what it needs is not loaded with the pages, and the secret is its alone.
    const openid = settings.oidcIssuer === undefined ? undefined : this.councilSignIn(settings, tables, logRemoval);
    if (openid) dashboard.tell('COUNCIL_SIGN_IN', spellCouncil(settings));

    const api = new Api(this, 'Api', { functions: { submit, query, manage, dashboard, openid }, logRemoval });

    // Whatever changes makes an authority be looked at again.
    const evaluate = new ServiceFunction(this, 'Evaluate', {
      name: 'evaluate',
      whenItFails: 'Figures are taken in but not judged: a fall in performance goes unnoticed until this runs again.',
      memory: 1024,
      // For the hourly run over everyone who is due; a batch of a stream needs a second or two.
      timeout: Duration.minutes(5),
      logRemoval,
    });
    tables.grant(evaluate, 'baselines', ['dynamodb:Query']);
    tables.grant(evaluate, 'submissions', ['dynamodb:Query', 'dynamodb:BatchGetItem']);
    tables.grant(evaluate, 'alerts', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']);
    tables.grantIndex(evaluate, 'alerts', 'due', 'dynamodb:Scan');
    evaluate.tell('SMALL_NUMBERS', settings.smallNumbers);
    operations.tellMetrics(evaluate);
    // A second of waiting turns months that are sent one after the other into one evaluation and one e-mail.
    const window = Duration.seconds(1);
    const baselineChanges = new StreamMapping(this, 'BaselineChanges', {
      from: tables.all.baselines,
      to: evaluate,
      sortKeys: EVALUATED_PREFIXES.baselines,
      batchSize: 100,
      window,
    });
    const submissionChanges = new StreamMapping(this, 'SubmissionChanges', {
      from: tables.all.submissions,
      to: evaluate,
      sortKeys: EVALUATED_PREFIXES.submissions,
      batchSize: 100,
      window,
    });

    // What an evaluation has to say is mailed.
    const notify = new ServiceFunction(this, 'Notify', {
      name: 'notify',
      whenItFails: 'Alerts are raised but nobody is mailed: the director does not hear of them until this runs again.',
      memory: 512,
      // For the hourly run over what is unsent after a long failure, five a second.
      timeout: Duration.minutes(5),
      logRemoval,
    });
    // Newcomers are told how things stand, which takes what a board is worked out from.
    tables.grant(notify, 'baselines', ['dynamodb:GetItem', 'dynamodb:Query']);
    tables.grant(notify, 'submissions', ['dynamodb:Query']);
    tables.grant(notify, 'alerts', ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem']);
    tables.grantIndex(notify, 'alerts', 'unsent', 'dynamodb:Scan');
    // The end of a token is told to whoever may manage there, and to whoever runs the service.
    tables.grant(notify, 'access', ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    tables.grantIndex(notify, 'access', 'tokens');
    operations.grantPublish(notify);
    topic.grantPublish(notify);
    notify.tell('SMALL_NUMBERS', settings.smallNumbers);
    api.tellUrl(notify);
    operations.tellMetrics(notify);
    const newNotices = new StreamMapping(this, 'NewNotices', {
      from: tables.all.alerts,
      to: notify,
      sortKeys: [NOTICE_PREFIX],
      changes: ['INSERT'],
      batchSize: 10,
    });

    // What is too much for one hourly run. Of the ten functions that a new account may run at once, this leaves some to streams and
    // requests; and as each that mails keeps its own pause between mails, there are as few of these as there can be.
    const queues = settings.queues
      ? [
          new WorkQueue(this, 'DueAuthorities', { by: evaluate, atOnce: 4 }),
          new WorkQueue(this, 'UnsentNotices', { by: notify, atOnce: 2 }),
        ]
      : [];

    // What events missed: lost, too late to be one, or never one.
    const schedule = new Schedule(this, 'Schedule', { calls: [seed, evaluate, notify] });

    // And what tells us when any of this fails.
    operations.watch({
      functions: [seed, submit, query, manage, dashboard, ...(openid ? [openid] : []), evaluate, notify],
      streams: [baselineChanges, submissionChanges, newNotices],
      queues,
      api,
      schedule,
    });

    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'Where the API is' });
    new CfnOutput(this, 'AlertTopicArn', { value: topic.topic.topicArn, description: 'Where notices are published' });
    // What the command line needs to put things right: see docs/runbook.md.
    new CfnOutput(this, 'Settings', { value: JSON.stringify(spellSettings(settings)), description: 'What was chosen' });
    new CfnOutput(this, 'SmallNumbers', { value: settings.smallNumbers });
    const givenUp = [baselineChanges, submissionChanges, newNotices, schedule, ...queues].map(
      ({ deadLetters }) => deadLetters,
    );
    new CfnOutput(this, 'DeadLetters', { value: givenUp.map(({ queueUrl }) => queueUrl).join(' ') });
    new CfnOutput(this, 'SeedFunction', { value: seed.function.functionName });
    new CfnOutput(this, 'EvaluateFunction', { value: evaluate.function.functionName });
    new CfnOutput(this, 'NotifyFunction', { value: notify.function.functionName });
    for (const [name, table] of Object.entries(tables.all)) {
      new CfnOutput(this, `${name.charAt(0).toUpperCase()}${name.slice(1)}Table`, { value: table.tableName });
    }
  }

  private councilSignIn(settings: Settings, tables: Tables, logRemoval: RemovalPolicy): ServiceFunction {
    const openid = new ServiceFunction(this, 'Openid', {
      name: 'openid',
      whenItFails:
        "Nobody can sign in by the council's own sign-in; links by mail and sessions that were begun work on.",
      memory: 512,
      // It asks the council's sign-in up to four times, and each may take five seconds.
      timeout: Duration.seconds(25),
      logRemoval,
    });
    tables.grant(openid, 'access', ['dynamodb:GetItem', 'dynamodb:PutItem']);
    // Encrypted under the account's own key of SSM, for which nobody needs a permission beside this one.
    const name = settings.oidcSecretParameter ?? '';
    openid.allow(
      ['ssm:GetParameter'],
      this.formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.replace(/^\//, '') }),
    );
    openid.tell('COUNCIL_SIGN_IN', spellCouncil(settings));
    return openid;
  }
}

/** The settings of the council's own sign-in as its functions are told them: `CouncilSchema`. */
function spellCouncil({ oidcIssuer, oidcClientId, oidcSecretParameter, oidcClaim, oidcRoles }: Settings): string {
  const council: z.input<typeof CouncilSchema> = {
    issuer: oidcIssuer ?? '',
    clientId: oidcClientId ?? '',
    secretParameter: oidcSecretParameter ?? '',
    claim: oidcClaim ?? 'roles',
    rules: oidcRoles ?? '',
  };
  return JSON.stringify(council);
}
