import { randomUUID } from 'node:crypto';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { asAdmin, type Plant } from './doctor-world.fixture.js';
import { as, row, type Row } from './plants.fixture.js';

interface TokenFacts {
  readonly hasRefreshToken?: boolean;
  readonly rotated?: boolean;
  /** Of its access token. */
  readonly audiences?: readonly string[];
  /** The key that its tokens are sealed with. */
  readonly key?: string;
  readonly isSetAside?: boolean;
}

const orNull = (value: boolean | undefined): string => String(value ?? null);
const listOf = (texts: readonly string[] = []): string =>
  `array[${texts.map((one) => `'${one}'`).join()}]::text[]`;
/** As a sealed value begins (docs/sealing.md). */
const sealedWith = (key: string): string =>
  `'\\x01${Buffer.from([key.length, ...Buffer.from(key)]).toString('hex')}00'`;

/** A connection of `octo` as the vault keeps it: its access token is over. */
export const connection = (
  state: 'live' | 'reauth_required',
  refreshedAt: 'null' | 'now()',
  { hasRefreshToken, rotated, audiences, key, isSetAside = false }: TokenFacts = {},
): string =>
  `insert into token_vault.connections (id, account_id, provider, subject, scopes, state, tokens, access_obtained_at,
     access_expires_at, refreshed_at, attempt_id, has_refresh_token, refresh_rotated, token_audiences, set_aside_at)
   values ('${randomUUID()}', '${randomUUID()}', 'octo', '${randomUUID()}', '{}', '${state}',
     ${key === undefined ? `'sealed'` : sealedWith(key)}, now() - interval '2 hours', now() - interval '1 hour', ${refreshedAt}, 'a',
     ${orNull(hasRefreshToken)}, ${orNull(rotated)}, ${listOf(audiences)}, ${isSetAside ? 'now()' : 'null'})`;

/** A token that was issued for the backend `repos`. */
export const exchangedToken = (...audiences: readonly string[]): string =>
  `insert into token_vault.exchanged_tokens (key, backend, account_id, version, token, obtained_at, expires_at, delete_after, token_audiences)
   values ('${randomUUID()}', 'repos', '${randomUUID()}', 1, 'sealed', now(), now() + interval '1 hour', now() + interval '1 hour',
     ${listOf(audiences)})`;

/** A vault whose database has these. */
export async function vaultWith(...statements: readonly string[]): Promise<Plant> {
  const database = await startTestDatabase('token-vault');
  await asAdmin(database.adminUrl.reveal(), statements.join(';'));
  return as('token-vault', { VAULT_URL: database.url.reveal() });
}

/** What the vault has recorded, and what backends say about whose tokens they take. */
export const recordedPlants = (origin: () => string): readonly Row[] => [
  row('a provider at which every connection ends with its access token', 'provider-never-renewed', {
    plant: async () =>
      await vaultWith(connection('reauth_required', 'null'), connection('reauth_required', 'null')),
  }),
  row('an exchange for another resource than that of the backend', 'backend-token-audience', {
    plant: () => exchangedFor(`${origin()}/other/mcp`),
  }),
  row('a provider that issues no refresh token', 'provider-refresh-token-not-issued', {
    about: 'provider octo',
    plant: async () => await vaultWith(connection('live', 'null', { hasRefreshToken: false })),
  }),
  row('a provider that takes none of the refresh tokens that it rotated', 'provider-rotated-refused', {
    about: 'provider octo',
    plant: async () =>
      await vaultWith(
        ...[1, 2].map(() => connection('reauth_required', 'now()', { hasRefreshToken: true, rotated: true })),
      ),
  }),
  row('a provider whose tokens are for another resource', 'backend-issued-audience', {
    about: 'backend repos',
    plant: async () =>
      await vaultWith(
        connection('live', 'now()', { audiences: ['https://api.octo.example', `${origin()}/x`] }),
      ),
  }),
  row('an endpoint that issues tokens for another resource than it is asked for', 'backend-issued-audience', {
    about: 'backend repos',
    plant: async () => ({
      ...exchangedFor(`${origin()}/repos/mcp`),
      ...(await vaultWith(exchangedToken('https://api.octo.example'))),
    }),
  }),
  row('a key of the vault that was thrown away', 'keys-missing', {
    about: 'keys of token-vault',
    plant: async () => await vaultWith(connection('live', 'now()', { key: 'of-last-year' })),
  }),
  row('connections that did not open', 'connections-set-aside', {
    about: 'keys of token-vault',
    plant: async () => await vaultWith(connection('reauth_required', 'now()', { isSetAside: true })),
  }),
];

/** The backend `repos` gets exchanged tokens. */
export const exchangedFor = (resource: string, audience?: string): Plant => ({
  changes: {
    'outgoingAuth.backends.repos': {
      type: 'tokenExchange',
      tokenExchange: {
        tokenUrl: 'https://sts.acme.example/token',
        clientId: 'gatehouse',
        clientSecret: { env: 'CLIENT_SECRET' },
        subjectProviderName: 'octo',
        resource,
        ...(audience === undefined ? {} : { audience }),
      },
    },
  },
});

/** What stands in front says of callers. */
export const FORWARDED_PLANTS: readonly Row[] = [
  row('a proxy in front that says nothing of callers', 'forwarded-for-missing', {
    front: { arrived: { forwardedFor: 'none', believed: true } },
  }),
  row('a proxy in front that passes on what callers say of themselves', 'forwarded-for-made-up', {
    front: { arrived: { forwardedFor: 'as_sent', believed: true } },
  }),
  row('a proxy in front that is not trusted', 'forwarded-for-not-believed', {
    front: { arrived: { forwardedFor: 'changed', believed: false } },
  }),
];
