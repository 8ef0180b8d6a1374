import { Injectable } from '@nestjs/common';
import { newConnectionId, type AccountId, type ConnectionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { Queries } from '@gatehouse/persistence/database';
import { answerOwner, Keyring, tokensOwner } from '../keyring/keyring.js';
import {
  peek,
  revocable,
  tokenAnswer,
  tokenSet,
  type TokenAnswer,
  type TokenSet,
} from '../providers/token-answer.js';
import type { ConnectionRow } from './connection.js';
import { ConnectionStore } from './connection.store.js';
import { EventOutboxStore, type PendingEvent } from './event-outbox.store.js';
import { RevocationOutboxStore } from './revocation-outbox.store.js';
import type { StagedConnection } from './staged-connection.store.js';

export interface Adopted {
  readonly connectionId: ConnectionId;
  readonly event: PendingEvent;
}

/** Makes a staged answer the account's connection, inside the caller's transaction. */
@Injectable()
export class AdoptStaged {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly revocations: RevocationOutboxStore,
    private readonly events: EventOutboxStore,
    private readonly keyring: Keyring,
    private readonly log: Log,
  ) {}

  async run(tx: Queries, staged: StagedConnection, accountId: AccountId): Promise<Adopted> {
    const { provider, tokens, ...connected } = staged;
    const before = await this.connections.hold(tx, accountId, provider);
    const id = before?.id ?? newConnectionId();
    const owner = { id, accountId, provider };
    const sealed = (set: TokenSet) => ({
      ...connected,
      name: staged.name,
      email: staged.email,
      tokens: this.keyring.seal(set, tokensOwner(owner)),
    });
    if (before === undefined) {
      await this.connections.insert(tx, owner, sealed(tokens));
    } else if (before.subject === staged.subject) {
      // Providers give a refresh token at the first consent only: without this, signing in again would lose it. The
      // replaced one is not revoked: at many providers that would end the new grant as well.
      const refreshToken = tokens.refreshToken ?? this.#newestRefreshToken(before);
      await this.connections.replace(
        tx,
        id,
        sealed({ ...tokens, ...(refreshToken === undefined ? {} : { refreshToken }) }),
        tokens.refreshToken === undefined && before.answer === null,
      );
    } else {
      const old = this.keyring.open(tokenSet, before.tokens, tokensOwner(before));
      if (old !== undefined) await this.revocations.add(provider, old.refreshToken ?? old.accessToken, tx);
      const newer = this.#keptAnswer(before);
      const token = newer === undefined ? undefined : revocable(newer);
      if (token !== undefined) await this.revocations.add(provider, token, tx);
      await this.connections.replace(tx, id, sealed(tokens), false);
      this.log.info('connection-subject-changed', { connectionId: id, accountId, provider });
    }
    const payload = { connectionId: id, accountId, provider, change: 'connected', atMs: Date.now() } as const;
    return { connectionId: id, event: await this.events.add(tx, payload) };
  }

  /** A refresh may have been answered and not been published yet: then its refresh token is the one that still works. */
  #newestRefreshToken(row: ConnectionRow): string | undefined {
    const kept = this.#keptAnswer(row);
    const published = this.keyring.open(tokenSet, row.tokens, tokensOwner(row))?.refreshToken;
    return (kept === undefined ? undefined : peek(kept.body)?.refresh_token) ?? published;
  }

  #keptAnswer(row: ConnectionRow): TokenAnswer | undefined {
    return row.answer === null ? undefined : this.keyring.open(tokenAnswer, row.answer, answerOwner(row));
  }
}
