import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { startBackend, type Received, type TestBackend } from './backend.fixture.js';
import { modern } from './client.fixture.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

/** `wide` gets the token of the person, `open` has one list for everybody, `none` has no headers of callers. */
const BACKENDS = {
  wide: {
    kind: 'sessions',
    passthroughHeaders: ['X-Tenant', 'X-Request-Source', 'X-Octo-Token'],
    // No configuration that is checked lets both name one header.
    strategy: {
      type: 'upstreamInject',
      providerName: 'octo',
      header: { headerName: 'X-Octo-Token', scheme: '' },
    },
  },
  open: { kind: 'sessions', passthroughHeaders: ['X-Tenant'], strategy: { type: 'unauthenticated' } },
  none: { kind: 'modern', passthroughHeaders: [], strategy: { type: 'unauthenticated' } },
} as const;
type Name = keyof typeof BACKENDS;

let nats: TestNats;
let proxy: TestProxy;
const backends = new Map<Name, TestBackend>();
const of = (name: Name): TestBackend => backends.get(name) as TestBackend;

beforeAll(async () => {
  nats = await startTestNats();
  const made = await Promise.all(
    (Object.keys(BACKENDS) as Name[]).map(async (name) => {
      const { kind, ...rest } = BACKENDS[name];
      const backend = await startBackend({ kind });
      backends.set(name, backend);
      return { name, url: backend.url, ...rest };
    }),
  );
  proxy = await startProxy({ nats, backends: made, allowedOrigins: ['https://app.example'] });
});

afterAll(async () => {
  await proxy.close();
  await Promise.all([...backends.values()].map((backend) => backend.close()));
  await nats.close();
});

const call = (name: Name, text = 'hello') => ({ name: `${name}_echo`, arguments: { text } });

async function caller(tenant: string) {
  const tsid = randomUUID();
  const token = await proxy.token({ tsid, sub: randomUUID() });
  const headers = { 'x-tenant': tenant, 'x-request-source': 'spec', 'x-other': 'not listed' };
  const ask = async (method: string, params = {}, more: Record<string, string> = {}) =>
    await modern(proxy.mcpUrl, method, params, { token, headers: { ...headers, ...more } });
  await until(async () => {
    const { text } = await ask('tools/list');
    return (Object.keys(BACKENDS) as Name[]).every((name) => text.includes(`"${name}_echo"`));
  });
  return { ask, token, tsid };
}

const callsOf = (name: Name, text: string): readonly Received[] =>
  of(name)
    .callsOf('tools/call')
    .filter(({ text: body }) => body.includes(text));

test('a call carries the listed headers of its caller, each backend those of its list, and no others', async () => {
  const { ask } = await caller('acme');
  for (const name of ['wide', 'open', 'none'] as const)
    expect((await ask('tools/call', call(name, 'listed'))).status).toBe(200);
  const [wide, open, none] = (['wide', 'open', 'none'] as const).map(
    (name) => callsOf(name, 'listed')[0]?.headers,
  );
  expect(wide).toMatchObject({ 'x-tenant': 'acme', 'x-request-source': 'spec' });
  expect(open).toMatchObject({ 'x-tenant': 'acme' });
  expect(open?.['x-request-source']).toBeUndefined();
  expect(none?.['x-tenant']).toBeUndefined();
  for (const headers of [wide, open, none]) expect(headers?.['x-other']).toBeUndefined();
});

test("attack: the header of a strategy is the strategy's, whatever a caller sends", async () => {
  const { ask, tsid } = await caller('acme');
  await ask('tools/call', call('wide', 'forged'), {
    'x-octo-token': 'forged',
    cookie: 'a=b',
    'x-forwarded-for': '10.0.0.1',
  });
  const [sent] = callsOf('wide', 'forged');
  expect(sent?.headers['x-octo-token']).toBe(`wide-token-of-${tsid}`);
  expect(sent?.headers.authorization).toBeUndefined();
  expect(sent?.headers.cookie).toBeUndefined();
  expect(sent?.headers['x-forwarded-for']).toBeUndefined();
});

test('attack: what the gateway asks for itself, and may keep for others, carries the headers of nobody', async () => {
  await caller('acme');
  await caller('umbrella');
  const own = [...backends.values()].flatMap(({ received }) =>
    received.filter(({ body }) => body['method'] !== 'tools/call'),
  );
  expect(own.map(({ body }) => body['method'])).toEqual(
    expect.arrayContaining(['initialize', 'tools/list', 'notifications/initialized']),
  );
  for (const { headers } of own) {
    expect(headers['x-tenant']).toBeUndefined();
    expect(headers['x-request-source']).toBeUndefined();
  }
});

test('attack: two callers at once share no backend session, and each call carries the headers of its own caller', async () => {
  const callers = await Promise.all(
    Array.from({ length: 6 }, async (_, index) => ({ index, ...(await caller(`tenant-${index}`)) })),
  );
  await Promise.all(
    callers.flatMap(({ index, ask }) =>
      Array.from({ length: 5 }, async (_, round) => {
        await ask('tools/call', call('open', `mixed-${index}-${round}`));
      }),
    ),
  );
  const sessions = new Map<unknown, Set<unknown>>();
  for (const { headers, text } of callsOf('open', 'mixed-')) {
    const [, index] = /mixed-(\d)-/.exec(text) ?? [];
    expect(headers['x-tenant']).toBe(`tenant-${index}`);
    const session = headers['mcp-session-id'];
    expect(session).toBeDefined();
    sessions.set(session, (sessions.get(session) ?? new Set()).add(headers['x-tenant']));
  }
  expect(callsOf('open', 'mixed-')).toHaveLength(30);
  for (const tenants of sessions.values()) expect(tenants.size).toBe(1);
});

test('attack: a caller without the header never gets that of the caller before', async () => {
  const { ask } = await caller('acme');
  await ask('tools/call', call('open', 'first'));
  const token = await proxy.token({ tsid: randomUUID(), sub: randomUUID() });
  await until(async () =>
    (await modern(proxy.mcpUrl, 'tools/list', {}, { token })).text.includes('"open_echo"'),
  );
  await modern(proxy.mcpUrl, 'tools/call', call('open', 'second'), { token });
  expect(callsOf('open', 'first')[0]?.headers['x-tenant']).toBe('acme');
  expect(callsOf('open', 'second')[0]?.headers['x-tenant']).toBeUndefined();
});

test('a value that is longer than a backend should get is refused, and nothing is sent', async () => {
  const { ask } = await caller('acme');
  const refused = await ask('tools/call', call('open', 'long'), { 'x-tenant': 'x'.repeat(4_097) });
  expect(refused.status).toBe(431);
  expect(refused.text).toContain('x-tenant is longer than 4096 characters');
  expect(refused.text).not.toContain('xxxx');
  expect(callsOf('open', 'long')).toHaveLength(0);
  expect((await ask('tools/call', call('open', 'fits'), { 'x-tenant': 'x'.repeat(4_096) })).status).toBe(200);
});

test('attack: a line break in a value splits no request', async () => {
  const { token } = await caller('acme');
  const { hostname, port } = new URL(proxy.mcpUrl);
  const socket = connect(Number(port), hostname);
  const heard: Buffer[] = [];
  socket.on('data', (data: Buffer) => heard.push(data));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\nX-Tenant: a\n X-Admin: 1\r\nContent-Length: 0\r\n\r\n`,
  );
  await closed;
  expect(Buffer.concat(heard).toString()).toMatch(/^HTTP\/1\.1 400/);
  for (const { headers } of of('open').received) expect(headers).not.toHaveProperty('x-admin');
});

test('a page of an allowed origin may send the listed headers', async () => {
  const response = await fetch(proxy.mcpUrl, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-headers': 'x-tenant, x-other' },
  });
  const allowed = response.headers.get('access-control-allow-headers') ?? '';
  expect(allowed).toContain('x-tenant');
  expect(allowed).not.toContain('x-other');
});
