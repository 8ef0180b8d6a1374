import type { Service } from '@gatehouse/contracts/contract';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { printFigure } from '@gatehouse/testing/figures';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';

let world: World;
beforeAll(async () => {
  world = await startWorld({ replicas: 1, demonstrationFlags: ['--octo-access-token-ttl', '5'] });
}, 120_000);
afterAll(() => world.close(), 60_000);

const BACKENDS = ['repos', 'directory', 'tickets', 'status'] as const;
const subjectAt = (backend: string, login: string): string | null =>
  backend === 'status' ? null : `${backend === 'repos' ? 'octo' : 'acme'}-${login}`;

/** What a caller may be told while a part is away: go away and come back. Anything else is an error of ours. */
function isRetryable(status: number, body: unknown): boolean {
  return (
    status === 502 ||
    status === 503 ||
    (status === 200 && JSON.stringify(body).includes('try again')) ||
    /Try again/i.test(JSON.stringify(body))
  );
}

test.each<[string, readonly Service[] | 'nats']>([
  ['the vault', ['token-vault']],
  ['the authorization server', ['authorization-server']],
  ['the proxy', ['vmcp-proxy']],
  ['nats-server', 'nats'],
])(
  '%s is killed and restarted while calls flow: no wrong answer, only retryable errors, no new sign-in',
  async (name, what) => {
    const people = await Promise.all(
      ['alice', 'bob'].map(async (login) => {
        const client = await OAuthClient.register(world.mcpUrl);
        return { login, client, ...(await client.signIn(login)) };
      }),
    );
    const tally = { right: 0, wrong: 0, retryable: 0, other: [] as unknown[] };
    let running = true;
    const caller = async (person: (typeof people)[number]) => {
      for (let call = 0; running; call += 1) {
        const backend = BACKENDS[call % BACKENDS.length] ?? 'repos';
        const answer = await whoAmI(world.mcpUrl, person.accessToken, backend).catch((error: unknown) => ({
          status: 503,
          body: String(error),
          who: undefined,
        }));
        if (answer.who !== undefined)
          tally[answer.who.subject === subjectAt(backend, person.login) ? 'right' : 'wrong'] += 1;
        else if (isRetryable(answer.status, answer.body)) tally.retryable += 1;
        else tally.other.push({ backend, status: answer.status, body: answer.body });
        await delay(20);
      }
    };
    const callers = people.flatMap((person) => [caller(person), caller(person)]);
    await delay(500);
    const [program] = what === 'nats' ? [] : what.map((service) => world.replicas[service][0]);
    await (what === 'nats' ? world.nats.kill() : program?.kill());
    await delay(1_000);
    await (what === 'nats' ? world.nats.start() : program?.start());
    await delay(8_000);
    running = false;
    await Promise.all(callers);
    printFigure(
      `${name} killed: right ${tally.right}, wrong ${tally.wrong}, retryable ${tally.retryable}, other ${tally.other.length}`,
    );
    expect(tally.wrong).toBe(0);
    expect(tally.other.slice(0, 3)).toEqual([]);
    expect(tally.right).toBeGreaterThan(20);
    for (const { login, accessToken, client, refreshToken } of people) {
      for (const backend of BACKENDS) {
        expect((await whoAmI(world.mcpUrl, accessToken, backend)).who).toMatchObject({
          subject: subjectAt(backend, login),
        });
      }
      await expect(client.refresh(refreshToken)).resolves.toMatchObject({ status: 200 });
    }
  },
  120_000,
);
