import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createModel, type Facts } from '../../local/model.ts';
import { loadStack } from '../../local/template.ts';
import { api, queue, type Resources, table, temporaryDirectory, writeAssembly } from './fixture.ts';

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
    streams: new Map([['Items', 'arn:aws:dynamodb:eu-west-2:000000000000:table/Shop-Items/stream/now']]),
    ...facts,
  });
}

const resources: Resources = {
  ...api({}),
  Items: table(),
  Topic: { Type: 'AWS::SNS::Topic' },
  Dead: queue(),
  Role: { Type: 'AWS::IAM::Role' },
  Logs: { Type: 'AWS::Logs::LogGroup' },
};

describe('the template', () => {
  it.each<[string, unknown, unknown]>([
    ['Ref to a table', { Ref: 'Items' }, 'Shop-Items'],
    ['Ref to a queue', { Ref: 'Dead' }, 'http://127.0.0.1:4000/000000000000/Shop-Dead'],
    ['Ref to a topic', { Ref: 'Topic' }, 'arn:aws:sns:eu-west-2:000000000000:Shop-Topic'],
    ['Ref to an API', { Ref: 'Api' }, expect.stringMatching(/^[0-9a-f]{10}$/)],
    [
      'the ARN of a function',
      { 'Fn::GetAtt': ['Fn', 'Arn'] },
      'arn:aws:lambda:eu-west-2:000000000000:function:Shop-Fn',
    ],
    ['the ARN of a role', { 'Fn::GetAtt': 'Role.Arn' }, 'arn:aws:iam::000000000000:role/Shop-Role'],
    [
      'the ARN of a log group',
      { 'Fn::GetAtt': ['Logs', 'Arn'] },
      'arn:aws:logs:eu-west-2:000000000000:log-group:Shop-Logs:*',
    ],
    ['the stream of a table', { 'Fn::GetAtt': ['Items', 'StreamArn'] }, expect.stringMatching(/\/stream\/now$/)],
    ['the endpoint of an API', { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, 'http://127.0.0.1:3000'],
    ['Fn::Join', { 'Fn::Join': [' ', [{ Ref: 'Items' }, 'and', { Ref: 'Role' }]] }, 'Shop-Items and Shop-Role'],
  ])('resolves %s', (_, Value, resolved) => {
    expect(model(resources, { Outputs: { It: { Value } } }).outputs()).toEqual({ It: resolved });
  });

  it('resolves at any depth', () => {
    const Fn = { ...resources.Role, Type: 'AWS::IAM::Role' };
    const Policies = [
      {
        PolicyName: 'a',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'dynamodb:Query',
              Resource: { 'Fn::Join': ['', [{ Ref: 'Items' }, '/index/a']] },
            },
          ],
        },
      },
    ];
    const read = model({ ...resources, Role: { ...Fn, Properties: { Policies } } });
    expect(read.properties('Role', 'AWS::IAM::Role')).toEqual({
      Policies: [
        {
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: ['dynamodb:Query'], Resource: ['Shop-Items/index/a'] }],
          },
        },
      ],
    });
  });

  it('has no stream to give where none is switched on', () => {
    const { outputs } = model(
      resources,
      { Outputs: { It: { Value: { 'Fn::GetAtt': ['Items', 'StreamArn'] } } } },
      { streams: new Map() },
    );
    expect(outputs).toThrow(/'Items': this table has no stream/);
  });

  it('with an asset that was not synthesized is refused', () => {
    const { stack } = model({});
    expect(() => stack.assetDirectory('missing.zip')).toThrow(/no asset is published as 'missing.zip'/);
  });

  it('is missing where nothing was synthesized', () => {
    expect(() => loadStack('/nowhere')).toThrow(/cdk synth/);
  });
});
