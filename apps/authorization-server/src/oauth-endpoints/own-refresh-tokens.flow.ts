import { Injectable } from '@nestjs/common';
import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import { RefreshTokenStore } from '../refresh-tokens/refresh-token.store.js';
import { verdictOn } from '../refresh-tokens/used-token.js';
import { SessionStore } from '../sessions/session.store.js';

/** What of a refresh token the library hands over. */
export interface FoundToken {
  readonly kind: string;
  readonly jti: string;
  readonly clientId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly grantId?: string | undefined;
}

/** Refresh tokens that this server has issued, when somebody asks about one. */
@Injectable()
export class OwnRefreshTokens {
  constructor(
    private readonly refreshTokens: RefreshTokenStore,
    private readonly sessions: SessionStore,
  ) {}

  /** Whether a client could redeem it now. The library does not know which of them were used (ADR 3), and asking uses none up. */
  async isCurrent(token: FoundToken, clientId: string): Promise<boolean> {
    const { kind, jti, grantId } = token;
    if (kind !== 'RefreshToken' || token.clientId !== clientId || grantId === undefined) return false;
    if ((await this.sessions.endOf(grantId)) === undefined) return false;
    const known = await this.refreshTokens.find({
      value: jti,
      // Both ids are ours. The grant's id is the session's id.
      tsid: grantId as SessionId,
      accountId: token.accountId as AccountId,
      clientId,
    });
    return verdictOn(known).kind === 'unused';
  }
}
