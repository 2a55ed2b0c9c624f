/**
 * Event patterns as Lambda's event filtering and SNS subscription filter policies understand them. Both are dialects
 * of aws/event-ruler, whose README gives the semantics: fields are ANDed, the values of a field are ORed, only leaves
 * are compared, an array in the event matches where one of its elements does.
 * Operators: Lambda Developer Guide "Filter rule syntax", SNS Developer Guide "String / numeric value matching".
 */

export type Matcher = (event: unknown) => boolean;

type Leaf = string | number | boolean | null;
type LeafTest = (values: readonly Leaf[]) => boolean;

/** Compiles a pattern. Throws where AWS would refuse it, naming the place. */
export function compilePattern(pattern: unknown, path = 'pattern'): Matcher {
  if (!isObject(pattern)) throw new Error(`${path} must be a JSON object`);
  const tests = Object.entries(pattern).map(([key, rule]): Matcher => {
    const here = `${path}.${key}`;
    if (key === '$or' && Array.isArray(rule) && rule.length > 1 && rule.every(isObject)) {
      const alternatives = rule.map((each, index) => compilePattern(each, `${here}[${index}]`));
      return (event) => alternatives.some((matches) => matches(event));
    }
    if (Array.isArray(rule)) {
      if (rule.length === 0) throw new Error(`${here} must not be empty`);
      const alternatives = rule.map((each) => compileLeaf(each, here));
      return (event) => {
        const values = leaves(field(event, key));
        return alternatives.some((matches) => matches(values));
      };
    }
    if (isObject(rule)) {
      const matches = compilePattern(rule, here);
      return (event) => {
        const value = field(event, key);
        return Array.isArray(value) ? value.some(matches) : matches(value);
      };
    }
    throw new Error(`${here} must be an object or an array of values`);
  });
  return (event) => tests.every((matches) => matches(event));
}

function compileLeaf(rule: unknown, path: string): LeafTest {
  if (isLeaf(rule)) return (values) => values.includes(rule);
  const [entry, ...others] = isObject(rule) ? Object.entries(rule) : [];
  if (entry === undefined || others.length > 0) throw new Error(`${path}: ${JSON.stringify(rule)} is not a rule`);
  const [operator, operand] = entry;
  if (operator === 'exists') {
    if (typeof operand !== 'boolean') throw new Error(`${path}: exists takes true or false`);
    return (values) => values.length > 0 === operand;
  }
  if (operator === 'anything-but') {
    const excluded = compileAnythingBut(operand, path);
    return (values) => values.some((value) => !excluded(value));
  }
  const matches = compileOperator(operator, operand, path);
  return (values) => values.some(matches);
}

function compileAnythingBut(operand: unknown, path: string): (value: Leaf) => boolean {
  if (isObject(operand)) {
    const [operator = '', ...others] = Object.keys(operand);
    if (others.length > 0) throw new Error(`${path}: anything-but takes one operator`);
    const alternatives = [operand[operator]].flat().map((each) => compileOperator(operator, each, path));
    return (value) => alternatives.some((matches) => matches(value));
  }
  const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (excluded.length === 0 || !excluded.every(isLeaf)) {
    throw new Error(`${path}: anything-but takes values or one operator`);
  }
  return (value) => excluded.includes(value);
}

function compileOperator(operator: string, operand: unknown, path: string): (value: Leaf) => boolean {
  if (operator === 'numeric') return compileNumeric(operand, path);
  if (typeof operand !== 'string') throw new Error(`${path}: ${operator} takes a string`);
  const folded = operand.toLowerCase();
  switch (operator) {
    case 'prefix':
      return (value) => typeof value === 'string' && value.startsWith(operand);
    case 'suffix':
      return (value) => typeof value === 'string' && value.endsWith(operand);
    case 'equals-ignore-case':
      return (value) => typeof value === 'string' && value.toLowerCase() === folded;
    default:
      throw new Error(`${path}: '${operator}' is not an operator of event patterns (here)`);
  }
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `["=", 5]`, or a range such as `[">", 0, "<=", 5]`. Strings never match, so neither do DynamoDB's numbers. */
function compileNumeric(operand: unknown, path: string): (value: Leaf) => boolean {
  const parts: readonly unknown[] = Array.isArray(operand) ? operand : [];
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const compare = COMPARISONS[String(parts[index])];
    const bound = parts[index + 1];
    if (compare === undefined || typeof bound !== 'number') {
      throw new Error(`${path}: numeric takes pairs of a comparison and a number`);
    }
    tests.push((value) => compare(value, bound));
  }
  if (tests.length === 0 || tests.length > 2) throw new Error(`${path}: numeric takes one or two comparisons`);
  return (value) => typeof value === 'number' && tests.every((matches) => matches(value));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isLeaf = (value: unknown): value is Leaf =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const field = (event: unknown, key: string): unknown =>
  isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined;

/** What there is to compare at a field. An object is no leaf: `exists` does not see it. */
function leaves(value: unknown): readonly Leaf[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isLeaf(value) ? [value] : [];
}
