import type { Scope } from '../domain/access.ts';

/** The functions that answer HTTP. */
export type HttpFunction = 'submit' | 'query' | 'manage' | 'dashboard' | 'openid';

export interface Route {
  readonly handledBy: HttpFunction;
  /** The scope a token needs; `null` for the few routes that need no token. */
  readonly scope: Scope | null;
  /** What a body may be; absent where there is none, and what is sent anyway is not looked at. */
  readonly body?: 'json' | 'json or file';
  /** The largest body in bytes, where it is another than {@link MAX_BODY_BYTES}. */
  readonly maxBodyBytes?: number;
}

/** The largest request body, in bytes, and that of many months at once. */
export const MAX_BODY_BYTES = 256 * 1024;
export const MAX_BULK_BYTES = 1024 * 1024;
/** The content type of workbooks. */
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The largest workbook: Lambda takes 6 MB with the third that its coding adds. */
export const MAX_WORKBOOK_BYTES = 3 * MAX_BULK_BYTES;
/** The largest form, in bytes; that of a file of figures takes it as typed, each byte of it perhaps spelled as three. */
export const MAX_FORM_BYTES = 64 * 1024;
export const MAX_FIGURES_FORM_BYTES = 3 * MAX_BULK_BYTES + MAX_FORM_BYTES;

/**
 * Every route, by API Gateway's route key: who answers it and what a token needs. The stack makes its routes from this
 * table and the functions dispatch by it, so neither can know a route that the other does not.
 */
export const ROUTES = {
  'PUT /v1/authorities/{authority}/submissions/{period}': { handledBy: 'submit', scope: 'submit', body: 'json' },
  'POST /v1/authorities/{authority}/submissions': {
    handledBy: 'submit',
    scope: 'submit',
    body: 'json or file',
    maxBodyBytes: MAX_BULK_BYTES,
  },
  'PATCH /v1/authorities/{authority}/submissions/{period}': { handledBy: 'submit', scope: 'submit', body: 'json' },
  'DELETE /v1/authorities/{authority}/submissions/{period}': { handledBy: 'submit', scope: 'submit' },
  'GET /v1/authorities/{authority}/submissions': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/submissions/{period}': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/submissions/{period}/revisions': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/template.xlsx': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/receipts/{receipt}': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/names': { handledBy: 'query', scope: 'read' },
  'POST /v1/authorities/{authority}/names': { handledBy: 'submit', scope: 'submit', body: 'json' },
  'DELETE /v1/authorities/{authority}/names/{name}': { handledBy: 'submit', scope: 'submit' },
  'GET /v1/authorities/{authority}/metrics': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/metrics/{metric}': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/alerts': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/notices': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/inspection': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}/inspections': { handledBy: 'query', scope: 'read' },
  'PUT /v1/authorities/{authority}/inspections/{inspection}': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'DELETE /v1/authorities/{authority}/inspections/{inspection}': { handledBy: 'manage', scope: 'manage' },
  'POST /v1/authorities/{authority}/backtests': { handledBy: 'query', scope: 'read', body: 'json' },
  'PUT /v1/authorities/{authority}/metrics/{metric}': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'POST /v1/authorities/{authority}/metrics/{metric}/changes': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'POST /v1/authorities/{authority}/benchmarks': {
    handledBy: 'manage',
    scope: 'manage',
    body: 'json',
    maxBodyBytes: MAX_BULK_BYTES,
  },
  'DELETE /v1/authorities/{authority}/benchmarks/{metric}': { handledBy: 'manage', scope: 'manage' },
  'PUT /v1/authorities/{authority}/metrics/{metric}/standard': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement': {
    handledBy: 'manage',
    scope: 'acknowledge',
    body: 'json',
  },
  'PUT /v1/authorities/{authority}/actions/{action}': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'GET /v1/authorities/{authority}/recipients': { handledBy: 'manage', scope: 'manage' },
  'POST /v1/authorities/{authority}/recipients': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'DELETE /v1/authorities/{authority}/recipients/{recipient}': { handledBy: 'manage', scope: 'manage' },
  'POST /v1/authorities/{authority}/recipients/{recipient}/test': { handledBy: 'manage', scope: 'manage' },
  'GET /v1/authorities': { handledBy: 'query', scope: 'read' },
  'GET /v1/authorities/{authority}': { handledBy: 'query', scope: 'read' },
  'PATCH /v1/authorities/{authority}': { handledBy: 'manage', scope: 'manage', body: 'json' },
  'GET /inspection.schema.json': { handledBy: 'query', scope: null },
  'GET /openapi.json': { handledBy: 'query', scope: null },
  'GET /health': { handledBy: 'query', scope: null },
} as const satisfies Record<string, Route>;

export type RouteKey = keyof typeof ROUTES;

/** A form of whoever may manage, with a file in it. */
const MANAGED_FILE = {
  handledBy: 'dashboard',
  scope: 'manage',
  maxBodyBytes: MAX_BULK_BYTES + MAX_FORM_BYTES,
} as const;

/**
 * Every page, by route key, with the scope that the signed-in token needs; `null` before signing in. They answer in HTML
 * and take the token from a cookie, so `dashboard` checks it, by this table.
 */
export const PAGES = {
  'GET /': { handledBy: 'dashboard', scope: 'read' },
  'GET /assets/{file}': { handledBy: 'dashboard', scope: null },
  'GET /how-it-judges': { handledBy: 'dashboard', scope: 'read' },
  'GET /accessibility': { handledBy: 'dashboard', scope: null },
  'GET /privacy': { handledBy: 'dashboard', scope: null },
  'GET /sign-in': { handledBy: 'dashboard', scope: null },
  'POST /sign-in': { handledBy: 'dashboard', scope: null },
  'POST /sign-in/mail': { handledBy: 'dashboard', scope: null },
  'GET /sign-in/link': { handledBy: 'dashboard', scope: null },
  'POST /sign-in/link': { handledBy: 'dashboard', scope: null },
  'GET /sessions': { handledBy: 'dashboard', scope: 'read' },
  'POST /sessions/{session}/end': { handledBy: 'dashboard', scope: 'read' },
  'POST /sign-out': { handledBy: 'dashboard', scope: null },
  'GET /new-authority': { handledBy: 'dashboard', scope: 'manage' },
  'GET /new-authority/skeleton': { handledBy: 'dashboard', scope: 'manage' },
  'POST /new-authority': MANAGED_FILE,
  'POST /new-authority/loading': MANAGED_FILE,
  'GET /authorities/{authority}': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/settings': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/settings': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/closing': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/closing': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/inspections': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/inspections': MANAGED_FILE,
  'GET /authorities/{authority}/inspections/skeleton': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/inspections/{inspection}': MANAGED_FILE,
  'GET /authorities/{authority}/board-pack': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/metrics': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/metrics/{metric}': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/catalogue': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/catalogue/metric': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/catalogue/metric': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/metrics/{metric}/changes': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/metrics/{metric}/changes': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/metrics/{metric}/confirmation': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/benchmarks': MANAGED_FILE,
  'POST /authorities/{authority}/benchmarks/{metric}/removal': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/metrics/{metric}/standard': { handledBy: 'dashboard', scope: 'read' },
  'POST /authorities/{authority}/metrics/{metric}/standard': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/actions/{action}': { handledBy: 'dashboard', scope: 'read' },
  'POST /authorities/{authority}/actions/{action}': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/alerts/{alert}/acknowledgement': { handledBy: 'dashboard', scope: 'acknowledge' },
  'GET /authorities/{authority}/submissions': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/submissions/{period}': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/submissions/{period}/correction': { handledBy: 'dashboard', scope: 'submit' },
  'POST /authorities/{authority}/submissions/{period}/correction': { handledBy: 'dashboard', scope: 'submit' },
  'GET /authorities/{authority}/submissions/{period}/retraction': { handledBy: 'dashboard', scope: 'submit' },
  'POST /authorities/{authority}/submissions/{period}/retraction': { handledBy: 'dashboard', scope: 'submit' },
  'GET /authorities/{authority}/template.xlsx': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/figures.csv': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/figures.xlsx': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/submit': { handledBy: 'dashboard', scope: 'submit' },
  'POST /authorities/{authority}/submit': {
    handledBy: 'dashboard',
    scope: 'submit',
    maxBodyBytes: MAX_FIGURES_FORM_BYTES,
  },
  'POST /authorities/{authority}/submissions': {
    handledBy: 'dashboard',
    scope: 'submit',
    maxBodyBytes: MAX_FIGURES_FORM_BYTES,
  },
  'GET /authorities/{authority}/receipts/{receipt}': { handledBy: 'dashboard', scope: 'read' },
  'POST /authorities/{authority}/names/{name}/removal': { handledBy: 'dashboard', scope: 'submit' },
  'GET /authorities/{authority}/notices': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/notices/{number}': { handledBy: 'dashboard', scope: 'read' },
  'GET /authorities/{authority}/recipients': { handledBy: 'dashboard', scope: 'read' },
  'POST /authorities/{authority}/recipients': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/recipients/{recipient}/removal': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/recipients/{recipient}/test': { handledBy: 'dashboard', scope: 'manage' },
  'GET /authorities/{authority}/tokens': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/tokens': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/tokens/{token}/revocation': { handledBy: 'dashboard', scope: 'manage' },
  'POST /authorities/{authority}/tokens/{token}/keeping': { handledBy: 'dashboard', scope: 'manage' },
} as const satisfies Record<string, Route>;

export type PageKey = keyof typeof PAGES;

/** What can be done at a path, whether or not it is what was asked: methods, none where there is nothing. */
export function methodsAt(path: string): string[] {
  const parts = path.split('/');
  const isAt = (template: string): boolean => {
    const wanted = template.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => (part.startsWith('{') ? parts[index] !== '' : part === parts[index]))
    );
  };
  const keys = [ROUTES, PAGES, COUNCIL_PAGES].flatMap((routes) => Object.keys(routes));
  const methods = keys.flatMap((key) => {
    const [method = '', template = ''] = key.split(' ');
    return isAt(template) ? [method] : [];
  });
  return [...new Set(methods)].sort();
}

/** What of `docs/` there are pages of. */
export const DOCUMENTS = ['how-it-judges', 'accessibility', 'privacy-notice'] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

/** The way to the council's own sign-in and back, where a deployment has one: without it there are no such routes, nor their function. */
export const COUNCIL_PAGES = {
  'GET /sign-in/council': { handledBy: 'openid', scope: null },
  'GET /sign-in/council/return': { handledBy: 'openid', scope: null },
} as const satisfies Record<string, Route>;

/** Paths that no route matches reach this function: a browser gets a page, and anything else a problem document. */
export const DEFAULT_ROUTE: HttpFunction = 'dashboard';
