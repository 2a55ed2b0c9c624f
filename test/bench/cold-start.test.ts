import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureParts } from '../../bench/cold-start.ts';

test('every part whose load is measured can be bundled and loaded where it lies today', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-parts-'));
  try {
    const parts = await measureParts(folder, 1);
    expect(parts.length).toBeGreaterThan(3);
    for (const { load } of parts) expect(load.median).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
