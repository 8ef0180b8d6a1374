import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SERVICES } from '@gatehouse/kernel/services';
import { natsUser } from '@gatehouse/config/secrets/secret-kinds';
import { askOnce } from '@gatehouse/messaging/ask-once';
import type { BusOptions } from '@gatehouse/messaging/bus-options';
import type { Queries } from '@gatehouse/persistence/database';
import { Cannot, kindOf } from '../cannot.js';
import type { Environment } from '../configuration.js';
import type { Output } from '../output.js';
import { writtenSections } from '../written-secrets.js';
import { instant, minute, printList, type ListOptions } from './listing.js';
import { calledBy, peopleOf, shown, theAccount, type Person } from './people.js';
import { reach, type Reached, type Which } from './reached.js';
import { inAuthorizationServer, inTokenVault } from './service-database.js';

interface ConnectionRow {
  readonly id: string;
  readonly accountId: string;
  readonly provider: string;
  /** The person there. */
  readonly subject: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly scopes: readonly string[];
  readonly lackingScopes: readonly string[];
  readonly state: string;
  readonly accessExpiresAt: Date | null;
  readonly connectedAt: Date;
  readonly refreshedAt: Date | null;
  readonly isSetAside: boolean;
  /** Null: nobody has looked yet (docs/adr/0079). */
  readonly hasRefreshToken: boolean | null;
  readonly refreshRotated: boolean | null;
  readonly tokenAudiences: readonly string[];
  readonly sessions: number;
}

/** Every column that is no secret; the tokens are sealed, and stay unread. */
const COLUMNS = `c.id, c.account_id as "accountId", c.provider, c.subject, c.name, c.email, c.scopes,
  c.lacking_scopes as "lackingScopes", c.state, c.access_expires_at as "accessExpiresAt", c.connected_at as "connectedAt",
  c.refreshed_at as "refreshedAt", c.set_aside_at is not null as "isSetAside",
  c.has_refresh_token as "hasRefreshToken", c.refresh_rotated as "refreshRotated", c.token_audiences as "tokenAudiences",
  (select count(*)::int from session_connections sc where sc.connection_id = c.id) as sessions`;

interface ConnectionsOptions extends ListOptions {
  readonly account?: string;
  readonly provider?: string;
}

/** Who is connected to which provider, the newest first. */
export async function listConnections(
  options: ConnectionsOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { account, provider, limit, json } = options;
  await reach(options, environment, async (installation) => {
    const accountId = await accountIdOf(installation, account);
    const { rows, total } = await inTokenVault(installation, async (vault) => {
      const found = await vault.query<ConnectionRow & { readonly total: number }>({
        name: 'connections-listed',
        text: `select ${COLUMNS}, count(*) over ()::int as total from connections c
          where ($1::uuid is null or c.account_id = $1) and ($2::text is null or c.provider = $2)
          order by c.connected_at desc, c.id limit $3`,
        values: [accountId, provider ?? null, limit],
      });
      return { rows: found.rows, total: found.rows[0]?.total ?? 0 };
    });
    const people = await ownersOf(installation, rows);
    if (json) output.json({ connections: rows.map((row) => plain(row, people)), total });
    else printTable(output, rows, { people, total, none: noneOf(installation, provider) });
  });
  return 0;
}

/** A name that no provider has is more often mistyped than looked for. */
function noneOf({ model }: Reached, provider: string | undefined): string {
  if (provider === undefined) return 'Nobody is connected to a provider.';
  const names = (model.authServer?.upstreamProviders ?? []).map(({ name }) => name);
  const isKnown = names.includes(provider);
  return `Nobody is connected to ${shown(provider)}.${isKnown ? '' : ` The configuration has no such provider; it has ${names.join(', ') || 'none'}.`}`;
}

interface Listed {
  readonly people: ReadonlyMap<string, Person>;
  readonly total: number;
  readonly none: string;
}

function printTable(output: Output, rows: readonly ConnectionRow[], { people, total, none }: Listed): void {
  printList(output, {
    headings: ['connection', 'person', 'provider', 'there', 'state', 'expires (UTC)', 'scopes'],
    rows: rows.map((row) => ({
      cells: [
        row.id,
        calledBy(people.get(row.accountId) ?? unknown(row)),
        row.provider,
        shown(row.email ?? row.name ?? row.subject),
        row.isSetAside ? 'set aside' : row.state,
        minute(row.accessExpiresAt),
        shown(row.scopes.join(' ')),
      ],
      needsAction: row.isSetAside || row.state !== 'live' || row.lackingScopes.length > 0,
    })),
    total,
    none,
  });
}

const unknown = ({ accountId }: ConnectionRow): Person => ({ accountId, name: null, email: null });

const plain = (row: ConnectionRow, people: ReadonlyMap<string, Person>) => {
  const { name, email } = people.get(row.accountId) ?? unknown(row);
  return {
    connection: row.id,
    account: { id: row.accountId, name, email },
    provider: row.provider,
    there: { subject: row.subject, name: row.name, email: row.email },
    state: row.state,
    setAside: row.isSetAside,
    scopes: row.scopes,
    lackingScopes: row.lackingScopes,
    connected: instant(row.connectedAt),
    refreshed: instant(row.refreshedAt),
    expires: instant(row.accessExpiresAt),
    refreshToken: row.hasRefreshToken,
    rotates: row.refreshRotated,
    audiences: row.tokenAudiences,
    sessions: row.sessions,
  };
};

/** Accounts are the authorization server’s. Without one there are no connections, and so nobody to look for. */
async function ownersOf(
  installation: Reached,
  rows: readonly ConnectionRow[],
): Promise<ReadonlyMap<string, Person>> {
  if (installation.model.authServer === undefined || rows.length === 0) return new Map();
  const accountIds = rows.map(({ accountId }) => accountId);
  return await inAuthorizationServer(installation, async (own) => await peopleOf(own, accountIds));
}

const accountIdOf = async (installation: Reached, account: string | undefined): Promise<string | null> =>
  account === undefined
    ? null
    : await inAuthorizationServer(installation, async (own) => (await theAccount(own, account)).accountId);

interface RevokeOptions extends Which {
  readonly connection?: string;
  readonly account?: string;
  readonly provider?: string;
  readonly json: boolean;
}

type Chosen = Pick<ConnectionRow, 'id' | 'accountId' | 'provider'>;

/**
 * Ends connections: unusable here at once, and revoked at the provider where it supports that (RFC 7009). The vault does it, because
 * nobody else can open what is to be revoked.
 */
export async function revokeConnections(
  options: RevokeOptions,
  environment: Environment,
  output: Output,
): Promise<number> {
  const { connection, account, provider, json } = options;
  if ((connection === undefined) === (account === undefined))
    throw new Cannot(
      'Say which: gatehouse connections revoke <connection>, as `gatehouse connections` shows it, or all of a person: --account <who>',
      'usage',
    );
  await reach(options, environment, async (installation) => {
    const accountId = await accountIdOf(installation, account);
    const chosen = await inTokenVault(installation, async (vault) =>
      accountId === null
        ? [await named(vault, connection ?? '')]
        : await ofAccount(vault, accountId, provider),
    );
    const bus = busOptionsOf(installation);
    const revoked: Chosen[] = [];
    for (const one of chosen) {
      const isRevoked = await revoke(bus, one).catch((error: unknown) => {
        throw json ? withDone(error, revoked) : error;
      });
      if (!isRevoked) continue;
      revoked.push(one);
      // What is done is said at once: the next one may fail.
      if (!json) output.line(`Revoked ${one.id}: ${one.provider}`);
    }
    if (json) output.json({ revoked: revoked.map(({ id }) => id) });
    else if (revoked.length === 0) output.line('No connection was there.');
  });
  return 0;
}

const withDone = (error: unknown, revoked: readonly Chosen[]): unknown =>
  error instanceof Cannot && revoked.length > 0
    ? new Cannot(
        `Revoked: ${revoked.map(({ id }) => id).join(', ')}. ${error.message}`,
        kindOf(error.exitCode),
      )
    : error;

const UUID_BEGINNING = /^[0-9a-f-]{8,36}$/;

async function named(vault: Queries, beginning: string): Promise<Chosen> {
  const found = UUID_BEGINNING.test(beginning)
    ? await vault.query<Chosen>({
        name: 'connection-named',
        text: `select c.id, c.account_id as "accountId", c.provider from connections c where starts_with(c.id::text, $1) limit 2`,
        values: [beginning],
      })
    : { rows: [] };
  const [one, another] = found.rows;
  if (one === undefined)
    throw new Cannot(
      `There is no connection ${shown(beginning)}. See which there are: gatehouse connections`,
    );
  if (another !== undefined)
    throw new Cannot(`Several connections begin with ${beginning}. Give the whole id: gatehouse connections`);
  return one;
}

async function ofAccount(
  vault: Queries,
  accountId: string,
  provider: string | undefined,
): Promise<readonly Chosen[]> {
  const found = await vault.query<Chosen>({
    name: 'connections-of-account',
    text: `select c.id, c.account_id as "accountId", c.provider from connections c
      where c.account_id = $1 and ($2::text is null or c.provider = $2)`,
    values: [accountId, provider ?? null],
  });
  return found.rows;
}

/** The vault takes requests of the authorization server alone, so the command needs what that service has. */
function busOptionsOf({ model, configuration, secret }: Reached): BusOptions {
  const { nats, vault } = writtenSections(configuration);
  const { user, password } = natsUser(secret('natsCredentials', nats.credentials));
  if (SERVICES.some((service) => service === user && service !== 'authorization-server'))
    throw new Cannot(
      `nats.credentials are those of ${user}, and the vault revokes for the authorization server alone. Run the command again with the environment of that service.`,
      'configuration',
    );
  return {
    service: 'authorization-server',
    gatewayName: model.name,
    servers: model.nats.servers,
    user,
    password,
    requestKeys: vault.requestKeys.map(({ id, ...written }) => ({
      id,
      key: secret('keyEncryptionKey', written),
    })),
  };
}

async function revoke(bus: BusOptions, { accountId, provider }: Chosen): Promise<boolean> {
  try {
    return (await askOnce(bus, connectionRevoke, { accountId, provider })).revoked;
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    // Somebody else was faster, and the provider is not configured any more.
    if (error.code === 'unknown_provider') return false;
    if (error.code === 'not_allowed')
      throw new Cannot(
        'The token vault does not take the request: vault.requestKeys of this command are others than its own. Run the command again with the environment of the authorization server.',
        'configuration',
      );
    throw new Cannot(
      `The token vault did not say that it revoked the connection to ${provider} (${error.message}). See whether it runs, then see what is there: gatehouse connections`,
      'tryAgain',
    );
  }
}
