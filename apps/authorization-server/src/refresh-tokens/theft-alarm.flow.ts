import { Injectable } from '@nestjs/common';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { CloseSession } from '../sessions/close-session.flow.js';
import type { Theft } from './used-token.js';

/** The sign that somebody else holds a token of a client. */
export type Sign = Theft | 'code_used_again' | 'signed_in_again';

/** Ends everything that a sign-in issued, and tells the operators. */
@Injectable()
export class TheftAlarm {
  readonly #alarms;

  constructor(
    private readonly closing: CloseSession,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#alarms = metrics.counter(
      'token_theft_alarms_total',
      'Sessions ended because a token seems stolen.',
      ['sign'],
    );
  }

  /** Raises one alarm for each session, however many redemptions notice the theft. */
  async raise(tsid: string, sign: Sign, about: Readonly<Record<string, string>> = {}): Promise<void> {
    if (!(await this.closing.close(tsid, 'refresh_token_replayed'))) return;
    this.#alarms.inc({ sign });
    this.log.warn('token-theft-suspected', { tsid, sign, ...about });
  }
}
