import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';

/**
 * What `cdk synth` wrote, read without the CDK: the cloud assembly's manifest, one stack's template, and the
 * asset manifest that says which directory becomes which object in the deployment bucket.
 * Format: aws-cdk `packages/@aws-cdk/cloud-assembly-schema`.
 */

const ManifestSchema = z.looseObject({
  artifacts: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      environment: z.string().optional(),
      properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

const ResourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
});

const TemplateSchema = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), ResourceSchema),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown(), Condition: z.string().optional() })).default({}),
});

const AssetManifestSchema = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

export type Resource = z.infer<typeof ResourceSchema>;
export type TemplateBody = z.infer<typeof TemplateSchema>;

export interface Stack {
  readonly name: string;
  readonly region: string;
  readonly account: string;
  readonly template: TemplateBody;
  /** The directory that is deployed under `objectKey` (an S3 key such as `<hash>.zip`). Throws where there is none. */
  assetDirectory(objectKey: string): string;
}

/** Where the assembly names no region or account ("environment-agnostic"), these stand in. */
const DEFAULT_REGION = 'eu-west-2';
const DEFAULT_ACCOUNT = '000000000000';

/** Reads one stack of the assembly in `directory`; `name` (id or stack name) may be left out where there is only one. */
export function loadStack(directory: string, name?: string): Stack {
  const manifestPath = join(directory, 'manifest.json');
  if (!existsSync(manifestPath)) {
    throw new Error(`${resolve(directory)} is not a cloud assembly: it has no manifest.json. Run \`cdk synth\` first.`);
  }
  const { artifacts } = parseFile(manifestPath, ManifestSchema);
  const stacks = Object.entries(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const stackName = ([id, artifact]: (typeof stacks)[number]) => String(artifact.properties?.stackName ?? id);
  const chosen = name === undefined ? stacks : stacks.filter((entry) => entry[0] === name || stackName(entry) === name);
  const [entry] = chosen;
  if (entry === undefined || chosen.length > 1) {
    const names = stacks.map(stackName).join(', ') || 'none';
    throw new Error(
      `${manifestPath}: ${name === undefined ? 'say which stack to run' : `no stack '${name}'`}: ${names}`,
    );
  }
  const [, artifact] = entry;
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
  const assets = readAssets(directory, artifacts);
  return {
    name: stackName(entry),
    region: region === undefined || region === 'unknown-region' ? DEFAULT_REGION : region,
    account: account === undefined || account === 'unknown-account' ? DEFAULT_ACCOUNT : account,
    template: parseFile(join(directory, String(artifact.properties?.templateFile)), TemplateSchema),
    assetDirectory(objectKey) {
      const path = assets.get(objectKey);
      if (path === undefined)
        throw new Error(`no asset is published as '${objectKey}' by the manifests in ${directory}`);
      return path;
    },
  };
}

function readAssets(
  directory: string,
  artifacts: z.infer<typeof ManifestSchema>['artifacts'],
): ReadonlyMap<string, string> {
  const assets = new Map<string, string>();
  for (const artifact of Object.values(artifacts)) {
    if (artifact.type !== 'cdk:asset-manifest') continue;
    const { files } = parseFile(join(directory, String(artifact.properties?.file)), AssetManifestSchema);
    for (const file of Object.values(files)) {
      for (const { objectKey } of Object.values(file.destinations)) {
        assets.set(objectKey, resolve(directory, file.source.path));
      }
    }
  }
  return assets;
}

function parseFile<S extends z.ZodType>(path: string, schema: S): z.infer<S> {
  const result = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
  return result.data;
}
