import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { fastify, type LightMyRequestResponse } from 'fastify';
import { IssuerUrls } from './issuer-urls.js';
import { kindOf, RequestLimits } from './request-limits.js';

test.each([
  ['/oauth/token', 'token'],
  ['/oauth/register', 'register'],
  ['/oauth/register/client', 'token'],
  ['/oauth/revoke?x=/oauth/token', 'revoke'],
  ['/oauth/introspect', 'introspect'],
  ['/oauth/device_authorization', 'device'],
  ['/device?user_code=BCDF-GHJK', 'page'],
  ['/oauth/userinfo?x', 'userinfo'],
  ['/oauth/authorize?client_id=1', 'authorize'],
  ['/oauth/authorize/uid', 'page'],
  ['/oauth/callback?code=1', 'page'],
  ['/.well-known/jwks.json', 'document'],
  ['/sign-in/uid', 'page'],
  ['/no/such/page', 'page'],
  ['/healthz?x', undefined],
])('%s is limited as %s', (url, kind) => {
  expect(kindOf(url)).toBe(kind);
});

describe('a flood from one address is answered 429', () => {
  const clock = { now: 0, nowMs: () => clock.now };
  const app = fastify();
  let handled = 0;

  beforeAll(async () => {
    const limits = new RequestLimits(
      {
        trustedProxies: [],
        issuer: 'https://auth.example',
        publicUrl: 'https://mcp.example',
        allowedOrigins: ['https://app.example'],
      },
      new IssuerUrls({ issuer: 'https://auth.example' }),
      new SilentLog(),
      clock,
    );
    app.addHook('onRequest', limits.onRequest);
    app.all('*', () => {
      handled += 1;
      return 'handled';
    });
    await app.ready();
  });

  afterAll(() => app.close());

  const ask = async (url: string, remoteAddress: string): Promise<LightMyRequestResponse> =>
    await app.inject({ url, remoteAddress, method: 'POST', headers: { origin: 'https://app.example' } });

  /** What is let through before the first refusal, and the refusal. */
  async function flood(url: string, remoteAddress: string): Promise<[number, LightMyRequestResponse]> {
    const before = handled;
    for (let index = 0; index < 1_000; index += 1) {
      const answer = await ask(url, remoteAddress);
      if (answer.statusCode !== 200) return [handled - before, answer];
    }
    throw new Error('never refused');
  }

  test.each([
    ['/oauth/token', 300],
    ['/oauth/register', 60],
    ['/oauth/revoke', 60],
    ['/oauth/introspect', 600],
    ['/oauth/userinfo', 300],
    ['/.well-known/oauth-authorization-server', 600],
  ])('as an OAuth error at %s, which is for programs', async (url, burst) => {
    const [before, answer] = await flood(url, '192.0.2.1');
    expect(before).toBe(burst);
    expect(answer.statusCode).toBe(429);
    expect(answer.headers).toMatchObject({
      'retry-after': '1',
      'cache-control': 'no-store',
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': 'retry-after, www-authenticate, dpop-nonce',
    });
    expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  test.each([
    ['/oauth/authorize', 120],
    ['/sign-in/uid', 600],
  ])('as a page at %s, where people are', async (url, burst) => {
    const [before, answer] = await flood(url, '192.0.2.2');
    expect(before).toBe(burst);
    expect(answer.statusCode).toBe(429);
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain('Too many requests');
  });

  test('and nobody else is: neither another address, nor another endpoint, nor the same a little later', async () => {
    await flood('/oauth/token', '192.0.2.3');
    expect((await ask('/oauth/token', '192.0.2.4')).statusCode).toBe(200);
    expect((await ask('/oauth/revoke', '192.0.2.3')).statusCode).toBe(200);
    clock.now += 1_000;
    expect((await ask('/oauth/token', '192.0.2.3')).statusCode).toBe(200);
  });

  test('but never who watches over the service', async () => {
    const answers = await Promise.all(Array.from({ length: 2_000 }, () => ask('/healthz', '192.0.2.5')));
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
  });
});
