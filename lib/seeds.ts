import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InspectionHeaderSchema } from '../functions/domain/inspection.ts';
import { SEEDS } from './paths.ts';

const SeedSchema = InspectionHeaderSchema.pick({ authority: true }).loose();

export interface Seeds {
  /** Whose inspections are in `seed/`. */
  readonly authorities: readonly string[];
  /** SHA-256 over the content of all files: another one means that something is to be loaded. */
  readonly hash: string;
}

export function readSeeds(): Seeds {
  const files = readdirSync(SEEDS).filter((name) => name.endsWith('.json'));
  const contents = files.sort().map((file) => readFileSync(join(SEEDS, file), 'utf8'));
  return {
    authorities: [...new Set(contents.map((content) => SeedSchema.parse(JSON.parse(content)).authority))],
    hash: createHash('sha256').update(contents.join('\0')).digest('hex'),
  };
}
