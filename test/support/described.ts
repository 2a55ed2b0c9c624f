import type { AnySchema } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describeApi } from '../../functions/http/openapi.ts';

/** The API's description as it is served. */
export const description = JSON.parse(JSON.stringify(describeApi())) as {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { name: string; in: string; required: boolean; example?: string; schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example: unknown }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(description as AnySchema, 'api');

const pointer = (...parts: string[]) =>
  `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** The path of the description that a request's path falls under. */
export function pathOf(path: string): string | undefined {
  const parts = path.split('/');
  return Object.keys(description.paths)
    .filter((template) => {
      const wanted = template.split('/');
      return (
        wanted.length === parts.length && wanted.every((part, index) => part.startsWith('{') || part === parts[index])
      );
    })
    .sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

/** Throws where an answer is not among those that the description has for the request. */
export function checkAnswer(method: string, path: string, status: number, type: string | null, body: string): void {
  const template = pathOf(path);
  const operation = template && description.paths[template]?.[method.toLowerCase()];
  // What is not described is answered by one problem document alone.
  const responses = operation ? operation.responses : UNDESCRIBED;
  const response = responses[status];
  const said = `${method} ${path} answered ${status}`;
  if (!response) throw new Error(`${said}, which the description does not have`);
  if (!response.content) {
    if (body !== '') throw new Error(`${said} with a body, which the description does not have`);
    return;
  }
  const [mediaType = ''] = (type ?? '').split(';');
  if (!response.content[mediaType]) throw new Error(`${said} with ${type}, which the description does not have`);
  if (!/json$/.test(mediaType)) return;
  const key =
    operation && template
      ? pointer('paths', template, method.toLowerCase(), 'responses', String(status), 'content', mediaType, 'schema')
      : pointer('components', 'schemas', 'Problem');
  if (!ajv.validate(key, JSON.parse(body)))
    throw new Error(`${said} with what the description does not have: ${ajv.errorsText(ajv.errors?.slice(0, 5))}`);
}

const PROBLEM = { content: { 'application/problem+json': { schema: {} } } };
const UNDESCRIBED: Operation['responses'] = { 404: PROBLEM, 405: PROBLEM };

/** `fetch`, throwing where an answer is not as the API's description says. */
export const describedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { pathname } = new URL(String(input));
  const text = await response.clone().text();
  checkAnswer(init?.method ?? 'GET', pathname, response.status, response.headers.get('content-type'), text);
  return response;
};
