import type { DpopRules } from '@gatehouse/config/model/request-protection';
import { proofOf } from './dpop-proof.js';
import type { ProofNonces } from './proof-nonces.js';
import type { UsedProofs } from './used-proofs.store.js';

export interface PresentedProof {
  /** The header `DPoP`, as it came. */
  readonly proof: unknown;
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly boundTo: string;
  /** Another replica has taken the proof, and hands its request on. */
  readonly isHanded: boolean;
}

export type ProofVerdict =
  | { readonly kind: 'proven' }
  | { readonly kind: 'refused' }
  /** A client tries again with it. */
  | { readonly kind: 'nonce'; readonly nonce: string };

/** Whether a caller who brings a bound token holds its key (RFC 9449, section 7). */
export class Proofs {
  constructor(
    private readonly used: Pick<UsedProofs, 'use'>,
    /** Absent: proofs need none. */
    private readonly nonces: Pick<ProofNonces, 'current' | 'accepts'> | undefined,
    private readonly rules: Pick<DpopRules, 'boundAccessTokens'>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** No token is taken that is not bound. */
  get areRequired(): boolean {
    return this.rules.boundAccessTokens === 'required';
  }

  /** @throws {GatehouseError} `unavailable`: nobody can say whether it was used. */
  async verdictOn({ proof, isHanded, ...request }: PresentedProof): Promise<ProofVerdict> {
    const known = await proofOf(proof, request, this.nowMs());
    if (known === undefined) return { kind: 'refused' };
    if (this.nonces !== undefined && !(await this.nonces.accepts(known.nonce)))
      return { kind: 'nonce', nonce: await this.nonces.current() };
    // Last, so that nobody who has no token fills the bucket.
    if (!isHanded && !(await this.used.use(request.boundTo, known.jti))) return { kind: 'refused' };
    return { kind: 'proven' };
  }
}
