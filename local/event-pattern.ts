import { isObject } from './resolve.ts';

/**
 * Emulates Lambda's event filtering, with the rules that the template uses: values and prefixes. Fields are ANDed, the rules
 * of a field are ORed, only leaves are compared.
 * Source: Lambda Developer Guide, "Filter rule syntax"; the semantics are those of aws/event-ruler.
 */

export type Matcher = (event: unknown) => boolean;

type LeafTest = (value: unknown) => boolean;

/** Compiles a pattern. Throws, naming the place, where AWS would refuse it or it says more than is emulated. */
export function compilePattern(pattern: unknown, path = 'pattern'): Matcher {
  if (!isObject(pattern)) throw new Error(`${path} must be a JSON object`);
  const tests = Object.entries(pattern).map(([key, rule]): Matcher => {
    const here = `${path}.${key}`;
    if (key === '$or') throw new Error(`${here} is not emulated`);
    const matches = Array.isArray(rule) ? compileRules(rule, here) : compilePattern(rule, here);
    return (event) => matches(isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined);
  });
  return (event) => tests.every((matches) => matches(event));
}

function compileRules(rules: readonly unknown[], path: string): LeafTest {
  if (rules.length === 0) throw new Error(`${path} must not be empty`);
  const alternatives = rules.map((rule): LeafTest => {
    if (typeof rule === 'string') return (value) => value === rule;
    const [operator, ...others] = isObject(rule) ? Object.keys(rule) : [];
    if (operator === undefined || others.length > 0)
      throw new Error(`${path}: the rule ${JSON.stringify(rule)} is not emulated`);
    if (operator !== 'prefix') throw new Error(`${path}: the operator '${operator}' is not emulated`);
    const { prefix } = rule as { readonly prefix: unknown };
    if (typeof prefix !== 'string') throw new Error(`${path}: prefix takes a string`);
    return (value) => typeof value === 'string' && value.startsWith(prefix);
  });
  return (value) => alternatives.some((matches) => matches(value));
}
