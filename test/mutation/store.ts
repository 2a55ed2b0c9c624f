import type { Store } from '../../bench/store.ts';
import { type Inspection, InspectionSchema } from '../../functions/domain/inspection.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import herefordshire from '../../seed/herefordshire-2010.json' with { type: 'json' };
import { createMemoryStore } from '../simulation/memory-store.ts';

/** `bench/store.ts` in memory. */
export const INSPECTION: Inspection = InspectionSchema.parse(herefordshire);

export async function startStore(): Promise<Store> {
  const { client, tables } = createMemoryStore({ now: Date.now });
  await loadInspection({ client, tables }, INSPECTION);
  return { client, tables, endpoint: 'memory', environment: {}, async end() {} };
}
