import { Injectable } from '@nestjs/common';
import { AttemptCookies } from './attempt-cookies.js';
import { AttemptStore, type StoredAttempt } from './attempt.store.js';
import { begunHere, type BegunHere } from './begun-here.js';

/** What a browser has begun here and not finished. */
@Injectable()
export class BrowserAttempts {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly cookies: AttemptCookies,
  ) {}

  /** @returns the one that was begun last. A sign-in whose attempt has expired counts when nothing else is open. */
  async latest(cookieHeader: string | undefined): Promise<BegunHere | undefined> {
    const browsers = this.cookies.all(cookieHeader);
    const ids = browsers.map(({ id }) => id);
    const found = await this.attempts.ofBrowsers(ids);
    const [latest] = found
      .flatMap((attempt) => {
        const browser = browsers.find(({ binding }) => binding === attempt.state.browserBinding);
        return browser === undefined || isOver(attempt) ? [] : [{ attempt, uid: browser.id }];
      })
      .sort((a, b) => b.attempt.expiresAtMs - a.attempt.expiresAtMs);
    if (latest !== undefined) return begunHere(latest.attempt, latest.uid);
    const uid = await this.attempts.latestRequest(ids);
    return uid === undefined ? undefined : { kind: 'sign-in', uid };
  }
}

const isOver = ({ state }: StoredAttempt): boolean =>
  state.kind === 'sign-in' ? state.answered === true : state.adopted;
