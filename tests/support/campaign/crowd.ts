import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { setTimeout as pause } from 'node:timers/promises';
import { BACKENDS, isRetryable, subjectAt, type Backend, type Refused } from '../callers.js';

/** A used refresh token gives its successor again for ten seconds (docs/adr/0003-refresh-token-races.md). */
const REFRESH_AGAIN_AFTER_MS = 500;
const PACE_MS = 40;
/** A connection each: what one of them loses is one grant. */
const LOGINS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'] as const;
/** A caller is well again when it was answered right so often, without a break. */
const WELL_AFTER = 2 * BACKENDS.length;

export interface Tally {
  right: number;
  wrong: number;
  retryable: number;
  /** It may have run, and the caller is told so: the backend itself failed, or its answer did not come in time. */
  unknown: number;
  /** A person is asked to sign in again at a provider. */
  lost: number;
  other: number;
  /** The first few of the others, in words. */
  readonly words: string[];
}

const newTally = (): Tally => ({
  right: 0,
  wrong: 0,
  retryable: 0,
  unknown: 0,
  lost: 0,
  other: 0,
  words: [],
});

interface Person {
  readonly login: string;
  client: OAuthClient;
  accessToken: string;
  refreshToken: string;
}

/** Somebody whose refresh token the gateway refuses, or whom it asks for a new sign-in at a provider, has lost a grant. */
const asksForSignIn = (body: unknown): boolean =>
  /reauth_required|connection_missing|\/connect\//.test(JSON.stringify(body));

const saysThatItMayHaveRun = ({ body }: Refused): boolean =>
  /It is not known whether it was done; check before trying again/.test(JSON.stringify(body));

/** People who call every backend in turn, without a break, refresh their tokens, and sign in again when they must. */
export class Crowd {
  tally = newTally();
  signIns = 0;
  refreshes = 0;
  /** When a caller was last not answered right, by `performance.now()`. */
  readonly #lastFailureMs: number[];
  readonly #rightInARow: number[];
  #ended: Promise<unknown> = Promise.resolve();
  #isRunning = true;

  private constructor(
    private readonly world: World,
    people: readonly Person[],
  ) {
    this.#lastFailureMs = people.map(() => 0);
    this.#rightInARow = people.map(() => 0);
  }

  static async of(world: World): Promise<Crowd> {
    const people: Person[] = [];
    for (const login of LOGINS) {
      const client = await OAuthClient.register(world.mcpUrl);
      people.push({ login, client, ...(await client.signIn(login)) });
    }
    const crowd = new Crowd(world, people);
    crowd.#ended = Promise.all([...people.map((person, index) => crowd.#live(person, index)), crowd.#come()]);
    return crowd;
  }

  /** Resolves when everybody is well. @returns for how long after `sinceMs` somebody was not. */
  async well(sinceMs: number): Promise<number> {
    this.#rightInARow.fill(0);
    await until(() => this.#rightInARow.every((count) => count >= WELL_AFTER));
    return Math.max(0, Math.max(...this.#lastFailureMs) - sinceMs);
  }

  /** What was counted since the last time. */
  take(): Tally {
    const taken = this.tally;
    this.tally = newTally();
    return taken;
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#ended;
  }

  async #live(person: Person, index: number): Promise<void> {
    for (let call = 0; this.#isRunning; call += 1) {
      const backend = BACKENDS[call % BACKENDS.length] ?? 'repos';
      const outcome = await this.#call(person, backend);
      this.tally[outcome] += 1;
      if (outcome === 'right') this.#rightInARow[index] = (this.#rightInARow[index] ?? 0) + 1;
      else {
        this.#rightInARow[index] = 0;
        this.#lastFailureMs[index] = performance.now();
        if (outcome === 'lost') await this.#signInAgain(person);
      }
      if (call % (8 * BACKENDS.length) === index) await this.#refresh(person);
      await pause(PACE_MS);
    }
  }

  async #call(
    { login, accessToken }: Person,
    backend: Backend,
  ): Promise<'right' | 'wrong' | 'retryable' | 'unknown' | 'lost' | 'other'> {
    const answer = await whoAmI(this.world.mcpUrl, accessToken, backend).catch((error: unknown) => ({
      status: 0,
      body: String(error),
      who: undefined,
    }));
    if (answer.who !== undefined) return answer.who.subject === subjectAt(backend, login) ? 'right' : 'wrong';
    const refused = { backend, status: answer.status, body: answer.body };
    if (answer.status === 401 || asksForSignIn(answer.body)) return this.#said('lost', refused);
    if (isRetryable(refused)) return 'retryable';
    return saysThatItMayHaveRun(refused) ? 'unknown' : this.#said('other', refused);
  }

  #said<Outcome>(outcome: Outcome, refused: object): Outcome {
    if (this.tally.words.length < 3) this.tally.words.push(JSON.stringify(refused).slice(0, 400));
    return outcome;
  }

  async #refresh(person: Person): Promise<void> {
    let answer = await person.client.refresh(person.refreshToken).catch(() => undefined);
    // A client without an answer asks again soon, with the same token.
    while (this.#isRunning && (answer === undefined || answer.status >= 500 || answer.status === 429)) {
      await pause(REFRESH_AGAIN_AFTER_MS);
      answer = await person.client.refresh(person.refreshToken).catch(() => undefined);
    }
    if (answer === undefined || answer.status >= 500 || answer.status === 429) return;
    if (answer.access_token === undefined || answer.refresh_token === undefined) {
      this.tally.lost += 1;
      this.#said('lost', { refresh: answer.error, description: answer.error_description });
      await this.#signInAgain(person);
      return;
    }
    this.refreshes += 1;
    person.accessToken = answer.access_token;
    person.refreshToken = answer.refresh_token;
  }

  /** New people come all the time; a fault may send them away, and they try again. */
  async #come(): Promise<void> {
    while (this.#isRunning) {
      const came = await OAuthClient.register(this.world.mcpUrl)
        .then((client) => client.signIn('newcomer'))
        .catch(() => undefined);
      if (came !== undefined) this.signIns += 1;
      await pause(500);
    }
  }

  async #signInAgain(person: Person): Promise<void> {
    while (this.#isRunning)
      try {
        person.client = await OAuthClient.register(this.world.mcpUrl);
        Object.assign(person, await person.client.signIn(person.login));
        return;
      } catch {
        await pause(500);
      }
  }
}
