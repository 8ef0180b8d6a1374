import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import type { World } from '@gatehouse/testing/world';
import { afterEach, expect, test } from '@jest/globals';
import { startManifests } from '../support/examples/from-toolhive.js';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

test('github-and-google: services start from manifests, one sign-in visits both providers, and each backend gets the token of its own', async () => {
  world = await startManifests('github-and-google', {
    namespace: 'toolhive-system',
    callbacks: ['/github', '/google'],
  });
  const { mcpUrl, portBase } = world;
  for (const login of ['alice', 'bob']) {
    const client = await OAuthClient.register(mcpUrl);
    const browser = newBrowser();
    const { accessToken, refreshToken } = await client.signIn(login, browser);
    const ports = browser.visited.map((url) => Number(new URL(url).port) - portBase);
    expect([...new Set(ports)].filter((offset) => offset === 3 || offset === 4)).toEqual([4, 3]);
    expect((await whoAmI(mcpUrl, accessToken, 'backend-github')).who).toMatchObject({
      subject: `octo-${login}`,
    });
    expect((await whoAmI(mcpUrl, accessToken, 'backend-google')).who).toMatchObject({
      issuer: `http://localhost:${portBase + 3}`,
      subject: `acme-${login}`,
    });
    expect(await client.refresh(refreshToken)).toMatchObject({ status: 200 });
  }
});

test('okta-exchange: the token of each person is exchanged, and groups of the provider decide what they may call', async () => {
  world = await startManifests('okta-exchange', { namespace: 'default', callbacks: [''] });
  const { mcpUrl, portBase } = world;
  for (const login of ['alice', 'bob']) {
    const { accessToken } = await (await OAuthClient.register(mcpUrl)).signIn(login);
    expect((await whoAmI(mcpUrl, accessToken, 'tickets')).who).toMatchObject({
      issuer: `http://localhost:${portBase + 5}`,
      subject: `acme-${login}`,
      audience: 'tickets',
    });
    const { body } = await modernRequest(mcpUrl, accessToken, 'tools/list');
    const names = ((body.result?.['tools'] ?? []) as readonly { name: string }[]).map(({ name }) => name);
    expect(names).toContain('tickets_whoami');
    expect(names).not.toContain('status_list_incidents');
  }
});
