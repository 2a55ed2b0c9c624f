/** A refusal of the API, with its problem document. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly errors: readonly { readonly pointer: string; readonly parameter?: string; readonly detail: string }[];
  constructor(status: number, problem: { detail?: string; title?: string; errors?: ApiError['errors'] }) {
    super(problem.detail ?? problem.title ?? `the service answered ${status}`);
    this.status = status;
    this.errors = problem.errors ?? [];
  }
}

export interface ApiAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is in the API description
  readonly body: any;
}

/** Talks to the API of one instance, local or deployed. */
export interface Client {
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
}

export function connect(url: string, token: string): Client {
  const base = url.replace(/\/$/, '');
  return {
    async request(method, path, body, headers = {}) {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const contents = text && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {};
      if (!response.ok) throw new ApiError(response.status, contents);
      return { status: response.status, etag: response.headers.get('etag') ?? undefined, body: contents };
    },
  };
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
