import { App } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { ASSEMBLY } from './paths.ts';
import { readSettings } from './settings.ts';
import { InspectionMonitorStack } from './stack.ts';

export interface AppOptions {
  /** Settings by name, as `-c` gives them; those of the CDK command line, where it runs this, come first. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Where `synth()` writes. */
  readonly outdir?: string;
  /** Whether `synth()` also has CDK's own template validation, which takes a second. */
  readonly validated?: boolean;
}

/** The CDK app, not yet synthesized; throws `SettingsError`. Nothing here asks AWS anything. */
export function createApp({ context = {}, outdir = ASSEMBLY, validated = false }: AppOptions = {}): App {
  const app = new App({
    // What `cdk init` writes into cdk.json. Here, so that the template is the same whoever runs the app.
    context: { ...flags, ...context },
    outdir,
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: validated,
  });
  const settings = readSettings(app.node);
  new InspectionMonitorStack(app, settings.stack, settings);
  return app;
}
