import type { World } from '@gatehouse/testing/world';
import pg from 'pg';

/** Looks into the vault's tables, as nobody but a test may. */
export const inVault = async <Row extends object>(world: World, text: string): Promise<readonly Row[]> =>
  await inDatabase(world.databases['token-vault'], text);

export const inAuthorizationServer = async <Row extends object>(
  world: World,
  text: string,
): Promise<readonly Row[]> => await inDatabase(world.databases['authorization-server'], text);

/** Looks into a database, or breaks it, as a superuser. */
export async function inDatabase<Row extends object>(
  { adminUrl, schema }: World['databases']['token-vault'],
  text: string,
): Promise<readonly Row[]> {
  const client = new pg.Client({
    connectionString: adminUrl.reveal(),
    options: `-c search_path=${schema}`,
  });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The access tokens of the provider have just expired, as far as the vault knows. */
export async function expireInVault(world: World, provider: string): Promise<void> {
  await inVault(
    world,
    `update connections set access_expires_at = now() - interval '1 second' where provider = '${provider}'`,
  );
}

/** The attempts that something is staged for. */
export async function stagedAttempts(world: World): Promise<ReadonlySet<string>> {
  const rows = await inVault<{ attempt_id: string }>(world, 'select attempt_id from staged_connections');
  return new Set(rows.map((row) => row.attempt_id));
}
