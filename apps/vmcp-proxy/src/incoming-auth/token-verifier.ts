import { scopesOf } from '@gatehouse/access-tokens/claims';
import { verifyAccessToken, type Expectation } from '@gatehouse/access-tokens/verify';
import { sha256 } from '@gatehouse/kernel/digest';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import type { JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { principalKey, type Principal } from './principal.js';

const MAX_TOKENS = 20_000;

interface Verified {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/** Verifies callers' tokens; a token that verified is not verified again before it expires. */
export class TokenVerifier {
  readonly #verified = new LRUCache<string, Verified>({ max: MAX_TOKENS });

  constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly expected: Expectation,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * @returns the principal at once when the token was seen before.
   * @throws {GatehouseError} `token_invalid`, or `unavailable` when there are no keys to verify with.
   */
  verify(token: string): Principal | Promise<Principal> {
    const digest = sha256(token);
    const known = this.#verified.get(digest);
    if (known !== undefined) {
      // The verification is remembered, not the validity: `exp` is looked at each time.
      if (this.nowMs() < known.expiresAtMs) return known.principal;
      this.#verified.delete(digest);
    }
    return this.#verifyAnew(token, digest);
  }

  async #verifyAnew(token: string, digest: string): Promise<Principal> {
    const claims = await verifyAccessToken(token, this.keys, this.expected);
    const { iss, sub, client_id, tsid } = claims;
    const principal: Principal = {
      issuer: iss,
      subject: sub,
      // The claim's schema requires a UUID, which is what a session id is.
      ...(tsid === undefined ? {} : { tsid: tsid as SessionId }),
      clientId: client_id,
      scopes: scopesOf(claims),
      token: new Secret(token),
      key: principalKey(iss, sub, tsid),
    };
    this.#verified.set(digest, {
      principal,
      expiresAtMs: (claims.exp + this.expected.clockToleranceSeconds) * 1_000,
    });
    return principal;
  }
}
