import * as z from 'zod';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const WITHOUT_CONTROL = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/;

/**
 * What somebody typed, to be read by others, in at most so many characters. No keyboard types control characters: they hide
 * something, or come from a file that is none of text; and each takes six bytes where a letter takes one.
 */
export const typedText = (maxLength: number): z.ZodString =>
  z.string().max(maxLength).regex(WITHOUT_CONTROL, 'holds control characters, which cannot be read; take them out');
