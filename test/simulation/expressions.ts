import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/**
 * DynamoDB's expressions on the attributes of an item, as far as the service writes them: conditions, key conditions,
 * filters, projections and updates. What is not played (paths into maps and lists) is an error that names it.
 * Source: Amazon DynamoDB Developer Guide, "Condition and filter expressions" and "Update expressions".
 */

export type Item = Readonly<Record<string, AttributeValue>>;

/** What an expression's placeholders stand for. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>> | undefined;
}

/** A request that DynamoDB would refuse, whatever is stored. */
export class InvalidExpressionError extends Error {}

type Operand =
  | { readonly is: 'name'; readonly name: string }
  | { readonly is: 'value'; readonly value: string }
  | { readonly is: 'size' | 'fallback' | 'sum' | 'difference'; readonly of: readonly Operand[] };

type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly is: 'and' | 'or' | 'not'; readonly of: readonly Condition[] }
  | { readonly is: 'call'; readonly name: string; readonly of: readonly Operand[] }
  | { readonly is: 'between' | 'in'; readonly of: readonly Operand[] }
  | { readonly is: 'compare'; readonly by: Comparison; readonly of: readonly [Operand, Operand] };

type Update =
  | { readonly is: 'SET' | 'ADD' | 'DELETE'; readonly name: string; readonly to: Operand }
  | { readonly is: 'REMOVE'; readonly name: string };

const TOKEN = /\s*(<>|<=|>=|[=<>(),+-]|[#:]?[A-Za-z_0-9]+|[.[\]])/y;

/** Reads an expression from left to right. */
class Reader {
  private readonly tokens: string[] = [];
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
    TOKEN.lastIndex = 0;
    let end = 0;
    for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
      this.tokens.push(found[1] as string);
      end = TOKEN.lastIndex;
    }
    if (text.slice(end).trim() !== '') throw this.fault(`not understood from "${text.slice(end)}" on`);
    if (this.tokens.some((token) => /^[.[\]]$/.test(token)))
      throw this.fault('paths into maps and lists are not played');
  }

  fault(what: string): InvalidExpressionError {
    return new InvalidExpressionError(`Invalid expression: ${what}; expression: ${this.text}`);
  }

  get done(): boolean {
    return this.at === this.tokens.length;
  }

  /** Whether the next token is this word; then it has been read. */
  reads(word: string): boolean {
    if (this.tokens[this.at]?.toUpperCase() !== word) return false;
    this.at++;
    return true;
  }

  expect(word: string): void {
    if (!this.reads(word)) throw this.fault(`expected ${word} before "${this.tokens[this.at] ?? 'the end'}"`);
  }

  next(): string {
    const token = this.tokens[this.at++];
    if (token === undefined) throw this.fault('it ends too early');
    return token;
  }

  isCall(): boolean {
    return this.tokens[this.at + 1] === '(' && /^[a-z_]+$/.test(this.tokens[this.at] ?? '');
  }

  list<T>(read: () => T): T[] {
    const found = [read()];
    while (this.reads(',')) found.push(read());
    return found;
  }
}

const read =
  <T>(how: (reader: Reader) => T) =>
  (text: string): T => {
    const reader = new Reader(text);
    const found = how(reader);
    if (!reader.done) throw reader.fault(`"${reader.next()}" is one word too many`);
    return found;
  };

function readOperand(reader: Reader): Operand {
  if (reader.isCall()) {
    const name = reader.next();
    if (name !== 'size' && name !== 'if_not_exists') throw reader.fault(`${name} gives no value here`);
    reader.expect('(');
    const of = reader.list(() => readOperand(reader));
    reader.expect(')');
    return { is: name === 'size' ? 'size' : 'fallback', of };
  }
  const token = reader.next();
  if (!/^[#:]?\w+$/.test(token)) throw reader.fault(`"${token}" is no attribute and no value`);
  return token.startsWith(':') ? { is: 'value', value: token } : { is: 'name', name: token };
}

function readOr(reader: Reader): Condition {
  const of = [readAnd(reader)];
  while (reader.reads('OR')) of.push(readAnd(reader));
  return of.length === 1 ? (of[0] as Condition) : { is: 'or', of };
}

function readAnd(reader: Reader): Condition {
  const of = [readNot(reader)];
  while (reader.reads('AND')) of.push(readNot(reader));
  return of.length === 1 ? (of[0] as Condition) : { is: 'and', of };
}

function readNot(reader: Reader): Condition {
  if (reader.reads('NOT')) return { is: 'not', of: [readNot(reader)] };
  if (reader.reads('(')) {
    const inner = readOr(reader);
    reader.expect(')');
    return inner;
  }
  return readTest(reader);
}

const CALLS = ['attribute_exists', 'attribute_not_exists', 'begins_with', 'contains'];

function readTest(reader: Reader): Condition {
  if (reader.isCall()) {
    const before = reader.next();
    if (CALLS.includes(before)) {
      reader.expect('(');
      const of = reader.list(() => readOperand(reader));
      reader.expect(')');
      return { is: 'call', name: before, of };
    }
    if (before !== 'size') throw reader.fault(`${before} is not played`);
    reader.expect('(');
    const of = [readOperand(reader)];
    reader.expect(')');
    return readComparison(reader, { is: 'size', of });
  }
  return readComparison(reader, readOperand(reader));
}

function readComparison(reader: Reader, left: Operand): Condition {
  if (reader.reads('BETWEEN')) {
    const low = readOperand(reader);
    reader.expect('AND');
    return { is: 'between', of: [left, low, readOperand(reader)] };
  }
  if (reader.reads('IN')) {
    reader.expect('(');
    const of = [left, ...reader.list(() => readOperand(reader))];
    reader.expect(')');
    return { is: 'in', of };
  }
  const by = reader.next();
  if (!/^(<>|<=|>=|[=<>])$/.test(by)) throw reader.fault(`"${by}" compares nothing`);
  return { is: 'compare', by: by as Comparison, of: [left, readOperand(reader)] };
}

function readUpdates(reader: Reader): Update[] {
  const updates: Update[] = [];
  while (!reader.done) {
    const clause = reader.next().toUpperCase();
    if (clause !== 'SET' && clause !== 'REMOVE' && clause !== 'ADD' && clause !== 'DELETE')
      throw reader.fault(`${clause} is no clause of an update`);
    updates.push(
      ...reader.list((): Update => {
        const name = reader.next();
        if (clause === 'REMOVE') return { is: clause, name };
        if (clause !== 'SET') return { is: clause, name, to: readOperand(reader) };
        reader.expect('=');
        const first = readOperand(reader);
        const is = reader.reads('+') ? 'sum' : reader.reads('-') ? 'difference' : undefined;
        return { is: 'SET', name, to: is ? { is, of: [first, readOperand(reader)] } : first };
      }),
    );
  }
  return updates;
}

/** Expressions are few and used again and again: each text is read once. */
function remembered<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? make(text);
    known.set(text, found);
    return found;
  };
}

export const conditionOf = remembered(read(readOr));
const updatesOf = remembered(read(readUpdates));
const namesIn = remembered(read((reader) => reader.list(() => reader.next())));
const placeholdersIn = remembered((text: string) => new Set(text.match(/[#:]\w+/g) ?? []));

/** DynamoDB refuses placeholders that are used and not given, and those that are given and not used. */
export function checkPlaceholders(
  expressions: readonly (string | undefined)[],
  { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} }: Placeholders,
): void {
  const used = new Set(expressions.flatMap((text) => [...(text ? placeholdersIn(text) : [])]));
  for (const each of used)
    if (!Object.hasOwn(each.startsWith('#') ? names : values, each))
      throw new InvalidExpressionError(`An expression uses ${each}, which is not defined`);
  for (const each of [...Object.keys(names), ...Object.keys(values)])
    if (!used.has(each)) throw new InvalidExpressionError(`${each} is provided and unused in expressions`);
}

const nameOf = (name: string, { ExpressionAttributeNames = {} }: Placeholders): string =>
  name.startsWith('#') ? (ExpressionAttributeNames[name] as string) : name;

function operandIn(operand: Operand, item: Item, given: Placeholders): AttributeValue | undefined {
  switch (operand.is) {
    case 'name':
      return item[nameOf(operand.name, given)];
    case 'value':
      return given.ExpressionAttributeValues?.[operand.value];
    case 'size': {
      const value = operandIn(operand.of[0] as Operand, item, given);
      return value && { N: String(sizeOf(value)) };
    }
    case 'fallback':
      return operandIn(operand.of[0] as Operand, item, given) ?? operandIn(operand.of[1] as Operand, item, given);
    default: {
      const [left, right] = operand.of.map((each) => operandIn(each, item, given)?.N);
      if (left === undefined || right === undefined)
        throw new InvalidExpressionError('An operand in the update expression has an incorrect data type');
      return { N: String(Number(left) + (operand.is === 'sum' ? Number(right) : -Number(right))) };
    }
  }
}

function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  const counted = value.SS ?? value.NS ?? value.L ?? value.B;
  if (counted) return counted.length;
  throw new InvalidExpressionError(`size of ${JSON.stringify(value)} is not played`);
}

/** Less than, equal or more than 0, as two values of one type stand; undefined where they are of two, or have no order. */
export function compare(a: AttributeValue | undefined, b: AttributeValue | undefined): number | undefined {
  if (a?.S !== undefined && b?.S !== undefined) return compareText(a.S, b.S);
  if (a?.N !== undefined && b?.N !== undefined) return Number(a.N) - Number(b.N);
  return undefined;
}

const ASCII = /^[\0-\x7f]*$/;

/** By the bytes of UTF-8, as DynamoDB sorts. JavaScript's order is another outside of ASCII. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (ASCII.test(a) && ASCII.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Whether two values are the same, whatever the order of a set's elements. */
export function isEqual(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  return compare(a, b) === 0 || canonical(a) === canonical(b);
}

function canonical(value: AttributeValue): string {
  return JSON.stringify(value, (key, each) => (key === 'SS' || key === 'NS' ? [...each].sort() : each));
}

/** Whether a condition holds of an item; of none, where there is none. */
export function holds(condition: Condition, item: Item, given: Placeholders): boolean {
  switch (condition.is) {
    case 'and':
      return condition.of.every((each) => holds(each, item, given));
    case 'or':
      return condition.of.some((each) => holds(each, item, given));
    case 'not':
      return !holds(condition.of[0] as Condition, item, given);
    case 'call':
      return callHolds(condition.name, condition.of, item, given);
    case 'between': {
      const [value, low, high] = condition.of.map((each) => operandIn(each, item, given));
      return (compare(value, low) ?? -1) >= 0 && (compare(value, high) ?? 1) <= 0;
    }
    case 'in': {
      const [value, ...options] = condition.of.map((each) => operandIn(each, item, given));
      return value !== undefined && options.some((option) => isEqual(value, option));
    }
    case 'compare': {
      const [left, right] = condition.of.map((each) => operandIn(each, item, given));
      return comparisonHolds(condition.by, left, right);
    }
  }
}

function comparisonHolds(by: Comparison, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (by === '=') return left !== undefined && isEqual(left, right);
  if (by === '<>') return !isEqual(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[by];
}

function callHolds(name: string, of: readonly Operand[], item: Item, given: Placeholders): boolean {
  const [value, argument] = of.map((each) => operandIn(each, item, given));
  if (name === 'attribute_exists') return value !== undefined;
  if (name === 'attribute_not_exists') return value === undefined;
  if (argument?.S === undefined) return false;
  if (name === 'begins_with') return value?.S?.startsWith(argument.S) ?? false;
  return value?.S?.includes(argument.S) ?? value?.SS?.includes(argument.S) ?? false;
}

/** The item as an update makes it. */
export function updated(item: Item, expression: string, given: Placeholders): Item {
  const result: Record<string, AttributeValue> = { ...item };
  for (const update of updatesOf(expression)) {
    const name = nameOf(update.name, given);
    if (update.is === 'REMOVE') {
      delete result[name];
      continue;
    }
    const value = operandIn(update.to, item, given);
    if (!value) throw new InvalidExpressionError(`The expression names an attribute that the item does not have`);
    const next = update.is === 'SET' ? value : changedBy(update.is, item[name], value);
    if (next) result[name] = next;
    else delete result[name];
  }
  return result;
}

/** A number or a set with something added to it, or a set with something taken away; undefined where nothing is left. */
function changedBy(
  how: 'ADD' | 'DELETE',
  before: AttributeValue | undefined,
  value: AttributeValue,
): AttributeValue | undefined {
  if (value.SS) {
    const there = new Set(before?.SS ?? []);
    for (const each of value.SS)
      if (how === 'ADD') there.add(each);
      else there.delete(each);
    return there.size > 0 ? { SS: [...there] } : undefined;
  }
  if (how === 'ADD' && value.N !== undefined) return { N: String(Number(before?.N ?? 0) + Number(value.N)) };
  throw new InvalidExpressionError(`${how} takes a set of strings, or ADD a number`);
}

/** The attributes that a projection names. */
export function projected(item: Item, expression: string, given: Placeholders): Item {
  const names = namesIn(expression).map((name) => nameOf(name, given));
  return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name] as AttributeValue]] : [])));
}

/** The value that a key condition asks a partition key for, and the condition on the sort key, if there is one. */
export function keyCondition(
  expression: string,
  partitionKey: string,
  given: Placeholders,
): { readonly partition: string; readonly sort: Condition | undefined } {
  const condition = conditionOf(expression);
  const parts = condition.is === 'and' ? condition.of : [condition];
  const isPartition = (part: Condition): boolean =>
    part.is === 'compare' &&
    part.by === '=' &&
    part.of[0].is === 'name' &&
    nameOf(part.of[0].name, given) === partitionKey;
  const own = parts.find(isPartition);
  const others = parts.filter((part) => part !== own);
  if (own?.is !== 'compare' || others.length > 1)
    throw new InvalidExpressionError(`Query condition missed key schema element: ${partitionKey}`);
  const value = operandIn(own.of[1], {}, given)?.S;
  if (!value) throw new InvalidExpressionError('The key is empty, or no string');
  return { partition: value, sort: others[0] };
}
