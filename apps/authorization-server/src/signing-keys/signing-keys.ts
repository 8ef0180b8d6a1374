import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import type { PublicKey, SigningKey } from './signing-key.js';

/** A key and its times, by the clock of this process (`performance.now`). */
export interface TimedKey {
  readonly key: PublicKey | SigningKey;
  readonly signsFromMs: number;
  /** `Infinity` while no other key has been made to take its place. */
  readonly signsUntilMs: number;
  /** Until the last token that it signed has ended. */
  readonly publishedUntilMs: number;
}

/** What readiness calls them: keys that are held elsewhere may be away. */
export const SIGNING_KEYS_PART = 'signingKeys';

/** Another replica may begin a little earlier to use a key. */
const BEGINS_EARLY_MS = 2 * MINUTE_MS;

/** Which keys are good changes with time. */
const MAX_SETS = 8;

const isSigning = (key: TimedKey['key']): key is SigningKey => 'sign' in key;

/**
 * The keys of this server, as they are now. A key of each algorithm signs; the one of the first algorithm signs access tokens, and
 * identity tokens of clients that want no other. What is next is published already, and what signed before still is.
 */
export class SigningKeys {
  #keys: readonly TimedKey[];
  readonly #sets = new Map<string, ReturnType<typeof createLocalJWKSet>>();

  /** @param algorithms for each of them there is a key that signs. */
  constructor(
    keys: readonly TimedKey[],
    readonly algorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]],
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.#keys = keys;
  }

  /** Takes other keys in the place of those that there are. */
  exchange(keys: readonly TimedKey[]): void {
    this.#keys = keys;
    this.#sets.clear();
  }

  get signing(): SigningKey {
    return this.#signerOf(this.algorithms[0]);
  }

  /** @returns the key of the first algorithm where there is none of the wanted one. */
  signerOf(wanted: string | undefined): SigningKey {
    const alg = this.algorithms.find((one) => one === wanted);
    return alg === undefined ? this.signing : this.#signerOf(alg);
  }

  /**
   * What uses something up asks first, so that nothing is lost where nobody signs.
   * @throws {GatehouseError} `unavailable` while a key that signs is held elsewhere, and does not.
   */
  async ready(): Promise<void> {
    for (const alg of this.algorithms) await this.#signerOf(alg).held?.ready();
  }

  /** The same, for whoever watches: it asks the holder also where nobody has needed it for a while. */
  async check(): Promise<void> {
    for (const alg of this.algorithms) await this.#signerOf(alg).held?.check();
  }

  /** One that signs, or did a moment ago. */
  withId(kid: string): SigningKey | undefined {
    return this.#keys
      .map(({ key }) => key)
      .find((key): key is SigningKey => isSigning(key) && key.kid === kid);
  }

  /** The held key that is configured by that name. */
  heldAs(name: string): SigningKey | undefined {
    return this.#keys
      .map(({ key }) => key)
      .find((key): key is SigningKey => isSigning(key) && key.held?.name === name);
  }

  /** RFC 7517, section 5: those that sign, then those that will, then those that did. */
  get publishedJwks(): readonly PublicKey['jwk'][] {
    const nowMs = this.nowMs();
    const signers = this.algorithms.map((alg) => this.#signerOf(alg).kid);
    const rank = ({ key, signsFromMs }: TimedKey): number => {
      const at = signers.indexOf(key.kid);
      if (at >= 0) return at;
      return signers.length + (signsFromMs > nowMs ? 0 : 1);
    };
    return this.#keys
      .filter(({ publishedUntilMs }) => publishedUntilMs > nowMs)
      .sort((one, other) => rank(one) - rank(other))
      .map(({ key }) => key.jwk);
  }

  /** Those whose tokens are good: one that only will sign has signed nothing. */
  get goodJwks(): readonly PublicKey['jwk'][] {
    const nowMs = this.nowMs();
    const good = new Set(
      this.#keys
        .filter(({ signsFromMs }) => signsFromMs <= nowMs + BEGINS_EARLY_MS)
        .map(({ key }) => key.kid),
    );
    return this.publishedJwks.filter(({ kid }) => good.has(kid));
  }

  /** For tokens that have to be good. */
  readonly ofGood: JWTVerifyGetKey = async (header, token) => await this.#setOf(this.goodJwks)(header, token);

  /** For tokens that only have to be ours, however old they are. */
  readonly ofOurs: JWTVerifyGetKey = async (header, token) =>
    await this.#setOf(this.#keys.map(({ key }) => key.jwk))(header, token);

  #signerOf(alg: SigningAlgorithm): SigningKey {
    const nowMs = this.nowMs();
    const own = this.#keys.flatMap((one) =>
      one.key.alg === alg && isSigning(one.key) && one.signsFromMs <= nowMs ? [{ ...one, key: one.key }] : [],
    );
    const current = own.filter(({ signsUntilMs }) => signsUntilMs > nowMs);
    // The newest. Its successor may be one that this replica cannot open.
    const [newest] = (current.length > 0 ? current : own).sort(
      (one, other) => other.signsFromMs - one.signsFromMs,
    );
    if (newest === undefined) throw new Error(`there is no signing key for ${alg}`);
    return newest.key;
  }

  /** Verifying makes something of each key, which is worth keeping. */
  #setOf(jwks: readonly PublicKey['jwk'][]): ReturnType<typeof createLocalJWKSet> {
    const name = jwks.map(({ kid }) => kid).join();
    const known = this.#sets.get(name);
    if (known !== undefined) return known;
    const set = createLocalJWKSet({ keys: [...jwks] });
    if (this.#sets.size >= MAX_SETS) this.#sets.clear();
    this.#sets.set(name, set);
    return set;
  }
}

/** Keys of the configuration: the first of each algorithm signs, and all are published as long as they are written. */
export const writtenKeys = (keys: readonly SigningKey[]): readonly TimedKey[] =>
  keys.map((key, index) => ({
    key,
    // The one that stands first is the newest.
    signsFromMs: -index,
    signsUntilMs: Infinity,
    publishedUntilMs: Infinity,
  }));
