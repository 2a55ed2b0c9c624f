import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.ts';
import { whyForeign } from './own-origin.ts';

/** Emulates the endpoints of AWS's services: one loopback port that tells whose call it is, and who calls. */

export type Service = 'dynamodb' | 'dynamodbstreams' | 'lambda' | 'sns' | 'sqs' | 'ssm';

/** One call of an AWS service, as it arrived from a function or from a tool. */
export interface AwsCall {
  readonly service: Service;
  readonly operation: string;
  /** Logical id of the calling function; for other callers whatever they signed as (access key id). */
  readonly functionId: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The parsed request. Parsed on first use only, because most calls are just passed on. */
  input(): Record<string, unknown>;
}

export interface AwsReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | string;
}

/**
 * Sees every call of the functions: may record it, answer in place of the service (see `awsError`), delay it, or
 * do something before and after `forward()`. Throwing drops the connection, so the caller never gets an answer.
 */
export type Intercept = (call: AwsCall, forward: () => Promise<AwsReply>) => Promise<AwsReply>;

export type ServiceHandler = (call: AwsCall) => Promise<AwsReply> | AwsReply;

/** Serves what is not an AWS call, such as the links in mails. Undefined means: not mine. */
export type PageHandler = (request: {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
}) => AwsReply | undefined;

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Credentials without which no service answers, made anew at every start. Functions sign under their own id. */
  readonly credentials: Credentials;
  /** Which part of the instance answers for a service. Calls before it is set wait in no queue: they fail. */
  serve(service: Service, handler: ServiceHandler): void;
  /** Who is asked whether a call is allowed before anything else sees it. */
  guard(refusalOf: (call: AwsCall) => AwsReply | undefined): void;
  pages(handler: PageHandler): void;
  close(): Promise<void>;
}

/** As SDK clients take them. Who calls is told from the first; that they may, from the last. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Sent with every call (`X-Amz-Security-Token`): 256 random bits. */
  readonly sessionToken: string;
}

/** DynamoDB takes 16 MB at most (BatchWriteItem), SNS and SQS far less. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

const TARGETS: Readonly<Record<string, Service>> = {
  DynamoDB_20120810: 'dynamodb',
  DynamoDBStreams_20120810: 'dynamodbstreams',
  AmazonSQS: 'sqs',
  AmazonSSM: 'ssm',
};

/**
 * The one loopback endpoint through which all AWS calls pass. It starts on `preferredPort` where that is free,
 * so that the links in yesterday's mails still work.
 */
export async function startGateway(options: {
  readonly clock: Clock;
  readonly preferredPort?: number | undefined;
  readonly intercept?: Intercept | undefined;
}): Promise<Gateway> {
  const { clock, intercept } = options;
  const services = new Map<Service, ServiceHandler>();
  const pageHandlers: PageHandler[] = [];
  const credentials: Credentials = {
    accessKeyId: 'local',
    secretAccessKey: 'local',
    sessionToken: randomBytes(32).toString('base64url'),
  };
  let refusalOf: (call: AwsCall) => AwsReply | undefined = () => undefined;

  const answer = async (request: IncomingMessage, body: Buffer): Promise<AwsReply> => {
    const call = readCall(request, body);
    if (call === undefined) {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      for (const handle of pageHandlers) {
        const reply = handle({ method: request.method ?? 'GET', url, body });
        if (reply !== undefined) return reply;
      }
      return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Nothing is served at this address.\n' };
    }
    if (!isEqual(call.headers['x-amz-security-token'], credentials.sessionToken)) return unauthenticated(call);
    const handler = services.get(call.service);
    if (handler === undefined) return awsError(call, 503, 'ServiceUnavailable', `${call.service} is not running`);
    const refusal = refusalOf(call);
    if (refusal !== undefined) return refusal;
    const forward = async () => {
      try {
        return await handler(call);
      } catch (error) {
        return awsError(call, 500, 'InternalFailure', (error as Error).message);
      }
    };
    return intercept === undefined ? forward() : intercept(call, forward);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const foreign = whyForeign(request);
      const reply =
        foreign === undefined
          ? await answer(request, await readBody(request, MAX_BODY_BYTES))
          : { status: 403, headers: FOREIGN_HEADERS, body: `This request is refused: ${foreign}.\n` };
      response.writeHead(reply.status, {
        ...reply.headers,
        // The SDK compares this with its own clock and would warn of a skew when the instance's clock is set.
        date: new Date(clock.now()).toUTCString(),
        'content-length': Buffer.byteLength(reply.body),
      });
      response.end(reply.body);
    } catch {
      request.socket.destroy();
    }
  };

  const server = createServer((request, response) => void handle(request, response));
  server.keepAliveTimeout = 60_000;
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(options.preferredPort ?? 0).catch(() => listen(0));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    credentials,
    serve: (service, handler) => void services.set(service, handler),
    guard(guard) {
      refusalOf = guard;
    },
    pages: (handler) => void pageHandlers.push(handler),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is left of the refused request's body is not waited for. */
const FOREIGN_HEADERS = { 'content-type': 'text/plain', connection: 'close' };

function isEqual(given: string | string[] | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(String(given ?? '')), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** As AWS refuses whoever shows no valid credentials. */
function unauthenticated(call: AwsCall): AwsReply {
  const message =
    'The security token included in the request is invalid: the credentials of this start of the instance are in ' +
    'outputs.json, in its folder.';
  return call.service === 'sns' || call.service === 'sqs'
    ? awsError(call, 403, 'InvalidClientTokenId', message)
    : awsError(call, call.service === 'lambda' ? 403 : 400, 'UnrecognizedClientException', message);
}

/** The request's whole body. Throws a RangeError where it is larger than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new RangeError(`the request is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function readCall(request: IncomingMessage, body: Buffer): AwsCall | undefined {
  const { headers } = request;
  const [, functionId = '', signedFor] =
    /Credential=([^/,]+)\/[^/]+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const target = String(headers['x-amz-target'] ?? '');
  const [prefix = '', operation = ''] = target.split('.');
  const service = TARGETS[prefix];
  if (service !== undefined) {
    let input: Record<string, unknown> | undefined;
    return {
      service,
      operation,
      functionId,
      headers,
      body,
      input() {
        input ??= JSON.parse(body.toString('utf8')) as Record<string, unknown>;
        return input;
      },
    };
  }
  if (request.method === 'POST' && signedFor === 'lambda') {
    // Lambda API Reference, "Invoke": the function's name is in the path, and the body is the event.
    const FunctionName = decodeURIComponent(
      /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '')?.[1] ?? '',
    );
    const operation = FunctionName === '' ? 'Unknown' : 'Invoke';
    return { service: 'lambda', operation, functionId, headers, body, input: () => ({ FunctionName }) };
  }
  if (request.method !== 'POST' || signedFor !== 'sns') return undefined;
  // SNS speaks the AWS query protocol: a form whose field names spell the structure (`Attributes.entry.1.key`).
  const form = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return { service: 'sns', operation: form.Action ?? '', functionId, headers, body, input: () => form };
}

/** An error as the called service's own protocol spells it, so that the SDK raises it under its name. */
export function awsError(call: Pick<AwsCall, 'service'>, status: number, code: string, message: string): AwsReply {
  if (call.service === 'sns') {
    const type = status < 500 ? 'Sender' : 'Receiver';
    return {
      status,
      headers: { 'content-type': 'text/xml' },
      body:
        '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">' +
        `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>` +
        '<RequestId>local</RequestId></ErrorResponse>',
    };
  }
  if (call.service === 'lambda')
    return {
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body: JSON.stringify({ message }),
    };
  // SSM's errors have no namespace.
  const namespace =
    call.service === 'sqs' ? 'com.amazonaws.sqs#' : call.service === 'ssm' ? '' : 'com.amazonaws.dynamodb.v20120810#';
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ __type: `${namespace}${code}`, message }),
  };
}

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
