import { createServer, type AddressInfo } from 'node:net';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest, whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { BUNDLED_CADDYFILE, ReverseProxy, reverseProxyProgram } from '@gatehouse/testing/reverse-proxy';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { trust } from '@gatehouse/testing/trusted-certificate';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const certificate = selfSignedCertificate('localhost', '127.0.0.1');
let distrust = (): void => undefined;
beforeAll(() => {
  distrust = trust(certificate);
});
afterAll(() => distrust());

const INSPECTOR = 'http://localhost:6274';

/** Both services behind one host, and the issuer on it: only the reverse proxy knows that they are two. */
const behind = async (publicUrl: string): Promise<World> =>
  await startWorld({
    configure: (yaml) =>
      yaml
        .replace(/^publicUrl: .*$/m, `publicUrl: ${publicUrl}\nallowedOrigins: ['${INSPECTOR}']`)
        .replace(/^( *)issuer: .*$/m, '$1trustedProxies: [127.0.0.1]')
        .concat('\nviews: [{ name: support, backends: [repos] }]\n'),
    demonstrationFlags: (portBase) => [
      `--gateway-issuer=${publicUrl}`,
      // The demonstration does not know the certificate.
      `--gateway-jwks-url=http://localhost:${portBase + 1}/.well-known/jwks.json`,
    ],
  });

describe.each([
  [
    'below a path',
    '/gatehouse',
    ['nginx.conf', 'nginx-strip-prefix.conf', 'Caddyfile', 'Caddyfile.strip-prefix'],
  ],
  ['at the root of a host', '', ['nginx-root.conf', 'Caddyfile.root', BUNDLED_CADDYFILE]],
] as const)('one host for both services, %s', (_where, basePath, examples) => {
  let world: World;
  let port: number;
  let publicUrl: string;
  const isHere = (example: string): boolean => reverseProxyProgram(example) !== undefined;
  const here = examples.filter(isHere);

  beforeAll(async () => {
    if (here.length === 0) return;
    port = await freePort();
    publicUrl = `https://localhost:${port}${basePath}`;
    world = await behind(publicUrl);
  });
  afterAll(async () => {
    if (here.length > 0) await world.close();
  });

  const start = async (example: string): Promise<ReverseProxy> =>
    await ReverseProxy.start({
      example,
      port,
      certificate,
      proxyPort: world.portsOf('vmcp-proxy')[0] ?? 0,
      authorizationServerPort: world.portsOf('authorization-server')[0] ?? 0,
    });

  for (const example of examples)
    (isHere(example) ? test : test.skip)(
      `${example}: a client finds everything, a person signs in, calls, and the grant is renewed`,
      async () => {
        const proxy = await start(example);
        try {
          const mcpUrl = `${publicUrl}/mcp`;
          const { origin } = new URL(publicUrl);
          const metadata = `${origin}/.well-known/oauth-protected-resource${basePath}/mcp`;
          const challenged = await fetch(mcpUrl, { method: 'POST', headers: { origin: INSPECTOR } });
          expect(challenged.status).toBe(401);
          expect(challenged.headers.get('www-authenticate')).toContain(`resource_metadata="${metadata}"`);
          expect(challenged.headers.get('access-control-allow-origin')).toBe(INSPECTOR);
          expect(await (await fetch(metadata)).json()).toMatchObject({
            resource: mcpUrl,
            authorization_servers: [publicUrl],
          });
          // RFC 8414 section 3.1 puts the well-known part before the path; OpenID Connect Discovery behind it.
          for (const document of [
            `${origin}/.well-known/oauth-authorization-server${basePath}`,
            `${origin}/.well-known/openid-configuration${basePath}`,
            `${publicUrl}/.well-known/openid-configuration`,
          ])
            expect(await (await fetch(document)).json()).toMatchObject({
              issuer: publicUrl,
              token_endpoint: `${publicUrl}/oauth/token`,
              jwks_uri: `${publicUrl}/.well-known/jwks.json`,
            });

          const client = await OAuthClient.register(mcpUrl);
          const browser = newBrowser();
          const { accessToken, refreshToken } = await client.signIn('alice', browser);
          const ours = browser.visited.filter((url) => new URL(url).port === String(port));
          expect(ours.every((url) => url.startsWith(`${publicUrl}/`))).toBe(true);
          const cookies = (await browser.jar.serialize()).cookies.filter(
            ({ key }) => key?.includes('gh-') === true,
          );
          expect(cookies.length).toBeGreaterThan(0);
          for (const { key, path, secure, hostOnly } of cookies)
            expect([key?.startsWith('__Host-'), path, secure, hostOnly]).toEqual([true, '/', true, true]);

          expect((await whoAmI(mcpUrl, accessToken, 'repos')).who).toMatchObject({ subject: 'octo-alice' });
          expect((await whoAmI(`${mcpUrl}/`, accessToken, 'tickets-self')).status).toBe(200);
          const renewed = await client.refresh(refreshToken);
          expect(renewed.status).toBe(200);
          const listed = await modernRequest(mcpUrl, renewed.access_token ?? '', 'tools/list');
          expect(listed.status).toBe(200);
          // An endpoint of its own, to which that token says nothing.
          for (const place of ['/repos', '/views/support']) {
            const refused = await modernRequest(mcpUrl + place, renewed.access_token ?? '', 'tools/list');
            expect(refused.status).toBe(401);
            expect(refused.headers['www-authenticate']).toContain(`resource_metadata="${metadata}${place}"`);
            expect(await (await fetch(metadata + place)).json()).toMatchObject({ resource: mcpUrl + place });
          }

          const page = await browser.open(`${publicUrl}/connections`);
          expect(page.kind === 'page' ? page.page.status : 0).toBe(200);
          const style = /href="([^"]+\.css)"/.exec(await (await fetch(browser.page.url)).text())?.[1] ?? '';
          expect(style.startsWith(`${basePath}/`)).toBe(true);
          expect((await fetch(origin + style)).headers.get('content-type')).toContain('text/css');
        } finally {
          await proxy.close();
        }
      },
    );

  (here[0] === undefined ? test.skip : test)(
    'forwarded headers that a caller made up change no URL that is given out',
    async () => {
      const proxy = await start(here[0] ?? '');
      try {
        const headers = {
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'http',
          'x-forwarded-prefix': '/evil',
          forwarded: 'host=evil.example;proto=http',
        };
        const answers = await Promise.all(
          [
            fetch(`${publicUrl}/mcp`, { method: 'POST', headers }),
            fetch(`${publicUrl}/.well-known/openid-configuration`, { headers }),
            fetch(`${publicUrl}/connections`, { headers, redirect: 'manual' }),
          ].map(async (asked) => {
            const response = await asked;
            return JSON.stringify([...response.headers]) + (await response.text());
          }),
        );
        for (const answer of answers) expect(answer).not.toMatch(/evil|http:\/\/localhost/);
      } finally {
        await proxy.close();
      }
    },
  );
});

const whereCaddy = reverseProxyProgram(BUNDLED_CADDYFILE) === undefined ? describe.skip : describe;
whereCaddy('the bundled Caddy', () => {
  test('a code of a callback, a cookie and a token stay out of its log, also when the service is away', async () => {
    const port = await freePort();
    // Nothing listens there.
    const away = { proxyPort: await freePort(), authorizationServerPort: await freePort() };
    const proxy = await ReverseProxy.start({ example: BUNDLED_CADDYFILE, port, certificate, ...away });
    try {
      const headers = {
        authorization: 'Bearer planted-token',
        cookie: 'a=planted-cookie',
        referer: 'https://a.example/?b=planted-referer',
      };
      for (const path of [
        '/oauth/callback/acme?code=planted-code&state=planted-state',
        '/mcp?c=planted-query',
      ])
        expect((await fetch(`https://localhost:${port}${path}`, { headers })).status).toBe(502);
      await until(() => proxy.said().split('http.log.error').length > 2);
      expect(proxy.said()).not.toContain('planted');
    } finally {
      await proxy.close();
    }
  });

  test('sends no request twice that a service has taken, not even one that only reads: a code is redeemed once', async () => {
    const port = await freePort();
    const asked: string[] = [];
    const service = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        asked.push(data.toString().split('\r\n')[0] ?? '');
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const authorizationServerPort = (service.address() as AddressInfo).port;
    const ports = { port, proxyPort: await freePort(), authorizationServerPort };
    const proxy = await ReverseProxy.start({ example: BUNDLED_CADDYFILE, certificate, ...ports });
    try {
      const url = `https://localhost:${port}/oauth/callback/acme?code=once`;
      expect((await fetch(url)).status).toBe(502);
      expect(asked).toEqual([expect.stringContaining('GET /oauth/callback/acme?code=once')]);
    } finally {
      await proxy.close();
      service.close();
    }
  });
});
