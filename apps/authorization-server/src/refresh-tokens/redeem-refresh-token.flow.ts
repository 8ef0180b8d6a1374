import { Injectable } from '@nestjs/common';
import { randomToken } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import { Metrics } from '@gatehouse/observability/metrics';
import { SealBroken } from '@gatehouse/sealing/envelope';
import { RefreshTokenStore } from './refresh-token.store.js';
import { SuccessorSeal, type PresentedToken } from './successor-seal.js';
import { TheftAlarm } from './theft-alarm.flow.js';
import { verdictOn } from './used-token.js';

/** Exchanges a refresh token for its successor. Requests that present it at the same moment get the same successor. */
@Injectable()
export class RedeemRefreshToken {
  readonly #outcomes;

  constructor(
    private readonly tokens: RefreshTokenStore,
    private readonly seal: SuccessorSeal,
    private readonly alarm: TheftAlarm,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter(
      'refresh_token_redemptions_total',
      'Refresh tokens presented, by outcome.',
      ['outcome'],
    );
  }

  /**
   * @param token has passed every other check: its client is authenticated, and the request is allowed.
   * @returns the successor; `undefined` when the token is refused.
   */
  async redeem(token: PresentedToken): Promise<string | undefined> {
    const value = randomToken();
    if (await this.tokens.exchange(token, { value, sealed: this.seal.seal(value, token) })) {
      this.#outcomes.inc({ outcome: 'exchanged' });
      return value;
    }
    const verdict = verdictOn(await this.tokens.findUsed(token));
    this.#outcomes.inc({ outcome: verdict.kind });
    switch (verdict.kind) {
      case 'answer_again':
        return await this.#again(token, this.#opened(token, verdict.sealedSuccessor));
      case 'theft':
        await this.alarm.raise(token.tsid, verdict.sign, about(token));
        return undefined;
      case 'refuse':
        return undefined;
    }
  }

  /** Looks before anything else is done for the token; it is not exchanged. @returns whether it is stolen, which ends its session. */
  async refuseStolen(token: PresentedToken): Promise<boolean> {
    const verdict = verdictOn(await this.tokens.findUsed(token));
    if (verdict.kind !== 'theft') return false;
    this.#outcomes.inc({ outcome: verdict.kind });
    await this.alarm.raise(token.tsid, verdict.sign, about(token));
    return true;
  }

  async #again(token: PresentedToken, successor: string | undefined): Promise<string | undefined> {
    if (successor === undefined) return undefined;
    await this.tokens.markAnsweredAgain(token);
    this.log.info('refresh-token-answered-again', { tsid: token.tsid, ...about(token) });
    return successor;
  }

  /** @returns `undefined` when the key that sealed it is gone. Then it counts as not kept. */
  #opened(token: PresentedToken, sealed: Buffer): string | undefined {
    try {
      return this.seal.open(sealed, token);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      this.log.failure('refresh-token-successor-not-opened', error, { tsid: token.tsid });
      return undefined;
    }
  }
}

const about = ({ accountId, clientId }: PresentedToken) => ({ accountId, clientId });
