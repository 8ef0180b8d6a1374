import { Injectable } from '@nestjs/common';
import type { OpenSession } from '../sessions/session.store.js';
import { RefreshTokenStore } from './refresh-token.store.js';
import { TheftAlarm } from './theft-alarm.flow.js';

/**
 * A client that holds a refresh token does not send its user to sign in. If it does although one was answered to it twice
 * and never used since, the answer got lost, and whoever else asked for it may hold it.
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
