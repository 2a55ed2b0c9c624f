import type * as z from 'zod';
import {
  PROPERTIES_NOT_EMULATED,
  RESOURCE_ATTRIBUTES_NOT_EMULATED,
  SECTIONS_NOT_EMULATED,
  TYPES_NOT_EMULATED,
} from './not-emulated.ts';
import { intrinsicOf, isJoin, isObject, referenceOf } from './resolve.ts';
import {
  CustomResourceProperties,
  isCustomResource,
  PROPERTIES,
  PSEUDO_PARAMETERS,
  RETURN_VALUES,
} from './resource-types.ts';

/**
 * Refuses a template with anything in it that is not emulated, before any part of the instance starts. A stand-in for AWS
 * that ignored what it does not know would run what fails on AWS, or runs differently there.
 */

/** A template with something in it that is not emulated. `faults` names each place: resource, type, path, and what is wrong there. */
export class TemplateError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The template has in it what the stand-in for AWS does not emulate:\n${faults.map((fault) => `  ${fault}`).join('\n')}\n` +
        'Correct the template; or emulate it in local/, beginning with local/resource-types.ts; or, where it changes nothing on ' +
        'one machine, list it with the reason in local/not-emulated.ts.',
    );
    this.name = 'TemplateError';
    this.faults = faults;
  }
}

/** Throws one `TemplateError` that names every fault. `template` is the JSON that `cdk synth` wrote. */
export function checkTemplate(template: unknown): void {
  const faults: string[] = [];
  const sections = isObject(template) ? template : {};
  for (const section of Object.keys(sections))
    if (section !== 'Resources' && section !== 'Outputs' && !Object.hasOwn(SECTIONS_NOT_EMULATED, section))
      faults.push(`${section}: this section of a template is not emulated`);
  const resources = entriesOf(sections.Resources);
  const types = new Map(resources.map(([id, resource]) => [id, String(resource.Type)]));
  for (const [id, resource] of resources) faults.push(...faultsOfResource(id, resource, types));
  for (const [id, { Value, Description: _, ...others }] of entriesOf(sections.Outputs)) {
    const at = `Outputs.${id}`;
    for (const name of Object.keys(others)) faults.push(`${at}.${name}: this attribute of an output is not emulated`);
    if (typeof Value !== 'string' && intrinsicOf(Value) === undefined)
      faults.push(`${at}.Value: an output is a string or an expression, not ${JSON.stringify(Value)}`);
    faults.push(
      ...danglingReferences(Value, `${at}.Value`, types),
      ...faultsOfExpressions(Value, `${at}.Value`, types),
    );
  }
  if (faults.length > 0) throw new TemplateError(faults);
}

/** The properties of a resource without those of `not-emulated.ts`. */
export function emulatedProperties(type: string, properties: unknown): unknown {
  const notEmulated = PROPERTIES_NOT_EMULATED[type] ?? {};
  const keep = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => keep(item, `${path}[]`));
    if (!isObject(value)) return value;
    const kept = Object.entries(value).map(([key, item]) => [key, item, path === '' ? key : `${path}.${key}`] as const);
    return Object.fromEntries(
      kept
        .filter(([, , here]) => !Object.hasOwn(notEmulated, here))
        .map(([key, item, here]) => [key, keep(item, here)]),
    );
  };
  return keep(properties, '');
}

type Types = ReadonlyMap<string, string>;

function faultsOfResource(id: string, resource: Record<string, unknown>, types: Types): string[] {
  const { Type, Properties = {}, ...attributes } = resource;
  const type = String(Type);
  const at = `${id} (${type})`;
  const faults = Object.keys(attributes)
    .filter((name) => !Object.hasOwn(RESOURCE_ATTRIBUTES_NOT_EMULATED, name))
    .map((name) => `${at} ${name}: this attribute of a resource is not emulated`);
  faults.push(...danglingReferences(Properties, `${at} Properties`, types));
  if (Object.hasOwn(TYPES_NOT_EMULATED, type)) return faults;
  const schema = isCustomResource(type) ? CustomResourceProperties : schemas[type];
  if (schema === undefined) return [...faults, `${at}: this type of resource is not emulated`];
  const emulated = emulatedProperties(type, Properties);
  faults.push(...faultsOfExpressions(emulated, `${at} Properties`, types));
  for (const { path, problem } of problemsOf(schema, emulated)) faults.push(`${at} Properties${path}: ${problem}`);
  return faults;
}

const schemas: Readonly<Record<string, z.ZodType | undefined>> = PROPERTIES;

/** What a schema finds wrong with properties before they are resolved. What an expression gives is checked later. */
function problemsOf(schema: z.ZodType, properties: unknown): { readonly path: string; readonly problem: string }[] {
  const { error } = schema.safeParse(withoutIntrinsics(properties));
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: spell([...issue.path, key]), problem: 'this property is not emulated' }));
    if (intrinsicOf(valueAt(properties, issue.path)) !== undefined) return [];
    return [{ path: spell(issue.path), problem: issue.message }];
  });
}

/** Expressions where something is emulated: each function must be, and so must what it gives of its resource. */
function faultsOfExpressions(value: unknown, path: string, types: Types): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => faultsOfExpressions(item, `${path}[${index}]`, types));
  if (!isObject(value)) return [];
  const reference = referenceOf(value);
  const intrinsic = intrinsicOf(value);
  if (intrinsic !== undefined && Object.keys(value).length > 1)
    return [`${path}: ${Object.keys(value).join(' and ')} stand side by side; an expression stands alone`];
  if (reference !== undefined) {
    const { logicalId, returnValue } = reference;
    const type = types.get(logicalId);
    const known: readonly string[] = (type !== undefined && RETURN_VALUES[type]) || [];
    if (PSEUDO_PARAMETERS.includes(logicalId)) return [];
    if (logicalId.startsWith('AWS::')) return [`${path}: the pseudo parameter ${logicalId} is not emulated`];
    if (type === undefined) return [];
    if (known.includes(returnValue)) return [];
    const asked = returnValue === 'Ref' ? 'Ref' : `Fn::GetAtt ${returnValue}`;
    return [`${path}: ${asked} of ${logicalId} (${type}) is not emulated (known: ${known.join(', ') || 'nothing'})`];
  }
  if (intrinsic === undefined)
    return Object.entries(value).flatMap(([key, item]) => faultsOfExpressions(item, `${path}.${key}`, types));
  if (intrinsic.name !== 'Fn::Join') return [`${path}: the function ${intrinsic.name} is not emulated`];
  if (!isJoin(intrinsic.argument)) return [`${path}: Fn::Join takes a separator and a list`];
  return faultsOfExpressions((intrinsic.argument as unknown[])[1], `${path}.Fn::Join`, types);
}

/** References to what is not there: AWS refuses these wherever they stand. */
function danglingReferences(value: unknown, path: string, types: Types): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => danglingReferences(item, `${path}[${index}]`, types));
  if (!isObject(value)) return [];
  const reference = referenceOf(value);
  if (reference !== undefined && !types.has(reference.logicalId) && !reference.logicalId.startsWith('AWS::'))
    return [`${path}: '${reference.logicalId}' is no resource of the template`];
  return Object.entries(value).flatMap(([key, item]) => danglingReferences(item, `${path}.${key}`, types));
}

/** With an empty string for every expression: all of them give strings, though which is not known yet. */
function withoutIntrinsics(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIntrinsics);
  if (!isObject(value)) return value;
  if (intrinsicOf(value) !== undefined) return '';
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutIntrinsics(item)]));
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);

const spell = (path: readonly PropertyKey[]): string =>
  path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');

const entriesOf = (section: unknown): [string, Record<string, unknown>][] =>
  Object.entries(isObject(section) ? section : {}).map(([id, entry]) => [id, isObject(entry) ? entry : {}]);
