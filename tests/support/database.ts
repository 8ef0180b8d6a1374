import type { World } from '@gatehouse/testing/world';
import pg from 'pg';

/** Looks into the vault's tables, as nobody but a test may. */
export async function inVault<Row extends object>(world: World, text: string): Promise<readonly Row[]> {
  const client = new pg.Client({
    connectionString: world.databases['token-vault'].adminUrl.reveal(),
    options: '-c search_path=token_vault',
  });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The attempts that something is staged for. */
export async function stagedAttempts(world: World): Promise<ReadonlySet<string>> {
  const rows = await inVault<{ attempt_id: string }>(world, 'select attempt_id from staged_connections');
  return new Set(rows.map((row) => row.attempt_id));
}
