import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { createApp } from '../lib/app.ts';
import { ASSEMBLY } from '../lib/paths.ts';
import { SettingsError } from '../lib/settings.ts';

// What `cdk` runs, and `npm run synth`: with every check, where the local machine and the tests only want the template.
try {
  const app = createApp({ outdir: process.env.CDK_OUTDIR ?? ASSEMBLY, validated: true });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
