import { signingKeysCurrent } from '@gatehouse/contracts/authorization-server/signing-keys-current';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { ContractClient } from '@gatehouse/messaging/contract-client';
import { createLocalJWKSet, type CryptoKey, type JWTHeaderParameters, type JWTVerifyGetKey } from 'jose';

const REFETCH_AT_MOST_EVERY_MS = 10 * SECOND_MS;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The embedded authorization server's keys, over the bus. An unknown `kid` makes it ask again, but not more often than
 * every ten seconds whatever tokens arrive; keys once learnt keep working while the authorization server is away.
 */
export class SigningKeys {
  #keys: KeySet | undefined;
  #knownIds: ReadonlySet<string> = new Set();
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #failed = false;

  constructor(
    private readonly contracts: Pick<ContractClient, 'ask'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  readonly getKey: JWTVerifyGetKey = async (header: JWTHeaderParameters): Promise<CryptoKey> => {
    if (header.kid === undefined || !this.#knownIds.has(header.kid)) await this.#learn();
    if (this.#keys === undefined)
      throw new GatehouseError('unavailable', 'the signing keys were never fetched');
    // Whether a token with another key is good cannot be said now, so it is not called bad.
    if (this.#failed && (header.kid === undefined || !this.#knownIds.has(header.kid)))
      throw new GatehouseError('unavailable', 'the signing keys may have changed and cannot be fetched');
    return await this.#keys(header);
  };

  /** Asks for the keys. A failure is only one while there are no keys at all. */
  async #learn(): Promise<void> {
    if (this.#asking === undefined) {
      // Without any key the next token may ask again at once: nobody could be let in anyhow.
      if (this.#keys !== undefined && this.nowMs() - this.#askedAtMs < REFETCH_AT_MOST_EVERY_MS) return;
      this.#asking = this.#ask().finally(() => (this.#asking = undefined));
    }
    try {
      await this.#asking;
    } catch (error) {
      if (this.#keys === undefined)
        throw new GatehouseError('unavailable', 'the signing keys cannot be fetched', { cause: error });
    }
  }

  async #ask(): Promise<void> {
    this.#askedAtMs = this.nowMs();
    this.#failed = true;
    const { keys } = await this.contracts.ask(signingKeysCurrent, {});
    this.#keys = createLocalJWKSet({ keys: [...keys] });
    this.#knownIds = new Set(keys.map(({ kid }) => kid));
    this.#failed = false;
  }
}
