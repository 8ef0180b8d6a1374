import { Injectable } from '@nestjs/common';
import { AccountStore } from '../accounts/account.store.js';
import { OwnAccessTokens } from './own-access-tokens.flow.js';
import { TokenHolder, type ShownToken, type Unproven } from './token-holder.flow.js';

export type UserInfoAnswer =
  | { readonly kind: 'claims'; readonly claims: Readonly<Record<string, string>> }
  | { readonly kind: 'insufficient_scope' }
  | Unproven;

/** What is kept of a person, for a client that they let have it (OpenID Connect Core, section 5.3). */
@Injectable()
export class UserInfo {
  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly accounts: AccountStore,
    private readonly holder: TokenHolder,
  ) {}

  async of(shown: ShownToken): Promise<UserInfoAnswer> {
    const current = await this.tokens.current(shown.token);
    // A client's own token is nobody's, whatever its subject is called.
    if (current?.tsid === undefined) return { kind: 'invalid_token' };
    const unproven = await this.holder.unproven(current, shown);
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
}
