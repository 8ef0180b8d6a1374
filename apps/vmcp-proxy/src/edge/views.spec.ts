import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post, textOf, type ClientAnswer } from '../client.fixture.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';

const NOTHING = { exclude: [] };
/** A view named like a backend, and a backend named like the place of views, among them. */
const PLACES = ['', '/repos', '/tickets', '/views', '/views/support', '/views/repos'] as const;
type Place = (typeof PLACES)[number];
const OTHERS = PLACES.flatMap((place) =>
  PLACES.filter((other) => other !== place).map((other) => [place, other] as const),
);

let nats: TestNats;
let backends: readonly TestBackend[];
let proxy: TestProxy;

beforeAll(async () => {
  nats = await startTestNats();
  const tools = ['search', 'delete_all', 'hidden'].map((name) => ({ name, inputSchema: { type: 'object' } }));
  const offered = {
    tools,
    prompts: [{ name: 'plan' }, { name: 'secret_plan' }],
    resources: [
      { uri: 'docs://open', name: 'open' },
      { uri: 'secret://x', name: 'x' },
    ],
  };
  backends = await Promise.all([
    startBackend({ kind: 'modern', ...offered }),
    startBackend({ kind: 'sessions', ...offered }),
    startBackend({ kind: 'stateless', ...offered }),
  ]);
  proxy = await startProxy({
    nats,
    backends: ['repos', 'tickets', 'views'].map((name, index) => ({ name, url: backends[index]?.url ?? '' })),
    aggregation: {
      tools: [
        { workload: 'repos', filter: ['search', 'delete_all'], overrides: new Map(), excludeAll: false },
      ],
    },
    views: [
      {
        name: 'support',
        backends: ['tickets', 'repos'],
        tools: { include: ['repos/*', 'tickets/search'], exclude: ['*/delete_*'] },
        prompts: { exclude: ['*/secret_*'] },
        resources: { include: ['repos/docs://*'], exclude: [] },
      },
      { name: 'repos', backends: ['tickets'], tools: NOTHING, prompts: NOTHING, resources: NOTHING },
    ],
  });
});
afterAll(async () => {
  await proxy.close();
  await Promise.all(backends.map(async (backend) => await backend.close()));
  await nats.close();
});

const urlOf = (place: Place): string => proxy.mcpUrl + place;
const tokenFor = async (place: Place, claims = {}): Promise<string> =>
  await proxy.token({ aud: AUDIENCE + place, ...claims });
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const metadataOf = (place: Place): string =>
  `https://gateway.example/.well-known/oauth-protected-resource/mcp${place}`;
const namesIn = ({ body: { result } }: ClientAnswer, kind = 'tools', member = 'name'): readonly unknown[] =>
  (result?.[kind] as readonly Record<string, unknown>[]).map((one) => one[member]);
const list = async (place: Place, kind = 'tools', member = 'name'): Promise<readonly unknown[]> =>
  namesIn(await modern(urlOf(place), `${kind}/list`, {}, { token: await tokenFor(place) }), kind, member);
const call = async (place: Place, name: string): Promise<ClientAnswer> =>
  await modern(urlOf(place), 'tools/call', { name, arguments: {} }, { token: await tokenFor(place) });

describe('each endpoint is a protected resource of its own', () => {
  // RFC 9728, section 2; RFC 9728, section 5.1.
  test.each(PLACES)('/mcp%s names itself in its challenge and in its metadata', async (place) => {
    const { status, headers } = await post(urlOf(place), PING, {});
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain(`resource_metadata="${metadataOf(place)}"`);
    for (const slash of ['', '/']) {
      const metadata = await fetch(proxy.origin + new URL(metadataOf(place)).pathname + slash);
      expect(await metadata.json()).toMatchObject({ resource: AUDIENCE + place });
    }
    const token = await tokenFor(place);
    expect((await modern(urlOf(place), 'server/discover', {}, { token })).status).toBe(200);
  });

  // RFC 8707, section 2; RFC 9068, section 4.
  test.each(OTHERS)('a token for /mcp%s is refused at /mcp%s', async (place, other) => {
    const token = await tokenFor(place);
    for (const round of ['unseen', 'seen before']) {
      const refused = await modern(urlOf(other), 'tools/list', {}, { token });
      expect([round, refused.status]).toEqual([round, 401]);
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(refused.headers.get('www-authenticate')).toContain(`resource_metadata="${metadataOf(other)}"`);
      expect((await modern(urlOf(place), 'tools/list', {}, { token })).status).toBe(200);
    }
  });

  test('a token without an audience, or for something that only begins alike, is refused at all of them', async () => {
    for (const aud of [
      undefined,
      '',
      [],
      'https://gateway.example',
      `${AUDIENCE}/`,
      `${AUDIENCE}/views/suppor`,
    ])
      for (const place of PLACES)
        expect(
          (await modern(urlOf(place), 'tools/list', {}, { token: await proxy.token({ aud }) })).status,
        ).toBe(401);
  });

  test.each([
    '/mcp/other',
    '/mcp/views/other',
    '/mcp/views/support/x',
    '/mcp/repos/x',
    '/mcp/Repos',
    '/mcp/%72epos',
    '/mcp//repos',
  ])('nothing is at %s', async (path) => {
    for (const place of PLACES)
      expect((await post(proxy.origin + path, PING, authorization(await tokenFor(place)))).status).toBe(404);
    const metadata = `${proxy.origin}/.well-known/oauth-protected-resource${path}`;
    expect((await fetch(metadata)).status).toBe(404);
  });

  test('a forged Host changes no URL that an endpoint gives out', async () => {
    const { headers } = await post(urlOf('/views/support'), PING, {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-prefix': '/evil',
    });
    expect(headers.get('www-authenticate')).toContain(metadataOf('/views/support'));
    expect(headers.get('www-authenticate')).not.toContain('evil');
  });
});

describe('what an endpoint shows', () => {
  test('a backend alone has no prefixes, and what is hidden for all stays hidden', async () => {
    expect(await list('/repos')).toEqual(['search', 'delete_all']);
    expect(await list('/tickets')).toEqual(['search', 'delete_all', 'hidden']);
    expect(await list('/tickets', 'prompts')).toEqual(['plan', 'secret_plan']);
    expect(await list('/repos', 'resources', 'uri')).toEqual(['docs://open', 'secret://x']);
    const before = backends[1]?.callsOf('tools/call').length ?? 0;
    expect(textOf(await call('/tickets', 'search'))).toContain('"name":"search"');
    expect(backends[1]?.callsOf('tools/call').length).toBe(before + 1);
  });

  test('a view has what was chosen of its backends, in their order', async () => {
    expect(await list('/views/support')).toEqual(['repos_search', 'tickets_search']);
    expect(await list('/views/support', 'prompts')).toEqual(['repos_plan', 'tickets_plan']);
    expect(await list('/views/support', 'resources', 'uri')).toEqual(['docs://open']);
    expect(textOf(await call('/views/support', 'repos_search'))).toContain('"name":"search"');
  });

  test('a view named like a backend is not that backend', async () => {
    expect(await list('/views/repos')).toEqual(['tickets_search', 'tickets_delete_all', 'tickets_hidden']);
    expect(await list('/views')).toEqual(['search', 'delete_all', 'hidden']);
  });

  test('one person who is at all of them sees the lists of each', async () => {
    const person = { sub: randomUUID(), tsid: randomUUID() };
    const at = async (place: Place) =>
      namesIn(await modern(urlOf(place), 'tools/list', {}, { token: await tokenFor(place, person) }));
    const before = backends[0]?.callsOf('tools/list').length ?? 0;
    const once = await Promise.all(PLACES.map(at));
    expect(await Promise.all(PLACES.map(at))).toEqual(once);
    expect(once.map(({ length }) => length)).toEqual([8, 2, 3, 3, 2, 3]);
    expect(backends[0]?.callsOf('tools/list').length).toBe(before + 1);
  });

  test.each<readonly [Place, string]>([
    ['/views/support', 'repos_delete_all'],
    ['/views/support', 'repos_hidden'],
    ['/views/support', 'tickets_delete_all'],
    ['/views/support', 'tickets_hidden'],
    ['/views/support', 'views_search'],
    ['/views/support', 'search'],
    ['/views/support', 'views_status'],
    ['/repos', 'hidden'],
    ['/repos', 'repos_search'],
    ['/repos', 'tickets_search'],
    ['', 'repos_hidden'],
    ['', 'search'],
  ])('at /mcp%s a hidden tool cannot be called by its name: %s', async (place, name) => {
    const count = () => backends.flatMap((backend) => backend.callsOf('tools/call')).length;
    const before = count();
    const refused = await call(place, name);
    const invented = await call(place, 'no_such_tool');
    expect(refused.body).toEqual(invented.body);
    const client = await legacyClient(urlOf(place), await tokenFor(place));
    expect((await client.request('tools/call', { name, arguments: {} })).body.error?.code).toBe(-32_602);
    expect(count()).toBe(before);
  });

  test('hidden prompts and resources cannot be used by their names, nor completed', async () => {
    const token = await tokenFor('/views/support');
    const count = () =>
      backends
        .flatMap(({ received }) => received)
        .filter(({ body }) => /read|get|complete/.test(String(body['method']))).length;
    const before = count();
    const ref = { type: 'ref/prompt', name: 'repos_secret_plan' };
    const attempts: readonly (readonly [string, Record<string, unknown>])[] = [
      ['prompts/get', { name: 'repos_secret_plan' }],
      ['completion/complete', { ref, argument: { name: 'a', value: '' } }],
      ...[
        'secret://x',
        'repos+secret://x',
        'tickets+secret://x',
        'docs://../x',
        'docs://.\t./x',
        'docs://a//x',
        'docs://%73ecret?%zz',
        'docs://%252e%252e/x',
        'views+docs://open',
        'tickets+docs://open',
      ].map((uri) => ['resources/read', { uri }] as const),
    ];
    for (const [method, params] of attempts)
      expect([
        params,
        (await modern(urlOf('/views/support'), method, params, { token })).body.error?.code,
      ]).toEqual([params, -32_602]);
    expect(count()).toBe(before);
  });

  test('what a client is told about an endpoint is true of it', async () => {
    const about = async (place: Place) =>
      (await modern(urlOf(place), 'server/discover', {}, { token: await tokenFor(place) })).body.result?.[
        'instructions'
      ];
    expect(await about('')).toMatch(/^Several services.* name says which service/);
    expect(await about('/repos')).toMatch(/^One service/);
    expect(await about('/repos')).not.toContain('which service');
    expect(await about('/views/support')).toMatch(/^Several services/);
  });
});

describe('sessions of earlier revisions', () => {
  const person = { sub: randomUUID(), tsid: randomUUID() };
  const at = async (url: string, place: Place, sessionId: string, method = 'POST') =>
    await fetch(url + place, {
      method,
      headers: {
        'content-type': 'application/json',
        'mcp-session-id': sessionId,
        ...authorization(await tokenFor(place, person)),
      },
      ...(method === 'POST' ? { body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }) } : {}),
    });

  test.each(OTHERS)(
    'a session that began at /mcp%s is none at /mcp%s, for the same person',
    async (place, other) => {
      const client = await legacyClient(urlOf(place), await tokenFor(place, person));
      expect((await at(proxy.mcpUrl, other, client.sessionId)).status).toBe(404);
      expect((await at(proxy.mcpUrl, other, client.sessionId, 'DELETE')).status).toBe(404);
      expect((await client.request('tools/list')).status).toBe(200);
    },
  );

  test('nor at another replica, where it goes on at its own endpoint', async () => {
    const client = await legacyClient(urlOf('/views/support'), await tokenFor('/views/support', person));
    const replica = await proxy.startReplica();
    expect((await at(replica.mcpUrl, '', client.sessionId)).status).toBe(404);
    expect((await at(replica.mcpUrl, '/views/repos', client.sessionId)).status).toBe(404);
    expect((await at(replica.mcpUrl, '/views/support', client.sessionId)).status).toBe(200);
    await replica.close();
  });
});
