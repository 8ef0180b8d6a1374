import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { Connection } from '../connections/connection.js';
import type { ConnectionChange } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { revocable, revocableOf, type TokenAnswer, type TokenSet } from '../providers/token-answer.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf } from '../providers/upstream-verdict.js';
import type { RefreshOutcome } from './outcome.js';
import type { Refreshed } from './refreshed.js';
import { RefreshStore, type Lease } from './refresh.store.js';
import { restAfterAmbiguousMs, restAfterUnavailableMs } from './rest.js';

/** What a refresh that failed leaves. */
export interface FailedRedemption {
  /** An answer was kept, and judged as far as it can be. */
  readonly kept: boolean;
  /** It is wrong for good: its tokens are revoked. Nothing is revoked on the strength of an answer that cannot be judged. */
  readonly worthless: TokenAnswer | undefined;
  readonly failure?: UpstreamFailure;
}

export const NO_ANSWER: FailedRedemption = { kept: false, worthless: undefined };

/** Writes down the end of a refresh that brought no new tokens. */
@Injectable()
export class RefreshEndings {
  constructor(
    private readonly database: Database,
    private readonly store: RefreshStore,
    private readonly outbox: Outbox,
    private readonly log: Log,
  ) {}

  async failed(
    lease: Lease,
    connection: Connection,
    outcome: RefreshOutcome,
    left: FailedRedemption,
  ): Promise<Refreshed> {
    if (left.failure !== undefined) this.#say(connection, outcome, left.failure);
    switch (outcome) {
      case 'reauth_required':
        return await this.reauth(lease, connection, left);
      case 'refused':
        await this.store.rest(
          lease,
          'refused',
          restAfterUnavailableMs(connection.row.failures, Math.random()),
        );
        return { outcome, refusals: connection.row.refusals + 1 };
      case 'provider_unavailable':
        await this.store.rest(
          lease,
          'unchanged',
          restAfterUnavailableMs(connection.row.failures, Math.random()),
        );
        return { outcome, refusals: connection.row.refusals };
      case 'ambiguous':
        await this.store.rest(
          lease,
          'ambiguous',
          restAfterAmbiguousMs(connection.row.failures, Math.random()),
        );
        this.log.warn('refresh-ambiguous', {
          connectionId: connection.id,
          provider: connection.provider,
          failures: connection.row.failures,
        });
        return { outcome };
      case 'refreshed':
      case 'superseded':
        return await this.superseded(lease);
    }
  }

  /** Why a refresh failed, for whoever runs this; the person reads what to do. */
  #say({ id: connectionId, provider }: Connection, outcome: RefreshOutcome, failure: UpstreamFailure): void {
    const { kind, reason } = failure;
    const status = 'status' in failure ? { status: failure.status } : {};
    const verdict = verdictOf(failure);
    this.log.warn('refresh-failed', { connectionId, provider, outcome, kind, verdict, ...status, ...reason });
  }

  /** Gives the lease back, so that others can go on at once. */
  async superseded(lease: Lease): Promise<Refreshed> {
    await this.store.release(lease);
    return { outcome: 'superseded' };
  }

  /** Asks for a new sign-in. The change, its event and the revocation of useless tokens are one transaction. */
  async reauth(
    lease: Lease,
    connection: Connection,
    { kept, worthless }: FailedRedemption,
  ): Promise<Refreshed> {
    const { id: connectionId, provider } = connection;
    const event = await this.database.transaction(async (tx) => {
      if (!(await this.store.requireReauth(tx, lease, kept))) return undefined;
      const token = worthless === undefined ? undefined : revocable(worthless);
      if (token !== undefined) await this.outbox.revoke(tx, provider, [token]);
      return await this.outbox.changed(tx, connection, 'reauth_required');
    });
    if (event === undefined) return await this.superseded(lease);
    this.log.info('connection-needs-user', { connectionId, provider });
    await this.outbox.publish([event]);
    return { outcome: 'reauth_required' };
  }

  /** The row does not open. It stays as it is, and the user is asked to sign in again. */
  async setAside(connection: Connection): Promise<Refreshed> {
    await this.#change(connection, 'reauth_required', (tx) => this.store.setAside(tx, connection));
    return { outcome: 'reauth_required' };
  }

  /** The row opens again, since its key is back. @returns `undefined` when the row has changed meanwhile. */
  async takeBack(connection: Connection): Promise<Connection | undefined> {
    let taken: Connection | undefined;
    await this.#change(connection, 'connected', async (tx) => {
      taken = await this.store.takeBack(tx, connection);
      return taken !== undefined;
    });
    if (taken !== undefined)
      this.log.info('sealed-row-taken-back', { connectionId: taken.id, provider: taken.provider });
    return taken;
  }

  /** Writes a change and its event, or neither. */
  async #change(
    connection: Connection,
    change: ConnectionChange['change'],
    write: (tx: Queries) => Promise<boolean>,
  ): Promise<void> {
    const event = await this.database.transaction(async (tx) =>
      (await write(tx)) ? await this.outbox.changed(tx, connection, change) : undefined,
    );
    if (event !== undefined) await this.outbox.publish([event]);
  }

  /** The connection was revoked during its refresh: the new tokens are revoked, too. */
  async orphaned(provider: string, tokens: TokenSet): Promise<void> {
    await this.outbox.revoke(this.database, provider, [revocableOf(tokens)]);
  }
}
