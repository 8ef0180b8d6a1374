import { Injectable } from '@nestjs/common';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Exchange } from '../http/exchange.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import type { Approved } from './authorization-requests.flow.js';
import { BrowserSessions } from './browser-sessions.flow.js';
import { DeviceCodes, type ClaimedCode } from './device-codes.store.js';

/** What a person says in a browser to a device that waits elsewhere. */
@Injectable()
export class DeviceAnswers {
  constructor(
    private readonly codes: DeviceCodes,
    private readonly closing: CloseSession,
    private readonly browsers: BrowserSessions,
  ) {}

  async isPending(code: ClaimedCode): Promise<boolean> {
    return (await this.codes.stateOf(code)) === 'pending';
  }

  /** The device gets its tokens. A session that comes too late for it ends at once: nobody would have its tokens. */
  async approve(
    exchange: Exchange,
    code: ClaimedCode,
    { accountId, tsid, provenAtMs, acr, amr }: Approved,
    granted: { readonly scope: string; readonly resource: string },
  ): Promise<void> {
    const authTime = provenAtMs === undefined ? undefined : Math.floor(provenAtMs / SECOND_MS);
    const isTaken = await this.codes.approve(code, {
      ...granted,
      accountId,
      grantId: tsid,
      authTime,
      acr,
      amr,
    });
    if (!isTaken) {
      await this.closing.close(tsid, 'revoked');
      return;
    }
    // As after every sign-in, the browser knows its person.
    await this.browsers.signIn(exchange, accountId, { loginTs: authTime, acr, amr });
  }

  async refuse(code: ClaimedCode, why: string): Promise<void> {
    await this.codes.refuse(code, why);
  }
}
