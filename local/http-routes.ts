/** Emulates how an API Gateway HTTP API picks the route for a request. */

/** One route of an HTTP API: `$default`, or a method (or ANY) and a path with `{variables}` and perhaps `{greedy+}`. */
export interface Route<T> {
  readonly routeKey: string;
  readonly method: string;
  readonly segments: readonly Segment[];
  readonly target: T;
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'greedy'; readonly name: string };

export interface RouteMatch<T> {
  readonly route: Route<T>;
  /** URL-decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

export function parseRoute<T>(routeKey: string, target: T): Route<T> {
  if (routeKey === '$default') return { routeKey, method: 'ANY', segments: [], target };
  const [, method, path] = /^(ANY|[A-Z]+) (\/\S*)$/.exec(routeKey) ?? [];
  if (method === undefined || path === undefined) {
    throw new Error(`route '${routeKey}' is neither $default nor a method and a path`);
  }
  const segments = splitPath(path).map((text): Segment => {
    const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(text) ?? [];
    if (name === undefined) return { kind: 'literal', text };
    return { kind: plus === '+' ? 'greedy' : 'variable', name };
  });
  if (segments.slice(0, -1).some(({ kind }) => kind === 'greedy')) {
    throw new Error(`route '${routeKey}': only the last part of a path can be greedy`);
  }
  return { routeKey, method, segments, target };
}

/**
 * The most specific route that matches. Part by part a literal beats a variable, which beats a greedy one; among equal
 * paths the method beats ANY; `$default` comes last.
 * Source: API Gateway Developer Guide, "Create routes for HTTP APIs", "Routing API requests".
 */
export function matchRoute<T>(routes: readonly Route<T>[], method: string, path: string): RouteMatch<T> | undefined {
  const parts = splitPath(path);
  const found = routes
    .filter((route) => route.routeKey !== '$default' && (route.method === method || route.method === 'ANY'))
    .map((route) => ({ route, pathParameters: matchSegments(route.segments, parts) }))
    .filter((match): match is RouteMatch<T> => match.pathParameters !== undefined)
    .sort((a, b) => compare(a.route, b.route))[0];
  if (found !== undefined) return found;
  const fallback = routes.find((route) => route.routeKey === '$default');
  return fallback && { route: fallback, pathParameters: {} };
}

const splitPath = (path: string): string[] => (path === '/' ? [] : path.slice(1).split('/'));

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const greedy = segments.at(-1)?.kind === 'greedy';
  if (greedy ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (segment.kind === 'literal') {
      if (decode(part) !== segment.text) return undefined;
      continue;
    }
    const value = segment.kind === 'greedy' ? parts.slice(index).join('/') : part;
    if (value === '') return undefined;
    parameters[segment.name] = decode(value);
  }
  return parameters;
}

const RANK = { literal: 0, variable: 1, greedy: 2 };

function compare(a: Route<unknown>, b: Route<unknown>): number {
  for (let index = 0; index < Math.max(a.segments.length, b.segments.length); index++) {
    const [left, right] = [a.segments[index], b.segments[index]];
    const difference = (left === undefined ? 3 : RANK[left.kind]) - (right === undefined ? 3 : RANK[right.kind]);
    if (difference !== 0) return difference;
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

/** Percent-decoded; what is not valid encoding stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
