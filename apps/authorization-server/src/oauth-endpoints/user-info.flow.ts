import { Injectable } from '@nestjs/common';
import { AccountStore } from '../accounts/account.store.js';
import { OwnAccessTokens } from './own-access-tokens.flow.js';

export type UserInfoAnswer =
  | { readonly kind: 'claims'; readonly claims: Readonly<Record<string, string>> }
  | { readonly kind: 'invalid_token' }
  | { readonly kind: 'insufficient_scope' };

/** What is kept of a person, for a client that they let have it (OpenID Connect Core, section 5.3). */
@Injectable()
export class UserInfo {
  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly accounts: AccountStore,
  ) {}

  async of(token: string): Promise<UserInfoAnswer> {
    const current = await this.tokens.current(token);
    // RFC 9449, section 7.2: a token that is bound to a key is worth nothing to who shows it as a bearer.
    if (current === undefined || current.cnf !== undefined) return { kind: 'invalid_token' };
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
