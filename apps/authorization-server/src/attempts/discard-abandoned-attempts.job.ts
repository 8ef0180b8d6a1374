import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { EventBus } from '@gatehouse/messaging/event-bus';
import { Log } from '@gatehouse/observability/log';
import { OutboxWorker } from '../outbox/outbox-worker.job.js';
import { Vault } from '../vault/vault.client.js';
import { AttemptStore } from './attempt.store.js';

/** The outbox of abandoned attempts. An attempt is removed here first; the vault is told until it confirms. */
@Injectable()
export class DiscardAbandonedAttempts implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #worker: OutboxWorker<AttemptId>;

  constructor(
    private readonly attempts: AttemptStore,
    private readonly events: EventBus,
    private readonly vault: Vault,
    log: Log,
  ) {
    this.#worker = new OutboxWorker({
      waiting: (limit) => this.attempts.abandoned(limit),
      keyOf: (id) => id,
      tell: (id) => this.#discard(id),
      failed: (error) => log.failure('attempts-not-discarded', error),
    });
  }

  onApplicationBootstrap(): void {
    this.#worker.start();
    this.events.onReconnect(() => void this.#worker.wake());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker.stop();
  }

  /** Never throws. Resolves when the vault has discarded the attempts, or after a second; the outbox goes on telling it. */
  async discardNow(): Promise<void> {
    await this.#worker.wake();
  }

  async #discard(id: AttemptId): Promise<void> {
    await this.vault.discard(id);
    await this.attempts.forget(id);
  }
}
