import { spawnSync } from 'node:child_process';
import * as z from 'zod';

/**
 * `npm run audit`: known vulnerabilities in what is deployed. Fails on any. Where the registry answers no audits, or
 * there is no network, it says that nothing was audited and does not fail: that says nothing about this project.
 */
const ReportSchema = z.object({
  vulnerabilities: z.record(z.string(), z.looseObject({ severity: z.string(), range: z.string().optional() })),
  metadata: z.looseObject({ dependencies: z.looseObject({ prod: z.number() }) }),
});

// On Windows npm is a script, which only a shell starts.
const { stdout } = spawnSync('npm audit --omit=dev --omit=optional --json', { encoding: 'utf8', shell: true });
const report = ReportSchema.safeParse(parsed(stdout));
if (!report.success) {
  console.log('NOT AUDITED: the registry gave no audit. Run "npm run audit" where it does before a deployment.');
} else {
  const found = Object.entries(report.data.vulnerabilities);
  for (const [name, { severity, range }] of found) console.log(`${name} ${range ?? ''}: ${severity}`);
  const { prod } = report.data.metadata.dependencies;
  console.log(`${found.length} known vulnerabilities in ${prod} deployed packages`);
  if (found.length > 0) process.exitCode = 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
