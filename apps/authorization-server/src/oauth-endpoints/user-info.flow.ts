import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { CLOCK } from '@gatehouse/service-process/injected';
import { AccountStore } from '../accounts/account.store.js';
import { RateLimiter } from '../http/rate-limit.js';
import { GrantedClaims } from './granted-claims.flow.js';
import { OwnAccessTokens } from './own-access-tokens.flow.js';
import { TokenHolder, type ShownToken, type Unproven } from './token-holder.flow.js';

/**
 * Of one person, whatever addresses and keys their clients have: each proof leaves a row, and what nobody has room for lets older ones be
 * used again.
 */
const PER_PERSON = { burst: 120, perSecond: 10 };

interface Limited {
  readonly kind: 'limited';
  readonly seconds: number;
}

export type UserInfoAnswer =
  | { readonly kind: 'claims'; readonly claims: Readonly<Record<string, string>> }
  | { readonly kind: 'insufficient_scope' }
  | Limited
  | Unproven;

/** What is kept of a person, for a client that they let have it (OpenID Connect Core, section 5.3). */
@Injectable()
export class UserInfo {
  readonly #limit: RateLimiter;

  constructor(
    private readonly tokens: OwnAccessTokens,
    private readonly accounts: AccountStore,
    private readonly holder: TokenHolder,
    private readonly granted: GrantedClaims,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#limit = new RateLimiter(PER_PERSON, clock);
  }

  async of(shown: ShownToken): Promise<UserInfoAnswer> {
    const current = await this.tokens.current(shown.token);
    // A client's own token is nobody's, whatever its subject is called.
    if (current?.tsid === undefined) return { kind: 'invalid_token' };
    const unproven = await this.holder.unproven(current, shown, () => this.#limited(current.sub));
    if (unproven !== undefined) return unproven;
    const scopes = current.scope.split(' ');
    if (!scopes.includes('openid')) return { kind: 'insufficient_scope' };
    const account = await this.accounts.find(current.sub);
    if (account === undefined) return { kind: 'invalid_token' };
    const { accountId: sub, name, email } = account;
    const claims = await this.granted.of(current);
    return {
      kind: 'claims',
      claims: {
        // Section 5.3.2: the same as in the id_token.
        sub,
        ...(name !== undefined && (scopes.includes('profile') || claims.includes('name')) ? { name } : {}),
        ...(email !== undefined && (scopes.includes('email') || claims.includes('email')) ? { email } : {}),
      },
    };
  }
  #limited(person: string): Limited | undefined {
    const seconds = this.#limit.waitSeconds(person);
    return seconds > 0 ? { kind: 'limited', seconds } : undefined;
  }
}
