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
}

export type ProofVerdict =
  /** `jti`: to be used once. */
  | { readonly kind: 'proven'; readonly jti: string }
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

  /** Whether it was used before is not asked. @throws {GatehouseError} `unavailable`: nobody can say what its nonce is. */
  async verdictOn({ proof, ...request }: PresentedProof): Promise<ProofVerdict> {
    const known = await proofOf(proof, request, this.nowMs());
    if (known === undefined) return { kind: 'refused' };
    if (this.nonces !== undefined && !(await this.nonces.accepts(known.nonce)))
      return { kind: 'nonce', nonce: await this.nonces.current() };
    return { kind: 'proven', jti: known.jti };
  }

  /** Once everything else is in order, so that whoever may call nothing fills no bucket. @throws {GatehouseError} `unavailable` */
  async use(boundTo: string, jti: string): Promise<boolean> {
    return await this.used.use(boundTo, jti);
  }
}
