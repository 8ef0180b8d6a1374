import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const SESSIONS = 50;
/** For what hangs: each session is a sign-in, and a busy machine takes its time. */
const FOREVER_MS = 1_200_000;
const FREEZES = 10;

let world: World;
let client: OAuthClient;

beforeAll(async () => {
  world = await startWorld({ replicas: 2 });
  client = await OAuthClient.register(world.mcpUrl);
});
afterAll(() => world.close());

const proxies = () => world.portsOf('vmcp-proxy').map((port) => `http://127.0.0.1:${port}/mcp`);

const status = async (proxy: string | undefined, token: string): Promise<number> =>
  (await modernRequest(proxy ?? '', token, 'tools/list')).status;

/** Somebody whose session both replicas have just let through, so that both remember it. */
async function known() {
  const tokens = await client.signIn('alice');
  for (const proxy of proxies()) expect(await status(proxy, tokens.accessToken)).toBe(200);
  return tokens;
}

/** How often the authorization server has answered because its time was over, not because everybody had dropped the session. */
const unheard = () => world.logs().split('closed-session-not-acknowledged').length;

test(
  'a revoked session is refused by every replica from the answer on',
  async () => {
    let refused = 0;
    let late = 0;
    while (refused < 2 * SESSIONS) {
      const { accessToken, refreshToken } = await known();
      const before = unheard();
      expect(await client.revoke(refreshToken)).toBe(200);
      const statuses = await Promise.all(proxies().map((proxy) => status(proxy, accessToken)));
      if (statuses.every((one) => one === 401)) refused += statuses.length;
      else {
        // On a busy machine half a second can pass before a proxy answers.
        await until(() => unheard() > before);
        late += 1;
      }
    }
    printFigure(
      `revoked, then called at once at each of two proxies: refused ${refused} of ${2 * SESSIONS}; answered because the time was over: ${late}`,
    );
  },
  FOREVER_MS,
);

test('a frozen proxy holds no revocation up for good, and lets nothing through when it goes on', async () => {
  const [running, frozen] = proxies();
  const pid = world.replicas['vmcp-proxy'][1]?.pid;
  if (pid === undefined) throw new Error('there is no second proxy');
  let refused = 0;
  for (let count = 0; count < FREEZES; count += 1) {
    const { accessToken, refreshToken } = await known();
    process.kill(pid, 'SIGSTOP');
    let late: Promise<number>;
    try {
      // This proxy never confirms that it dropped the session, so the answer comes because of the time limit.
      expect(await client.revoke(refreshToken)).toBe(200);
      await until(async () => (await status(running, accessToken)) === 401);
      // This request waits in the frozen proxy's queue, together with the event.
      late = status(frozen, accessToken);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    if ((await late) === 401) refused += 1;
  }
  printFigure(
    `a proxy frozen while sessions were revoked, called as it goes on: refused ${refused} of ${FREEZES}`,
  );
  expect(refused).toBe(FREEZES);
});

test('a proxy that is gone is waited for no longer than it takes to notice', async () => {
  await world.replicas['vmcp-proxy'][1]?.kill();
  // As soon as the others' confirmations show that it is silent, nobody waits for it.
  await until(async () => {
    const { refreshToken } = await client.signIn('bob');
    const before = unheard();
    expect(await client.revoke(refreshToken)).toBe(200);
    return unheard() === before;
  });
});
