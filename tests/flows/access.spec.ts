import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { printFigure } from '@gatehouse/testing/figures';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inAuthorizationServer, inVault } from '../support/database.js';

const POLICIES = [
  'permit(principal in Group::"engineering", action, resource) when { principal has verifiedEmail };',
];

let world: World;
beforeAll(async () => {
  world = await startWorld({
    replicas: 2,
    configure: (yaml) =>
      yaml
        .replace(
          'scopes: [openid, profile, email, offline_access]',
          'scopes: [openid, profile, email, groups, offline_access]',
        )
        .replace(
          /^authServer:\n/m,
          `authServer:\n  access: { policies: ${JSON.stringify(POLICIES)}, contact: it@acme.example }\n`,
        ),
  });
});
afterAll(() => world.close());

/** Rows that a person leaves. */
async function stored(): Promise<number> {
  const [ours] = await inAuthorizationServer<{ count: number }>(
    world,
    'select (select count(*) from accounts)::int + (select count(*) from sessions)::int as count',
  );
  const [vaults] = await inVault<{ count: number }>(
    world,
    'select (select count(*) from connections)::int + (select count(*) from staged_connections)::int as count',
  );
  return (ours?.count ?? -1) + (vaults?.count ?? -1);
}

test('a person without the group is refused with a page, and their client with access_denied; nothing of them stays', async () => {
  const before = await stored();
  const client = await OAuthClient.register(world.mcpUrl);
  const browser = newBrowser();
  const outcome = await signIn(browser, client.authorizationRequest().url, {
    login: 'bob',
    password: PASSWORD,
  });
  if (outcome.kind !== 'ended') throw new Error('bob got in');
  expect(outcome.page.status).toBe(403);
  expect(outcome.page.text).toContain('You may not sign in here');
  expect(outcome.page.text).toContain('it@acme.example');
  const [form] = outcome.page.forms;
  if (form === undefined) throw new Error('no form');
  const landing = await browser.submit({ form, button: { name: 'decision', value: 'cancel' } });
  if (landing.kind !== 'stopped') throw new Error('the client was not told');
  expect(new URL(landing.url).searchParams.get('error')).toBe('access_denied');
  await until(async () => (await stored()) === before);
  printFigure(`access: rows that a refused person leaves: ${String((await stored()) - before)}`);
});

test('a member gets in and works; when their group is taken away, the next refresh signs them out at once, at every replica', async () => {
  await world.demonstration.setGroups('alice', ['engineering']);
  const client = await OAuthClient.register(world.mcpUrl);
  const { accessToken, refreshToken } = await client.signIn('alice');
  expect(await isRefused(accessToken)).toBe(false);
  await world.demonstration.setGroups('alice', ['everybody']);
  let refresh = refreshToken;
  let refreshed = 0;
  // A provider is asked for a new id_token no more than once in ten seconds.
  await until(async () => {
    const answer = await client.refresh(refresh);
    if (answer.status === 400) {
      expect(answer.error).toBe('invalid_grant');
      return true;
    }
    expect(answer.status).toBe(200);
    refresh = answer.refresh_token ?? '';
    refreshed += 1;
    return false;
  });
  expect((await client.refresh(refresh)).error).toBe('invalid_grant');
  await until(async () => await isRefused(accessToken));
  printFigure(
    `access: refreshes before the provider is asked anew, which it is every ten seconds: ${String(refreshed)}`,
  );
});

async function isRefused(token: string): Promise<boolean> {
  const response = await fetch(world.mcpUrl, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  });
  await response.arrayBuffer();
  return response.status === 401;
}
