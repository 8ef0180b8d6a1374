import { Injectable } from '@nestjs/common';
import { Provider } from 'oidc-provider';
import { TheftAlarm } from '../refresh-tokens/theft-alarm.flow.js';
import { CloseSession } from '../sessions/close-session.flow.js';

/** A session ends with its grant, whose id is the session's id. */
@Injectable()
export class EndGrant {
  constructor(
    private readonly closing: CloseSession,
    private readonly alarm: TheftAlarm,
  ) {}

  /** Outside the revocation endpoint the library ends a grant for one reason: a code was used twice. */
  async ended(grantId: string): Promise<void> {
    if (Provider.ctx?.oidc.route === 'revocation') await this.closing.close(grantId, 'revoked');
    else await this.alarm.raise(grantId, 'code_used_again');
  }
}
