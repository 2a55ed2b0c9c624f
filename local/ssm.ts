import * as z from 'zod';
import { type AwsCall, type AwsReply, awsError } from './gateway.ts';
import { readJson } from './json-file.ts';

/**
 * Emulates the Parameter Store of AWS Systems Manager, as far as the service uses it: reading one SecureString at a time. What
 * parameters hold is in a file in the instance's folder, by name, for people to write. Reference: Systems Manager API Reference,
 * "GetParameter".
 */

/** The file: `{ "/name/of/parameter": "its value" }`. */
export const PARAMETERS = 'parameters.json';

const InputSchema = z.strictObject({
  Name: z.string(),
  WithDecryption: z.literal(true, { error: 'only reading with decryption is emulated' }),
});

export function serveParameters(path: string): (call: AwsCall) => AwsReply {
  return (call) => {
    if (call.operation !== 'GetParameter')
      return awsError(call, 400, 'UnsupportedOperation', `${call.operation} is not emulated: only GetParameter is`);
    const input = InputSchema.safeParse(call.input());
    if (!input.success) return awsError(call, 400, 'UnsupportedOperation', z.prettifyError(input.error));
    const { Name } = input.data;
    // Read each time: what somebody puts there counts from the next call on, as it does on AWS.
    const Value = readJson<Readonly<Record<string, string>>>(path)?.[Name];
    if (Value === undefined) return awsError(call, 400, 'ParameterNotFound', `write it into ${path}`);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ Parameter: { Name, Type: 'SecureString', Value, Version: 1 } }),
    };
  };
}
