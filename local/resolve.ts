import type { Stack } from './template.ts';

/** What the intrinsic functions may refer to besides parameters and pseudo parameters. */
export interface References {
  /** The value of `Ref` on a resource, or undefined where the template has no such resource. */
  ref(logicalId: string): unknown;
  /** The value of `Fn::GetAtt`. Throws where resource or attribute is unknown. */
  attribute(logicalId: string, attribute: string): unknown;
  /** A last change to a string that was put together from parts, such as an API's host name. */
  rewrite(value: string): string;
}

export interface Resolver {
  /** `value` with every intrinsic function replaced by its result. `where` is named in errors. */
  resolve(value: unknown, where: string): unknown;
  condition(name: string, where: string): boolean;
}

/** Stands for `AWS::NoValue` until the property that holds it is removed. */
const NO_VALUE = Symbol('AWS::NoValue');

type Node = Record<string, unknown>;

/**
 * CloudFormation's intrinsic functions, as far as a synthesized stack of this kind uses them.
 * Reference: AWS CloudFormation User Guide, "Intrinsic function reference". Anything unknown is an error that
 * says where it stands, because AWS too would refuse the deployment.
 */
export function createResolver(stack: Stack, references: References): Resolver {
  const { template, region, account, name } = stack;
  const pseudo: Node = {
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': name,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${name}/local`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': NO_VALUE,
  };

  const ref = (id: string, where: string): unknown => {
    if (id in pseudo) return pseudo[id];
    const parameter = template.Parameters[id];
    if (parameter !== undefined) {
      if (parameter.Default === undefined) throw new Error(`${where}: parameter '${id}' has no default value`);
      return parameter.Default;
    }
    const value = references.ref(id);
    if (value === undefined) throw new Error(`${where}: Ref to '${id}', which is neither a parameter nor a resource`);
    return value;
  };

  const attribute = (target: unknown, where: string): unknown => {
    const parts = Array.isArray(target) ? target : String(target).split('.');
    const [id, ...rest] = parts.map((part) => String(visit(part, where)));
    try {
      return references.attribute(id ?? '', rest.join('.'));
    } catch (error) {
      throw new Error(`${where}: Fn::GetAtt ${id}.${rest.join('.')}: ${(error as Error).message}`);
    }
  };

  const substitute = (argument: unknown, where: string): string => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const local = visit(variables, where) as Node;
    return references.rewrite(
      String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, expression: string) => {
        if (literal) return `\${${expression}}`;
        const key = expression.trim();
        if (key in local) return String(local[key]);
        return String(key.includes('.') ? attribute(key, where) : ref(key, where));
      }),
    );
  };

  const functions: Record<string, (argument: unknown, where: string) => unknown> = {
    Ref: (argument, where) => ref(String(argument), where),
    Condition: (argument, where) => condition(String(argument), where),
    'Fn::GetAtt': attribute,
    'Fn::Sub': substitute,
    'Fn::Join': (argument, where) => {
      const [separator, parts] = visit(argument, where) as [string, unknown[]];
      return references.rewrite(parts.map(String).join(separator));
    },
    'Fn::Select': (argument, where) => {
      const [index, list] = visit(argument, where) as [number | string, unknown[]];
      const value = list[Number(index)];
      if (value === undefined) throw new Error(`${where}: Fn::Select ${index} of a list of ${list.length}`);
      return value;
    },
    'Fn::Split': (argument, where) => {
      const [separator, text] = visit(argument, where) as [string, string];
      return text.split(separator);
    },
    'Fn::FindInMap': (argument, where) => {
      const [map, top, second] = visit(argument, where) as [string, string, string];
      const value = template.Mappings[map]?.[top]?.[second];
      if (value === undefined)
        throw new Error(`${where}: Fn::FindInMap ${map}.${top}.${second} is not in the template`);
      return value;
    },
    'Fn::Base64': (argument, where) => Buffer.from(String(visit(argument, where))).toString('base64'),
    'Fn::If': (argument, where) => {
      const [name, yes, no] = argument as [string, unknown, unknown];
      return visit(condition(name, where) ? yes : no, where);
    },
    'Fn::Equals': (argument, where) => {
      const [left, right] = visit(argument, where) as [unknown, unknown];
      return String(left) === String(right);
    },
    'Fn::And': (argument, where) => (visit(argument, where) as unknown[]).every((value) => value === true),
    'Fn::Or': (argument, where) => (visit(argument, where) as unknown[]).some((value) => value === true),
    'Fn::Not': (argument, where) => (visit(argument, where) as unknown[])[0] !== true,
  };

  const visit = (value: unknown, where: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(item, where)).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (first !== undefined && entries.length === 1) {
      const [key, argument] = first;
      // `Condition` is an intrinsic only with a condition's name; an IAM policy has a property of that name.
      const intrinsic = functions[key];
      if (intrinsic !== undefined && (key !== 'Condition' || typeof argument === 'string')) {
        return intrinsic(argument, where);
      }
      if (key.startsWith('Fn::')) throw new Error(`${where}: ${key} is not supported by the local runtime`);
    }
    const resolved = entries.map(([key, item]) => [key, visit(item, `${where}.${key}`)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== NO_VALUE));
  };

  const condition = (conditionName: string, where: string): boolean => {
    const expression = template.Conditions[conditionName];
    if (expression === undefined) throw new Error(`${where}: condition '${conditionName}' is not in the template`);
    return visit(expression, `Conditions.${conditionName}`) === true;
  };

  return {
    resolve(value, where) {
      const result = visit(value, where);
      return result === NO_VALUE ? undefined : result;
    },
    condition,
  };
}
