/**
 * What the log says of an unexpected error: what it is and where, without tokens, e-mail addresses or names of resources.
 * One place of the stack and not all of it: the rest is the SDK's.
 */
export function describeFailure(error: unknown): { name: string; message: string; at?: string } {
  if (!(error instanceof Error)) return { name: 'unknown', message: '' };
  const message = error.message
    .replace(/imt_[\w-]+/g, 'imt_…')
    .replace(/[^\s@<>"]+@[^\s@<>"]+/g, '…@…')
    .replace(/arn:[^\s"]+|(?<=[Tt]able:? )\S+/g, '…');
  const at = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return { name: error.name, message, ...(at ? { at: at.trim() } : {}) };
}
