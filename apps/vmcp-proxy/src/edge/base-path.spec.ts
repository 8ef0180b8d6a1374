import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { authorization, modern, post } from '../client.fixture.js';
import { ISSUER, startProxy, type TestProxy } from '../proxy.fixture.js';

const PUBLIC_URL = 'https://example.org/tools/gatehouse';
const RESOURCE = `${PUBLIC_URL}/mcp`;
const METADATA = 'https://example.org/.well-known/oauth-protected-resource/tools/gatehouse/mcp';
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const EGRESS = { allowPrivateIps: true, insecureAllowHttp: true };

let nats: TestNats;
let proxy: TestProxy;
beforeAll(async () => {
  nats = await startTestNats();
  proxy = await startProxy({
    nats,
    backends: [{ name: 'one', url: 'http://127.0.0.1:9/mcp' }],
    publicUrl: PUBLIC_URL,
    trustedHosts: ['gateway.internal'],
    allowedOrigins: ['https://claude.ai', 'vscode-webview:'],
    incomingAuth: {
      type: 'oidc',
      oidc: { issuer: ISSUER, audience: RESOURCE, resourceUrl: RESOURCE, scopes: ['openid'], ...EGRESS },
    },
  });
});
afterAll(async () => {
  await proxy.close();
  await nats.close();
});

describe('a public URL with a path', () => {
  test.each(['/tools/gatehouse/mcp', '/tools/gatehouse/mcp/', '/mcp', '/mcp/?a=b'])(
    'is the endpoint at %s: behind a proxy that keeps the path, and behind one that takes it off',
    async (path) => {
      const { status, headers } = await post(proxy.origin + path, PING, {});
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain(`resource_metadata="${METADATA}"`);
      const token = await proxy.token({ aud: RESOURCE });
      expect((await modern(proxy.origin + path, 'server/discover', {}, { token })).status).toBe(200);
    },
  );

  test.each(['/tools/gatehouse/mcp/one', '/mcp/one'])(
    'has the endpoint of one backend at %s',
    async (path) => {
      const { status, headers } = await post(proxy.origin + path, PING, {});
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain(`resource_metadata="${METADATA}/one"`);
      const token = await proxy.token({ aud: `${RESOURCE}/one` });
      expect((await modern(proxy.origin + path, 'server/discover', {}, { token })).status).toBe(200);
      for (const place of [new URL(METADATA).pathname, '/.well-known/oauth-protected-resource/mcp'])
        expect(await (await fetch(`${proxy.origin}${place}/one`)).json()).toMatchObject({
          resource: `${RESOURCE}/one`,
        });
    },
  );

  test.each([
    '/tools/mcp',
    '/gatehouse/mcp',
    '/tools/gatehouse',
    '/tools/gatehousemcp',
    '/tools/gatehouse/x',
  ])('is not the endpoint at %s', async (path) => {
    const token = await proxy.token({ aud: RESOURCE });
    expect((await post(proxy.origin + path, PING, authorization(token))).status).toBe(404);
  });

  test.each([
    '/.well-known/oauth-protected-resource/tools/gatehouse/mcp',
    '/.well-known/oauth-protected-resource/tools/gatehouse/mcp/',
    '/.well-known/oauth-protected-resource/tools/gatehouse',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource',
    '/tools/gatehouse/.well-known/oauth-protected-resource',
    '/tools/gatehouse/.well-known/oauth-protected-resource/mcp',
  ])('has its metadata at %s (RFC 9728 section 3.1, and where clients look beside it)', async (path) => {
    const response = await fetch(proxy.origin + path);
    expect(await response.json()).toMatchObject({ resource: RESOURCE, authorization_servers: [ISSUER] });
  });

  test('has no metadata for another resource of the host', async () => {
    for (const path of ['/tools', '/other/mcp', '/tools/gatehouse/other'])
      expect((await fetch(`${proxy.origin}/.well-known/oauth-protected-resource${path}`)).status).toBe(404);
  });

  test('a forged prefix changes no URL that the gateway gives out', async () => {
    const { headers } = await post(proxy.mcpUrl, PING, {
      'x-forwarded-prefix': '/evil',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
    });
    expect(headers.get('www-authenticate')).toContain(METADATA);
    expect(headers.get('www-authenticate')).not.toContain('evil');
  });
});

describe('a client in a browser', () => {
  const preflight = async (origin: string): Promise<Response> =>
    await fetch(proxy.mcpUrl, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version,mcp-session-id',
      },
    });

  test.each(['https://claude.ai', 'https://example.org', 'vscode-webview://0a1b2c'])(
    'of %s may call and read what it needs, without cookies',
    async (origin) => {
      const asked = await preflight(origin);
      expect(asked.status).toBe(204);
      const { status, headers } = await post(proxy.mcpUrl, PING, { origin });
      expect(status).toBe(401);
      for (const one of [asked.headers, headers]) {
        expect(one.get('access-control-allow-origin')).toBe(origin);
        expect(one.get('access-control-allow-credentials')).toBeNull();
        expect(one.get('vary')).toContain('Origin');
      }
      const exposed = headers.get('access-control-expose-headers')?.split(', ');
      expect(exposed).toEqual(expect.arrayContaining(['Mcp-Session-Id', 'WWW-Authenticate']));
    },
  );

  test.each(['https://evil.example', 'http://localhost:6274', 'app://obsidian.md', 'null'])(
    'of %s, which is not listed, is refused by name of the header and the setting',
    async (origin) => {
      for (const refused of [await preflight(origin), await fetch(proxy.mcpUrl, { headers: { origin } })]) {
        expect(refused.status).toBe(403);
        expect(refused.headers.get('access-control-allow-origin')).toBeNull();
        expect(await refused.text()).toMatch(/Origin header.*allowedOrigins/);
      }
    },
  );
});
