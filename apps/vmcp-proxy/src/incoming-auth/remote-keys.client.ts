import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import {
  createLocalJWKSet,
  type CryptoKey,
  type JWK,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import { PacedLook } from './paced-look.flow.js';

export interface RemoteKeysOptions {
  /** Keys are fetched at most this often, whatever tokens arrive. */
  readonly paceMs: number;
  /** Keys are fetched again after this time, so that a withdrawn key does not stay valid. */
  readonly freshForMs: number;
  readonly nowMs?: () => number;
}

const RETRY_AFTER_MS = 10 * SECOND_MS;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * An issuer's keys. A token with an unknown `kid` waits for a fetch that starts after the token came, so a flood of such
 * tokens cannot keep a new key from being found. Known keys keep working while the issuer is unavailable.
 */
export class RemoteKeys {
  #keys: KeySet | undefined;
  #ids: ReadonlySet<string | undefined> = new Set();
  #staleAtMs = 0;
  readonly #fetching: PacedLook;
  readonly #nowMs: () => number;

  constructor(
    private readonly fetchKeys: () => Promise<readonly (JWK & { readonly kty: string })[]>,
    private readonly options: RemoteKeysOptions,
  ) {
    this.#nowMs = options.nowMs ?? Date.now;
    this.#fetching = new PacedLook(async () => await this.#fetch(), options.paceMs);
  }

  readonly getKey: JWTVerifyGetKey = async (header: JWTHeaderParameters): Promise<CryptoKey> => {
    const known = header.kid === undefined ? this.#keys !== undefined : this.#ids.has(header.kid);
    if (!known) await this.#learn();
    else if (this.#nowMs() >= this.#staleAtMs) await this.#fetching.next().catch(() => undefined);
    if (this.#keys === undefined)
      throw new GatehouseError('unavailable', 'the signing keys were never fetched');
    return await this.#keys(header);
  };

  /**
   * Whether the issuer has withdrawn a key with which a token was verified before. Nobody waits for this: keys that are too old are
   * fetched meanwhile, and the next look sees them. Of a token without a `kid` nobody knows the key: it is verified each time.
   */
  readonly isGone = (kid: string | undefined): boolean => {
    if (kid === undefined) return true;
    if (this.#keys === undefined) return false;
    if (this.#nowMs() >= this.#staleAtMs) {
      this.#staleAtMs = this.#nowMs() + RETRY_AFTER_MS;
      this.#fetching.next().catch(() => undefined);
    }
    return !this.#ids.has(kid);
  };

  async #learn(): Promise<void> {
    try {
      await this.#fetching.next();
    } catch (error) {
      // The keys may have changed. The token may be valid, so it is not refused as invalid.
      throw new GatehouseError('unavailable', 'the signing keys cannot be fetched', { cause: error });
    }
  }

  async #fetch(): Promise<void> {
    // Tokens with known keys do not wait for a fetch, nor for the pause after a failed one.
    this.#staleAtMs = this.#nowMs() + RETRY_AFTER_MS;
    const keys = await this.fetchKeys();
    this.#keys = createLocalJWKSet({ keys: [...keys] });
    this.#ids = new Set(keys.map(({ kid }) => kid));
    this.#staleAtMs = this.#nowMs() + this.options.freshForMs;
  }
}
