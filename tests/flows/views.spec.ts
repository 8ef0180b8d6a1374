import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const VIEWS = `
views:
  - name: support
    backends: [repos, tickets]
    tools: { exclude: [repos/create_*] }
`;

let world: World;
beforeAll(async () => {
  world = await startWorld({ configure: (yaml) => `${yaml}${VIEWS}` });
});
afterAll(() => world.close());

test('a person signs in for a view and for one backend: each token calls there, is renewed, and is refused elsewhere', async () => {
  const urls = ['', '/repos', '/views/support'].map((place) => world.mcpUrl + place);
  for (const url of urls) {
    const client = await OAuthClient.register(url);
    expect(client.resource).toBe(url);
    const { refreshToken, accessToken } = await client.signIn('alice');
    const renewed = (await client.refresh(refreshToken)).access_token ?? '';
    for (const token of [accessToken, renewed])
      for (const other of urls)
        expect([url, other, (await modernRequest(other, token, 'tools/list')).status]).toEqual([
          url,
          other,
          other === url ? 200 : 401,
        ]);
    if (url === urls[1]) {
      const called = await modernRequest(url, renewed, 'tools/call', { name: 'whoami', arguments: {} });
      expect(JSON.stringify(called.body)).toContain('octo-alice');
    } else expect((await whoAmI(url, renewed, 'tickets')).who).toMatchObject({ subject: 'acme-alice' });
  }
});
