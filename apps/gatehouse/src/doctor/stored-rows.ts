import type { Queries } from '@gatehouse/persistence/database';
import { withServiceRows, type ServiceRows } from '../service-rows.client.js';

export type Stored = Pick<ServiceRows, 'service' | 'url' | 'withinMs'>;

/**
 * Reads rows of a service, with its own role, and writes none.
 * @returns `undefined` where they cannot be read: the check of the database says why.
 */
export async function inStored<Value>(
  stored: Stored,
  work: (rows: Queries) => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await withServiceRows({ ...stored, applicationName: 'gatehouse-doctor', isReadOnly: true }, work);
  } catch {
    return undefined;
  }
}
