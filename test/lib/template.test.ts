import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, expect, test } from 'vitest';
import { COUNCIL_PAGES, PAGES, ROUTES } from '../../functions/http/routes.ts';
import { createApp } from '../../lib/app.ts';
import { COUNCIL_SETTINGS } from '../support/settings.ts';

const outdir = mkdtempSync(join(tmpdir(), 'template-test-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** All that a deployment can have. */
const context = { alertEmail: 'director@example.org', operationsEmail: 'engineer@example.org', ...COUNCIL_SETTINGS };
const app = createApp({ outdir, context });

test("AWS's validator finds nothing wrong with the template, nor anything to warn of", () => {
  const { templateFullPath } = app.synth().getStackByName('InspectionMonitor');
  const engine = new RegoEngine();
  try {
    const report = engine.validateStandard(new TemplateFile(templateFullPath), {
      severityLevel: 'WARN',
      // W3005: CDK makes each function depend on its role twice, by reference and by name. It does no harm.
      exclude: { ids: ['W3005'] },
    });
    expect(report.status).toBe('OK');
    expect(report.diagnostics.map((found) => `${found.ruleId} ${found.entity?.logicalId}: ${found.message}`)).toEqual(
      [],
    );
  } finally {
    engine.free();
  }
});

test('the AWS Solutions pack of cdk-nag finds nothing that is not acknowledged', () => {
  const { success, violations } = new AwsSolutionsChecks(app).validateScope(app);
  expect(violations).toEqual([]);
  expect(success).toBe(true);
});

test('no more is acknowledged than this, and on the one construct that it is about', () => {
  const acknowledged = app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data as Record<string, string>))
      .map((rule) => `${rule.replace('Annotation::', '')} at ${node.path.replace(/^InspectionMonitor\//, '')}`),
  );
  const routes = [...Object.keys({ ...ROUTES, ...PAGES, ...COUNCIL_PAGES }), '$default'].map((key) =>
    key.replaceAll('/', '--'),
  );
  // One policy may be given two such grants, each with its reason.
  expect([...new Set(acknowledged)].sort()).toEqual(
    [
      ...['Seed', 'Submit', 'Query', 'Manage', 'Dashboard', 'Openid', 'Evaluate', 'Notify'].map(
        (name) => `AwsSolutions-IAM5[Resource::*] at ${name}/Role/Resource`,
      ),
      'AwsSolutions-IAM5[Resource::*] at Seed/Role/DefaultPolicy/Resource',
      'AwsSolutions-IAM5[Resource::*] at Manage/Role/DefaultPolicy/Resource',
      'AwsSolutions-IAM5[Resource::*] at Dashboard/Role/DefaultPolicy/Resource',
      'AwsSolutions-IAM5[Resource::*] at Notify/Role/DefaultPolicy/Resource',
      ...['BaselineChanges', 'SubmissionChanges', 'NewNotices', 'Schedule'].map(
        (name) => `AwsSolutions-SQS3 at ${name}/DeadLetters`,
      ),
      ...routes.map((route) => `AwsSolutions-APIG4 at Api/${route}`),
    ].sort(),
  );
});
