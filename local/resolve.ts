/**
 * Emulates CloudFormation's intrinsic functions, those that the template uses where something is emulated: `Ref`, `Fn::GetAtt`
 * and `Fn::Join`. Reference: AWS CloudFormation Template Reference, "Intrinsic function reference".
 */

/** The function of an expression such as `{ "Ref": "Items" }`, with its argument; undefined where `value` is no expression. */
export function intrinsicOf(value: unknown): { readonly name: string; readonly argument: unknown } | undefined {
  if (!isObject(value)) return undefined;
  const [name] = Object.keys(value).filter((key) => key === 'Ref' || key.startsWith('Fn::'));
  return name === undefined ? undefined : { name, argument: value[name] };
}

/** What `Ref` or `Fn::GetAtt` points at: the resource and which of its values. Undefined where `value` is neither. */
export function referenceOf(value: unknown): { readonly logicalId: string; readonly returnValue: string } | undefined {
  const { name, argument } = intrinsicOf(value) ?? {};
  if (name === 'Ref') return { logicalId: String(argument), returnValue: 'Ref' };
  if (name !== 'Fn::GetAtt') return undefined;
  const [logicalId = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  return { logicalId, returnValue: rest.join('.') };
}

/** The separator and the parts of a `Fn::Join`. */
const joinOf = (argument: unknown): readonly [separator: string, parts: readonly unknown[]] =>
  argument as [string, unknown[]];

/** Whether a `Fn::Join` has the form that it must have. */
export const isJoin = (argument: unknown): boolean =>
  Array.isArray(argument) && argument.length === 2 && typeof argument[0] === 'string' && Array.isArray(argument[1]);

/**
 * `value` with every expression replaced by its result. `lookUp` gives what a reference points at.
 * What cannot be resolved was refused before: see `check-template.ts`.
 */
export function resolve(value: unknown, lookUp: (logicalId: string, returnValue: string) => unknown): unknown {
  const visit = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(visit);
    if (!isObject(part)) return part;
    const reference = referenceOf(part);
    if (reference !== undefined) return lookUp(reference.logicalId, reference.returnValue);
    const intrinsic = intrinsicOf(part);
    if (intrinsic !== undefined) {
      const [separator, parts] = joinOf(intrinsic.argument);
      return parts.map((each) => String(visit(each))).join(separator);
    }
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, visit(item)]));
  };
  return visit(value);
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
