import { Inject, Injectable } from '@nestjs/common';
import { Proofs } from '@gatehouse/access-tokens/proofs';
import { AccountStore } from '../accounts/account.store.js';
import { OwnAccessTokens, type OwnAccessToken } from './own-access-tokens.flow.js';
import { USER_INFO_PROOFS } from './user-info-proofs.js';

export type UserInfoAnswer =
  | { readonly kind: 'claims'; readonly claims: Readonly<Record<string, string>> }
  | { readonly kind: 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' }
  /** The client tries again with it. */
  | { readonly kind: 'use_dpop_nonce'; readonly nonce: string };

/** A token, as somebody shows it. */
export interface ShownToken {
  readonly kind: 'bearer' | 'dpop';
  readonly token: string;
  /** The header `DPoP`, as it came. */
  readonly proof: unknown;
  readonly method: string;
  /** Of the endpoint, as the configuration names it. */
  readonly url: string;
}

/** What is kept of a person, for a client that they let have it (OpenID Connect Core, section 5.3). */
@Injectable()
export class UserInfo {
  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly accounts: AccountStore,
    @Inject(USER_INFO_PROOFS) private readonly proofs: Proofs,
  ) {}

  async of(shown: ShownToken): Promise<UserInfoAnswer> {
    const current = await this.tokens.current(shown.token);
    // A client's own token is nobody's, whatever its subject is called.
    if (current?.tsid === undefined) return { kind: 'invalid_token' };
    const unproven = await this.#unproven(current, shown);
    if (unproven !== undefined) return unproven;
    const scopes = current.scope.split(' ');
    if (!scopes.includes('openid')) return { kind: 'insufficient_scope' };
    const account = await this.accounts.find(current.sub);
    if (account === undefined) return { kind: 'invalid_token' };
    const { accountId: sub, name, email } = account;
    return {
      kind: 'claims',
      claims: {
        // Section 5.3.2: the same as in the id_token.
        sub,
        ...(name !== undefined && scopes.includes('profile') ? { name } : {}),
        ...(email !== undefined && scopes.includes('email') ? { email } : {}),
      },
    };
  }

  /** RFC 9449, section 7.2: a token that is bound to a key is worth nothing to who shows it as a bearer. */
  async #unproven(
    { cnf, sub }: OwnAccessToken,
    { kind, ...request }: ShownToken,
  ): Promise<UserInfoAnswer | undefined> {
    const isBound = cnf !== undefined;
    if (isBound !== (kind === 'dpop') || (!isBound && this.proofs.areRequired))
      return { kind: 'invalid_token' };
    if (!isBound) return undefined;
    const boundTo = cnf['jkt'];
    if (typeof boundTo !== 'string') return { kind: 'invalid_token' };
    const verdict = await this.proofs.verdictOn({ ...request, boundTo });
    if (verdict.kind === 'nonce') return { kind: 'use_dpop_nonce', nonce: verdict.nonce };
    const isNew = verdict.kind === 'proven' && (await this.proofs.use(boundTo, verdict.jti, sub));
    return isNew ? undefined : { kind: 'invalid_dpop_proof' };
  }
}
