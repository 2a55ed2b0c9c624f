import { compilePattern } from './event-pattern.ts';

/**
 * What a message published to SNS must be, and which subscriptions it is for.
 * Source: Amazon SNS API Reference, Publish; Developer Guide, "Message attributes" and "Subscription filter policies".
 */

/** An error that the caller gets under this name. */
export class SnsError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'SnsError';
    this.code = code;
    this.status = status;
  }
}

export const invalid = (message: string) => new SnsError('InvalidParameter', `Invalid parameter: ${message}`);

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** What to send by protocol, `default` for those that have no entry of their own. */
export type Bodies = { readonly [protocol: string]: string; readonly default: string };

const MAX_MESSAGE_BYTES = 262_144;
export interface PublishedMessage {
  readonly subject: string | undefined;
  readonly bodies: Bodies;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
}

/** Reads the fields of a Publish call. Throws an SnsError where SNS would refuse the message. */
export function readMessage(input: Readonly<Record<string, string>>): PublishedMessage {
  const attributes = readMessageAttributes(input);
  const message = input.Message ?? '';
  if (message === '') throw invalid('Empty message');
  if (messageSize(message, attributes) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
  const subject = input.Subject;
  // "must be ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or
  // control characters; and must be less than 100 characters long" (API reference, Publish).
  if (subject !== undefined && !/^[!-~][ -~]{0,98}$/.test(subject)) throw invalid('Subject');
  const structured = input.MessageStructure === 'json';
  if (input.MessageStructure !== undefined && !structured) throw invalid('MessageStructure');
  return { subject, bodies: structured ? readStructuredMessage(message) : { default: message }, attributes };
}

/** A policy on attributes sees them as values; one on the body sees the body's JSON, and nothing if it is none. */
export function passesFilter(
  { FilterPolicy, FilterPolicyScope }: Readonly<Record<string, string>>,
  body: string,
  attributes: Readonly<Record<string, MessageAttribute>>,
): boolean {
  if (FilterPolicy === undefined) return true;
  const matches = compilePattern(JSON.parse(FilterPolicy));
  if (FilterPolicyScope !== 'MessageBody') {
    const values = Object.entries(attributes).map(([name, attribute]) => [name, attributeValue(attribute)]);
    return matches(Object.fromEntries(values));
  }
  try {
    return matches(JSON.parse(body));
  } catch {
    return false;
  }
}

function attributeValue({ DataType, StringValue = '' }: MessageAttribute): unknown {
  if (DataType === 'Number') return Number(StringValue);
  return DataType === 'String.Array' ? JSON.parse(StringValue) : StringValue;
}

function readStructuredMessage(message: string): Bodies {
  let bodies: unknown;
  try {
    bodies = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const record = (typeof bodies === 'object' ? bodies : null) as Record<string, unknown> | null;
  if (typeof record?.default !== 'string') {
    throw invalid('Message Structure - No default entry in JSON message body');
  }
  const strings = Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { ...Object.fromEntries(strings), default: record.default };
}

function readMessageAttributes(input: Readonly<Record<string, string>>): Record<string, MessageAttribute> {
  const attributes: Record<string, MessageAttribute> = {};
  for (let index = 1; ; index++) {
    const prefix = `MessageAttributes.entry.${index}`;
    const name = input[`${prefix}.Name`];
    if (name === undefined) return attributes;
    const DataType = input[`${prefix}.Value.DataType`] ?? '';
    const StringValue = input[`${prefix}.Value.StringValue`];
    const BinaryValue = input[`${prefix}.Value.BinaryValue`];
    const wrong = (reason: string) =>
      new SnsError('ParameterValueInvalid', `The message attribute '${name}' ${reason}.`);
    if (!/^(String|Number|Binary)(\.|$)/.test(DataType)) throw wrong('has an invalid message attribute type');
    const value = DataType.startsWith('Binary') ? BinaryValue : StringValue;
    if (value === undefined || value === '') throw wrong('must contain non-empty message attribute value');
    if (DataType === 'Number' && !Number.isFinite(Number(value))) throw wrong('is no number');
    if (DataType === 'String.Array' && !isJsonArray(value)) throw wrong('is no JSON array');
    attributes[name] = {
      DataType,
      ...(StringValue === undefined ? {} : { StringValue }),
      ...(BinaryValue === undefined ? {} : { BinaryValue }),
    };
  }
}

function isJsonArray(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** "The total size of a message, with attributes": name, type and value of each count. */
function messageSize(message: string, attributes: Readonly<Record<string, MessageAttribute>>): number {
  const parts = Object.entries(attributes).flatMap(([name, { DataType, StringValue = '', BinaryValue = '' }]) => [
    name,
    DataType,
    StringValue,
    BinaryValue,
  ]);
  return [message, ...parts].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}
