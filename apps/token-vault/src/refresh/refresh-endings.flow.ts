import { Injectable } from '@nestjs/common';
import { newReference } from '@gatehouse/kernel/failure-reference';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { Connection } from '../connections/connection.js';
import type { ConnectionChange } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { revocable, revocableOf, type TokenAnswer, type TokenSet } from '../providers/token-answer.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf } from '../providers/upstream-verdict.js';
import type { RefreshOutcome } from './outcome.js';
import { reauthRequired } from './reauth-required.js';
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
    if (outcome === 'refreshed' || outcome === 'superseded') return await this.superseded(lease);
    const reference = newReference();
    this.#say(connection, { outcome, reference }, left.failure);
    const refreshed = await this.#rested(lease, connection, outcome, left);
    return refreshed.outcome === 'superseded' ? refreshed : { ...refreshed, reference };
  }

  async #rested(
    lease: Lease,
    connection: Connection,
    outcome: Exclude<RefreshOutcome, 'refreshed' | 'superseded'>,
    left: FailedRedemption,
  ): Promise<Refreshed> {
    switch (outcome) {
      case 'reauth_required':
        return await this.#reauth(lease, connection, left);
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
        return { outcome };
    }
  }

  /** Why a refresh failed, for whoever runs this; the person reads what to do. */
  #say(
    { id: connectionId, provider, row: { failures } }: Connection,
    told: { readonly outcome: RefreshOutcome; readonly reference: string },
    failure: UpstreamFailure | undefined,
  ): void {
    const why =
      failure === undefined
        ? { kind: 'other_subject', verdict: 'final' }
        : {
            kind: failure.kind,
            verdict: verdictOf(failure),
            ...('status' in failure ? { status: failure.status } : {}),
            ...failure.reason,
          };
    this.log.warn('refresh-failed', { connectionId, provider, ...told, failures, ...why });
  }

  /**
   * Nothing is asked, since only its person can mend it. @param reason of this service: nobody else's text
   * @returns what is thrown, with the number of the line
   */
  needsUser({ id: connectionId, provider }: Connection, reason: string): GatehouseError {
    const reference = newReference();
    this.log.info('connection-needs-user', { connectionId, provider, reference, reason });
    return reauthRequired({ provider }, reference);
  }

  /** Gives the lease back, so that others can go on at once. */
  async superseded(lease: Lease): Promise<Refreshed> {
    await this.store.release(lease);
    return { outcome: 'superseded' };
  }

  /** There is no refresh token: nothing is asked. */
  async unrenewable(lease: Lease, connection: Connection): Promise<Refreshed> {
    const { id: connectionId, provider } = connection;
    const reference = newReference();
    const refreshed = await this.#reauth(lease, connection, { kept: false, worthless: undefined });
    if (refreshed.outcome === 'superseded') return refreshed;
    this.log.info('connection-needs-user', { connectionId, provider, reference, reason: 'no refresh token' });
    return { ...refreshed, reference };
  }

  /** Asks for a new sign-in. The change, its event and the revocation of useless tokens are one transaction. */
  async #reauth(
    lease: Lease,
    connection: Connection,
    { kept, worthless }: FailedRedemption,
  ): Promise<Refreshed> {
    const { provider } = connection;
    const event = await this.database.transaction(async (tx) => {
      if (!(await this.store.requireReauth(tx, lease, kept))) return undefined;
      const token = worthless === undefined ? undefined : revocable(worthless);
      if (token !== undefined) await this.outbox.revoke(tx, provider, [token]);
      return await this.outbox.changed(tx, connection, 'reauth_required');
    });
    if (event === undefined) return await this.superseded(lease);
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
