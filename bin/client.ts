import { setTimeout as sleep } from 'node:timers/promises';

/** One thing that a refusal names. */
export interface ApiFault {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly line?: number;
  readonly column?: string;
  /** Where in a file that is, for whoever sent one. */
  readonly position?: string;
  readonly detail: string;
}

interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly message?: string;
  readonly errors?: readonly ApiFault[];
}

/** A refusal of the API, with its problem document. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The last word of the problem's type, e.g. `invalid`; empty where the answer was no problem document. */
  readonly kind: string;
  readonly errors: readonly ApiFault[];
  private readonly problem: Problem;
  constructor(status: number, problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.message ?? `the service answered ${status}`);
    this.problem = problem;
    this.status = status;
    this.kind = problem.type?.split(':').at(-1) ?? '';
    this.errors = problem.errors ?? [];
  }

  /** The same refusal with what is wrong said in other words. */
  withErrors(errors: readonly ApiFault[]): ApiError {
    return new ApiError(this.status, { ...this.problem, errors });
  }
}

/** Nobody answered, or something that is not this service. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export interface ApiAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is in the API description
  readonly body: any;
  /** The body as sent. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Talks to the API of one instance, local or deployed. */
export interface Client {
  /** A string body is sent as it is, with the content type among `headers`; any other as JSON. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
}

/** How long an answer may take: API Gateway itself gives up after 30 seconds. */
const MAX_REQUEST_MS = 35_000;

/** The last pause before asking once more, in seconds; the first is one, each further one twice as long. */
const MAX_PAUSE_S = 16;

export interface ConnectOptions {
  /** How a request is made; tests also look at what comes back. */
  readonly send?: typeof fetch;
  /** Hears of each pause, in seconds, before a request that was one too many is made again. */
  readonly onPause?: (seconds: number) => void;
}

/**
 * Requests that are too many at once (429) are made again after a pause: API Gateway refuses them before a function
 * sees them, so nothing is done twice.
 */
export function connect(url: string, token: string, { send = fetch, onPause }: ConnectOptions = {}): Client {
  const base = url.replace(/\/$/, '');
  return {
    async request(method, path, body, headers = {}) {
      const init = {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      };
      let { response, bytes } = await exchange(send, base, path, init);
      for (let pause = 1; response.status === 429 && pause <= MAX_PAUSE_S; pause *= 2) {
        onPause?.(pause);
        await sleep(pause * 1000);
        ({ response, bytes } = await exchange(send, base, path, init));
      }
      const text = new TextDecoder().decode(bytes);
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      const contents = text && isJson ? JSON.parse(text) : {};
      if (!response.ok) throw new ApiError(response.status, contents);
      return { status: response.status, etag: response.headers.get('etag') ?? undefined, body: contents, text, bytes };
    },
  };
}

async function exchange(
  send: typeof fetch,
  base: string,
  path: string,
  init: RequestInit,
): Promise<{ response: Response; bytes: Uint8Array }> {
  try {
    const response = await send(`${base}${path}`, { ...init, signal: AbortSignal.timeout(MAX_REQUEST_MS) });
    return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    const isConnection = error instanceof TypeError || (error as Error).name === 'TimeoutError';
    if (!isConnection) throw error;
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    throw new UnreachableError(`nothing answers at ${base} (${cause?.code ?? cause?.message ?? message})`);
  }
}

/** What became of a submitted month. */
export type Outcome = 'accepted' | 'revised' | 'unchanged';

/**
 * Submits one month. A month that is already there and differs is revised when `revise` says so, on condition that it
 * is still the revision that was read.
 */
export async function submitMonth(
  client: Client,
  authority: string,
  period: string,
  body: unknown,
  revise: boolean,
): Promise<Outcome> {
  const path = `/v1/authorities/${authority}/submissions/${period}`;
  try {
    const { status } = await client.request('PUT', path, body);
    return status === 201 ? 'accepted' : 'unchanged';
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 428 || !revise) throw error;
    const { etag } = await client.request('GET', path);
    await client.request('PUT', path, body, { 'if-match': etag ?? '' });
    return 'revised';
  }
}
