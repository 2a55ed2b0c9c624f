import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Resources, run, temporaryDirectory } from './fixture.ts';

const dataDir = temporaryDirectory();
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const SEED = `
  export const handler = async (event) => {
    console.log(JSON.stringify(event));
    const { StackId, RequestId, LogicalResourceId, ResourceProperties } = event;
    const answer = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: 'seed-1', Data: { Rows: 43 },
      Status: ResourceProperties.Fail === 'true' ? 'FAILED' : 'SUCCESS', Reason: 'the file is broken' };
    if (ResourceProperties.Silent !== 'true') await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(answer) });
  };`;

async function deploy(properties: object) {
  const resources: Resources = {
    Load: {
      Type: 'Custom::Seed',
      Properties: { ServiceToken: { 'Fn::GetAtt': ['Seed', 'Arn'] }, ServiceTimeout: '300', ...properties },
    },
  };
  const instance = await run({ resources, functions: { Seed: SEED } }, { mail: false, dataDir });
  await instance.stop();
  return instance.log.filter(({ stream }) => stream === 'stdout').map(({ message }) => JSON.parse(message));
}

describe('a custom resource', () => {
  it('is created at the first start, updated when its properties change, and left alone otherwise', async () => {
    expect(await deploy({ Hash: 'a', Count: 1 })).toEqual([
      {
        RequestType: 'Create',
        ServiceToken: 'arn:aws:lambda:eu-west-2:000000000000:function:Shop-Seed',
        ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
        StackId: expect.stringContaining('stack/Shop/'),
        RequestId: expect.any(String),
        LogicalResourceId: 'Load',
        ResourceType: 'Custom::Seed',
        ResourceProperties: { ServiceToken: expect.any(String), Hash: 'a', Count: '1' },
      },
    ]);
    expect(await deploy({ Hash: 'a', Count: 1 })).toEqual([]);
    expect(await deploy({ Hash: 'b', Count: 1 })).toMatchObject([
      {
        RequestType: 'Update',
        PhysicalResourceId: 'seed-1',
        ResourceProperties: { Hash: 'b' },
        OldResourceProperties: { Hash: 'a' },
      },
    ]);
  });

  it('that fails, fails the start with its reason, and is tried again at the next', async () => {
    await expect(deploy({ Fail: true })).rejects.toThrow("custom resource 'Load' failed: the file is broken");
    expect(await deploy({ Fail: false })).toMatchObject([{ RequestType: 'Create' }]);
  });

  it('whose function ends without answering fails the start', async () => {
    await expect(deploy({ Silent: true })).rejects.toThrow(/'Load': its function ended without sending an answer/);
  });
});
