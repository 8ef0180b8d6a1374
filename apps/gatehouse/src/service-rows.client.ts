import type { Secret } from '@gatehouse/kernel/secret';
import type { Queries } from '@gatehouse/persistence/database';
import { limitsWithin } from '@gatehouse/persistence/limited-pool';
import { schemaOf } from '@gatehouse/persistence/schema-of';
import pg from 'pg';

export type StoringService = 'authorization-server' | 'token-vault';

/** A database of a service, as a command reaches it with the role of that service. */
export interface ServiceRows {
  readonly service: StoringService;
  readonly url: Secret;
  /** For each answer. */
  readonly withinMs: number;
  /** What the database calls the command. */
  readonly applicationName: string;
  readonly isReadOnly?: boolean;
}

/** One connection, for as long as the work takes. @throws what the driver throws */
export async function withServiceRows<Value>(
  { service, url, withinMs, applicationName, isReadOnly = false }: ServiceRows,
  work: (rows: Queries) => Promise<Value>,
): Promise<Value> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    ...limitsWithin(withinMs),
    options: `-c search_path=${schemaOf(service)}${isReadOnly ? ' -c default_transaction_read_only=on' : ''}`,
    application_name: applicationName,
  });
  // A connection that breaks is reported by the query that needs it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work({
      query: async ({ text, values = [] }) => {
        const { rows, rowCount } = await client.query({ text, values: [...values] });
        return { rows, rowCount: rowCount ?? 0 };
      },
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
