import { isObject } from './resolve.ts';
import { invalid } from './sns-message.ts';

/**
 * Emulates SNS's subscription filter policies on message attributes, with the rules that the service uses: values and `$or`.
 * Attributes are ANDed, the values of one are ORed, and `$or` is an OR of whole policies.
 * Sources: Amazon SNS Developer Guide, "AND/OR logic" and "Filter policy constraints"; for the reserved words aws/event-ruler,
 * `Constants.java`; for what counts as a combination, the answers of real AWS that LocalStack's tests recorded
 * (`test_sns_filter_policy.py`, `test_policy_complexity_with_or`).
 */

/** Whether a message with these attributes passes. */
export type FilterPolicy = (attributes: Readonly<Record<string, string>>) => boolean;

/** An operator that SNS has and that is not emulated is refused by name. */
const OPERATORS = ['anything-but', 'cidr', 'equals-ignore-case', 'exists', 'numeric', 'prefix', 'suffix'];

/** An object with one of these as a field name is no alternative of an `$or`. */
const RESERVED = new Set([
  ...OPERATORS,
  ...['exactly', 'wildcard', '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case'],
  ...['date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range'],
  ...['ip-address-in-range', 'ip-address-not-in-range'],
]);

const MAX_BYTES = 256 * 1024;
/** The guide does not say whether attributes within `$or` count; here they do. */
const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;

/** One part of a policy, with what it adds to the policy's size. */
interface Compiled {
  readonly passes: FilterPolicy;
  readonly keys: ReadonlySet<string>;
  readonly combinations: number;
}

/** Reads a policy. Throws an `SnsError` where SNS would refuse it, or where it says more than is emulated. */
export function compileFilterPolicy(text: string): FilterPolicy {
  if (Buffer.byteLength(text) > MAX_BYTES) throw refused(`Filter policy is larger than ${MAX_BYTES} bytes`);
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw refused('failed to parse JSON.');
  }
  const { passes, keys, combinations } = compilePolicy(policy);
  if (keys.size > MAX_KEYS) throw refused(`Filter policy can not have more than ${MAX_KEYS} keys`);
  if (combinations > MAX_COMBINATIONS) throw refused('Filter policy is too complex');
  return passes;
}

function compilePolicy(policy: unknown): Compiled {
  if (!isObject(policy)) throw refused('a policy must be an object');
  const parts = Object.entries(policy).map(([key, rules]) =>
    isOr(key, rules) ? anyOf(rules.map(compilePolicy)) : compileAttribute(key, rules),
  );
  if (parts.length === 0) throw refused('Empty objects are not allowed');
  return {
    passes: (attributes) => parts.every(({ passes }) => passes(attributes)),
    keys: new Set(parts.flatMap(({ keys }) => [...keys])),
    combinations: parts.reduce((product, { combinations }) => product * combinations, 1),
  };
}

/**
 * Whether this is an OR: a list of two objects or more, none of which has a reserved word as a field name. Otherwise `$or` is
 * the name of an attribute like any other.
 */
const isOr = (key: string, rules: unknown): rules is readonly Record<string, unknown>[] =>
  key === '$or' &&
  Array.isArray(rules) &&
  rules.length > 1 &&
  rules.every((rule) => isObject(rule) && !Object.keys(rule).some((name) => RESERVED.has(name)));

function anyOf(alternatives: readonly Compiled[]): Compiled {
  return {
    passes: (attributes) => alternatives.some(({ passes }) => passes(attributes)),
    keys: new Set(alternatives.flatMap(({ keys }) => [...keys])),
    combinations: alternatives.reduce((sum, { combinations }) => sum + combinations, 0),
  };
}

function compileAttribute(name: string, rules: unknown): Compiled {
  if (isObject(rules)) throw refused('Filter policy scope MessageAttributes does not support nested filter policy');
  if (!Array.isArray(rules)) throw refused(`"${name}" must be an object or an array`);
  if (rules.length === 0) throw refused('Empty arrays are not allowed');
  const values = new Set(rules.map((rule) => readValue(name, rule)));
  return {
    passes: (attributes) => Object.hasOwn(attributes, name) && values.has(attributes[name] ?? ''),
    keys: new Set([name]),
    combinations: rules.length,
  };
}

function readValue(name: string, rule: unknown): string {
  if (typeof rule === 'string') return rule;
  if (!isObject(rule)) throw refused(`"${name}": only strings are emulated, not ${JSON.stringify(rule)}`);
  const [operator = '', ...others] = Object.keys(rule);
  if (others.length > 0) throw refused('Only one key allowed in match expression');
  if (!OPERATORS.includes(operator)) throw refused(`Unrecognized match type ${operator}`);
  throw refused(`"${name}": the operator ${operator} is not emulated`);
}

const refused = (reason: string) => invalid(`FilterPolicy: ${reason}`);
