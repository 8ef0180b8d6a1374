import { Inject, Injectable } from '@nestjs/common';
import { bindingIn } from '@gatehouse/access-tokens/binding';
import { Proofs } from '@gatehouse/access-tokens/proofs';
import type { OwnAccessToken } from './own-access-tokens.flow.js';
import { USER_INFO_PROOFS } from './user-info-proofs.js';

/** A token, as somebody shows it. */
export interface ShownToken {
  readonly kind: 'bearer' | 'dpop';
  readonly token: string;
  /** The header `DPoP`, as it came. */
  readonly proof: unknown;
  /** Thumbprint of the certificate that came with it. */
  readonly certificate: () => string | undefined;
  readonly method: string;
  /** Of the endpoint, as the configuration names it. */
  readonly url: string;
}

export type Unproven =
  | { readonly kind: 'invalid_token' | 'invalid_dpop_proof' }
  /** The client tries again with it. */
  | { readonly kind: 'use_dpop_nonce'; readonly nonce: string };

/** Whether who shows a token of ours to this server may have it. */
@Injectable()
export class TokenHolder {
  constructor(@Inject(USER_INFO_PROOFS) private readonly proofs: Proofs) {}

  /**
   * RFC 9449, section 7.2: a token that is bound to a key is worth nothing to who shows it as a bearer. RFC 8705, section 3: one that is
   * bound to a certificate is worth nothing without.
   * @param limited why they have to wait. Asked once they have proven that the token is theirs, and before anything is kept of it: whoever has
   * only stolen it uses nothing up.
   * @returns `undefined`: it is theirs.
   */
  async unproven<Limited = never>(
    { cnf, sub }: OwnAccessToken,
    { kind, certificate, ...request }: ShownToken,
    limited: () => Limited | undefined = () => undefined,
  ): Promise<Unproven | Limited | undefined> {
    const binding = bindingIn(cnf);
    if (binding.to === 'unknown' || (binding.to === 'key') !== (kind === 'dpop'))
      return { kind: 'invalid_token' };
    if (binding.to === 'nothing') return this.proofs.areRequired ? { kind: 'invalid_token' } : limited();
    const { thumbprint: boundTo } = binding;
    // RFC 8705, section 3.
    if (binding.to === 'certificate')
      return certificate() === boundTo ? limited() : { kind: 'invalid_token' };
    const verdict = await this.proofs.verdictOn({ ...request, boundTo });
    if (verdict.kind === 'nonce') return { kind: 'use_dpop_nonce', nonce: verdict.nonce };
    if (verdict.kind === 'refused') return { kind: 'invalid_dpop_proof' };
    const wait = limited();
    if (wait !== undefined) return wait;
    return (await this.proofs.use(boundTo, verdict.jti, sub)) ? undefined : { kind: 'invalid_dpop_proof' };
  }
}
