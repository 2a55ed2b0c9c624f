import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Functions } from './functions.ts';
import type { Gateway } from './gateway.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';

/** Emulates what CloudFormation does with custom resources when a stack is deployed: it has their function called, and waits. */

/** CloudFormation User Guide, "Custom resource response objects". */
const AnswerSchema = z.looseObject({
  Status: z.enum(['SUCCESS', 'FAILED']),
  Reason: z.string().optional(),
  PhysicalResourceId: z.string().min(1).optional(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
});

type Answer = z.infer<typeof AnswerSchema>;

interface Deployed {
  readonly properties: unknown;
  readonly physicalId: string;
}

/**
 * Does at the start what a deployment does with custom resources: `Create` the first time, `Update` where the
 * resource's properties differ from those of the last run, otherwise nothing. A resource that answers FAILED, or
 * whose function ends without answering, fails the start; on AWS the latter would keep a deployment waiting.
 */
export async function deployCustomResources(options: {
  readonly model: Model;
  readonly functions: Functions;
  readonly gateway: Gateway;
  /** Where the properties of the last run are kept. */
  readonly statePath: string;
}): Promise<void> {
  const { model, functions, gateway, statePath } = options;
  const state = readJson<Record<string, Deployed>>(statePath) ?? {};
  const answers = new Map<string, (answer: string) => void>();
  gateway.pages(({ method, url, body }) => {
    const [, id] = /^\/custom-resources\/([^/]+)$/.exec(url.pathname) ?? [];
    const receive = id === undefined ? undefined : answers.get(id);
    if (method !== 'PUT' || receive === undefined) return undefined;
    receive(body.toString('utf8'));
    return { status: 200, headers: {}, body: '' };
  });

  for (const { logicalId, type } of model.customResources()) {
    const { ServiceTimeout, ...properties } = model.customProperties(logicalId);
    const last = state[logicalId];
    if (last !== undefined && JSON.stringify(last.properties) === JSON.stringify(properties)) continue;
    const target = functions.find(properties.ServiceToken);
    const id = randomUUID();
    const event = {
      RequestType: last === undefined ? 'Create' : 'Update',
      ServiceToken: properties.ServiceToken,
      ResponseURL: `${gateway.url}/custom-resources/${id}`,
      StackId: model.stack.id,
      RequestId: randomUUID(),
      LogicalResourceId: logicalId,
      ResourceType: type,
      // CloudFormation hands all scalar values on as strings.
      ResourceProperties: stringify(properties),
      ...(last && { PhysicalResourceId: last.physicalId, OldResourceProperties: stringify(last.properties) }),
    };
    const answered = new Promise<string>((resolve) => answers.set(id, resolve));
    const answer = await waitForAnswer(logicalId, ServiceTimeout, answered, target.invoke(event));
    answers.delete(id);
    if (answer.Status === 'FAILED') {
      throw new Error(`custom resource '${logicalId}' failed: ${answer.Reason ?? 'it gave no reason'}`);
    }
    const physicalId = answer.PhysicalResourceId ?? last?.physicalId;
    if (physicalId === undefined) {
      throw new Error(`custom resource '${logicalId}' failed: Invalid PhysicalResourceId`);
    }
    state[logicalId] = { properties, physicalId };
    writeJson(statePath, state);
  }
}

async function waitForAnswer(
  logicalId: string,
  timeoutSeconds: number,
  answered: Promise<string>,
  invocation: ReturnType<ReturnType<Functions['find']>['invoke']>,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(`custom resource '${logicalId}' did not answer within its ServiceTimeout of ${timeoutSeconds} s`),
      );
    }, timeoutSeconds * 1000);
  });
  const silent = invocation.then(({ functionError, payload }) => {
    const how = functionError === undefined ? 'ended' : `failed (${JSON.stringify(payload)})`;
    throw new Error(`custom resource '${logicalId}': its function ${how} without sending an answer to the ResponseURL`);
  });
  try {
    const text = await Promise.race([answered, silent, late]);
    const parsed = AnswerSchema.safeParse(JSON.parse(text));
    if (!parsed.success) {
      throw new Error(`custom resource '${logicalId}' answered wrongly: ${z.prettifyError(parsed.error)}`);
    }
    return parsed.data;
  } finally {
    clearTimeout(timer);
    silent.catch(() => {});
    await invocation;
  }
}

function stringify(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringify);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stringify(item)]));
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
