import { Injectable } from '@nestjs/common';
import type { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { newConnectionId, type AccountId, type AttemptId, type ConnectionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import type { PendingEvent } from '../outbox/event-outbox.store.js';
import { Outbox } from '../outbox/outbox.flow.js';
import { isAccountBound } from './account-bound.js';
import type { Connection } from './connection.js';
import { ConnectionStore, type ConnectedTokens } from './connection.store.js';
import { StagedConnectionStore, type StagedConnection } from './staged-connection.store.js';

export interface Adopted {
  readonly connectionId: ConnectionId;
  readonly event: PendingEvent;
}

/** Makes staged answers the account's connections. */
@Injectable()
export class AdoptStaged {
  constructor(
    private readonly database: Database,
    private readonly staged: StagedConnectionStore,
    private readonly connections: ConnectionStore,
    private readonly outbox: Outbox,
    private readonly log: Log,
  ) {}

  /** One transaction, in which nobody else changes the account's connections. A staged row that does not open undoes it all. */
  async transaction<Value>(accountId: AccountId, work: (tx: Queries) => Promise<Value>): Promise<Value> {
    return await this.staged.orSetAside(() =>
      this.database.transaction(async (tx) => {
        await this.connections.lockAccount(tx, accountId);
        return await work(tx);
      }),
    );
  }

  /**
   * Adopts all that a sign-in recorded.
   * @param subjects by provider; nothing else is adopted
   * @throws {GatehouseError} `attempt_unknown`; `connection_missing` when one of them is not there
   */
  async attempt(
    tx: Queries,
    attemptId: AttemptId,
    accountId: AccountId,
    subjects: Readonly<Record<string, string>>,
  ): Promise<readonly Adopted[]> {
    await this.staged.refuseForeign(tx, attemptId, accountId);
    const taken = await this.staged.take(tx, attemptId, accountId, subjects);
    const lost = Object.keys(subjects).find((name) => taken.every(({ provider }) => provider !== name));
    if (lost !== undefined) throw missingConnection(lost);
    const adopted: Adopted[] = [];
    for (const staged of taken) adopted.push(await this.#adopt(tx, staged, accountId));
    return adopted;
  }

  /** Adopts one staged connection. @returns `undefined` when it is not there. */
  async one(
    tx: Queries,
    { attemptId, accountId, provider, subject }: z.output<typeof connectionAdopt.request>,
  ): Promise<Adopted | undefined> {
    const [staged] = await this.staged.take(tx, attemptId, accountId, { [provider]: subject });
    return staged && (await this.#adopt(tx, staged, accountId));
  }

  async #adopt(tx: Queries, staged: StagedConnection, accountId: AccountId): Promise<Adopted> {
    const { provider, tokens } = staged;
    const connected = { ...staged, name: staged.name, email: staged.email };
    const before = (await this.connections.hold(tx, accountId, provider))?.connection;
    const key = { id: before?.id ?? newConnectionId(), accountId, provider };
    if (before === undefined) {
      await this.connections.insert(tx, key, connected);
    } else if (isAccountBound(staged.subject)) {
      // It may be another account at the provider: nothing of the old grant is kept. It may be the same, so nothing is revoked.
      await this.connections.replace(tx, before, connected, false);
    } else if (before.row.subject === staged.subject && before.isOf(tokens.issuedTo)) {
      // Many providers give a refresh token at the first consent only, so the old one is kept. A replaced one is not
      // revoked: at many providers that would end the new grant as well.
      const refreshToken = tokens.refreshToken ?? before.newestRefreshToken(tokens.issuedTo);
      const kept = refreshToken === undefined ? tokens : { ...tokens, refreshToken };
      const keepsGrant = tokens.refreshToken === undefined && before.row.answer === null;
      await this.connections.replace(tx, before, { ...connected, tokens: kept }, keepsGrant);
    } else {
      await this.#anotherGrant(tx, before, connected);
    }
    return { connectionId: key.id, event: await this.outbox.changed(tx, key, 'connected') };
  }

  /** Another person there, or another authorization server: the old grant goes back to whoever gave it. */
  async #anotherGrant(tx: Queries, before: Connection, connected: ConnectedTokens): Promise<void> {
    const { id: connectionId, accountId, provider } = before;
    await this.outbox.revoke(tx, provider, before.revocables());
    await this.connections.replace(tx, before, connected, false);
    this.log.info('connection-subject-changed', { connectionId, accountId, provider });
  }
}

export const missingConnection = (provider: string): GatehouseError =>
  new GatehouseError('connection_missing', `no connection to ${provider}`, { details: { provider } });
