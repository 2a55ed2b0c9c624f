import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import * as z from 'zod';
import { LevelSchema } from '../../functions/domain/lifecycle.ts';
import { createApp } from '../../lib/app.ts';
import { OPERATIONS_LEVELS, SettingsSchema } from '../../lib/settings.ts';
import { checkTemplate, emulatedProperties, TemplateError } from '../../local/check-template.ts';
import {
  PROPERTIES_NOT_EMULATED,
  RESOURCE_ATTRIBUTES_NOT_EMULATED,
  SECTIONS_NOT_EMULATED,
  TYPES_NOT_EMULATED,
} from '../../local/not-emulated.ts';
import { intrinsicOf, isObject, referenceOf } from '../../local/resolve.ts';
import { EVENT_SOURCE_MAPPINGS, PROPERTIES, PSEUDO_PARAMETERS, RETURN_VALUES } from '../../local/resource-types.ts';
import { COUNCIL_SETTINGS } from '../support/settings.ts';

interface Template {
  [section: string]: unknown;
  Resources: Record<string, { Type: string; Properties?: unknown; [attribute: string]: unknown }>;
  Outputs: Record<string, Record<string, unknown>>;
}

const outdir = mkdtempSync(join(tmpdir(), 'check-template-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** Every setting that an installation can make, each in all its kinds. */
const EVERYTHING = {
  alertEmail: 'director@example.org',
  operationsEmail: 'engineer@example.org',
  contact: 'information@example.org',
  queues: true,
  retain: true,
};
const VARIANTS: readonly Record<string, unknown>[] = [
  {},
  EVERYTHING,
  { ...EVERYTHING, retain: false },
  { ...EVERYTHING, authority: 'herefordshire', smallNumbers: 'suppress', stack: 'InspectionMonitor' },
  {
    ...EVERYTHING,
    ...COUNCIL_SETTINGS,
  },
  ...OPERATIONS_LEVELS.map((operations) => ({ operations })),
  ...LevelSchema.options.map((alertLevel) => ({ ...EVERYTHING, alertLevel })),
];
const TEMPLATES: readonly Template[] = VARIANTS.map(
  (context) => createApp({ outdir, context }).synth().getStackByName('InspectionMonitor').template as Template,
);
const TEMPLATE = TEMPLATES[1] as Template;

type Path = readonly (string | number)[];

/** Every value within `value` with the way to it, itself first. */
function* walk(value: unknown, path: Path = []): Generator<{ readonly path: Path; readonly value: unknown }> {
  yield { path, value };
  if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value))
      yield* walk(item, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** `Targets[0].Arn`; with `any`, `Targets[].Arn`. */
const spell = (path: Path, any = false): string =>
  path.map((key) => (typeof key === 'number' ? `[${any ? '' : key}]` : `.${key}`)).join('');

/** What checking says of the real template after a change; fails where it says nothing. */
function faultsAfter(change: (template: Template) => void): readonly string[] {
  const template = structuredClone(TEMPLATE);
  change(template);
  try {
    checkTemplate(template);
  } catch (error) {
    if (error instanceof TemplateError) return error.faults;
    throw error;
  }
  return [];
}

/** Changes what is at `path` in a resource's properties. */
function faultsAfterAt(id: string, path: Path, change: (parent: any, key: string | number) => void) {
  return faultsAfter(({ Resources }) => {
    const whole = [Resources[id], 'Properties', ...path] as const;
    const key = whole.at(-1) as string | number;
    const parent = whole.slice(1, -1).reduce<any>((inner, each) => inner[each as string], whole[0]);
    change(parent, key);
  });
}

/** Where the template may say what it likes: what it says there is not CloudFormation's. */
const isFree = (type: string, path: Path): boolean =>
  type.startsWith('Custom::') ||
  // The keys of routes; that there are such routes is looked at when the API opens.
  (path.length === 2 && path[0] === 'RouteSettings') ||
  /^\.(Environment\.Variables|FilterPolicy)\./.test(spell(path));

/** One of each kind of place within the emulated properties of the real template, and those that are listed as not emulated. */
const PLACES = [
  ...new Map(
    Object.entries(TEMPLATE.Resources)
      .filter(([, { Type }]) => !(Type in TYPES_NOT_EMULATED))
      .flatMap(([id, { Type, Properties }]) =>
        [...walk(emulatedProperties(Type, Properties ?? {}))].map(({ path, value }) => ({
          id,
          type: Type,
          path,
          value,
        })),
      )
      // What is in an expression is no property.
      .filter(({ path }) => !path.some((key) => key === 'Ref' || String(key).startsWith('Fn::')))
      .map((place) => [`${place.type}${spell(place.path, true)}`, place] as const),
  ).values(),
];

describe('the template that is deployed', () => {
  test('is emulated whole, whatever the settings', () => {
    for (const template of TEMPLATES) expect(() => checkTemplate(template)).not.toThrow();
    const used = new Set(VARIANTS.flatMap((context) => Object.keys(context)));
    expect([...used].sort()).toEqual(Object.keys(SettingsSchema.shape).sort());
  });

  test('uses every property, return value and exception that the stand-in knows', () => {
    const used = new Set<string>();
    for (const { Resources, Outputs, ...sections } of TEMPLATES) {
      for (const section of Object.keys(sections)) used.add(section);
      for (const { Type, Properties = {}, ...attributes } of Object.values(Resources)) {
        used.add(Type);
        for (const name of Object.keys(attributes)) used.add(`attribute ${name}`);
        for (const { path } of walk(Properties)) used.add(`${Type}${spell(path, true)}`);
      }
      const emulated = Object.values(Resources)
        .filter(({ Type }) => !(Type in TYPES_NOT_EMULATED))
        .map(({ Type, Properties }) => emulatedProperties(Type, Properties ?? {}));
      for (const { value } of walk([...emulated, Outputs])) {
        const reference = referenceOf(value);
        const type = reference && Resources[reference.logicalId]?.Type;
        if (reference) used.add(type ? `${reference.returnValue} of ${type}` : reference.logicalId);
      }
    }
    const known = [
      ...Object.keys(SECTIONS_NOT_EMULATED),
      ...Object.keys(TYPES_NOT_EMULATED),
      ...Object.keys(RESOURCE_ATTRIBUTES_NOT_EMULATED).map((name) => `attribute ${name}`),
      ...Object.entries(PROPERTIES_NOT_EMULATED).flatMap(([type, paths]) =>
        Object.keys(paths).map((path) => `${type}.${path}`),
      ),
      ...Object.entries(PROPERTIES).flatMap(([type, schema]) => [
        type,
        ...propertiesOf(schema).map((path) => type + path),
      ]),
      ...EVENT_SOURCE_MAPPINGS.flatMap((schema) => propertiesOf(schema)).map(
        (path) => `AWS::Lambda::EventSourceMapping${path}`,
      ),
      ...PSEUDO_PARAMETERS,
      ...Object.entries(RETURN_VALUES).flatMap(([type, values]) => values.map((value) => `${value} of ${type}`)),
    ];
    // Subscriptions are asked for by a function; only templates that tests write by hand have some.
    const unused = known.filter((each) => !used.has(each) && !each.startsWith('AWS::SNS::Subscription'));
    // The command line of CDK adds it.
    expect(unused).toEqual(['attribute Metadata']);
  });

  test.each(PLACES.filter(({ path, type }) => typeof path.at(-1) === 'string' && !isFree(type, path)))(
    'with $type $path renamed is refused, naming it',
    ({ id, type, path }) => {
      const faults = faultsAfterAt(id, path, (parent, key) => {
        parent[`${key}Renamed`] = parent[key];
        delete parent[key];
      });
      expect(faults).toContain(`${id} (${type}) Properties${spell(path)}Renamed: this property is not emulated`);
    },
  );

  test.each(
    Object.entries(PROPERTIES_NOT_EMULATED).flatMap(([type, paths]) =>
      Object.keys(paths).map((path) => ({ type, path })),
    ),
  )('with $type $path, which is not emulated, renamed is refused, naming it', ({ type, path }) => {
    const [id, place] = Object.entries(TEMPLATE.Resources)
      .filter(([, { Type }]) => Type === type)
      .flatMap(([logicalId, { Properties }]) => [...walk(Properties)].map((each) => [logicalId, each.path] as const))
      .find(([, each]) => spell(each, true) === `.${path}`) as [string, Path];
    const faults = faultsAfterAt(id, place, (parent, key) => {
      parent[`${key}Renamed`] = parent[key];
      delete parent[key];
    });
    expect(faults).toContain(`${id} (${type}) Properties${spell(place)}Renamed: this property is not emulated`);
  });

  test.each(
    PLACES.filter(({ value }) => isObject(value) && !intrinsicOf(value)).filter(
      ({ type, path }) => !isFree(type, [...path, '']),
    ),
  )('with a property added in $type $path is refused, naming it', ({ id, type, path }) => {
    const faults = faultsAfter(({ Resources }) => {
      const target = ['Properties', ...path].reduce<any>((inner, key) => {
        inner[key] ??= {};
        return inner[key];
      }, Resources[id]);
      target.Unheard = { deep: true };
    });
    expect(faults).toEqual([`${id} (${type}) Properties${spell(path)}.Unheard: this property is not emulated`]);
  });

  test.each(PLACES.filter(({ value }) => typeof value !== 'object' || intrinsicOf(value)))(
    'with an unknown function at $type $path is refused, naming it',
    ({ id, type, path }) => {
      for (const expression of [{ 'Fn::ImportValue': 'x' }, { 'Fn::If': ['IsProd', 1, 2] }, { 'Fn::Sub': 'x' }]) {
        const faults = faultsAfterAt(id, path, (parent, key) => {
          parent[key] = expression;
        });
        const [name] = Object.keys(expression);
        expect(faults).toContain(`${id} (${type}) Properties${spell(path)}: the function ${name} is not emulated`);
      }
    },
  );

  test.each(PLACES.filter(({ value, type, path }) => intrinsicOf(value) && !isFree(type, path)))(
    'with the function at $type $path misspelt is refused, naming the place',
    ({ id, type, path }) => {
      const faults = faultsAfterAt(id, path, (parent, key) => {
        const [name = ''] = Object.keys(parent[key]);
        parent[key] = { [`${name.replace('Fn::', '')}x`]: parent[key][name] };
      });
      expect(faults.join('\n')).toContain(`${id} (${type}) Properties${spell(path)}`);
    },
  );

  test.each([...new Set(Object.values(TEMPLATE.Resources).map(({ Type }) => Type))])(
    'with %s of an unknown type is refused, naming it',
    (type) => {
      const [id = ''] = Object.entries(TEMPLATE.Resources).find(([, { Type }]) => Type === type) ?? [];
      const faults = faultsAfter(({ Resources }) => {
        Object.assign(Resources[id] as object, { Type: 'AWS::Unheard::Of' });
      });
      expect(faults).toContain(`${id} (AWS::Unheard::Of): this type of resource is not emulated`);
    },
  );
});

describe('a template', () => {
  const [queue = ''] = Object.entries(TEMPLATE.Resources).find(([, { Type }]) => Type === 'AWS::SQS::Queue') ?? [];
  const [alarm = ''] =
    Object.entries(TEMPLATE.Resources).find(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm') ?? [];

  it.each<[string, (template: Template) => void, string]>([
    ['a section', (t) => Object.assign(t, { Mappings: {} }), 'Mappings: this section of a template is not emulated'],
    [
      'an attribute of a resource',
      (t) => Object.assign(t.Resources[queue] as object, { Condition: 'Never' }),
      `${queue} (AWS::SQS::Queue) Condition: this attribute of a resource is not emulated`,
    ],
    [
      'an attribute of a resource that is not emulated itself',
      (t) => Object.assign(t.Resources[alarm] as object, { CreationPolicy: {} }),
      `${alarm} (AWS::CloudWatch::Alarm) CreationPolicy: this attribute of a resource is not emulated`,
    ],
    [
      'an attribute of an output',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Export: { Name: 'x' } }),
      'Outputs.ApiUrl.Export: this attribute of an output is not emulated',
    ],
    [
      'a function in an output',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { 'Fn::Join': ['', [{ 'Fn::Base64': 'x' }]] } }),
      'Outputs.ApiUrl.Value.Fn::Join[0]: the function Fn::Base64 is not emulated',
    ],
    [
      'an output that is no string',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { Reff: queue } }),
      `Outputs.ApiUrl.Value: an output is a string or an expression, not {"Reff":"${queue}"}`,
    ],
    [
      'an attribute of a resource that is not given',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }),
      `Outputs.ApiUrl.Value: Fn::GetAtt QueueName of ${queue} (AWS::SQS::Queue) is not emulated (known: Ref, Arn)`,
    ],
    [
      'a reference to what is not emulated',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { Ref: alarm } }),
      `Outputs.ApiUrl.Value: Ref of ${alarm} (AWS::CloudWatch::Alarm) is not emulated (known: nothing)`,
    ],
    [
      'a pseudo parameter',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { Ref: 'AWS::StackId' } }),
      'Outputs.ApiUrl.Value: the pseudo parameter AWS::StackId is not emulated',
    ],
    [
      'an expression with company',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { Ref: queue, Other: 1 } }),
      'Outputs.ApiUrl.Value: Ref and Other stand side by side; an expression stands alone',
    ],
    [
      'a Fn::Join without a list',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { 'Fn::Join': ['', 'x'] } }),
      'Outputs.ApiUrl.Value: Fn::Join takes a separator and a list',
    ],
    [
      'a reference to nothing where something is emulated',
      (t) => Object.assign(t.Outputs.ApiUrl as object, { Value: { Ref: 'Nothing' } }),
      "Outputs.ApiUrl.Value: 'Nothing' is no resource of the template",
    ],
    [
      'a reference to nothing where nothing is emulated',
      (t) => Object.assign(t.Resources[alarm] as object, { Properties: { AlarmActions: [{ Ref: 'Nothing' }] } }),
      `${alarm} (AWS::CloudWatch::Alarm) Properties.AlarmActions[0]: 'Nothing' is no resource of the template`,
    ],
  ])('with %s is refused', (_, change, fault) => {
    expect(faultsAfter(change)).toEqual([fault]);
  });

  it('with a value that is not emulated is refused, saying what is', () => {
    const [stage = ''] =
      Object.entries(TEMPLATE.Resources).find(([, { Type }]) => Type === 'AWS::ApiGatewayV2::Stage') ?? [];
    const faults = faultsAfterAt(stage, ['StageName'], (parent, key) => {
      parent[key] = 'prod';
    });
    expect(faults).toEqual([
      `${stage} (AWS::ApiGatewayV2::Stage) Properties.StageName: only the stage $default is emulated`,
    ]);
  });

  it('is refused once, for every fault, with what to do', () => {
    const check = () =>
      checkTemplate({
        Resources: { A: { Type: 'AWS::S3::Bucket' }, B: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } },
      });
    expect(check).toThrow(
      /A \(AWS::S3::Bucket\): this type .*\n.*B \(AWS::SQS::Queue\) Properties\.FifoQueue: .*\n.*emulate it in local\/.*list it .*not-emulated\.ts/s,
    );
  });
});

/** The paths of all properties that a schema knows, such as `.Targets[].Arn`. */
function propertiesOf(schema: z.ZodType): string[] {
  const paths = (node: any, path: string): string[] => [
    ...Object.entries<any>(node.properties ?? {}).flatMap(([name, inner]) => [
      `${path}.${name}`,
      ...paths(inner, `${path}.${name}`),
    ]),
    ...(node.items ? paths(node.items, `${path}[]`) : []),
  ];
  return paths(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
}
