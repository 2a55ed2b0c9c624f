import { isObject } from './resolve.ts';

/**
 * Emulates what Amazon SNS asks of a message before it takes it.
 * Source: Amazon SNS API Reference, "Publish"; Developer Guide, "Message attributes".
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

export interface PublishedMessage {
  readonly subject: string | undefined;
  /** What is sent by e-mail. */
  readonly body: string;
  /** Strings by name: the only data type that is emulated. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** "The total size of a message, with attributes": name, type and value of each count. */
const MAX_MESSAGE_BYTES = 262_144;

/** Reads the fields of a Publish call. Throws an `SnsError` where SNS would refuse the message. */
export function readMessage(input: Readonly<Record<string, string>>): PublishedMessage {
  const attributes = readAttributes(input);
  const { Message: message = '', Subject: subject, MessageStructure: structure } = input;
  if (message === '') throw invalid('Empty message');
  const parts = Object.entries(attributes).flatMap(([name, value]) => [name, 'String', value]);
  const size = [message, ...parts].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  if (size > MAX_MESSAGE_BYTES) throw invalid('Message too long');
  // "must be ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or
  // control characters; and must be less than 100 characters long".
  if (subject !== undefined && !/^[!-~][ -~]{0,98}$/.test(subject)) throw invalid('Subject');
  if (structure !== undefined && structure !== 'json') throw invalid('MessageStructure');
  return { subject, body: structure === 'json' ? readStructuredMessage(message) : message, attributes };
}

/** The text for e-mail of a message that has one by protocol, or its `default`. */
function readStructuredMessage(message: string): string {
  let bodies: unknown;
  try {
    bodies = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const { default: fallback, email } = isObject(bodies) ? bodies : {};
  if (typeof fallback !== 'string') throw invalid('Message Structure - No default entry in JSON message body');
  // "Non-string values will cause the key to be ignored."
  return typeof email === 'string' ? email : fallback;
}

function readAttributes(input: Readonly<Record<string, string>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let index = 1; ; index++) {
    const prefix = `MessageAttributes.entry.${index}`;
    const name = input[`${prefix}.Name`];
    if (name === undefined) return attributes;
    const type = input[`${prefix}.Value.DataType`] ?? '';
    const value = input[`${prefix}.Value.StringValue`] ?? '';
    const wrong = (reason: string) =>
      new SnsError('ParameterValueInvalid', `The message attribute '${name}' ${reason}.`);
    if (type !== 'String') throw wrong(`has the type '${type}'; only String is emulated`);
    if (value === '') throw wrong('must contain non-empty message attribute value');
    attributes[name] = value;
  }
}
