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
   * @param beforeUse may take a while, and throws when there will be no answer: the token stays as it is. A token is judged as it
   * was when it came, because whoever waits here is no thief for that. Nothing is done for one that is stolen.
   * @returns the successor; `undefined` when the token is refused.
   */
  async redeem(token: PresentedToken, beforeUse: () => Promise<unknown>): Promise<string | undefined> {
    const verdict = verdictOn(await this.tokens.find(token));
    switch (verdict.kind) {
      case 'unused':
        await beforeUse();
        return (await this.#exchanged(token)) ?? (await this.#again(token, await this.#successorOf(token)));
      case 'answer_again':
        await beforeUse();
        return await this.#again(token, verdict.sealedSuccessor);
      case 'theft':
        this.#outcomes.inc({ outcome: 'theft' });
        await this.alarm.raise(token.tsid, verdict.sign, about(token));
        return undefined;
      case 'refuse':
        this.#outcomes.inc({ outcome: 'refuse' });
        return undefined;
    }
  }

  async #exchanged(token: PresentedToken): Promise<string | undefined> {
    const value = randomToken();
    if (!(await this.tokens.exchange(token, { value, sealed: this.seal.seal(value, token) })))
      return undefined;
    this.#outcomes.inc({ outcome: 'exchanged' });
    return value;
  }

  /** Somebody else was faster. */
  async #successorOf(token: PresentedToken): Promise<Buffer | undefined> {
    return (await this.tokens.find(token))?.sealedSuccessor;
  }

  async #again(token: PresentedToken, sealed: Buffer | undefined): Promise<string | undefined> {
    const successor = sealed && this.#opened(token, sealed);
    const isAnswered = successor !== undefined && (await this.tokens.markAnsweredAgain(token));
    this.#outcomes.inc({ outcome: isAnswered ? 'answer_again' : 'refuse' });
    if (!isAnswered) return undefined;
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
