import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { bearer, TestWorld, whoami, type Json, type Tokens } from '../testing/test-world.js';

let world: TestWorld;
beforeAll(async () => {
  world = await TestWorld.start();
});
afterEach(() => world.control('/reset', {}));
afterAll(() => world.close());

const fault = (order: Json) => world.control('/faults', order);
const counts = async (part: string): Promise<Json> => (await world.control('/counts'))[part] as Json;

describe('faults', () => {
  test('drop_after rotates the refresh token for real and loses the answer', async () => {
    const { refresh_token: token } = await world.signIn('octo', 'alice');
    await fault({ part: 'octo', endpoint: 'token', mode: 'drop_after', times: 1 });
    await expect(world.refresh('octo', token)).rejects.toThrow('fetch failed');
    expect((await counts('octo'))['redemptions']).toEqual({ authorization_code: 1, refresh_token: 1 });
    expect((await world.refresh('octo', token)).body['error']).toBe('invalid_grant');
  });

  test('status500, garbage and invalid_grant answer as told, without touching the grant', async () => {
    const { refresh_token: token } = await world.signIn('octo', 'alice');
    await fault({ part: 'octo', endpoint: 'token', mode: 'status500', times: 1 });
    expect((await world.refresh('octo', token)).status).toBe(500);
    await fault({ part: 'octo', endpoint: 'token', mode: 'garbage', times: 1 });
    await expect(world.refresh('octo', token)).rejects.toThrow('is not valid JSON');
    await fault({ part: 'octo', endpoint: 'token', mode: 'invalid_grant', times: 1 });
    expect((await world.refresh('octo', token)).body['error']).toBe('invalid_grant');
    expect((await world.refresh('octo', token)).status).toBe(200);
    expect((await counts('octo'))['tokenRequests']).toEqual({ authorization_code: 1, refresh_token: 4 });
  });

  test('hold lasts until the fault is taken away', async () => {
    const { access_token: token } = await world.signIn('octo', 'alice');
    const held = { part: 'octo', endpoint: 'userinfo', mode: 'hold', times: 1 };
    await fault(held);
    let isAnswered = false;
    const answer = fetch(`${world.urls.octo}/user`, { headers: bearer(token) }).finally(() => {
      isAnswered = true;
    });
    const arrived = async () => ((await counts('octo'))['requests'] as Json)['userinfo'] === 1;
    while (!(await arrived()));
    expect(isAnswered).toBe(false);
    await fault({ ...held, mode: 'none' });
    expect((await answer).status).toBe(200);
  });

  test('delay takes its time, hang takes for ever', async () => {
    const { access_token: token } = await world.signIn('octo', 'alice');
    const url = `${world.urls.octo}/user`;
    await fault({ part: 'octo', endpoint: 'userinfo', mode: 'delay', delayMs: 300, times: 1 });
    const begunMs = performance.now();
    expect((await fetch(url, { headers: bearer(token) })).status).toBe(200);
    expect(performance.now() - begunMs).toBeGreaterThan(250);
    await fault({ part: 'octo', endpoint: 'userinfo', mode: 'hang', times: 1 });
    await expect(fetch(url, { headers: bearer(token), signal: AbortSignal.timeout(300) })).rejects.toThrow(
      'timeout',
    );
  });

  test.each(['acme-sso', 'octo'] as const)(
    '%s denies at the authorization endpoint, to registered callbacks only',
    async (part) => {
      await fault({ part, endpoint: 'authorization', mode: 'deny' });
      const { answer, pages } = await world.authorize(part, { login: 'alice' });
      expect([answer.get('error'), answer.get('state'), pages]).toEqual([
        'access_denied',
        'state-of-the-test',
        [],
      ]);
      const elsewhere = { params: { redirect_uri: 'https://elsewhere.example/' } };
      expect((await world.authorize(part, { login: 'alice' }, elsewhere)).pages).toEqual(['unknown']);
    },
  );

  test('an mcp fault can be narrowed to one path and one method', async () => {
    const { access_token: token } = await world.signIn('octo', 'alice');
    const order = { part: 'repos', endpoint: 'mcp', mode: 'deny', path: '/mcp', rpcMethod: 'tools/call' };
    await fault(order);
    expect((await whoami(`${world.urls.repos}/mcp`, bearer(token))).status).toBe(401);
    expect((await whoami(`${world.urls.repos}/status/mcp`, {})).status).toBe(200);
    await fault({ ...order, mode: 'none' });
    expect((await whoami(`${world.urls.repos}/mcp`, bearer(token))).status).toBe(200);
  });

  test.each([
    { part: 'octo', endpoint: 'jwks', mode: 'hang' },
    { part: 'octo', endpoint: 'token', mode: 'deny' },
    { part: 'octo', endpoint: 'userinfo', mode: 'invalid_grant' },
    { part: 'octo', endpoint: 'token', mode: 'hang', path: '/mcp' },
    { part: 'octo', endpoint: 'token', mode: 'explode' },
  ])('an order that could have no effect is refused: %j', async (order) => {
    await expect(fault(order)).rejects.toThrow('refuses');
  });
});

test('every issued value is listed, from codes to exchanged tokens', async () => {
  const acme: Tokens = await world.signIn('acme-sso', 'alice');
  const exchanged = await world.exchange({ subject_token: acme.access_token, audience: 'tickets' });
  const { issued } = (await world.control('/issued')) as { issued: readonly Json[] };
  const listed = issued.map(({ part, kind, value }) => `${String(part)} ${String(kind)} ${String(value)}`);
  expect(listed).toContain(`acme-sso access_token ${acme.access_token}`);
  expect(listed).toContain(`acme-sso refresh_token ${acme.refresh_token}`);
  expect(listed).toContain(`acme-sso id_token ${acme.id_token ?? ''}`);
  expect(listed).toContain(`sts access_token ${String(exchanged.body['access_token'])}`);
  expect(issued.some(({ kind }) => kind === 'authorization_code')).toBe(true);
});

test('expired access tokens stop working at once at every backend; refresh goes on', async () => {
  const acme = await world.signIn('acme-sso', 'alice');
  const octo = await world.signIn('octo', 'alice');
  const ask = async () => [
    (await whoami(`${world.urls.tickets}/directory/mcp`, bearer(acme.access_token))).status,
    (await whoami(`${world.urls.repos}/mcp`, bearer(octo.access_token))).status,
  ];
  expect(await ask()).toEqual([200, 200]);
  await world.control('/expire', { part: 'acme-sso' });
  await world.control('/expire', { part: 'octo' });
  expect(await ask()).toEqual([401, 401]);
  expect((await world.refresh('octo', octo.refresh_token)).status).toBe(200);
});

test('revoked grants cannot be refreshed', async () => {
  const { refresh_token: token } = await world.signIn('octo', 'alice');
  expect((await world.control('/revoke-grants', { part: 'octo' }))['revoked']).toBeGreaterThan(0);
  expect((await world.refresh('octo', token)).body['error']).toBe('invalid_grant');
});

test('counts tell the era of each MCP message', async () => {
  await whoami(`${world.urls.repos}/status/mcp`, {}, 'legacy');
  await whoami(`${world.urls.repos}/status/mcp`, {}, 'modern');
  const repos = await counts('repos');
  expect(repos['mcp']).toEqual({ '/status/mcp': { 'tools/call': { legacy: 1, modern: 1 } } });
});
