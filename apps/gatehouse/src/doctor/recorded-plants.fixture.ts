import { randomUUID } from 'node:crypto';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { asAdmin, type Plant } from './doctor-world.fixture.js';
import { as, row, type Row } from './plants.fixture.js';

/** A connection of `octo` as the vault keeps it: its access token is over. */
export const connection = (state: 'live' | 'reauth_required', refreshedAt: 'null' | 'now()'): string =>
  `insert into token_vault.connections (id, account_id, provider, subject, scopes, state, tokens, access_obtained_at,
     access_expires_at, refreshed_at, attempt_id)
   values ('${randomUUID()}', '${randomUUID()}', 'octo', '${randomUUID()}', '{}', '${state}', 'sealed',
     now() - interval '2 hours', now() - interval '1 hour', ${refreshedAt}, 'a')`;

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
