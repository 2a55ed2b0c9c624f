/** What a line of the log says of its own, by these names: a field of the same name would be dropped, with a warning at each line. */
type Reserved = 'level' | 'message' | 'timestamp' | 'service' | 'sampling_rate';
type Fields = Record<string, unknown> & { readonly [name in Reserved]?: never };

/** Where services say what they did: fixed words with fields, nothing about a person. */
export interface Log {
  info(message: string, fields: Fields): void;
  warn(message: string, fields: Fields): void;
}
