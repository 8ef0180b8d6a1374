import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { createHmac, hkdfSync } from 'node:crypto';

const STEP_MS = MINUTE_MS;
/** A nonce is good for so many steps: a client need not ask for a new one before each request. */
const STEPS = 5;
const FORM = /^(\d{1,6})\.([A-Za-z0-9_-]{43})$/;

/** A key that all replicas have, for a period. */
interface SharedKey {
  readonly period: number;
  readonly secret: Buffer;
}

export interface SharedKeys {
  current(): SharedKey | Promise<SharedKey>;
  of(period: number): Promise<SharedKey | undefined>;
}

/**
 * Nonces of proofs (RFC 9449, section 8): each says when it was given, and only a replica can make one. They come of the keys that
 * all replicas share, so that each takes what another one has given.
 */
export class ProofNonces {
  constructor(
    private readonly keys: SharedKeys,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** @throws {GatehouseError} `unavailable` */
  async current(): Promise<string> {
    const key = await this.keys.current();
    return `${key.period}.${nonceAt(key, this.#step())}`;
  }

  /** @throws {GatehouseError} `unavailable` */
  async accepts(nonce: string | undefined): Promise<boolean> {
    const [, period, text] = FORM.exec(nonce ?? '') ?? [];
    const key = period === undefined ? undefined : await this.keys.of(Number(period));
    if (key === undefined) return false;
    const now = this.#step();
    // One step ahead: the clock of the replica that gave it.
    return Array.from({ length: STEPS + 1 }, (_, back) => nonceAt(key, now + 1 - back)).some(
      (known) => known === text,
    );
  }

  #step(): number {
    return Math.floor(this.nowMs() / STEP_MS);
  }
}

/** Under a key of its own: what is made for tasks says nothing of it (HKDF, RFC 5869). */
const nonceAt = ({ secret }: SharedKey, step: number): string =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse dpop nonce', 32)))
    .update(String(step))
    .digest('base64url');
