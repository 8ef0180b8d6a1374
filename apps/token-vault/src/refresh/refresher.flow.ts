import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { leadOrFollow } from '@gatehouse/kernel/lead-or-follow';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import type { Connection } from '../connections/connection.js';
import { ConnectionStore } from '../connections/connection.store.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { Redeem } from './redeem.flow.js';
import type { Refreshed } from './refreshed.js';
import { RefreshStore } from './refresh.store.js';

/** A follower waits this much longer than the provider may take. */
const FOLLOW_MARGIN_MS = 2 * SECOND_MS;

/**
 * Makes one refresh per connection at a time, over all replicas. Callers in this process share it. Between processes the
 * lease decides who redeems; the others watch the version and never redeem.
 */
@Injectable()
export class Refresher implements OnApplicationShutdown {
  readonly #refreshes = new SingleFlight<ConnectionId, Refreshed>();

  constructor(
    private readonly store: RefreshStore,
    private readonly connections: ConnectionStore,
    private readonly registry: ProviderRegistry,
    private readonly redeem: Redeem,
    private readonly log: Log,
  ) {}

  /** @throws {GatehouseError} `busy` when another replica takes too long, `connection_missing` when it was revoked meanwhile. */
  async refresh(connection: Connection): Promise<Refreshed> {
    return await this.#refreshes.run(connection.id, () => this.#leadOrFollow(connection));
  }

  /** Whether this process is refreshing the connection now. */
  isRefreshing(id: ConnectionId): boolean {
    return this.#refreshes.isRunning(id);
  }

  /** Refreshes while the old token is still being handed out. */
  refreshBehind(connection: Connection): void {
    if (this.isRefreshing(connection.id)) return;
    this.refresh(connection).catch((error: unknown) => {
      this.log.failure('early-refresh-failed', error, { provider: connection.provider });
    });
  }

  /** Waits for redemptions under way, so that their answers are stored. The process limits how long a stop may take. */
  async onApplicationShutdown(): Promise<void> {
    await this.#refreshes.settled();
  }

  async #leadOrFollow(seen: Connection): Promise<Refreshed> {
    const provider = this.registry.get(seen.provider);
    return await leadOrFollow({
      acquire: () => this.store.acquire(seen.id, seen.row.version),
      lead: async (acquired) => {
        const refreshed = await this.redeem.run(acquired);
        // Another process has published newer tokens: the next look finds them.
        return refreshed.outcome === 'superseded' ? undefined : refreshed;
      },
      look: async () => settledBy(await this.connections.byId(seen.id), seen.row.version),
      patienceMs: provider.timeoutMs + FOLLOW_MARGIN_MS,
      busy: 'another replica still refreshes this connection',
    });
  }
}

/** What the row tells a follower; `undefined`: look again. */
function settledBy(connection: Connection | undefined, seenVersion: number): Refreshed | undefined {
  if (connection === undefined)
    throw new GatehouseError('connection_missing', 'revoked while it was refreshed');
  const { row: now } = connection;
  if (now.version > seenVersion) return { outcome: 'refreshed', connection };
  if (now.state === 'reauth_required') return { outcome: 'reauth_required' };
  if (now.leased || now.nextAttemptAt === null) return undefined;
  const outcome = now.state === 'ambiguous' ? 'ambiguous' : 'provider_unavailable';
  return { outcome, refusals: now.refusals };
}
