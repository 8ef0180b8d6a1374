import { Inject, Injectable } from '@nestjs/common';
import type { Account as LibraryAccount } from 'oidc-provider';
import { AccountStore } from '../accounts/account.store.js';
import { CONFIG, type Config } from '../config.js';
import { SessionStore } from '../sessions/session.store.js';

/** The account behind a token request. A closed session has none: its codes and refresh tokens are worth nothing. */
@Injectable()
export class TokenAccounts {
  constructor(
    private readonly accounts: AccountStore,
    private readonly sessions: SessionStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @param grantId of the code or refresh token that is redeemed, which is the session's id; absent on pages. */
  async find(accountId: string, grantId: string | undefined): Promise<LibraryAccount | undefined> {
    // Each redemption starts the session's lifespan anew, as it does the refresh token's.
    const lifespanMs = this.config.tokenLifespans.refreshTokenLifespanMs;
    if (grantId !== undefined && !(await this.sessions.use(grantId, lifespanMs))) return undefined;
    const account = await this.accounts.find(accountId);
    if (account === undefined) return undefined;
    return {
      accountId,
      claims: () => ({ sub: accountId, name: account.name, email: account.email }),
    };
  }
}
