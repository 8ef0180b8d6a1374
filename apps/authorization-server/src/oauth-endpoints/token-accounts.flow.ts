import { Inject, Injectable } from '@nestjs/common';
import type { Account as LibraryAccount } from 'oidc-provider';
import { AccountStore } from '../accounts/account.store.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { SessionStore } from '../sessions/session.store.js';

/** What is redeemed: its grant's id is its session's id. */
export interface Redeemed {
  readonly kind: string;
  readonly grantId?: string | undefined;
}

/** An account, and when the session ends at the latest that a token is issued for. */
export interface TokenAccount extends LibraryAccount {
  readonly sessionEndsAtMs?: number;
}

/** The account behind a token request. A session that is over has none: its codes and refresh tokens are worth nothing. */
@Injectable()
export class TokenAccounts {
  constructor(
    private readonly accounts: AccountStore,
    private readonly sessions: SessionStore,
    @Inject(CONFIG) private readonly config: AuthorizationServerPart,
  ) {}

  /** @param redeemed absent on pages. */
  async find(accountId: string, redeemed: Redeemed | undefined): Promise<TokenAccount | undefined> {
    const tsid = redeemed?.grantId;
    const sessionEndsAtMs = tsid === undefined ? undefined : await this.#sessionEnd(tsid, redeemed?.kind);
    if (tsid !== undefined && sessionEndsAtMs === undefined) return undefined;
    const account = await this.accounts.find(accountId);
    if (account === undefined) return undefined;
    return {
      accountId,
      claims: () => ({ sub: accountId, name: account.name, email: account.email }),
      ...(sessionEndsAtMs === undefined ? {} : { sessionEndsAtMs }),
    };
  }

  /** A code has been used up by now, so its session begins to run; a refresh token may still turn out not to be exchanged. */
  async #sessionEnd(tsid: string, kind: string | undefined): Promise<number | undefined> {
    const { tokenLifespans } = this.config;
    return kind === 'RefreshToken'
      ? await this.sessions.endOf(tsid, tokenLifespans)
      : await this.sessions.use(tsid, tokenLifespans);
  }
}
