import { Injectable } from '@nestjs/common';
import type { Account as LibraryAccount } from 'oidc-provider';
import { AccountStore } from '../accounts/account.store.js';
import { MappedClaims } from './mapped-claims.flow.js';
import { SessionStore } from '../sessions/session.store.js';
import { sidOf } from '../sessions/sid.js';

/** The code or token that is redeemed. Its grant's id is its session's id. */
export interface Redeemed {
  readonly kind: string;
  readonly grantId?: string | undefined;
  readonly clientId?: string | undefined;
}

/** An account, and the latest end of the session that a token is issued for. */
export interface TokenAccount extends LibraryAccount {
  readonly sessionEndsAtMs?: number;
}

/** The account behind a token request. A session that is over has no account, so its codes and refresh tokens are worth nothing. */
@Injectable()
export class TokenAccounts {
  constructor(
    private readonly accounts: AccountStore,
    private readonly sessions: SessionStore,
    private readonly mapped: MappedClaims,
  ) {}

  /** @param redeemed absent on pages. */
  async find(accountId: string, redeemed: Redeemed | undefined): Promise<TokenAccount | undefined> {
    const tsid = redeemed?.grantId;
    const sessionEndsAtMs = tsid === undefined ? undefined : await this.#sessionEnd(tsid, redeemed);
    if (tsid !== undefined && sessionEndsAtMs === undefined) return undefined;
    const account = await this.accounts.find(accountId);
    if (account === undefined) return undefined;
    return {
      accountId,
      claims: () => ({
        sub: accountId,
        name: account.name,
        email: account.email,
        ...(tsid === undefined ? {} : { sid: sidOf(tsid) }),
      }),
      ...(sessionEndsAtMs === undefined ? {} : { sessionEndsAtMs }),
    };
  }

  /** What else an access token says of the person of a session. @see MappedClaims.of */
  async claimsOf(tsid: string): Promise<Readonly<Record<string, unknown>>> {
    return await this.mapped.of(tsid);
  }

  /** A code is used up by now, so its session begins. A refresh token may still be refused, so its session is not prolonged yet. */
  async #sessionEnd(tsid: string, redeemed: Redeemed | undefined): Promise<number | undefined> {
    return redeemed?.kind === 'RefreshToken'
      ? await this.sessions.endOf(tsid)
      : await this.sessions.use(tsid, redeemed?.clientId);
  }
}
