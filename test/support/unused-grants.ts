import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRANTS_FOLDER, type GrantLine } from '../../local/policy.ts';

/**
 * Lists what roles allow and no test ever needed, over all instances of a run, whatever process they ran in. Each is a
 * permission to take away or a test to write.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'grants-'));
  process.env[GRANTS_FOLDER] = folder;
  return () => {
    const granted = new Set<string>();
    const used = new Set<string>();
    for (const file of readdirSync(folder))
      for (const line of readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)) {
        const [event, functionId, action, resource] = JSON.parse(line) as GrantLine;
        const grant = `${functionId.replace(/Function[0-9A-F]{8}$/, '')} may ${action} on ${resource}`;
        (event === 'granted' ? granted : used).add(grant);
      }
    rmSync(folder, { recursive: true });
    if (granted.size === 0) return;
    const unused = [...granted].filter((grant) => !used.has(grant)).sort();
    console.log(`\n${used.size} of ${granted.size} grants were used. ${unused.length > 0 ? 'Never used:' : ''}`);
    for (const grant of unused) console.log(`  ${grant}`);
  };
}
