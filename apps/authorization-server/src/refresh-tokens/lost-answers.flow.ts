import { Injectable } from '@nestjs/common';
import type { OpenSession } from '../sessions/session.store.js';
import { RefreshTokenStore } from './refresh-token.store.js';
import { TheftAlarm } from './theft-alarm.flow.js';

/**
 * A client that holds a refresh token does not ask its person to sign in. If it does, although its current token was given
 * twice and never used since, then the client does not have it, and whoever else asked for it may.
 */
@Injectable()
export class LostAnswers {
  constructor(
    private readonly tokens: RefreshTokenStore,
    private readonly alarm: TheftAlarm,
  ) {}

  async signedInAgain({ tsid, accountId, clientId }: Omit<OpenSession, 'clientName'>): Promise<void> {
    for (const older of await this.tokens.unconfirmed(accountId, clientId))
      if (older !== tsid) await this.alarm.raise(older, 'signed_in_again', { accountId, clientId });
  }
}
