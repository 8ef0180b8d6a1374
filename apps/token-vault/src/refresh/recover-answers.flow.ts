import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ConnectionId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { ConnectionStore } from '../connections/connection.store.js';
import { AnswerCopies } from './answer-copies.store.js';
import { KeptAnswers } from './kept-answers.flow.js';
import { Refresher } from './refresher.flow.js';

/** Stores answers that a dead process had only in JetStream. */
@Injectable()
export class RecoverAnswers implements OnApplicationBootstrap {
  constructor(
    private readonly copies: AnswerCopies,
    private readonly connections: ConnectionStore,
    private readonly answers: KeptAnswers,
    private readonly refresher: Refresher,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    void this.run();
  }

  /** What cannot be done now is tried again at the next run. */
  async run(): Promise<void> {
    try {
      for (const id of await this.copies.connectionIds())
        // This process stores the answers of its own refreshes itself.
        if (!this.refresher.isRefreshing(id)) await this.#recover(id);
    } catch (error) {
      this.log.failure('answers-not-recovered', error);
    }
  }

  async #recover(id: ConnectionId): Promise<void> {
    const connection = await this.connections.byId(id);
    if (connection === undefined) {
      await this.copies.eraseOf(id);
      return;
    }
    const tokens = connection.tokens('quietly');
    // The row is set aside when its tokens are needed. Its copy stays, for the day on which the key is back.
    if (tokens === undefined) return;
    const { refreshToken: sent = '' } = tokens;
    const found = await this.copies.find(connection, sent);
    if (found === undefined) return;
    // It says that a process waits for an answer. That process may be dead: TakeOver finds out.
    if (found.kind === 'sent' && connection.row.refreshStartedAt !== null) return;
    if (found.kind === 'answer') {
      const lease = { id, version: connection.row.version, owner: randomUUID() };
      const isNeeded = await this.answers.adopt({ lease, connection, sent, answer: found.answer });
      this.log.info('answer-recovered', { connectionId: id, provider: connection.provider, isNeeded });
    }
    await this.copies.erase(found.revision);
  }
}
