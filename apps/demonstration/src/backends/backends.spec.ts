import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bearer, callMcp, contentOf, TestWorld, whoami } from '../testing/test-world.js';

let world: TestWorld;
let acmeToken: string;
let octoToken: string;
let ticketsToken: string;

beforeAll(async () => {
  world = await TestWorld.start();
  acmeToken = (await world.signIn('acme-sso', 'alice')).access_token;
  octoToken = (await world.signIn('octo', 'alice')).access_token;
  const exchanged = await world.exchange({
    subject_token: acmeToken,
    audience: 'tickets',
    scope: 'tickets:read',
  });
  ticketsToken = String(exchanged.body['access_token']);
});
afterAll(() => world.close());

const NOBODY = { issuer: null, subject: null, audience: null, scopes: [], actor: null, unexpected: [] };

describe.each(['legacy', 'modern'] as const)('whoami in the %s era', (era) => {
  test('repos sees the octo token of the person', async () => {
    expect(contentOf(await whoami(`${world.urls.repos}/mcp`, bearer(octoToken), era))).toEqual({
      backend: 'repos',
      credential: 'opaque-token',
      issuer: world.urls.octo,
      subject: 'octo-alice',
      audience: null,
      scopes: ['repo', 'read:user'],
      actor: null,
      unexpected: [],
    });
  });

  test('tickets sees the exchanged token, directory the Acme token', async () => {
    expect(contentOf(await whoami(`${world.urls.tickets}/mcp`, bearer(ticketsToken), era))).toMatchObject({
      backend: 'tickets',
      issuer: world.urls.sts,
      subject: 'acme-alice',
      audience: 'tickets',
      scopes: ['tickets:read'],
      actor: 'gatehouse-exchange',
    });
    expect(
      contentOf(await whoami(`${world.urls.tickets}/directory/mcp`, bearer(acmeToken), era)),
    ).toMatchObject({
      backend: 'directory',
      issuer: world.urls['acme-sso'],
      subject: 'acme-alice',
    });
  });

  test('reports sees a key, status sees nothing', async () => {
    const key = { 'x-api-key': 'reports-demo-key' };
    const reports = contentOf(await whoami(`${world.urls.tickets}/reports/mcp`, key, era));
    expect(reports).toEqual({ ...NOBODY, backend: 'reports', credential: 'api-key' });
    const status = contentOf(await whoami(`${world.urls.repos}/status/mcp`, {}, era));
    expect(status).toEqual({ ...NOBODY, backend: 'status', credential: 'none' });
  });

  test('a credential that leaks to a backend which never asked for it stops every tool', async () => {
    const key = 'reports-demo-key';
    const leaks = [
      await whoami(`${world.urls.repos}/status/mcp`, bearer('anything'), era),
      await whoami(`${world.urls.repos}/status/mcp`, { cookie: 'session=1' }, era),
      await whoami(`${world.urls.repos}/mcp`, { ...bearer(octoToken), 'x-api-key': key }, era),
    ];
    expect(leaks.map((answer) => contentOf(answer)['unexpected'])).toEqual([
      ['authorization'],
      ['cookie'],
      ['x-api-key'],
    ]);
    for (const { body } of leaks) expect(body['result']).toMatchObject({ isError: true });
  });
});

test('each endpoint refuses what another one takes, with a challenge', async () => {
  const { repos, tickets } = world.urls;
  const attempts = [
    whoami(`${repos}/mcp`, {}),
    whoami(`${repos}/mcp`, bearer(acmeToken)),
    whoami(`${tickets}/mcp`, bearer(acmeToken)),
    whoami(`${tickets}/self/mcp`, bearer(ticketsToken)),
    whoami(`${tickets}/directory/mcp`, bearer(ticketsToken)),
    whoami(`${tickets}/reports/mcp`, { 'x-api-key': 'guess' }),
    whoami(`${repos}/bench/mcp`, {}),
  ];
  for (const answer of await Promise.all(attempts)) {
    expect(answer.status).toBe(401);
    expect(answer.challenge).toMatch(/^(Bearer|ApiKey) realm="/);
  }
});

test('no tool answer holds the token that it was called with', async () => {
  const answer = await whoami(`${world.urls.tickets}/mcp`, bearer(ticketsToken));
  expect(JSON.stringify(answer.body)).not.toContain(ticketsToken.slice(-20));
});

test('an octo refresh token is no access token', async () => {
  const { refresh_token: token } = await world.signIn('octo', 'bob');
  expect((await whoami(`${world.urls.repos}/mcp`, bearer(token))).status).toBe(401);
});

test('answers are plain JSON; a caller who asked for progress gets a stream', async () => {
  const url = `${world.urls.repos}/mcp`;
  expect((await whoami(url, bearer(octoToken))).contentType).toContain('application/json');
  const call = {
    name: 'index_repository',
    arguments: { repository: 'r', steps: 2, stepMs: 1 },
    _meta: { progressToken: 1 },
  };
  const answer = await callMcp(url, bearer(octoToken), 'tools/call', call);
  expect(answer.contentType).toContain('text/event-stream');
  expect(answer.body['method']).toBe('notifications/progress');
});

describe('/session/mcp', () => {
  const open = (token: string) =>
    callMcp(`${world.urls.repos}/session/mcp`, bearer(token), 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'spec', version: '1' },
    });
  const use = (token: string, id: string) =>
    whoami(`${world.urls.repos}/session/mcp`, { ...bearer(token), 'mcp-session-id': id });

  test('serves a session to the person who opened it, and to nobody else', async () => {
    const { sessionId } = await open(octoToken);
    expect(contentOf(await use(octoToken, sessionId ?? ''))).toMatchObject({ subject: 'octo-alice' });
    const { access_token: bob } = await world.signIn('octo', 'bob');
    expect((await use(bob, sessionId ?? '')).status).toBe(404);
  });

  test('a session that was forgotten, or never was, is 404', async () => {
    const { sessionId } = await open(octoToken);
    expect((await world.control('/forget-sessions', { part: 'repos' }))['forgotten']).toBeGreaterThan(0);
    expect((await use(octoToken, sessionId ?? '')).status).toBe(404);
    expect((await use(octoToken, 'never-was')).status).toBe(404);
  });
});
