import { ConnectProxy } from '@gatehouse/testing/connect-proxy';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const PASSWORD = 'word-of-the-proxy';
let proxy: ConnectProxy;
let world: World;

/** Nothing but the proxy leads to providers and backends. */
beforeAll(async () => {
  proxy = await ConnectProxy.start({ credentials: `gatehouse:${PASSWORD}` });
  const PROXY_CREDENTIALS = `gatehouse:${PASSWORD}`;
  world = await startWorld({
    configure: (yaml) =>
      `${yaml}\negress:\n  proxy: { url: ${proxy.url}, noProxy: [], credentials: { env: PROXY_CREDENTIALS } }\n`,
    environment: {
      'authorization-server': { PROXY_CREDENTIALS },
      'token-vault': { PROXY_CREDENTIALS },
      'vmcp-proxy': { PROXY_CREDENTIALS },
    },
  });
});
afterAll(async () => {
  await world.close();
  await proxy.close();
});

test('where only a proxy leads out, a person signs in at every provider and every backend is called through it', async () => {
  const client = await OAuthClient.register(world.mcpUrl);
  const { accessToken } = await client.signIn('alice');
  for (const backend of ['repos', 'directory', 'tickets', 'tickets-self', 'status', 'reports'])
    expect((await whoAmI(world.mcpUrl, accessToken, backend)).who).toMatchObject({ unexpected: [] });
  const targets = proxy.asked.map(({ target }) => target);
  const port = (offset: number): string => `http://localhost:${world.portBase + offset}`;
  // The providers, the exchange and the two servers of backends (apps/demonstration).
  for (const url of [
    `${port(3)}/.well-known/openid-configuration`,
    `${port(4)}/login/oauth/access_token`,
    `${port(4)}/user`,
    `${port(5)}/token`,
    `${port(6)}/mcp`,
    `${port(7)}/mcp`,
  ])
    expect(targets).toContain(url);
  expect(world.logs()).not.toContain(PASSWORD);
  expect(world.logs()).not.toContain(Buffer.from(`gatehouse:${PASSWORD}`).toString('base64'));
});
