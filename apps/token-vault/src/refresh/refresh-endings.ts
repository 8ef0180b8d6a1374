import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Database, type Queries } from '@gatehouse/persistence/database';
import { ConnectionEvents } from '../connections/connection-events.js';
import type { ConnectionRow } from '../connections/connection.js';
import { EventOutboxStore, type ConnectionChange } from '../connections/event-outbox.store.js';
import { RevocationOutboxStore } from '../connections/revocation-outbox.store.js';
import { revocable, type TokenAnswer, type TokenSet } from '../providers/token-answer.js';
import type { RefreshOutcome } from './outcome.js';
import type { Refreshed } from './refreshed.js';
import { RefreshStore, type Lease } from './refresh.store.js';
import { restAfterAmbiguousMs, restAfterUnavailableMs } from './rest.js';

/** What is written down when a refresh did not bring new tokens. */
@Injectable()
export class RefreshEndings {
  constructor(
    private readonly database: Database,
    private readonly store: RefreshStore,
    private readonly outbox: EventOutboxStore,
    private readonly events: ConnectionEvents,
    private readonly revocations: RevocationOutboxStore,
    private readonly log: Log,
  ) {}

  async failed(
    lease: Lease,
    row: ConnectionRow,
    outcome: RefreshOutcome,
    worthless: TokenAnswer | undefined,
  ): Promise<Refreshed> {
    switch (outcome) {
      case 'reauth_required':
        return await this.reauth(lease, row, worthless);
      case 'provider_unavailable':
        await this.store.rest(lease, 'unchanged', restAfterUnavailableMs(row.failures, Math.random()));
        return { outcome };
      case 'ambiguous':
        await this.store.rest(lease, 'ambiguous', restAfterAmbiguousMs(row.failures, Math.random()));
        this.log.warn('refresh-ambiguous', {
          connectionId: row.id,
          provider: row.provider,
          failures: row.failures,
        });
        return { outcome };
      case 'refreshed':
      case 'superseded':
        await this.store.release(lease);
        return { outcome };
    }
  }

  /** The change, its event, and the return of tokens that will not be used, in one transaction. */
  async reauth(lease: Lease, row: ConnectionRow, worthless: TokenAnswer | undefined): Promise<Refreshed> {
    const { id: connectionId, accountId, provider } = row;
    const event = await this.database.transaction(async (tx) => {
      if (!(await this.store.requireReauth(tx, lease, worthless !== undefined))) return undefined;
      const token = worthless === undefined ? undefined : revocable(worthless);
      if (token !== undefined) await this.revocations.add(provider, token, tx);
      return await this.outbox.add(tx, {
        connectionId,
        accountId,
        provider,
        change: 'reauth_required',
        atMs: Date.now(),
      });
    });
    if (event === undefined) {
      await this.store.release(lease);
      return { outcome: 'superseded' };
    }
    this.log.info('connection-needs-user', { connectionId, provider });
    await this.events.publish([event]);
    return { outcome: 'reauth_required' };
  }

  /** What is stored of the connection does not open. It stays as it is, and the user is asked to sign in again. */
  async setAside(row: ConnectionRow): Promise<Refreshed> {
    await this.#change(row, 'reauth_required', (tx) => this.store.setAside(tx, row));
    return { outcome: 'reauth_required' };
  }

  /** Its key is back. @returns `undefined` when the row is another one by now. */
  async takeBack(row: ConnectionRow): Promise<ConnectionRow | undefined> {
    let taken: ConnectionRow | undefined;
    await this.#change(row, 'connected', async (tx) => {
      taken = await this.store.takeBack(tx, row);
      return taken !== undefined;
    });
    if (taken !== undefined)
      this.log.info('sealed-row-taken-back', { connectionId: row.id, provider: row.provider });
    return taken;
  }

  /** A change and the event of it, or neither. */
  async #change(
    { id: connectionId, accountId, provider }: ConnectionRow,
    change: ConnectionChange['change'],
    write: (tx: Queries) => Promise<boolean>,
  ): Promise<void> {
    const payload = { connectionId, accountId, provider, change, atMs: Date.now() };
    const event = await this.database.transaction(async (tx) =>
      (await write(tx)) ? await this.outbox.add(tx, payload) : undefined,
    );
    if (event !== undefined) await this.events.publish([event]);
  }

  /** The connection was revoked while its refresh was on the way: nobody will use these tokens. */
  async orphaned(provider: string, tokens: TokenSet): Promise<void> {
    await this.revocations.add(provider, tokens.refreshToken ?? tokens.accessToken);
  }
}
