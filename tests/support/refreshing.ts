import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@gatehouse/testing/until';
import { decodeProtectedHeader } from 'jose';
import type { SignedIn } from './callers.js';

const PACE_MS = 50;
const PATIENCE_MS = 240_000;

/** Of the key that signed a token. */
export const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';

/** People whose clients refresh without a break, and whom somebody may have signed out. */
export class Refreshing {
  refused = 0;
  refreshed = 0;
  readonly signedBy = new Set<string>();
  #isRunning = true;
  readonly #ended: Promise<unknown>;

  constructor(readonly people: SignedIn[]) {
    this.#ended = Promise.all(people.map(async (_person, index) => await this.#refresh(index)));
  }

  /** Everybody has refreshed twice more: the second one began after now. */
  async more(): Promise<void> {
    const before = this.refreshed + this.refused;
    await until(() => this.refreshed + this.refused >= before + 2 * this.people.length, PATIENCE_MS);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#ended;
  }

  async #refresh(index: number): Promise<void> {
    while (this.#isRunning) {
      const person = this.people[index];
      if (person === undefined) return;
      const answer = await person.client.refresh(person.refreshToken);
      const { access_token: accessToken, refresh_token: refreshToken } = answer;
      if (accessToken === undefined || refreshToken === undefined) this.refused += 1;
      else {
        this.people[index] = { ...person, accessToken, refreshToken };
        this.signedBy.add(kidOf(accessToken));
        this.refreshed += 1;
      }
      await pause(PACE_MS);
    }
  }
}
