import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClock } from './clock.ts';
import { deployCustomResources } from './custom-resource.ts';
import { keepPrivate, WRITTEN } from './data-folder.ts';
import { connectDynamodb, createTables, type Dynamodb } from './dynamodb.ts';
import { startDynoxide } from './dynoxide.ts';
import { type LogLine, openFunctionLog } from './function-log.ts';
import { createFunctions } from './functions.ts';
import { type Credentials, type Intercept, startGateway } from './gateway.ts';
import { type HttpApi, listenHttpApi } from './http-api.ts';
import { startInbox } from './inbox.ts';
import { readJson, writeJson } from './json-file.ts';
import { lockDirectory } from './lock.ts';
import { createMailer } from './mail.ts';
import { createModel } from './model.ts';
import { undeliveredMails } from './outbox.ts';
import { createPolicies } from './policy.ts';
import { isOfQueue, startQueueMapping } from './queue-mapping.ts';
import { startSchedules } from './schedule.ts';
import { createSns } from './sns.ts';
import { createQueues } from './sqs.ts';
import { PARAMETERS, serveParameters } from './ssm.ts';
import { startStreamMapping } from './stream-mapping.ts';
import { loadStack, type Template } from './template.ts';

/** Emulates an AWS account with one stack deployed in it: starts all the parts of `local/`, connects them, and stops them. */

export interface InstanceOptions {
  /** The cloud assembly that `cdk synth` wrote (`cdk.out`). */
  readonly assembly: string;
  /** Holds everything that outlives the instance. Made where it does not exist. */
  readonly dataDir: string;
  /** Start with nothing: what earlier instances left in `dataDir` is removed. */
  readonly fresh?: boolean;
  /** 0, the default, is any free port. */
  readonly apiPort?: number;
  readonly inboxPort?: number;
  /** What the functions' and the schedules' clock reads at the start: ISO date or instant. It ticks on from there. */
  readonly clock?: string;
  /** Whether e-mail subscriptions of the template, and those that its deployment asks for, count as confirmed. Default true. */
  readonly autoConfirm?: boolean;
  /**
   * Answer every request and send every mail, also beyond the limits of the API's stage (429) and of SNS: for tests and
   * benches, which are faster than people.
   */
  readonly unlimited?: boolean;
  /** Hears every line of `functions.log` as it is written. */
  onLog?(line: LogLine): void;
  /** Sees, and may change, every call of an AWS service. */
  readonly intercept?: Intercept | undefined;
}

export interface Instance {
  /** Base URL of the template's first HTTP API, without a slash at the end; empty where there is none. */
  readonly api: string;
  readonly page: string;
  /** Base URL of maildev's page and REST API; with `SMTP_URL` set, that URL. */
  readonly inbox: string;
  /** For SDK clients, with `credentials`. All calls made there are seen by `intercept`, like those of the functions. */
  readonly endpoints: {
    readonly dynamodb: string;
    readonly lambda: string;
    readonly sns: string;
    readonly sqs: string;
  };
  /** Of this start, for whoever is no function. */
  readonly credentials: Credentials;
  readonly region: string;
  readonly resources: Resources;
  readonly template: Template;
  /** Ends a function's running workers at once, in the middle of what they do. */
  kill(functionReference: string): void;
  /** Invokes a function, by logical id, name or ARN, and returns its result. Rejects with a FunctionFailedError. */
  invoke(functionReference: string, event: unknown): Promise<unknown>;
  /** Sets the functions' and the schedules' clock. The time left out is gone: no schedule runs for it by itself. */
  moveClock(instant: string): void;
  /** Runs every schedule once, now. Rejects where a function fails. */
  runSchedules(): Promise<void>;
  /**
   * How long a changed filter policy of a subscription takes from now on, by the instance's clock: up to 15 minutes on AWS,
   * nothing here at first. Zero makes those take effect that are on their way, too.
   */
  delayFilterPolicies(ms: number): void;
  /**
   * Resolves once nothing is going on: streams delivered, no function running, all mail handed over.
   */
  idle(): Promise<void>;
  /** Finishes what is under way and ends everything. What has been accepted but not done comes after the next start. */
  stop(): Promise<void>;
}

/** Physical names and addresses, each by logical id. */
export interface Resources {
  readonly tables: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, string>>;
  readonly topics: Readonly<Record<string, string>>;
  readonly queues: Readonly<Record<string, string>>;
  readonly apis: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What a function threw, or how it ended otherwise. */
export class FunctionFailedError extends Error {
  readonly payload: unknown;
  constructor(functionName: string, payload: unknown) {
    super(`${functionName} failed: ${JSON.stringify(payload)}`);
    this.name = 'FunctionFailedError';
    this.payload = payload;
  }
}

/** Where the next start is found as well: links in yesterday's mails still work, and so does a bookmark of the inbox. */
interface Addresses {
  readonly gatewayPort: number;
  readonly inboxSecret: string;
}
/** What functions print, in the folder of an instance. */
export const FUNCTION_LOG = 'functions.log';
const ADDRESSES = 'addresses.json';

/** Operations after which a stream may hold something new. */
const WRITES = /^(Put|Update|Delete)Item$|^(BatchWrite|TransactWrite)|Execute/;

/** How long a store that DYNAMODB_ENDPOINT names may take to answer at all. */
const STORE_ANSWERS_MS = 10_000;

/**
 * How long a stop waits in all for what is under way: requests, functions, mail. The rest of a stop takes no longer
 * than as much again, so that it is over within five seconds, whatever anybody holds open. What was accepted and is
 * not done then is on disk, and done after the next start.
 */
const GRACE_MS = 2500;

/**
 * Runs the stack in `options.assembly` on this machine, listening on loopback only. Fails, with everything ended
 * again, where the template refers to what does not exist or uses what cannot run here.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const closers: (() => unknown)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  options: InstanceOptions,
  closers: (() => unknown)[],
  closeAll: () => Promise<void>,
): Promise<Instance> {
  const { dataDir } = options;
  const at = (...path: string[]) => join(dataDir, ...path);
  const outOfTime = new AbortController();
  let graceEnd = 0;
  const stack = loadStack(options.assembly);
  const clock = createClock(options.clock);

  keepPrivate(dataDir);
  const known = readJson<Addresses>(at(ADDRESSES));
  const gateway = await startGateway({ clock, preferredPort: known?.gatewayPort, intercept: options.intercept });
  closers.push(() => gateway.close());
  closers.push(await lockDirectory(dataDir, gateway));
  if (options.fresh === true) for (const name of WRITTEN.data) rmSync(at(name), { recursive: true, force: true });
  const addresses: Addresses = {
    gatewayPort: gateway.port,
    inboxSecret: known?.inboxSecret ?? randomBytes(16).toString('base64url'),
  };
  writeJson(at(ADDRESSES), addresses);
  const log = openFunctionLog(at(FUNCTION_LOG), clock, options.onLog?.bind(options));
  closers.push(() => log.close());
  const platform = (message: string) => log.write({ source: 'instance', stream: 'platform', message });

  const model = createModel(stack, {
    gateway: gateway.url,
    apis: new Map(),
    streams: new Map(),
  });
  const apis: HttpApi[] = [];
  for (const [index, logicalId] of model.ids('AWS::ApiGatewayV2::Api').entries()) {
    const api = await listenHttpApi(logicalId, index === 0 ? (options.apiPort ?? 0) : 0, clock);
    apis.push(api);
    closers.push(() => api.close());
    model.facts.apis.set(logicalId, api.url);
  }

  const [dynamodb, smtp] = await settleAll([startStore(), startMail()]);
  closers.push(() => dynamodb.close());
  const mailer = createMailer(smtp.smtpUrl, clock);
  closers.push(() => mailer.close());

  const streams = await createTables(dynamodb, model);
  const policies = createPolicies(model);
  gateway.guard((call) => policies.refusalOf(call));
  const queues = createQueues(model, at('sqs'), clock);
  gateway.serve('sqs', (call) => queues.handle(call));
  gateway.serve('ssm', serveParameters(at(PARAMETERS)));
  const { autoConfirm = true, unlimited = false } = options;
  const sns = createSns({ model, directory: at('sns'), gateway, mailer, clock, log, autoConfirm, unlimited });
  closers.push(() => sns.stop(Math.max(0, graceEnd - Date.now())));
  gateway.serve('sns', (call) => sns.handle(call));
  gateway.pages(sns.pages);

  const functions = createFunctions(model, { clock, log, gateway });
  closers.push(() => functions.close());
  gateway.serve('lambda', (call) => functions.handle(call));
  const [ofQueues, ofStreams] = [true, false].map((queue) =>
    model.ids('AWS::Lambda::EventSourceMapping').filter((logicalId) => isOfQueue(model, logicalId) === queue),
  ) as [string[], string[]];
  const queueMappings = ofQueues.map((logicalId) =>
    startQueueMapping({ model, logicalId, functions, policies, queues, log }),
  );
  closers.push(() => Promise.all(queueMappings.map((mapping) => mapping.stop())));
  const mappings = ofStreams.map((logicalId) => {
    const checkpointPath = at('checkpoints', `${logicalId}.json`);
    return startStreamMapping({
      ...{ model, logicalId, streams, dynamodb, functions, policies, queues, clock, log, checkpointPath },
    });
  });
  closers.push(() => Promise.all(mappings.map((mapping) => mapping.stop())));
  let writes = 0;
  gateway.serve('dynamodb', async (call) => {
    const reply = await dynamodb.forward(call);
    if (WRITES.test(call.operation)) {
      writes++;
      for (const mapping of mappings) if (call.body.includes(mapping.tableName)) mapping.nudge();
    }
    return reply;
  });
  gateway.serve('dynamodbstreams', (call) => dynamodb.forward(call));

  await sns.whileDeploying(() =>
    deployCustomResources({ model, functions, gateway, statePath: at('custom-resources.json') }),
  );
  const schedules = startSchedules({ model, functions, clock, log, statePath: at('schedules.json') });
  closers.push(() => schedules.stop());
  for (const [index, logicalId] of model.ids('AWS::ApiGatewayV2::Api').entries()) {
    apis[index]?.open(model, functions, { unlimited });
    // Once more, so that requests are the first thing to end: what they have accepted is then still delivered.
    closers.push(() => apis[index]?.close(outOfTime.signal));
    platform(`${logicalId} is served at ${apis[index]?.url}`);
  }

  // What `aws cloudformation describe-stacks` says of a deployed stack, for tools that go to its tables directly.
  writeJson(at('outputs.json'), {
    endpoint: gateway.url,
    region: stack.region,
    credentials: gateway.credentials,
    outputs: model.outputs(),
  });
  let stopped: Promise<void> | undefined;
  async function stopInTime(): Promise<void> {
    graceEnd = Date.now() + GRACE_MS;
    const timer = setTimeout(() => {
      // In this order: nothing more is invoked, nothing waits for its turn, and what runs is ended.
      for (const mapping of [...mappings, ...queueMappings]) void mapping.stop();
      void functions.close();
      for (const each of functions.all) each.kill();
      outOfTime.abort();
    }, GRACE_MS);
    await closeAll();
    clearTimeout(timer);
  }
  const api = apis[0]?.url ?? '';
  return {
    api,
    page: `${api}/`,
    inbox: smtp.inbox,
    endpoints: { dynamodb: gateway.url, lambda: gateway.url, sns: gateway.url, sqs: gateway.url },
    credentials: gateway.credentials,
    region: stack.region,
    template: stack.template,
    resources: {
      tables: named(model.ids('AWS::DynamoDB::Table'), model.physicalName),
      functions: named(model.ids('AWS::Lambda::Function'), model.physicalName),
      topics: named(model.ids('AWS::SNS::Topic'), model.arn),
      queues: named(model.ids('AWS::SQS::Queue'), model.ref),
      apis: Object.fromEntries(model.facts.apis),
      outputs: model.outputs(),
    },
    kill: (functionReference) => functions.find(functionReference).kill(),
    async invoke(functionReference, event) {
      const target = functions.find(functionReference);
      const result = await target.invoke(event);
      if (result.functionError !== undefined) throw new FunctionFailedError(target.name, result.payload);
      return result.payload;
    },
    moveClock(instant) {
      clock.moveTo(instant);
      schedules.clockMoved();
      for (const mapping of queueMappings) mapping.nudge();
    },
    runSchedules: () => schedules.runNow(),
    delayFilterPolicies: (ms) => sns.delayFilterPolicies(ms),
    async idle() {
      const requests = () => apis.reduce((sum, each) => sum + each.running(), 0);
      const busy = () => functions.running() + sns.undelivered() + schedules.running() + requests();
      for (;;) {
        const before = writes;
        await Promise.all([...mappings, ...queueMappings].map((mapping) => mapping.drained()));
        if (busy() === 0 && writes === before) return;
        await sleep(5);
      }
    },
    stop() {
      stopped ??= stopInTime();
      return stopped;
    },
  };

  async function startStore(): Promise<Dynamodb> {
    const external = process.env.DYNAMODB_ENDPOINT;
    if (external !== undefined && external !== '') {
      await fetch(external, { signal: AbortSignal.timeout(STORE_ANSWERS_MS) }).catch((error: Error) => {
        const reason = error.cause instanceof Error ? error.cause.message : error.message;
        throw new Error(
          `DYNAMODB_ENDPOINT is ${external}, where no store answers (${reason}). Start one there, or unset it to use the one from npm.`,
        );
      });
      return connectDynamodb(external);
    }
    const dynoxide = await startDynoxide(at('dynamodb', 'store.db'), platform);
    closers.push(() => dynoxide.stop());
    return dynoxide;
  }

  async function startMail(): Promise<{ inbox: string; smtpUrl: string }> {
    const external = process.env.SMTP_URL;
    if (external !== undefined && external !== '') return { inbox: external, smtpUrl: external };
    const inbox = await startInbox({
      port: options.inboxPort ?? 0,
      secret: addresses.inboxSecret,
      directory: at('mail'),
      undelivered: undeliveredMails(at('sns', 'outbox')),
    });
    closers.push(() => inbox.stop());
    return { inbox: inbox.url, smtpUrl: inbox.smtpUrl };
  }
}

/** Like Promise.all, but fails only after all have ended, so that what did start can be closed. */
async function settleAll<T extends readonly unknown[]>(promises: [...{ [K in keyof T]: Promise<T[K]> }]): Promise<T> {
  await Promise.allSettled(promises);
  return (await Promise.all(promises)) as unknown as T;
}

const named = (ids: readonly string[], name: (id: string) => string): Record<string, string> =>
  Object.fromEntries(ids.map((id) => [id, name(id)]));
