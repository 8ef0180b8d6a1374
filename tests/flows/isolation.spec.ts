import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { printFigure } from '@gatehouse/testing/figures';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let world: World;
beforeAll(async () => {
  // Short enough that tokens expire and are refreshed and exchanged anew while the calls run.
  world = await startWorld({
    replicas: 2,
    demonstrationFlags: ['--octo-access-token-ttl', '8', '--sts-token-ttl', '8'],
  });
});
afterAll(() => world.close());

const CALLS = 2_000;
const IN_FLIGHT = 16;

interface Caller {
  readonly login: string;
  readonly accessToken: string;
}

test('2,000 interleaved calls of two users with two clients each, over two replicas of everything: none sees another', async () => {
  const callers: Caller[] = [];
  for (const login of ['alice', 'bob']) {
    for (let client = 0; client < 2; client += 1) {
      const oauth = await OAuthClient.register(world.mcpUrl, `${login} ${client}`);
      callers.push({ login, accessToken: (await oauth.signIn(login)).accessToken });
    }
  }
  const accounts = new Map<string, string>();
  const expected: Readonly<Record<string, (login: string) => string | undefined>> = {
    repos: (login) => `octo-${login}`,
    directory: (login) => `acme-${login}`,
    tickets: (login) => `acme-${login}`,
    'tickets-self': (login) => accounts.get(login),
  };
  for (const { login, accessToken } of callers) {
    const { sub } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string;
    };
    expect(accounts.get(login) ?? sub).toBe(sub);
    accounts.set(login, sub);
  }
  const backends = Object.keys(expected);
  const wrong: unknown[] = [];
  const failed: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < CALLS) {
      const call = next++;
      const caller = callers[call % callers.length] ?? callers[0];
      const backend = backends[Math.floor(call / callers.length) % backends.length] ?? '';
      if (caller === undefined) return;
      const { who, status, body } = await whoAmI(world.mcpUrl, caller.accessToken, backend);
      if (who === undefined) failed.push({ call, backend, status, body });
      else if (who.subject !== expected[backend]?.(caller.login))
        wrong.push({ call, backend, login: caller.login, subject: who.subject });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  printFigure(`calls: ${CALLS}, wrong subjects: ${wrong.length}, failed: ${failed.length}`);
  expect(wrong).toEqual([]);
  expect(failed.slice(0, 3)).toEqual([]);
});
