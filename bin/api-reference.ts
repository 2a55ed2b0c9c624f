import { writeFileSync } from 'node:fs';
import { describeApi } from '../functions/http/openapi.ts';

/**
 * `npm run api-reference`: writes `docs/api.md`, the API's description for people. A test holds that it is current.
 * With another file named it writes that one instead.
 */

type Schema = {
  readonly [key: string]: unknown;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
};
interface Content {
  readonly schema: Schema;
  readonly example?: unknown;
}
interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description: string;
    readonly schema: Schema;
    readonly example?: string;
  }[];
  readonly requestBody?: { readonly description: string; readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}
interface Description {
  readonly info: { readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'instant',
  date: 'date',
  email: 'e-mail address',
};

const [target = new URL('../docs/api.md', import.meta.url)] = process.argv.slice(2);
writeFileSync(target, render(JSON.parse(JSON.stringify(describeApi()))));

function render({ info, tags, paths, components }: Description): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );
  const under = (tag: string) => operations.filter(({ operation }) => operation.tags.includes(tag));
  const sections = tags.map(({ name, description }) => [
    `## ${name}`,
    description,
    ...under(name).flatMap(({ route, operation }) => renderOperation(route, operation)),
  ]);
  const blocks = [
    '# The API',
    info.description,
    'Made from the description that every instance serves at `/openapi.json`, by `npm run api-reference`. What the figures are judged by is in [how-it-judges.md](how-it-judges.md).',
    'Every request but two needs a token, as `Authorization: Bearer imt_…`; `npm run monitor -- token --help` says how to make one and what it may. Whatever is refused is answered with a [Problem](#schema-problem) that names every fault. What is read has an `ETag`, and is answered with 304 where `If-None-Match` says that you have it. A query parameter that is not known is a fault.',
    ...tags.map(({ name }) =>
      table(
        ['', name],
        under(name).map(({ route, operation }) => [`\`${route}\``, operation.summary]),
      ),
    ),
    ...sections.flat(),
    '## Schemas',
    'A field that is not always there is in *italics*.',
    ...Object.entries(components.schemas)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([name, schema]) => renderSchema(name, schema)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function renderOperation(route: string, operation: Operation): string[] {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const body = Object.entries(requestBody?.content ?? {});
  const refusals = Object.keys(responses).filter((status) => status >= '400');
  return [
    `### ${summary}`,
    `\`${route}\``,
    description,
    ...(parameters.length > 0
      ? [
          table(
            ['parameter', 'in', 'meaning'],
            parameters.map(({ name, in: where, required, description, schema, example }) => [
              required ? `\`${name}\`` : `*\`${name}\`*`,
              where,
              [description, choices(schema), example && `Example: \`${example}\`.`].filter(Boolean).join(' '),
            ]),
          ),
        ]
      : []),
    ...body.map(([type, { schema, example }]) =>
      type === 'text/csv'
        ? `Or as \`text/csv\`:\n\n${fenced('csv', String(example).replaceAll('\r\n', '\n').trimEnd())}`
        : `The body is a ${typeOf(schema)}. ${requestBody?.description}\n\n${fenced('json', JSON.stringify(example, null, 2))}`,
    ),
    [
      ...Object.entries(responses).flatMap(([status, { description, content }]) =>
        status >= '400' ? [] : `- ${status}: ${answerOf(description, content)}`,
      ),
      `- Refused with ${refusals.join(', ')}.`,
    ].join('\n'),
  ];
}

function answerOf(description: string, content: Readonly<Record<string, Content>> = {}): string {
  const kinds = Object.entries(content).map(([type, { schema }]) =>
    type === 'text/csv' ? '`text/csv`' : typeOf(schema),
  );
  return kinds.length > 0 ? kinds.join(' or ') : description;
}

function renderSchema(name: string, schema: Schema): string[] {
  const { description, anyOf, oneOf } = schema;
  const variants = anyOf ?? oneOf ?? [schema];
  return [
    `### Schema ${name}`,
    ...(description ? [description] : []),
    ...(variants.length > 1 ? ['It is one of these.'] : []),
    ...variants.map((variant) => {
      const rows = fieldsOf(variant);
      return rows.length > 0 ? table(['field', 'type', 'meaning'], rows) : 'It holds more than is described here.';
    }),
  ];
}

/** A row for each field, those of an object within it right after it: `fieldwork.from`, `errors[].line`. */
function fieldsOf({ properties = {}, required = [] }: Schema, before = ''): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${before}${name}`;
    const inner = schema.items ?? schema;
    return [
      [required.includes(name) ? `\`${path}\`` : `*\`${path}\`*`, typeOf(schema), schema.description ?? ''],
      ...(inner.properties ? fieldsOf(inner, `${path}${schema.items ? '[]' : ''}.`) : []),
    ];
  });
}

function typeOf(schema: Schema): string {
  const { $ref, type, items, additionalProperties, anyOf, oneOf } = schema;
  if ($ref) {
    const name = $ref.split('/').at(-1) ?? '';
    return `[${name}](#schema-${name.toLowerCase()})`;
  }
  const variants = anyOf ?? oneOf;
  if (variants) return variants.map(typeOf).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (items) return `list of ${typeOf(items)}`;
  if (typeof additionalProperties === 'object') return `${typeOf(additionalProperties)} by id`;
  if (typeof type !== 'string') return type?.join(' or ') ?? 'anything';
  const format = FORMATS[String(schema.format)];
  return format ?? { integer: 'whole number', boolean: 'true or false' }[type] ?? type;
}

function choices(schema: Schema): string | undefined {
  return schema.enum && `One of ${typeOf(schema)}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
