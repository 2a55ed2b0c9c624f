import * as z from 'zod';
import { InspectionSchema } from '../domain/inspection.ts';
import { FIELDS, SCHEMAS } from './fields.ts';
import { ANSWERS, BODIES, OPERATIONS, type Operation, PARAMETERS, PARTS, TAGS } from './operations.ts';
import { STATUS } from './problem.ts';
import { MAX_BODY_BYTES, ROUTES, type Route, type RouteKey, XLSX } from './routes.ts';

/**
 * The description of the API, OpenAPI 3.1: routes and scopes from `routes.ts`, the shape of everything from the same
 * schemas that read and write it, the words from `operations.ts` and `fields.ts`.
 */

type Json = Record<string, unknown>;

export function describeApi(): Json & { openapi: '3.1.1' } {
  const paths: Record<string, Json> = {};
  for (const [key, operation] of Object.entries(OPERATIONS) as [RouteKey, Operation][]) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(path, ROUTES[key], operation, key) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Inspection monitor',
      version: '1',
      description:
        "Monthly figures of a children's service in, judged against what its inspection found, and what came of it.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token `imt_…` with the scope that the operation names.',
        },
      },
      schemas: {
        ...schemasOf({ ...BODIES, Observation: PARTS.Observation, MOfN: PARTS.MOfN }, 'input'),
        ...schemasOf({ ...ANSWERS, ...PARTS }, 'output'),
      },
    },
  };
}

/** Each by its name, referring to the others by theirs, every field with what it means. */
function schemasOf(named: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Record<string, Json> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => reference(id).$ref });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [
      name,
      { ...(SCHEMAS[name] && { description: SCHEMAS[name] }), ...withWords(schema as Json, [name]) },
    ]),
  );
}

/** The schema with what each of its fields means: as `FIELDS` has it for the field here, or wherever it stands. */
function withWords(schema: Json, path: readonly string[]): Json {
  const described = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === 'properties') return [key, fieldsWithWords(value as Record<string, Json>, path)];
    if (key === 'items' || key === 'additionalProperties')
      return [key, typeof value === 'object' && value !== null ? withWords(value as Json, path) : value];
    if (key === 'anyOf' || key === 'oneOf') return [key, (value as Json[]).map((choice) => withWords(choice, path))];
    return [key, value];
  });
  return Object.fromEntries(described);
}

function fieldsWithWords(fields: Readonly<Record<string, Json>>, path: readonly string[]): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const here = [...path, name];
      const description = FIELDS[here.join('.')] ?? FIELDS[name];
      return [name, { ...withWords(field, here), ...(description ? { description } : {}) }];
    }),
  );
}

/** The JSON Schema of an inspection's file, with what each field means, for an editor that checks while one types. */
export function inspectionFileSchema(): Json {
  const schema = withWords(schemaOf(InspectionSchema, 'input'), ['NewInspection']);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Inspection',
    description:
      'The report of an inspection, for inspection-monitor. docs/inspection-format.md explains it with an example.',
    ...forRemarks(schema),
  };
}

/** Fields that begin with `$` are for people and editors, wherever they stand. */
function forRemarks(schema: Json): Json {
  const inner = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(inner)
      : typeof value === 'object' && value !== null
        ? forRemarks(value as Json)
        : value;
  const described = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inner(value)]));
  return described.additionalProperties === false ? { ...described, patternProperties: { '^\\$': {} } } : described;
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, ...described } = z.toJSONSchema(schema, { io });
  return described;
}

function describeOperation(path: string, route: Route, operation: Operation, key: RouteKey): Json {
  const { tag, summary, description, body, query, words = {}, ifMatch, etag = '"1"', file = [] } = operation;
  const scope = route.scope ? `Needs the scope \`${route.scope}\`.` : 'Needs no token.';
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
      ...PARAMETERS[name],
    })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: false,
      description: words[name],
      schema: schemaOf(schema as z.ZodType, 'input'),
    })),
    ...(ifMatch
      ? [
          {
            name: 'If-Match',
            in: 'header',
            required: ifMatch === 'needed',
            description: 'The ETag of the revision to replace.',
            schema: { type: 'string' },
            ...(ifMatch === 'needed' ? { example: etag } : {}),
          },
        ]
      : []),
  ];
  return {
    operationId: operationIdOf(key),
    tags: [tag],
    summary,
    description: [description, scope].filter(Boolean).join(' '),
    ...(route.scope ? {} : { security: [] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            description: `At most ${(route.maxBodyBytes ?? MAX_BODY_BYTES) / 1024} KB.`,
            content: {
              'application/json': { schema: reference(body.schema), example: body.example },
              ...(body.csv
                ? { 'text/csv': { schema: { type: 'string' }, example: body.csv }, [XLSX]: { schema: {} } }
                : {}),
            },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, name]) => [status, describeAnswer(status, name, file)]),
      ),
      ...(key.startsWith('GET ') ? { 304: { description: 'Unchanged since the ETag in If-None-Match.' } } : {}),
      ...Object.fromEntries(problemsOf(path, route, operation).map((status) => [status, describeProblem(status)])),
    },
  };
}

const reference = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

function describeAnswer(status: string, name: string | null, file: readonly string[]): Json {
  const description = status === '201' ? 'Stored.' : status === '204' ? 'Done.' : 'As asked.';
  const content = {
    ...(name ? { 'application/json': { schema: reference(name) } } : {}),
    ...Object.fromEntries(file.map((type) => [type, { schema: type === XLSX ? {} : { type: 'string' } }])),
  };
  return Object.keys(content).length > 0 ? { description, content } : { description };
}

function problemsOf(path: string, { scope, body }: Route, { query, problems = [] }: Operation): number[] {
  const statuses = [
    ...(scope ? [401, 403] : []),
    ...(path.includes('{') ? [404] : []),
    ...(body ? [400, 413, 415, 422] : []),
    // What is asked for may be more than an answer holds.
    ...(query || path.includes('{') ? [422] : []),
    ...problems,
    429,
    500,
  ];
  return [...new Set(statuses)].sort();
}

function describeProblem(status: number): Json {
  if (status === 429) return { description: 'Too many requests at once; API Gateway answers this itself, as JSON.' };
  const kinds = Object.entries(STATUS).flatMap(([kind, of]) => (of === status ? [kind.replaceAll('-', ' ')] : []));
  return {
    description: `Refused: ${kinds.join(' or ')}.`,
    content: { 'application/problem+json': { schema: reference('Problem') } },
  };
}

/** `PUT /v1/authorities/{authority}/submissions/{period}` is `putSubmissionsPeriod`. */
function operationIdOf(key: RouteKey): string {
  const [method = '', path = ''] = key.split(' ');
  const words = path
    .replace(/^\/v1\/authorities\/\{authority\}/, '')
    .split(/[^a-z]+/)
    .filter(Boolean);
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
