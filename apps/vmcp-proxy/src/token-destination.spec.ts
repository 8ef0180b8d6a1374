import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from './backend.fixture.js';
import { legacyClient, modern, textOf } from './client.fixture.js';
import { startProxy, type TestProxy } from './proxy.fixture.js';

const BACKENDS = {
  bare: {
    type: 'upstreamInject',
    providerName: 'octo',
    header: { headerName: 'X-Octo-Token', scheme: '' },
  },
  named: {
    type: 'upstreamInject',
    providerName: 'octo',
    header: { headerName: 'Authorization', scheme: 'token' },
    allowedHosts: ['127.0.0.1'],
  },
  exchanged: {
    type: 'issuedToken',
    subject: { of: 'provider', providerName: 'octo', token: 'access_token' },
    providers: ['octo'],
    header: { headerName: 'X-Exchanged', scheme: 'Bearer' },
  },
  // No configuration that is checked lets this be.
  elsewhere: { type: 'upstreamInject', providerName: 'octo', allowedHosts: ['*.acme.example'] },
} as const;
type Name = keyof typeof BACKENDS;
const NAMES = ['bare', 'named', 'exchanged'] as const;

let nats: TestNats;
let proxy: TestProxy;
const backends = new Map<Name, TestBackend>();

beforeAll(async () => {
  nats = await startTestNats();
  const made = await Promise.all(
    (Object.keys(BACKENDS) as Name[]).map(async (name) => {
      const backend = await startBackend({ kind: 'sessions' });
      backends.set(name, backend);
      return { name, url: backend.url, strategy: BACKENDS[name] };
    }),
  );
  proxy = await startProxy({ nats, backends: made });
});

afterAll(async () => {
  await proxy.close();
  await Promise.all([...backends.values()].map((backend) => backend.close()));
  await nats.close();
});

const call = (name: Name) => ({ name: `${name}_echo`, arguments: { text: 'hello' } });
const listed = async (token: string): Promise<void> => {
  await until(async () => {
    const { text } = await modern(proxy.mcpUrl, 'tools/list', {}, { token });
    return NAMES.every((name) => text.includes(`"${name}_echo"`));
  });
};

test('a token goes into the header and behind the scheme that its strategy names, in every request of a session', async () => {
  const tsid = randomUUID();
  const token = await proxy.token({ tsid, sub: randomUUID() });
  await listed(token);
  const client = await legacyClient(proxy.mcpUrl, token);
  for (const name of NAMES) {
    expect((await client.request('tools/call', call(name))).status).toBe(200);
    expect((await modern(proxy.mcpUrl, 'tools/call', call(name), { token })).status).toBe(200);
  }
  const expected: Record<(typeof NAMES)[number], Record<string, string | undefined>> = {
    bare: { 'x-octo-token': `bare-token-of-${tsid}`, authorization: undefined },
    named: { authorization: `token named-token-of-${tsid}` },
    exchanged: { 'x-exchanged': `Bearer exchanged-token-of-${tsid}`, authorization: undefined },
  };
  for (const name of NAMES) {
    const received = backends.get(name)?.received ?? [];
    expect(received.map(({ body }) => body['method'])).toEqual(
      expect.arrayContaining(['initialize', 'tools/call']),
    );
    for (const { headers } of received)
      for (const [header, value] of Object.entries(expected[name])) expect(headers[header]).toBe(value);
  }
});

test('a refused token in a header of its own is asked for anew, like any other one', async () => {
  const token = await proxy.token({ tsid: randomUUID(), sub: randomUUID() });
  await listed(token);
  const backend = backends.get('bare') as TestBackend;
  const seen: unknown[] = [];
  backend.setIntercept(({ body }, response, request) => {
    if (body['method'] !== 'tools/call') return false;
    seen.push(request.headers['x-octo-token']);
    if (seen.length > 1) return false;
    response.writeHead(401).end();
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('bare'), { token });
  backend.setIntercept(undefined);
  expect(textOf(answer)).toContain('hello');
  expect(seen).toEqual([expect.any(String), `${String(seen[0])}-renewed`]);
});

test('attack: a backend that is at none of the allowed hosts gets no request with the token', async () => {
  const token = await proxy.token({ tsid: randomUUID(), sub: randomUUID() });
  await listed(token);
  await modern(proxy.mcpUrl, 'tools/call', call('elsewhere'), { token });
  for (const { headers } of backends.get('elsewhere')?.received ?? [])
    expect(headers.authorization).toBeUndefined();
});

test('attack: a redirect to another host takes no token along, in whatever header it is', async () => {
  const token = await proxy.token({ tsid: randomUUID(), sub: randomUUID() });
  await listed(token);
  const [from, to] = [backends.get('bare') as TestBackend, backends.get('elsewhere') as TestBackend];
  const before = to.received.length;
  from.setIntercept((_one, response) => {
    response.writeHead(307, { location: to.url }).end();
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('bare'), { token });
  from.setIntercept(undefined);
  expect(textOf(answer)).toMatch(/backend_redirects/);
  expect(to.received).toHaveLength(before);
});
