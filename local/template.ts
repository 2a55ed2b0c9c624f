import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { checkTemplate } from './check-template.ts';

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

const ResourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

/** What is left of a template when `checkTemplate` has found nothing more in it. */
const TemplateSchema = z.object({
  Resources: z.record(z.string(), ResourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
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
export type Template = z.infer<typeof TemplateSchema>;

export interface Stack {
  /** The stack's ARN, as AWS would give it. */
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly account: string;
  readonly template: Template;
  /** The directory that is deployed under `objectKey` (an S3 key such as `<hash>.zip`). Throws where there is none. */
  assetDirectory(objectKey: string): string;
}

/** Where the assembly names no region or account ("environment-agnostic"), these stand in. */
const DEFAULT_REGION = 'eu-west-2';
const DEFAULT_ACCOUNT = '000000000000';

/** Reads the assembly's only stack. Throws a `TemplateError` where its template says what is not emulated here. */
export function loadStack(directory: string): Stack {
  const manifestPath = join(directory, 'manifest.json');
  if (!existsSync(manifestPath)) {
    throw new Error(`${resolve(directory)} is not a cloud assembly: it has no manifest.json. Run \`cdk synth\` first.`);
  }
  const { artifacts } = parseFile(manifestPath, ManifestSchema);
  const stacks = Object.entries(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [entry] = stacks;
  if (entry === undefined || stacks.length > 1) {
    const found = stacks.map(([id]) => id).join(', ') || 'none';
    throw new Error(`${manifestPath}: an assembly of one stack is emulated here, not of: ${found}`);
  }
  const [artifactId, { environment = '', properties }] = entry;
  const [, account = '', region = ''] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment) ?? [];
  const place = {
    name: String(properties?.stackName ?? artifactId),
    region: region === '' || region === 'unknown-region' ? DEFAULT_REGION : region,
    account: account === '' || account === 'unknown-account' ? DEFAULT_ACCOUNT : account,
  };
  const templatePath = join(directory, String(properties?.templateFile));
  checkTemplate(JSON.parse(readFileSync(templatePath, 'utf8')));
  const assets = readAssets(directory, artifacts);
  return {
    ...place,
    id: `arn:aws:cloudformation:${place.region}:${place.account}:stack/${place.name}/local`,
    template: parseFile(templatePath, TemplateSchema),
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
