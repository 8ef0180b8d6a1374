import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import { HeldKeys } from '../held-keys/held-keys.client.js';
import { KeptSigningKeys } from './kept-signing-keys.flow.js';
import { loadSigningKeys, type WrittenKey } from './load-signing-keys.flow.js';
import { SigningKeys, type TimedKey } from './signing-keys.js';

const EVERY_MS = 5 * SECOND_MS;
/** A key may have been withdrawn meanwhile. */
const TRUST_FOR_MS = MINUTE_MS;

/** Takes up keys that others make, and makes those that are due. While the database is away, the known times go on. */
@Injectable()
export class WatchSigningKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** The keys were read before this began. */
  #lookedAtMs = performance.now();

  constructor(
    private readonly keys: SigningKeys,
    private readonly kept: KeptSigningKeys,
    private readonly held: HeldKeys,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'signingKeys'>,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    this.held.close();
  }

  /** Never rejects. */
  async look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.log.failure('signing-keys-not-read', error))
      .finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /**
   * Keys of a changed configuration. A held key that was there before stays while its holder is away: other changes do not wait for it.
   * @throws when they are of other algorithms: what clients were told at the start would not hold.
   */
  async take(written: readonly WrittenKey[]): Promise<void> {
    if (written.length === 0 && this.config.signingKeys.length === 0) return;
    const { keys, algorithms } = await loadSigningKeys(written, this.kept, this.held, (name) =>
      this.keys.heldAs(name),
    );
    if (written.length === 0) this.#lookedAtMs = performance.now();
    const before = this.keys.algorithms;
    if (algorithms.join() !== before.join())
      throw new Error(
        `authServer.signingKeys: they are for ${algorithms.join(', ')} now, and were for ${before.join(', ')}: that needs a restart`,
      );
    this.#exchange(keys);
  }

  /** The keys that others change were not seen for so long that nobody should be told that they are good. */
  get isBlind(): boolean {
    return this.config.signingKeys.length === 0 && performance.now() - this.#lookedAtMs > TRUST_FOR_MS;
  }

  async #look(): Promise<void> {
    if (this.config.signingKeys.length > 0) return;
    const keys = await this.kept.look();
    this.#lookedAtMs = performance.now();
    // A changed configuration may have brought its own meanwhile.
    if (this.config.signingKeys.length === 0) this.#exchange(keys);
  }

  #exchange(keys: readonly TimedKey[]): void {
    this.keys.exchange(keys);
  }
}
