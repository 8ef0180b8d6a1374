import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionRow } from '../connections/connection.js';
import { ConnectionStore } from '../connections/connection.store.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { VaultMetrics } from '../vault-metrics.js';
import { Redeem } from './redeem.js';
import type { Refreshed } from './refreshed.js';
import { RefreshStore, type Acquired } from './refresh.store.js';

const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 50;
/** How long a leader on another replica is waited for; it is left a little longer than its provider may take. */
const FOLLOW_MARGIN_MS = 2_000;

/**
 * One refresh per connection at a time, over all replicas: in this process callers share a promise, between processes
 * the lease decides who redeems, and everybody else watches the version and never redeems.
 */
@Injectable()
export class Refresher implements OnApplicationShutdown {
  readonly #running = new Map<ConnectionId, Promise<Refreshed>>();

  constructor(
    private readonly store: RefreshStore,
    private readonly connections: ConnectionStore,
    private readonly registry: ProviderRegistry,
    private readonly redeem: Redeem,
    private readonly metrics: VaultMetrics,
    private readonly log: Log,
  ) {}

  /** @throws {GatehouseError} `busy` when another replica takes too long, `connection_missing` when it was revoked meanwhile. */
  async refresh(row: ConnectionRow): Promise<Refreshed> {
    const running = this.#running.get(row.id);
    if (running !== undefined) return await running;
    const started = this.#leadOrFollow(row).finally(() => this.#running.delete(row.id));
    this.#running.set(row.id, started);
    return await started;
  }

  /** Whether this process is at it. */
  isRefreshing(id: ConnectionId): boolean {
    return this.#running.has(id);
  }

  /** Refreshes while the old token is still being handed out. */
  refreshBehind(row: ConnectionRow): void {
    if (this.#running.has(row.id)) return;
    this.refresh(row).catch((error: unknown) => {
      this.log.failure('early-refresh-failed', error, { provider: row.provider });
    });
  }

  /** What is being redeemed is waited for, and what the provider answers is stored. The process bounds how long. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  async #leadOrFollow(seen: ConnectionRow): Promise<Refreshed> {
    const provider = this.registry.get(seen.provider);
    const deadlineMs = performance.now() + provider.timeoutMs + FOLLOW_MARGIN_MS;
    for (
      let waitMs = FIRST_LOOK_MS;
      performance.now() < deadlineMs;
      waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS)
    ) {
      const acquired = await this.store.acquire(seen.id, seen.version);
      if (acquired !== undefined) {
        const refreshed = await this.#lead(acquired);
        // Whoever put something newer there has published it; it is one look away.
        if (refreshed.outcome !== 'superseded') return refreshed;
      }
      const settled = settledBy(await this.connections.byId(seen.id), seen.version);
      if (settled !== undefined) return settled;
      await sleep(waitMs);
    }
    throw new GatehouseError('busy', 'another replica still refreshes this connection');
  }

  async #lead(acquired: Acquired): Promise<Refreshed> {
    try {
      const refreshed = await this.redeem.run(acquired);
      this.metrics.refreshed(acquired.row.provider, refreshed.outcome);
      return refreshed;
    } catch (error) {
      await this.store.release(acquired.lease).catch(() => undefined);
      throw error;
    }
  }
}

/** What a look at the row tells a follower; `undefined`: look again. */
function settledBy(now: ConnectionRow | undefined, seenVersion: number): Refreshed | undefined {
  if (now === undefined) throw new GatehouseError('connection_missing', 'revoked while it was refreshed');
  if (now.version > seenVersion) return { outcome: 'refreshed', row: now };
  if (now.state === 'reauth_required') return { outcome: 'reauth_required' };
  if (now.leased || now.nextAttemptAt === null) return undefined;
  return { outcome: now.state === 'ambiguous' ? 'ambiguous' : 'provider_unavailable' };
}
