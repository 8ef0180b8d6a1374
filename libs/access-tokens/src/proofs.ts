import { proofOf } from './dpop-proof.js';
import type { ProofNonces } from './proof-nonces.js';

export interface PresentedProof {
  /** The header `DPoP`, as it came. */
  readonly proof: unknown;
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly boundTo: string;
}

export type ProofVerdict =
  /** `jti`: to be used once. */
  | { readonly kind: 'proven'; readonly jti: string }
  | { readonly kind: 'refused' }
  /** A client tries again with it. */
  | { readonly kind: 'nonce'; readonly nonce: string };

/** Remembers which proofs were used, for all replicas. */
export interface ProofsUsed {
  /**
   * @param person who is counted: nobody fills the room of all
   * @returns false when it was used before. @throws {GatehouseError} `unavailable`, `rate_limited`
   */
  use(boundTo: string, jti: string, person: string): Promise<boolean>;
}

export interface ProofRules {
  /** `required`: no token is accepted that is not bound to a key. */
  readonly boundAccessTokens: 'required' | 'optional';
}

/** Whether a caller who brings a bound token holds its key (RFC 9449, section 7). */
export class Proofs {
  constructor(
    private readonly used: ProofsUsed,
    /** Absent: proofs need none. */
    private readonly nonces: Pick<ProofNonces, 'current' | 'accepts'> | undefined,
    private readonly rules: ProofRules,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** No token is taken that is not bound. */
  get areRequired(): boolean {
    return this.rules.boundAccessTokens === 'required';
  }

  /** Whether it was used before is not asked. @throws {GatehouseError} `unavailable`: nobody can say what its nonce is. */
  async verdictOn({ proof, ...request }: PresentedProof): Promise<ProofVerdict> {
    const known = await proofOf(proof, request, this.nowMs());
    if (known === undefined) return { kind: 'refused' };
    if (this.nonces !== undefined && !(await this.nonces.accepts(known.nonce)))
      return { kind: 'nonce', nonce: await this.nonces.current() };
    return { kind: 'proven', jti: known.jti };
  }

  /**
   * Once everything else is in order, so that whoever may call nothing fills no bucket.
   * @throws {GatehouseError} `unavailable`, `rate_limited`
   */
  async use(boundTo: string, jti: string, person: string): Promise<boolean> {
    return await this.used.use(boundTo, jti, person);
  }
}
