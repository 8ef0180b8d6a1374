import { EntraTenant, TENANT_SECRET } from '@gatehouse/testing/entra-tenant';
import { printFigure } from '@gatehouse/testing/figures';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** Two replicas of each service. The primary provider is one that posts logout tokens. */
let world: World;
let provider: EntraTenant;

beforeAll(async () => {
  provider = await new EntraTenant().start();
  world = await startWorld({
    replicas: 2,
    environment: { 'token-vault': { ENTRA_SECRET: TENANT_SECRET } },
    configure: withPrimary,
  });
});

afterAll(async () => {
  await world.close();
  await provider.stop();
});

const withPrimary = (yaml: string): string =>
  yaml.replace('authServer:\n', 'authServer:\n  primaryUpstreamProvider: entra\n').replace(
    '\nbackends:\n',
    `    - name: entra
      type: oidc
      oidcConfig:
        issuerUrl: ${provider.issuer}
        clientId: gatehouse
        clientSecret: { env: ENTRA_SECRET }
        scopes: [openid, offline_access]

backends:
`,
  );

const FOREVER_MS = 240_000;

async function signedIn(login: string): Promise<string> {
  provider.login = login;
  const tokens: string[] = [];
  await until(async () => {
    const client = await OAuthClient.register(world.mcpUrl);
    // A machine that is too busy for its database says so: then a client comes back.
    const answer = await client.signIn(login, newBrowser()).catch((error: unknown) => {
      if (!String(error).includes('temporarily_unavailable')) throw error;
      return undefined;
    });
    if (answer !== undefined) tokens.push(answer.accessToken);
    return answer !== undefined;
  }, FOREVER_MS);
  return tokens[0] ?? '';
}

const statuses = async (token: string): Promise<readonly number[]> =>
  await Promise.all(
    world
      .portsOf('vmcp-proxy')
      .map(async (port) => (await modernRequest(`http://127.0.0.1:${port}/mcp`, token, 'tools/list')).status),
  );

const post = async (token: string, name = 'entra'): Promise<number> =>
  (
    await fetch(`${world.issuer}/oauth/backchannel-logout/${name}`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    })
  ).status;

test('who signs out at the primary provider is signed out of every proxy; nobody else is, and no later sign-in', async () => {
  const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
  for (const token of [alice, bob]) await until(async () => String(await statuses(token)) === '200,200');

  const logoutToken = await provider.logoutToken('alice');
  expect(await post(logoutToken, 'acme-sso')).toBe(400);
  expect(await statuses(alice)).toEqual([200, 200]);
  expect(await post(logoutToken)).toBe(200);
  // On a busy machine the answer may come before a proxy has said that it knows.
  await until(async () => String(await statuses(alice)) === '401,401');
  expect(await statuses(bob)).toEqual([200, 200]);

  const issuedAtS = Math.floor(Date.now() / 1_000);
  await until(() => Math.floor(Date.now() / 1_000) > issuedAtS);
  const again = await signedIn('alice');
  expect(await post(logoutToken)).toBe(200);
  await until(async () => String(await statuses(again)) === '200,200');
  expect(await statuses(alice)).toEqual([401, 401]);
  expect(world.logs()).not.toContain(logoutToken);
  printFigure(
    'a logout token of the primary provider: 1 of 2 people signed out at 2 of 2 proxies; posted again after her new sign-in, it ended 0 sessions',
  );
});
