import { scopesOf, type AccessTokenClaims } from '@gatehouse/access-tokens/claims';
import { verifyAccessToken, type Expectation } from '@gatehouse/access-tokens/verify';
import { looksLikeAccount } from '@gatehouse/config/model/client-grants';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import type { SessionId } from '@gatehouse/kernel/ids';
import { RecentMap } from '@gatehouse/kernel/recent-map';
import { Secret } from '@gatehouse/kernel/secret';
import { decodeProtectedHeader, type JWTVerifyGetKey } from 'jose';
import { boundIn } from './bound-token.js';
import { delegateIn } from './delegate.js';
import { principalKey, type Principal } from './principal.js';

const MAX_TOKENS = 20_000;
/** A client asks for a new token every few minutes, and never comes with the old one again. */
const FORGETS_EVERY_MS = MINUTE_MS;

interface Verified {
  readonly principal: Principal;
  readonly expiresAtMs: number;
  /** Of the key that signed it, where its header says so. */
  readonly kid: string | undefined;
}

/** Verifies callers' tokens; a token that verified is not verified again before it expires. */
export class TokenVerifier {
  /**
   * By the token itself, then by the audience for which it verified: verified for one, it is not verified for another. The
   * principal has the token as well, so nothing is kept that was not. A map compares a text only with one of the same hash, which
   * is seeded anew in each process: how long a look takes says nothing of tokens that are near.
   */
  readonly #verified = new RecentMap<string, Map<string, Verified>>(MAX_TOKENS);

  #forgotAtMs = -Infinity;

  constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly expected: Omit<Expectation, 'audience'> & {
      /** Clients that may come for themselves, to an issuer whose tokens have sessions. */
      readonly machineClients?: ReadonlySet<string>;
    },
    private readonly nowMs: () => number = Date.now,
    /** Whether a key has been withdrawn since it was used. */
    private readonly isGone: (kid: string | undefined) => boolean = () => false,
  ) {}

  /**
   * @param audience that the token must have.
   * @returns the principal at once when the token was seen before, for that audience.
   * @throws {GatehouseError} `token_invalid`, or `unavailable` when there are no keys to verify with.
   */
  verify(token: string, audience: string): Principal | Promise<Principal> {
    const known = this.#verified.get(token)?.get(audience);
    if (known !== undefined) {
      // The verification is remembered, not the validity: `exp` and the key are looked at each time.
      if (this.nowMs() < known.expiresAtMs && !this.isGone(known.kid)) return known.principal;
      this.#verified.delete(token);
    }
    return this.#verifyAnew(token, audience);
  }

  async #verifyAnew(token: string, audience: string): Promise<Principal> {
    const claims = await verifyAccessToken(token, this.keys, { ...this.expected, audience });
    const { iss, sub, client_id, tsid } = claims;
    const bound = boundIn(claims);
    const delegate = delegateIn(claims);
    const principal: Principal = {
      issuer: iss,
      subject: sub,
      // The claim's schema requires a UUID, which is what a session id is.
      ...(tsid === undefined ? {} : { tsid: tsid as SessionId }),
      clientId: client_id,
      ...(this.#isOfClient(claims) ? { isClient: true } : {}),
      scopes: scopesOf(claims),
      claims,
      token: new Secret(token),
      ...bound,
      ...(delegate === undefined ? {} : { delegate }),
      key: principalKey(iss, sub, tsid, delegate),
    };
    const expiresAtMs = (claims.exp + this.expected.clockToleranceSeconds) * 1_000;
    this.#forgetExpired();
    const verified = this.#verified.get(token) ?? new Map<string, Verified>();
    this.#verified.set(
      token,
      verified.set(audience, { principal, expiresAtMs, kid: decodeProtectedHeader(token).kid }),
    );
    return principal;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#verified.size;
  }

  #forgetExpired(): void {
    const nowMs = this.nowMs();
    if (nowMs - this.#forgotAtMs < FORGETS_EVERY_MS) return;
    this.#forgotAtMs = nowMs;
    this.#verified.forget((verified) =>
      [...verified.values()].every(({ expiresAtMs }) => expiresAtMs <= nowMs),
    );
  }

  /** RFC 9068, section 5: a client whose id could be an account's is never taken for itself, whatever the token says. */
  #isOfClient({ sub, client_id: clientId, tsid, act }: AccessTokenClaims): boolean {
    if (tsid !== undefined || act !== undefined || sub !== clientId || looksLikeAccount(sub)) return false;
    return this.expected.machineClients?.has(clientId) === true;
  }
}
