import { Injectable } from '@nestjs/common';
import type { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { Database, type Queries } from '@gatehouse/persistence/database';
import type { z } from 'zod';
import { answerOwner, Keyring, tokensOwner } from '../keyring/keyring.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { revocable, tokenAnswer, tokenSet } from '../providers/token-answer.js';
import { ConnectionEvents } from './connection-events.js';
import { ConnectionStore } from './connection.store.js';
import type { PendingEvent } from './event-outbox.store.js';
import { RevocationOutbox } from './revocation-outbox.js';

type Request = z.output<typeof connectionRevoke.request>;

/** Unusable here at once; revoked at the provider by the outbox, however long that takes. */
@Injectable()
export class RevokeConnection {
  constructor(
    private readonly database: Database,
    private readonly registry: ProviderRegistry,
    private readonly connections: ConnectionStore,
    private readonly outbox: RevocationOutbox,
    private readonly events: ConnectionEvents,
    private readonly keyring: Keyring,
  ) {}

  async run(request: Request): Promise<z.input<typeof connectionRevoke.reply>> {
    const events = await this.database.transaction((tx) => this.#revoke(tx, request));
    // A provider that is configured no more can still be disconnected from.
    if (events.length === 0) this.registry.get(request.provider);
    await this.events.publish(events);
    this.outbox.wake();
    return { revoked: events.length > 0 };
  }

  async #revoke(tx: Queries, { accountId, provider }: Request): Promise<readonly PendingEvent[]> {
    await this.connections.lockAccount(tx, accountId);
    const row = await this.connections.hold(tx, accountId, provider);
    if (row === undefined) return [];
    const tokens = this.keyring.open(tokenSet, row.tokens, tokensOwner(row));
    // What does not open cannot be given back; the person who disconnects is rid of it here all the same.
    if (tokens !== undefined)
      await this.outbox.store.add(provider, tokens.refreshToken ?? tokens.accessToken, tx);
    const kept =
      row.answer === null ? undefined : this.keyring.open(tokenAnswer, row.answer, answerOwner(row));
    const newer = kept === undefined ? undefined : revocable(kept);
    if (newer !== undefined) await this.outbox.store.add(provider, newer, tx);
    await this.connections.delete(tx, row.id);
    const payload = {
      connectionId: row.id,
      accountId,
      provider,
      change: 'revoked',
      atMs: Date.now(),
    } as const;
    return [await this.outbox.events.add(tx, payload)];
  }
}
