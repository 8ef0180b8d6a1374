import type { World } from '@gatehouse/testing/world';
import pg from 'pg';

/** About what a provider's tokens take when they are sealed. */
const SEALED_BYTES = 1_600;
const PROVIDERS = ['acme-sso', 'octo'] as const;

/**
 * Stores connections of people who signed in earlier and do nothing now. The sealed values are random bytes, which nobody
 * opens.
 */
export async function storeConnections({ databases }: World, count: number): Promise<void> {
  const accounts = Math.ceil(count / PROVIDERS.length);
  await inSchema(databases['token-vault'], async (client) => {
    await client.query(
      `create temporary table people as select gen_random_uuid() as account_id, gen_random_uuid() as tsid from generate_series(1, $1::int)`,
      [accounts],
    );
    await client.query(
      `insert into sessions (tsid, account_id, opened_at) select tsid, account_id, now() from people`,
    );
    for (const provider of PROVIDERS)
      await client.query(
        `insert into connections (id, account_id, provider, subject, scopes, tokens, access_obtained_at, access_expires_at, attempt_id)
         select gen_random_uuid(), account_id, $1, 'stored-' || account_id, '{openid}',
           decode(repeat(md5(random()::text), ${SEALED_BYTES / 16}), 'hex'), now(), now() + interval '1 hour', 'stored-' || account_id
         from people`,
        [provider],
      );
    await client.query(
      `insert into session_connections (tsid, connection_id) select p.tsid, c.id from people p join connections c using (account_id)`,
    );
  });
  await inSchema(databases['authorization-server'], async (client) => {
    await client.query(
      `create temporary table people as select gen_random_uuid() as account_id, gen_random_uuid() as tsid from generate_series(1, $1::int)`,
      [accounts],
    );
    await client.query(`insert into accounts (id, name) select account_id, 'stored' from people`);
    for (const provider of PROVIDERS)
      await client.query(
        `insert into identities (provider, subject, account_id) select $1, 'stored-' || account_id, account_id from people`,
        [provider],
      );
    await client.query(
      `insert into sessions (tsid, account_id, client_id, client_name, expires_at)
       select tsid, account_id, 'stored', 'stored', now() + interval '7 days' from people`,
    );
    for (const model of ['Grant', 'RefreshToken'])
      await client.query(
        `insert into oidc_records (model, id, payload, grant_id, expires_at)
         select $1, encode(sha256(('${model}' || tsid)::bytea), 'base64'), jsonb_build_object('accountId', account_id, 'padding', repeat('x', 600)),
           tsid, now() + interval '7 days' from people`,
        [model],
      );
  });
}

async function inSchema(
  { adminUrl, schema }: World['databases']['token-vault'],
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: adminUrl.reveal(),
    options: `-c search_path=${schema},public`,
  });
  await client.connect();
  try {
    await work(client);
    await client.query('analyze');
  } finally {
    await client.end();
  }
}
