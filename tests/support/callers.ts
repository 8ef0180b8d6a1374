import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { setTimeout as pause } from 'node:timers/promises';

/** Backends of the demonstration, one for each way of being called. */
export const BACKENDS = ['repos', 'directory', 'tickets', 'status'] as const;
export type Backend = (typeof BACKENDS)[number];

/** Whom the demonstration's backend sees when `login` calls it. */
export const subjectAt = (backend: Backend, login: string): string | null =>
  backend === 'status' ? null : `${backend === 'repos' ? 'octo' : 'acme'}-${login}`;

export interface SignedIn {
  readonly login: string;
  readonly client: OAuthClient;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export async function signedIn(world: World, login: string): Promise<SignedIn> {
  const client = await OAuthClient.register(world.mcpUrl);
  return { login, client, ...(await client.signIn(login)) };
}

export interface Refused {
  readonly backend: Backend;
  readonly status: number;
  readonly body: unknown;
}

/** What a caller may be told while a part is away: go away and come back. Anything else is an error of ours. */
export const isRetryable = ({ status, body }: Refused): boolean =>
  status === 502 || status === 503 || /try again/i.test(JSON.stringify(body));

/** People who call every backend in turn, without a break, and what they were told. */
export class Callers {
  readonly refused: Refused[] = [];
  right = 0;
  wrong = 0;
  slowestMs = 0;
  readonly #ended: Promise<unknown>;
  /** Of each caller: how many calls were answered, and answered right. */
  readonly #counts: { answered: number; right: number }[];
  #isRunning = true;

  constructor(
    private readonly world: World,
    people: readonly SignedIn[],
  ) {
    this.#counts = people.map(() => ({ answered: 0, right: 0 }));
    this.#ended = Promise.all(
      people.map((person, index) => this.#call(person, this.#counts[index] ?? { answered: 0, right: 0 })),
    );
  }

  get retryable(): number {
    return this.refused.filter(isRetryable).length;
  }

  get others(): readonly Refused[] {
    return this.refused.filter((one) => !isRetryable(one));
  }

  /** Resolves when every caller has had so many more answers of that kind, from now on. */
  async more(kind: 'answered' | 'right', count: number): Promise<void> {
    const begun = this.#counts.map((counts) => counts[kind]);
    await until(() => this.#counts.every((counts, index) => counts[kind] >= (begun[index] ?? 0) + count));
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#ended;
  }

  async #call({ login, accessToken }: SignedIn, counts: { answered: number; right: number }): Promise<void> {
    for (let call = 0; this.#isRunning; call += 1) {
      const backend = BACKENDS[call % BACKENDS.length] ?? 'repos';
      const begunMs = performance.now();
      const answer = await whoAmI(this.world.mcpUrl, accessToken, backend).catch((error: unknown) => ({
        status: 0,
        body: String(error),
        who: undefined,
      }));
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begunMs);
      counts.answered += 1;
      if (answer.who === undefined) this.refused.push({ backend, ...answer });
      else if (answer.who.subject === subjectAt(backend, login)) {
        counts.right += 1;
        this.right += 1;
      } else this.wrong += 1;
      await pause(PACE_MS);
    }
  }
}

/** So that a refusal that comes at once does not become a flood. */
const PACE_MS = 20;

/** Everybody calls every backend: each has to see the right person, with a token of before. */
export async function wrongCalls(mcpUrl: string, people: readonly SignedIn[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { login, accessToken } of people)
    for (const backend of BACKENDS) {
      const { who, status, body } = await whoAmI(mcpUrl, accessToken, backend);
      if (who?.subject !== subjectAt(backend, login))
        wrong.push(`${login} at ${backend}: ${String(status)} ${JSON.stringify(who ?? body)}`);
    }
  return wrong;
}
