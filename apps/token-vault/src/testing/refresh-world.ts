import type { Clock } from '@gatehouse/kernel/clock';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import type { Database } from '@gatehouse/persistence/database';
import { whileStopped } from '@gatehouse/testing/stopped-clock';
import { CLOCK } from '@gatehouse/service-process/injected';
import { oidcProvider } from './vault-config.js';
import { startVaultWorld, type VaultWorld } from './vault-world.js';

const REPLICAS = 2;

/** What a refresh leaves of a connection. */
interface ConnectionRow {
  readonly id: ConnectionId;
  readonly state: string;
  readonly version: number;
  readonly leased: boolean;
  readonly leaseIsOver: boolean;
  readonly answered: boolean;
  readonly begun: boolean;
  readonly resting: boolean;
  readonly refusals: number;
}

/** Replicas before one provider, and a hand in their table of connections. */
export interface RefreshWorld extends VaultWorld {
  readonly rowOf: (accountId: string) => Promise<ConnectionRow>;
  readonly change: (accountId: string, assignments: string) => Promise<void>;
  /** Ends a rest and a lease. */
  readonly wakeUp: (accountId: string) => Promise<void>;
  /** As {@link RefreshWorld.wakeUp}, but it rests for longer than any test takes. */
  readonly keepResting: (accountId: string) => Promise<void>;
  /** No time passes for the vault while `work` runs; the token that it may hand out expires in so many seconds. */
  readonly expiringIn: <Value>(
    seconds: number,
    accountId: string,
    work: () => Promise<Value>,
  ) => Promise<Value>;
  /** A signed-in user whose access token has just expired. */
  readonly expired: (login?: string) => ReturnType<VaultWorld['client']['signIn']>;
}

export async function startRefreshWorld(): Promise<RefreshWorld> {
  const world = await startVaultWorld({
    replicas: REPLICAS,
    providers: ({ issuer }) => [oidcProvider('acme', issuer)],
    backends: { directory: { type: 'upstreamInject', providerName: 'acme' } },
  });
  const { rows, client, as } = world;
  const change: RefreshWorld['change'] = async (accountId, assignments) => {
    await rows.query({
      name: `change-${sha256(assignments)}`,
      text: `update connections set ${assignments} where account_id = $1`,
      values: [accountId],
    });
  };
  return {
    ...world,
    rowOf: (accountId) => rowOf(rows, accountId),
    change,
    wakeUp: (accountId) =>
      change(accountId, 'next_attempt_at = null, lease_until = null, lease_owner = null'),
    keepResting: (accountId) => change(accountId, `next_attempt_at = now() + interval '1 hour'`),
    expiringIn: async (seconds, accountId, work) =>
      await whileStopped(world.vault.app.get<Clock>(CLOCK), async (nowMs) => {
        const at = (inSeconds: number) => `to_timestamp(${nowMs / SECOND_MS + inSeconds})`;
        await change(accountId, `access_obtained_at = ${at(-300)}, access_expires_at = ${at(seconds)}`);
        return await work();
      }),
    expired: async (login = 'alice') => {
      const session = await client.signIn({ acme: as(login) });
      await world.expire(session.accountId);
      return session;
    },
  };
}

async function rowOf(rows: Database, accountId: string): Promise<ConnectionRow> {
  const { rows: found } = await rows.query<ConnectionRow>({
    name: 'row-of',
    text: `select id, state, version, lease_owner is not null as leased,
             coalesce(lease_until < now(), true) as "leaseIsOver", answer is not null as answered,
             refresh_started_at is not null as begun, next_attempt_at is not null as resting, refusals
           from connections where account_id = $1`,
    values: [accountId],
  });
  const [row] = found;
  if (row === undefined) throw new Error('no connection');
  return row;
}
