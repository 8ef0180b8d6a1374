import type { Secret } from '@gatehouse/kernel/secret';
import type { Queries } from '@gatehouse/persistence/database';
import { limitsWithin } from '@gatehouse/persistence/limited-pool';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import pg from 'pg';

export interface Stored {
  readonly service: 'authorization-server' | 'token-vault';
  readonly url: Secret;
  /** For each answer. */
  readonly withinMs: number;
}

/**
 * Reads rows of a service, with its own role, and writes none.
 * @returns `undefined` where they cannot be read: the check of the database says why.
 */
export async function inStored<Value>(
  { service, url, withinMs }: Stored,
  work: (rows: Queries) => Promise<Value>,
): Promise<Value | undefined> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    ...limitsWithin(withinMs),
    options: `-c search_path=${schemaOf(service)} -c default_transaction_read_only=on`,
    application_name: 'gatehouse-doctor',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work({
      query: async ({ text, values = [] }) => {
        const { rows, rowCount } = await client.query({ text, values: [...values] });
        return { rows, rowCount: rowCount ?? 0 };
      },
    });
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
