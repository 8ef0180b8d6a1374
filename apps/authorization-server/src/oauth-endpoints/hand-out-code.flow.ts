import { Injectable } from '@nestjs/common';
import { ATTEMPT_TTL_MS } from '../attempts/attempt.js';
import type { Exchange } from '../http/exchange.js';
import { SessionStore } from '../sessions/session.store.js';
import { AuthorizationRequests } from './authorization-requests.flow.js';

/**
 * The last step of a sign-in can be repeated until its client has used a code: the browser may not have got the response
 * that carried the first one. Of all codes of one request one can be used (`RecordAdapter.consume`).
 */
@Injectable()
export class HandOutCode {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly sessions: SessionStore,
  ) {}

  /**
   * @returns `open`: the person has not finished; `used`: the client is signed in; `over`: its session has ended since, or the
   * client has never come for it.
   * @throws {GatehouseError} `attempt_wrong_browser`: only the browser in which the person signed in gets the code.
   */
  async ready(exchange: Exchange, uid: string): Promise<'open' | 'used' | 'over' | 'ready'> {
    const answered = await this.requests.answerOf(exchange, uid);
    if (answered.kind === 'open') return 'open';
    if (answered.kind === 'approved') {
      const progress = await this.sessions.progressOf(answered.tsid, ATTEMPT_TTL_MS);
      if (progress !== 'waiting') return progress === 'in-use' ? 'used' : 'over';
    }
    await this.requests.readyAgain(exchange, uid);
    return 'ready';
  }
}
