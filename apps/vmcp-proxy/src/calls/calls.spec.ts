import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectionChanged } from '@gatehouse/contracts/events/connection-changed';
import { Secret } from '@gatehouse/kernel/secret';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { startBackend, type BackendBehaviour, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, textOf } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let token: string;
const backends: Record<string, TestBackend> = {};
const backend = (name: string): TestBackend => backends[name] as TestBackend;

const KINDS: Record<string, BackendBehaviour['kind']> = {
  modern: 'modern',
  stateless: 'stateless',
  sessions: 'sessions',
  inject: 'modern',
  header: 'modern',
};
const STRATEGIES = {
  inject: { type: 'upstreamInject', providerName: 'octo' },
  header: { type: 'headerInjection', headerName: 'X-Api-Key', headerValue: new Secret('the-key') },
} as const;

beforeAll(async () => {
  nats = await startTestNats();
  for (const [name, kind] of Object.entries(KINDS)) backends[name] = await startBackend({ kind });
  proxy = await startProxy({
    nats,
    backends: [
      ...Object.entries(backends).map(([name, { url }]) => ({
        name,
        url,
        timeoutMs: 1_500,
        ...(name in STRATEGIES ? { strategy: STRATEGIES[name as keyof typeof STRATEGIES] } : {}),
      })),
      { name: 'gone', url: 'http://127.0.0.1:9/mcp' },
    ],
  });
});
beforeEach(async () => {
  for (const one of Object.values(backends)) one.setIntercept(undefined);
  token = await proxy.token();
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
});
afterAll(async () => {
  await proxy.close();
  await Promise.all(Object.values(backends).map((one) => one.close()));
  await nats.close();
});

const call = (name: string, args = {}) => ({ name: `${name}_echo`, arguments: args });
const isCall = ({ body }: { readonly body: Record<string, unknown> }): boolean => body['method'] === 'tools/call';
const until = async (condition: () => boolean): Promise<void> => {
  for (let count = 0; count < 100 && !condition(); count += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
};

test('nothing of the client but what is named reaches a backend: no token, cookie, session, forwarding header', async () => {
  const headers = {
    cookie: 'session=secret',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=1.2.3.4',
    'mcp-session-id': 'stolen',
    'proxy-authorization': 'Basic YTpi',
    'x-api-key': 'mine',
    'mcp-param-region': 'eu',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  for (const name of ['modern', 'stateless', 'sessions', 'inject', 'header']) {
    await modern(proxy.mcpUrl, 'tools/call', call(name), { token, headers });
    const sent = backend(name).callsOf('tools/call').at(-1)?.headers ?? {};
    const expected = ['accept', 'connection', 'content-length', 'content-type', 'host', 'mcp-protocol-version', 'traceparent'];
    const era = name === 'stateless' ? [] : name === 'sessions' ? ['mcp-session-id'] : ['mcp-method', 'mcp-name', 'mcp-param-region'];
    const credential = name === 'inject' ? ['authorization'] : name === 'header' ? ['x-api-key'] : [];
    expect(Object.keys(sent).sort()).toEqual([...expected, ...era, ...credential].sort());
    expect(sent.host).toBe(new URL(backend(name).url).host);
    expect(sent['mcp-session-id']).not.toBe('stolen');
    expect(sent['x-api-key']).toBe(name === 'header' ? 'the-key' : undefined);
  }
});

test('the caller may not put a forged trace header through', async () => {
  await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token, headers: { traceparent: 'anything else' } });
  expect(backend('modern').callsOf('tools/call').at(-1)?.headers['traceparent']).toBeUndefined();
});

test('none of a backend’s headers reach the client', async () => {
  backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(200, {
      'content-type': 'application/json',
      'set-cookie': 'tracking=1',
      'mcp-session-id': 'planted',
      'www-authenticate': 'Bearer realm="evil"',
      'access-control-allow-origin': '*',
    });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: { resultType: 'complete', content: [] } }));
    return true;
  });
  const { headers, status } = await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token });
  expect(status).toBe(200);
  for (const name of ['set-cookie', 'mcp-session-id', 'www-authenticate', 'access-control-allow-origin'])
    expect(headers.get(name)).toBeNull();
});

test('arguments and results keep every digit and every unknown member', async () => {
  const raw = '{"resultType":"complete","content":[{"type":"hologram","x":1.0}],"big":12345678901234567890}';
  backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(one.body['id'])},"result":${raw}}`);
    return true;
  });
  expect((await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token })).text).toContain(raw);
});

test('a name that nobody has is -32602, with the status of its revision', async () => {
  const unknown = await modern(proxy.mcpUrl, 'tools/call', { name: 'modern_nope', arguments: {} }, { token });
  expect([unknown.status, unknown.body.error?.code]).toEqual([400, -32_602]);
  const client = await legacyClient(proxy.mcpUrl, token);
  const legacy = await client.request('tools/call', { name: 'echo' });
  expect([legacy.status, legacy.body.error?.code]).toEqual([200, -32_602]);
});

test('a 401 means that it did not run: one other token, one more try', async () => {
  const tried: (string | undefined)[] = [];
  backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tried.push(one.headers.authorization);
    if (one.headers.authorization?.endsWith('-renewed') === true) return false;
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(answer.body.result?.['isError']).toBeUndefined();
  expect(tried).toHaveLength(2);
});

test('a second 401 is the end, and no 401 of a backend reaches the client', async () => {
  let tries = 0;
  backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tries += 1;
    response.writeHead(401).end();
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(tries).toBe(2);
  expect(answer.status).toBe(200);
  expect(answer.body.result).toMatchObject({ isError: true });
  expect(textOf(answer)).toContain('backend_unauthorized');
});

test('a fixed credential that is refused is not tried again', async () => {
  let tries = 0;
  backend('header').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tries += 1;
    response.writeHead(401).end();
    return true;
  });
  expect(textOf(await modern(proxy.mcpUrl, 'tools/call', call('header'), { token }))).toContain('backend_unauthorized');
  expect(tries).toBe(1);
});

test('a redirect is not followed, so no credential goes where it points', async () => {
  let visited = false;
  const elsewhere = createServer((_request, response) => {
    visited = true;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const address = elsewhere.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(textOf(answer)).toContain('backend_unavailable');
  expect(visited).toBe(false);
  await new Promise((resolve) => elsewhere.close(resolve));
});

for (const kind of ['modern', 'stateless'] as const)
  for (const era of ['modern', 'legacy'] as const)
    test(`events of a ${kind} backend reach a ${era} client one by one, not at the end`, async () => {
      let finish: () => void = () => undefined;
      backend(kind).setIntercept((one, response) => {
        if (!isCall(one)) return false;
        const event = (message: unknown) => response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
        finish = () => {
          event({ jsonrpc: '2.0', id: one.body['id'], result: { content: [], ...(kind === 'modern' ? { resultType: 'complete' } : {}) } });
          response.end();
        };
        return true;
      });
      const client = era === 'legacy' ? await legacyClient(proxy.mcpUrl, token) : undefined;
      const meta = {
        progressToken: 1,
        ...(era === 'modern' ? { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } : {}),
      };
      const response = await fetch(proxy.mcpUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...authorization(token),
          ...(client === undefined
            ? { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': `${kind}_echo` }
            : { 'mcp-session-id': client.sessionId }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 'mine', method: 'tools/call', params: { ...call(kind), _meta: meta } }),
      });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(response.headers.get('x-accel-buffering')).toBe('no');
      const reader = response.body?.getReader();
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('notifications/progress');
      finish();
      const last = Buffer.from((await reader?.read())?.value ?? []).toString();
      expect(last).toContain('"id":"mine"');
      expect(last.includes('resultType')).toBe(era === 'modern' && kind === 'modern' ? true : era === 'modern');
    });

test('a client that goes away aborts the backend’s request', async () => {
  let aborted = false;
  backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.on('close', () => (aborted = true));
    return true;
  });
  const controller = new AbortController();
  const calling = modern(proxy.mcpUrl, 'tools/call', call('modern'), { token, signal: controller.signal });
  calling.catch(() => undefined);
  const before = backend('modern').callsOf('tools/call').length;
  await until(() => backend('modern').callsOf('tools/call').length > before || before > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  controller.abort();
  await until(() => aborted);
});

test('notifications/cancelled stops the call, and the backend is told with the id that it knows', async () => {
  backend('sessions').setIntercept(isCall);
  const client = await legacyClient(proxy.mcpUrl, token);
  const before = backend('sessions').callsOf('tools/call').length;
  const calling = client.request('tools/call', call('sessions'), { id: 'to-cancel' });
  await until(() => backend('sessions').callsOf('tools/call').length > before);
  const stranger = await legacyClient(proxy.mcpUrl, token);
  await stranger.notify('notifications/cancelled', { requestId: 'to-cancel' });
  await client.notify('notifications/cancelled', { requestId: 'to-cancel' });
  expect((await calling).status).toBe(202);
  await until(() => backend('sessions').callsOf('notifications/cancelled').length > 0);
  expect(backend('sessions').callsOf('notifications/cancelled').at(-1)?.body['params']).toMatchObject({ requestId: 'to-cancel' });
});

test('a backend that does not answer in time: the text says that it may have run', async () => {
  backend('modern').setIntercept(isCall);
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token });
  expect(answer.body.result).toMatchObject({ isError: true, resultType: 'complete' });
  expect(textOf(answer)).toContain('deadline_exceeded');
  expect(textOf(answer)).toContain('check before trying again');
});

test('a connection that breaks off may have run; one that was never made did not', async () => {
  backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.destroy();
    return true;
  });
  expect(textOf(await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token }))).toContain('check before trying again');
  const gone = await modern(proxy.mcpUrl, 'tools/call', { name: 'gone_status', arguments: {} }, { token });
  expect(textOf(gone)).toContain('gone: The backend cannot be reached');
  expect(textOf(gone)).toContain('safe to try again');
});

test('an answer that is no MCP is an error of the backend, not passed on', async () => {
  backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(200, { 'content-type': 'text/html' }).end('<script>alert(1)</script>');
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token });
  expect(answer.text).not.toContain('script');
  expect(textOf(answer)).toContain('backend_unavailable');
});

test('an error of the backend comes with its code, and with the HTTP status of the client’s revision', async () => {
  backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], error: { code: -32_602, message: 'bad arguments' } }));
    return true;
  });
  const answer = await modern(proxy.mcpUrl, 'tools/call', call('modern'), { token, id: 9 });
  expect([answer.status, answer.body.id, answer.body.error?.code]).toEqual([400, 9, -32_602]);
  const client = await legacyClient(proxy.mcpUrl, token);
  const legacy = await client.request('tools/call', call('modern'));
  expect([legacy.status, legacy.body.error?.code]).toEqual([200, -32_602]);
});

test('many modern clients of one user with equal ids share one backend session without mixing answers', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => await modern(proxy.mcpUrl, 'tools/call', call('sessions', { index }), { token, id: 1 })),
  );
  answers.forEach((answer, index) => {
    expect(answer.body.id).toBe(1);
    expect(JSON.parse(textOf(answer))).toMatchObject({ arguments: { index } });
  });
});

test('a changed connection makes the next call ask the vault again, for that user and provider only', async () => {
  const subject = randomUUID();
  const mine = await proxy.token({ sub: subject });
  const askedBefore = () => proxy.surroundings.askedFor('credential.inject');
  await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token: mine });
  await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token });
  let before = askedBefore();
  const changed = (accountId: string, provider: string) =>
    proxy.events.tokenVault.publish(connectionChanged, {
      connectionId: randomUUID(),
      accountId,
      provider,
      change: 'revoked',
      atMs: Date.now(),
    });
  await changed(subject, 'another');
  await changed(randomUUID(), 'octo');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token: mine });
  expect(askedBefore()).toBe(before);
  await changed(subject, 'octo');
  await new Promise((resolve) => setTimeout(resolve, 200));
  before = askedBefore();
  await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token: mine });
  await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(askedBefore()).toBe(before + 1);
});

test('a session that the vault calls closed is a 401 for the client', async () => {
  proxy.surroundings.credentials.set('inject', { code: 'session_closed' });
  const fresh = await proxy.token();
  const answer = await modern(proxy.mcpUrl, 'tools/call', { name: 'inject_echo', arguments: {} }, { token: fresh });
  proxy.surroundings.credentials.delete('inject');
  expect([200, 400, 401]).toContain(answer.status);
  expect((await modern(proxy.mcpUrl, 'tools/call', call('inject'), { token })).status).toBe(200);
});
