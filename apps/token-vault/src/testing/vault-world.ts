import type { Secret } from '@gatehouse/kernel/secret';
import type { Log } from '@gatehouse/observability/log';
import { Database } from '@gatehouse/persistence/database';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { Outbox } from '../outbox/outbox.flow.js';
import { StubProvider } from './stub-provider.js';
import { startTestVault, type TestVault, type TestVaultOptions } from './test-vault.js';
import type { VaultClient } from './vault-client.js';
import { oauth2Provider, oidcProvider } from './vault-config.js';

type Providers = TestVaultOptions['providers'];
type VaultOptions = Pick<
  TestVaultOptions,
  | 'providers'
  | 'backends'
  | 'replicas'
  | 'limits'
  | 'keyEncryptionKeys'
  | 'claimMappings'
  | 'access'
  | 'administrators'
  | 'userSecrets'
  | 'machineClients'
> & {
  readonly databaseUrl?: Secret;
};

export interface VaultWorldOptions extends Pick<
  VaultOptions,
  'replicas' | 'claimMappings' | 'access' | 'administrators' | 'userSecrets' | 'machineClients'
> {
  /** Default: `acme` (OpenID Connect) and `octo` (plain OAuth 2), both played by the stub. */
  readonly providers?: (stub: StubProvider) => Providers;
  /** Default none. */
  readonly backends?: VaultOptions['backends'];
  /** Default: one that writes nothing. */
  readonly log?: Log;
}

/** A vault with all that it needs: a database, a bus and a stub in the place of the providers. */
export interface VaultWorld {
  readonly nats: TestNats;
  readonly databaseUrl: Secret;
  readonly stub: StubProvider;
  readonly vault: TestVault;
  readonly client: VaultClient;
  /** The first replica's way to the database. */
  readonly rows: Database;
  /** Signs in at the stub as this user. */
  readonly as: (login: string) => (authorizationUrl: string) => ReturnType<StubProvider['callbackQuery']>;
  /** Another vault on the same database and bus; whoever starts it closes it. */
  readonly startVault: (options: VaultOptions) => Promise<TestVault>;
  /** Resolves when the outbox is empty. */
  readonly settled: () => Promise<void>;
  /** What the stub was asked to revoke, once the outbox is empty. */
  readonly revoked: () => Promise<readonly string[]>;
  readonly stagedCount: () => Promise<number>;
  /** The access tokens of the account's connections have just expired. */
  readonly expire: (accountId: string) => Promise<void>;
  /** Forgets the legs that nobody finished, and what they left to revoke. */
  readonly clearLegs: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const ACME_AND_OCTO = {
  directory: { type: 'upstreamInject', providerName: 'acme' },
  repos: { type: 'upstreamInject', providerName: 'octo' },
} as const;

const acmeAndOcto = ({ issuer }: StubProvider): Providers => [
  oidcProvider('acme', issuer),
  oauth2Provider('octo', issuer),
];

export async function startVaultWorld(options: VaultWorldOptions = {}): Promise<VaultWorld> {
  const {
    providers = acmeAndOcto,
    backends = {},
    replicas = 1,
    log = new SilentLog(),
    claimMappings,
    access,
    administrators,
    userSecrets = [],
    machineClients = [],
  } = options;
  const [database, nats, stub] = await Promise.all([
    startTestDatabase('token-vault'),
    startTestNats(),
    new StubProvider().start(),
  ]);
  const startVault = (own: VaultOptions) => startTestVault({ databaseUrl: database.url, nats, log, ...own });
  const vault = await startVault({
    providers: providers(stub),
    backends,
    replicas,
    userSecrets,
    machineClients,
    ...(claimMappings === undefined ? {} : { claimMappings }),
    ...(access === undefined ? {} : { access }),
    ...(administrators === undefined ? {} : { administrators }),
  });
  const rows = vault.app.get(Database);
  return {
    nats,
    databaseUrl: database.url,
    stub,
    vault,
    client: vault.client,
    rows,
    as: (login) => (url) => stub.callbackQuery(url, login),
    startVault,
    expire: async (accountId) => {
      await rows.query({
        name: 'expire-access',
        text: `update connections set access_expires_at = now() - interval '1 second' where account_id = $1`,
        values: [accountId],
      });
    },
    ...legObservations(rows, vault.app.get(Outbox), stub),
    close: async () => {
      await vault.close();
      await Promise.all([stub.stop(), nats.close(), database.close()]);
    },
  };
}

function legObservations(
  rows: Database,
  outbox: Outbox,
  stub: StubProvider,
): Pick<VaultWorld, 'settled' | 'revoked' | 'stagedCount' | 'clearLegs'> {
  const settled = async () => {
    outbox.wake();
    await outbox.settled();
  };
  return {
    settled,
    revoked: async () => {
      await settled();
      return stub.revoked;
    },
    stagedCount: async () => {
      const { rows: found } = await rows.query<{ n: number }>({
        name: 'count-staged',
        text: 'select count(*)::int as n from staged_connections',
      });
      return found[0]?.n ?? -1;
    },
    clearLegs: async () => {
      for (const table of ['pending_legs', 'staged_connections', 'revocation_outbox'])
        await rows.query({ name: `clear-${table}`, text: `delete from ${table}` });
    },
  };
}
