import { createHash, verify, type KeyObject } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { HeldAlgorithm, KeyOfHolder } from '../held-keys/held-key.js';
import { algorithmOf, readPublicKey, type HeldState, type SigningKey } from './signing-key.js';

/** A holder that signed so long ago is asked again, so that operators hear of an outage before clients do. */
const TRUST_FOR_MS = MINUTE_MS;
/** Meanwhile a failure is repeated, and nobody waits for another one. */
const REST_MS = SECOND_MS;
/** No token has these bytes in it: its parts are base64url with periods between them (RFC 7515, section 5.1). */
const PROBE = Buffer.from('gatehouse asks whether this key signs');

/**
 * A key that is held elsewhere, as the key of a signature like any other.
 * @param place what an error calls it
 * @throws when its holder cannot be asked, or the key is of a kind that is not signed with here.
 */
export async function heldSigningKey(
  key: KeyOfHolder,
  place: string,
  nowMs: () => number = () => performance.now(),
): Promise<SigningKey> {
  const publicKey = await key.publicKey();
  const alg = algorithmOf(publicKey, place);
  if (alg !== 'ES256' && alg !== 'RS256')
    throw new Error(`${place} is for ${alg}: a key that is held elsewhere is for ES256 or RS256`);
  const signer = new HeldSigner(key, publicKey, alg, nowMs);
  // That the private part is there, too, and is of this key.
  await signer.check();
  return {
    ...(await readPublicKey(publicKey.export({ format: 'jwk' }), alg)),
    sign: signer.sign,
    held: signer,
  };
}

class HeldSigner implements HeldState {
  #lastGoodMs = -Infinity;
  #failed: { readonly atMs: number; readonly error: unknown } | undefined;
  #probing: Promise<void> | undefined;

  constructor(
    private readonly key: KeyOfHolder,
    private readonly publicKey: KeyObject,
    private readonly alg: HeldAlgorithm,
    private readonly nowMs: () => number,
  ) {}

  get name(): string {
    return this.key.name;
  }

  readonly sign = async (data: Uint8Array): Promise<Uint8Array> => {
    try {
      const signature = await this.key.sign(this.alg, createHash('sha256').update(data).digest());
      // Another key may have taken its name since, and nobody would take its tokens.
      if (!verify('sha256', data, { key: this.publicKey, dsaEncoding: 'ieee-p1363' }, signature))
        throw new Error('the published key does not verify what it signed');
      this.#failed = undefined;
      this.#lastGoodMs = this.nowMs();
      return signature;
    } catch (error) {
      const failure = unavailable(this.key.name, error);
      this.#failed = { atMs: this.nowMs(), error: failure };
      throw failure;
    }
  };

  readonly ready = async (): Promise<void> => {
    if (this.#failed === undefined) return;
    if (this.nowMs() - this.#failed.atMs < REST_MS) throw this.#failed.error;
    await this.#probe();
  };

  readonly check = async (): Promise<void> => {
    if (this.#failed === undefined && this.nowMs() - this.#lastGoodMs < TRUST_FOR_MS) return;
    await this.#probe();
  };

  async #probe(): Promise<void> {
    this.#probing ??= this.sign(PROBE)
      .then(() => undefined)
      .finally(() => (this.#probing = undefined));
    await this.#probing;
  }
}

const unavailable = (name: string, cause: unknown): GatehouseError =>
  new GatehouseError(
    'unavailable',
    `the signing key ${name} does not sign: ${cause instanceof Error ? cause.message : 'it failed'}`,
    { cause },
  );
