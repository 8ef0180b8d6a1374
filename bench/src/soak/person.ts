import { setTimeout as pause } from 'node:timers/promises';
import { OAuthClient, type TokenAnswer } from '@gatehouse/testing/oauth-client';
import type { Ledger } from './ledger.js';
import { OPTIONS } from './options.js';
import { Failed, kindOf } from './outcomes.js';

const TRY_AGAIN_AFTER_MS = 1_000;
/** Access tokens live for five minutes. */
const RENEW_WITHIN_MS = 240_000;

/** Somebody who has signed in, whose clients renew their token all the time. */
export class Person {
  private constructor(
    readonly login: string,
    private client: OAuthClient,
    private tokens: { accessToken: string; refreshToken: string },
  ) {}

  /** All people come from one address, which is limited. */
  static async signIn(mcpUrl: string, login: string, stop: AbortSignal): Promise<Person> {
    for (;;)
      try {
        const client = await OAuthClient.register(mcpUrl, `client of ${login}`);
        return new Person(login, client, await client.signIn(login));
      } catch (error) {
        if (stop.aborted) throw error;
        await pause(TRY_AGAIN_AFTER_MS);
      }
  }

  get accessToken(): string {
    return this.tokens.accessToken;
  }

  async keepSignedIn(ledger: Ledger, stopOfAll: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([stopOfAll]); // its own, as in a Life
    const goesOn = (): boolean => !stop.aborted;
    while (goesOn()) {
      const waitMs = Math.min(OPTIONS.renewEveryMs * (0.5 + Math.random()), RENEW_WITHIN_MS);
      await pause(waitMs, undefined, { signal: stop }).catch(() => undefined);
      while (goesOn() && (await ledger.attempt('renew tokens', () => this.#renew())) !== 'right')
        await pause(TRY_AGAIN_AFTER_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  async signInAgain(mcpUrl: string, stop: AbortSignal): Promise<void> {
    const again = await Person.signIn(mcpUrl, this.login, stop).catch(() => this);
    this.client = again.client;
    this.tokens = again.tokens;
  }

  /** A client without an answer asks again with the same token. */
  async #renew(): Promise<void> {
    const answer = await this.client
      .refresh(this.tokens.refreshToken)
      .catch((error: unknown): TokenAnswer => ({ status: 0, error: String(error) }));
    const { access_token: accessToken, refresh_token: refreshToken, status, error = '' } = answer;
    if (accessToken !== undefined && refreshToken !== undefined) this.tokens = { accessToken, refreshToken };
    else if (error === 'invalid_grant') throw new Failed('sign in', 'the refresh token is refused');
    else throw new Failed(kindOf(status, error), `${status} ${error}`);
  }
}
