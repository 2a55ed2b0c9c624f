// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what Fn::Sub takes looks like a template string
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createModel, type Facts } from '../../local/model.ts';
import { loadStack } from '../../local/template.ts';
import { api, type Resources, table, temporaryDirectory, writeAssembly } from './fixture.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function model(resources: Resources, template: object = {}, facts: Partial<Facts> = {}) {
  const directory = temporaryDirectory();
  directories.push(directory);
  const stack = loadStack(writeAssembly(directory, { resources, functions: { Fn: 'export {}' }, template }));
  return createModel(stack, {
    gateway: 'http://127.0.0.1:4000',
    apis: new Map([['Api', 'http://127.0.0.1:3000']]),
    streams: new Map(),
    customResources: new Map(),
    ...facts,
  });
}

const resources: Resources = {
  ...api({}),
  Items: table(),
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: { 'Fn::Join': ['-', ['my', 'topic']] } } },
  Dead: { Type: 'AWS::SQS::Queue' },
  Role: { Type: 'AWS::IAM::Role' },
};

describe('the template', () => {
  it.each<[string, unknown, unknown]>([
    ['Ref to a parameter', { Ref: 'Stage' }, 'prod'],
    ['Ref to a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-west-2'],
    ['Ref to a table', { Ref: 'Items' }, 'Shop-Items'],
    ['Ref to a queue', { Ref: 'Dead' }, 'http://127.0.0.1:4000/000000000000/Shop-Dead'],
    ['a chosen name', { Ref: 'Topic' }, 'arn:aws:sns:eu-west-2:000000000000:my-topic'],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Fn', 'Arn'] }, 'arn:aws:lambda:eu-west-2:000000000000:function:Shop-Fn'],
    ['Fn::GetAtt of what has no effect', { 'Fn::GetAtt': 'Role.Arn' }, 'arn:aws:iam::000000000000:role/Shop-Role'],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${Items}/${Fn.Arn}/${!Literal}' },
      'Shop-Items/arn:aws:lambda:eu-west-2:000000000000:function:Shop-Fn/${Literal}',
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${x}-${AWS::StackName}', { x: { Ref: 'Items' } }] }, 'Shop-Items-Shop'],
    ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
    ['Fn::If', { 'Fn::If': ['IsProd', 'yes', 'no'] }, 'yes'],
    ['AWS::NoValue', { a: 1, b: { 'Fn::If': ['IsProd', { Ref: 'AWS::NoValue' }, 2] } }, { a: 1 }],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 512],
    [
      'the URL of an API',
      {
        'Fn::Join': [
          '',
          ['https://', { Ref: 'Api' }, '.execute-api.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }, '/'],
        ],
      },
      'http://127.0.0.1:3000/',
    ],
    ['the endpoint of an API', { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, 'http://127.0.0.1:3000'],
  ])('resolves %s', (_, expression, value) => {
    const { resolve } = model(resources, {
      Parameters: { Stage: { Type: 'String', Default: 'prod' } },
      Conditions: { IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] } },
      Mappings: { Sizes: { prod: { memory: 512 } } },
    });
    expect(resolve(expression, 'here')).toEqual(value);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown Ref', { v: { Ref: 'Itmes' } }, /here\.v: Ref to 'Itmes'/],
    ['an unknown resource', { v: { 'Fn::GetAtt': ['Itmes', 'Arn'] } }, /here\.v: Fn::GetAtt Itmes\.Arn/],
    ['an unknown attribute', { 'Fn::GetAtt': ['Items', 'Name'] }, /no attribute 'Name' here \(known: Arn, StreamArn\)/],
    ['an unknown name in Fn::Sub', { 'Fn::Sub': '${Nope}' }, /Ref to 'Nope'/],
    ['an unknown function', { 'Fn::Cidr': [] }, /Fn::Cidr is not supported/],
    ['a stream that is not switched on', { 'Fn::GetAtt': ['Items', 'StreamArn'] }, /no stream/],
  ])('refuses %s, naming it', (_, expression, message) => {
    expect(() => model(resources).resolve(expression, 'here')).toThrow(message);
  });

  it('leaves out a resource whose condition is false', () => {
    const { ids } = model(
      { ...resources, Other: { ...table(), Condition: 'Never' } },
      { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } },
    );
    expect(ids('AWS::DynamoDB::Table')).toEqual(['Items']);
  });

  it('with a type that cannot run is refused, naming type and resource', () => {
    expect(() => model({ Bucket: { Type: 'AWS::S3::Bucket' } })).toThrow(/'Bucket' is of type AWS::S3::Bucket/);
  });

  it('with an asset that was not synthesized is refused', () => {
    const { stack } = model({});
    expect(() => stack.assetDirectory('missing.zip')).toThrow(/no asset is published as 'missing.zip'/);
  });

  it('is missing where nothing was synthesized', () => {
    expect(() => loadStack('/nowhere')).toThrow(/cdk synth/);
  });
});
