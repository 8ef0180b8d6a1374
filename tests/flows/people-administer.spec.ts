import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { Administrator } from '@gatehouse/testing/administrator';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatehouse, type Ran } from '../support/installed-gateway.js';

const POLICY = 'permit(principal in Group::"operators", action == Action::"administer", resource);';
const CONSOLE =
  "{ clientId: console, clientName: Console, redirectUris: ['http://127.0.0.1/callback'], administers: true }";

let world: World;
let url: string;
/** Somebody's client, as everybody has one. */
let client: OAuthClient;
let administering: OAuthClient;

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  const access = `access: { policies: [${JSON.stringify(POLICY)}] }`;
  world = await startWorld({
    configure: (yaml) =>
      Administrator.allowedIn(yaml, port)
        .replace(`administration: { port: ${port} }`, `administration: { port: ${port}, ${access} }`)
        .replace('clients: [', `clients: [${CONSOLE}, `)
        .replace(
          'scopes: [openid, profile, email, offline_access]',
          'scopes: [openid, profile, email, groups, offline_access]',
        ),
    environment: { 'authorization-server': { [Administrator.secretVariable]: Administrator.secret } },
  });
  client = await OAuthClient.register(world.mcpUrl);
  administering = client.configured('console', url);
});
afterAll(() => world.close());

const SCOPE = 'openid offline_access gatehouse:admin';
const asked = () => administering.authorizationRequest({ scope: SCOPE });

async function administrator(login: string) {
  const request = asked();
  const answer = await administering.authorize(login, newBrowser(), request);
  return await administering.redeem(answer.get('code') ?? '', request.codeVerifier);
}
const sessions = async (token = ''): Promise<Ran> =>
  await gatehouse(['sessions', '--api', url, '--json'], { GATEHOUSE_ADMIN_TOKEN: token });

test('a person of the group administers from the command line; another one sees that they may not', async () => {
  await world.demonstration.setGroups('alice', ['operators', 'everybody']);
  const alice = await administrator('alice');
  expect(await sessions(alice.access_token)).toMatchObject({ code: 0, stderr: '' });
  await world.demonstration.setGroups('bob', ['everybody']);
  const outcome = await signIn(newBrowser(), asked().url, { login: 'bob', password: PASSWORD });
  expect(outcome).toMatchObject({ kind: 'ended' });
  expect((await client.signIn('bob')).accessToken).not.toBe('');
});

test('attack: a token of an administrator at MCP, and one of MCP at the administrator’s API', async () => {
  await world.demonstration.setGroups('alice', ['operators']);
  const { access_token: ofAdministrator = '' } = await administrator('alice');
  expect((await modernRequest(world.mcpUrl, ofAdministrator, 'tools/list')).status).toBe(401);
  const { accessToken } = await client.signIn('alice');
  expect((await modernRequest(world.mcpUrl, accessToken, 'tools/list')).status).toBe(200);
  expect(await sessions(accessToken)).toMatchObject({ code: 78 });
});

test('attack: whoever left the group goes on refreshing', async () => {
  await world.demonstration.setGroups('carol', ['operators']);
  const carol = await administrator('carol');
  await world.demonstration.setGroups('carol', ['everybody']);
  let [token = '', refused] = [carol.refresh_token, carol.error];
  let lastGood = carol.access_token;
  // Its provider is asked once in ten seconds.
  await until(async () => {
    const answer = await administering.refresh(token);
    token = answer.refresh_token ?? token;
    lastGood = answer.access_token ?? lastGood;
    refused = answer.error;
    return refused === 'invalid_grant';
  });
  expect(await sessions(lastGood)).toMatchObject({ code: 78 });
});
