import type { Queries } from '@gatehouse/persistence/database';

const SEALED_BY_SERVER: readonly string[] = [
  'select sealed from keyring',
  'select sealed_public from signing_keys',
  'select sealed_private from signing_keys where sealed_private is not null',
  'select sealed from keyring_set_aside',
  'select sealed_successor from oidc_records where sealed_successor is not null',
  `select decode(rpad(translate(secret, '-_', '+/'), (length(secret) + 3) / 4 * 4, '='), 'base64')
   from (select payload->>'sealed_client_secret' as secret from oidc_records where payload ? 'sealed_client_secret') secrets`,
];

const SEALED_BY_VAULT: readonly string[] = [
  'select tokens from connections',
  'select answer from connections where answer is not null',
  'select secrets from pending_legs',
  'select sealed from staged_connections',
  'select token from exchanged_tokens where token is not null',
  'select token from revocation_outbox where token is not null',
  'select private_jwk from bus_keys',
  'select client from upstream_clients',
];

/** What each service keeps sealed: the id of the key stands in clear at the beginning of a value (docs/sealing.md). */
export const SEALED_BY = {
  'authorization-server': SEALED_BY_SERVER,
  'token-vault': SEALED_BY_VAULT,
} as const;

/** How many values of a service each key opens. */
export async function sealedByKey(
  rows: Queries,
  service: keyof typeof SEALED_BY,
): Promise<ReadonlyMap<string, number>> {
  const found = await rows.query<CountOfKey>({
    name: 'values-by-key',
    text: countedByKey(SEALED_BY[service]),
  });
  return byId(found.rows);
}

/** The query of how many of these values each key opens. */
export const countedByKey = (values: readonly string[]): string =>
  `select encode(substr(value, 3, get_byte(value, 1)), 'escape') as id, count(*)::int as count
   from (${values.join(' union all ')}) as all_values (value)
   where length(value) > 2 and get_byte(value, 0) = 1 and length(value) > 2 + get_byte(value, 1)
   group by 1 order by 1`;

export interface CountOfKey {
  readonly id: string;
  readonly count: number;
}

export const byId = (rows: readonly CountOfKey[]): ReadonlyMap<string, number> =>
  new Map(rows.map(({ id, count }) => [id, count]));
