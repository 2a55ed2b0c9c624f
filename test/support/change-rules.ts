import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * A program of its own, for `test/domain/rules.test.ts`: loads the readers of the rules once as they are and once for each
 * rule with another number in `functions/domain/rules.ts`, and prints what each of them then says, as JSON. Its argument is
 * the list of changes, `[{ "name": "XMR_RUN", "value": 6 }, …]`.
 */

export interface RuleChange {
  readonly name: string;
  readonly value: number | readonly number[];
}

const [changes] = process.argv.slice(2);
const RULES = new URL('../../functions/domain/rules.ts', import.meta.url).href;
const READERS = pathToFileURL(`${import.meta.dirname}/read-rules.ts`).href;

// What is imported with a change in its address hands it on to our own modules that it imports, so that each set of them is loaded anew.
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const { search } = new URL(context.parentURL ?? 'file:///');
    const isOurs =
      resolved.url.startsWith('file:') && resolved.url.endsWith('.ts') && !resolved.url.includes('node_modules');
    return search && isOurs ? { ...resolved, url: `${resolved.url}${search}` } : resolved;
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const { search, searchParams } = new URL(url);
    const name = searchParams.get('name');
    if (!url.startsWith(RULES) || !search || !name) return loaded;
    const before = String(loaded.source);
    const source = before.replace(
      new RegExp(`(?<=^export const ${name} = ).*(?=;$)`, 'm'),
      searchParams.get('value') as string,
    );
    if (source === before)
      throw new Error(`functions/domain/rules.ts has no number called ${name} on a line of its own`);
    return { ...loaded, source };
  },
});

const said: Record<string, string>[] = [];
for (const change of [undefined, ...(JSON.parse(changes ?? '[]') as RuleChange[])]) {
  const search = change ? `?name=${change.name}&value=${JSON.stringify(change.value)}` : '';
  const { readRules } = (await import(`${READERS}${search}`)) as typeof import('./read-rules.ts');
  said.push(readRules());
}
console.log(JSON.stringify(said));
