import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { request } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post } from '../client.fixture.js';
import { AUDIENCE, ISSUER, startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let token: string;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern' });
  // Fifty large answers take a busy machine a while.
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url, timeoutMs: 60_000 }] });
  token = await proxy.token();
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const METADATA = 'https://gateway.example/.well-known/oauth-protected-resource/mcp';
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** Sends exactly these headers; `fetch` would not let some of them through. */
const raw = async (path: string, headers: Record<string, string>, method = 'POST', body = '{}') =>
  await new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request(`${proxy.origin}${path}`, { method, headers, setHost: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });

// RFC 9728, section 5.1; RFC 6750, section 3.1.
test('without a token: 401 with where to find the metadata, and no error code', async () => {
  const { status, headers } = await post(proxy.mcpUrl, PING, {});
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe(`Bearer resource_metadata="${METADATA}", scope="openid"`);
});

// RFC 6750, section 3.1.
test('with a token that is none: 401 invalid_token', async () => {
  const { status, headers } = await post(proxy.mcpUrl, PING, { authorization: 'Bearer not-a-jwt' });
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token", error_description="/);
});

test.each([
  ['no token at all', 'Bearer'],
  ['two tokens', 'Bearer a b'],
  ['a token in quotes', 'Bearer "a"'],
  ['no scheme', '"a"'],
])('with a malformed header, %s: 400 invalid_request (RFC 6750, section 3.1)', async (_what, value) => {
  const { status, headers } = await post(proxy.mcpUrl, PING, { authorization: value });
  expect(status).toBe(400);
  expect(headers.get('www-authenticate')).toMatch(
    /^Bearer error="invalid_request", error_description="[^"]+"/,
  );
});

test.each(['Basic YTpi', 'Negotiate', 'DPoPish abc', 'Digest username="a"', 'BearerToken abc'])(
  'with a foreign scheme, %s: the challenge of somebody without a token, and no error code',
  async (value) => {
    const { status, headers } = await post(proxy.mcpUrl, PING, { authorization: value });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(`Bearer resource_metadata="${METADATA}", scope="openid"`);
  },
);

test.each([
  ['of another audience', { aud: 'https://other.example/mcp' }],
  ['of another issuer', { iss: 'https://evil.example' }],
  ['that has expired', { exp: Math.floor(Date.now() / 1_000) - 90 }],
  ['without a session', { tsid: undefined }],
])('a token %s is refused', async (_what, claims) => {
  const refused = await post(proxy.mcpUrl, PING, authorization(await proxy.token(claims)));
  expect(refused.status).toBe(401);
});

// MCP 2025-11-25, authorization.
test('a token in the query is not looked at', async () => {
  expect((await post(`${proxy.mcpUrl}?access_token=${token}`, PING, {})).status).toBe(401);
});

// RFC 9110, section 11.1.
test('the scheme is compared without regard to case', async () => {
  const listed = await modern(
    proxy.mcpUrl,
    'tools/list',
    {},
    { headers: { authorization: `bEaReR ${token}` } },
  );
  expect(listed.status).toBe(200);
});

// RFC 6750, section 3.1.
test('a token without the configured scope: 403 that names it', async () => {
  const { status, headers } = await post(
    proxy.mcpUrl,
    PING,
    authorization(await proxy.token({ scope: 'other' })),
  );
  expect(status).toBe(403);
  expect(headers.get('www-authenticate')).toMatch(
    /error="insufficient_scope", error_description="[^"]+ openid", .*scope="openid"/,
  );
});

test('a forged Host changes no URL that the gateway gives out', async () => {
  const host = 'localhost:1';
  const challenged = await raw('/mcp', {
    host,
    'x-forwarded-host': 'evil.example',
    'content-type': 'application/json',
  });
  expect(challenged.headers['www-authenticate']).toContain(METADATA);
  const metadata = await raw(
    '/.well-known/oauth-protected-resource/mcp',
    { host, forwarded: 'host=evil.example' },
    'GET',
    '',
  );
  expect(metadata.text).not.toMatch(/evil|localhost/);
  expect(JSON.parse(metadata.text)).toMatchObject({ resource: AUDIENCE, authorization_servers: [ISSUER] });
});

// RFC 9728, section 3.1.
test('the metadata is the same at the path of the resource and at the root, for pages of any origin', async () => {
  for (const path of ['', '/mcp']) {
    const response = await fetch(`${proxy.origin}/.well-known/oauth-protected-resource${path}`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
      dpop_bound_access_tokens_required: false,
      scopes_supported: ['openid'],
    });
  }
  expect((await fetch(`${proxy.origin}/.well-known/oauth-protected-resource/other`)).status).toBe(404);
});

// MCP 2025-11-25, transports.
test('a page of another site is refused before anything else', async () => {
  const { status } = await post(proxy.mcpUrl, PING, {
    origin: 'https://evil.example',
    ...authorization(token),
  });
  expect(status).toBe(403);
});

test('a rebound host name is refused', async () => {
  const headers = { host: 'evil.example', 'content-type': 'application/json', ...authorization(token) };
  expect((await raw('/mcp', headers)).status).toBe(403);
});

// MCP 2025-11-25, transports.
test('GET without a session has no stream to offer', async () => {
  const response = await fetch(proxy.mcpUrl, { headers: authorization(token) });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('POST');
});

test('another content type is refused', async () => {
  expect(
    (await post(proxy.mcpUrl, PING, { 'content-type': 'text/plain', ...authorization(token) })).status,
  ).toBe(415);
});

// MCP 2026-07-28, transports.
test('an unknown method of 2026-07-28 is 404 with -32601 and its id', async () => {
  const { status, body } = await modern(proxy.mcpUrl, 'made/up', {}, { token, id: 'mine' });
  expect(status).toBe(404);
  expect(body).toMatchObject({ id: 'mine', error: { code: -32_601 } });
});

test('server/discover offers what the gateway has', async () => {
  const { body } = await modern(proxy.mcpUrl, 'server/discover', {}, { token });
  expect(body.result).toMatchObject({
    resultType: 'complete',
    cacheScope: 'private',
    supportedVersions: expect.arrayContaining(['2026-07-28', '2025-11-25']),
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
  });
});

// MCP 2025-03-26.
test('2025-03-26 may send arrays and gets one back; nobody else may', async () => {
  const client = await legacyClient(proxy.mcpUrl, token, { version: '2025-03-26' });
  const batch = [
    { jsonrpc: '2.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'one_echo', arguments: {} } },
    { not: 'a message' },
  ];
  const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
  const answered = await post(proxy.mcpUrl, batch, headers);
  const answers = JSON.parse(answered.text) as readonly { id: unknown }[];
  expect(answers.map(({ id }) => id)).toEqual([1, 2, 3, null]);

  const newer = await legacyClient(proxy.mcpUrl, token);
  for (const extra of [{}, { 'mcp-protocol-version': '2025-11-25' }]) {
    const refused = await post(proxy.mcpUrl, batch, {
      'mcp-session-id': newer.sessionId,
      ...authorization(token),
      ...extra,
    });
    expect(refused.status).toBe(400);
    expect(refused.body.error?.code).toBe(-32_600);
  }
});

const batchedCalls = (count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, index) => ({
    jsonrpc: '2.0',
    id: index,
    method: 'tools/call',
    params: { name: 'one_echo', arguments: {} },
  }));

test('fifty large answers to one batch are not all held: what is too much gets an error, the rest is whole', async () => {
  const client = await legacyClient(proxy.mcpUrl, token, { version: '2025-03-26' });
  const text = 'x'.repeat(1_048_576);
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    const result = { resultType: 'complete', content: [{ type: 'text', text }] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    return true;
  });
  const answered = await post(proxy.mcpUrl, batchedCalls(50), {
    'mcp-session-id': client.sessionId,
    ...authorization(token),
  });
  backend.setIntercept(undefined);
  const answers = JSON.parse(answered.text) as readonly {
    readonly id: number;
    readonly result?: { readonly content: readonly { readonly text: string }[] };
    readonly error?: { readonly message: string };
  }[];
  expect(answers.map(({ id }) => id)).toEqual(batchedCalls(50).map((_, index) => index));
  const whole = answers.filter(({ result }) => result !== undefined);
  expect(whole.length).toBe(31);
  for (const { result } of whole) expect(result?.content[0]?.text.length).toBe(text.length);
  for (const { error } of answers.filter(({ result }) => result === undefined))
    expect(error?.message).toContain('too large together');
});

test('a call whose answer is too much for its batch is stopped at the backend too', async () => {
  const client = await legacyClient(proxy.mcpUrl, token, { version: '2025-03-26' });
  let aborted = false;
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.on('close', () => (aborted = true));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const params = { level: 'info', data: 'x'.repeat(4_194_304) };
    const event = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params })}\n\n`;
    for (let count = 0; count < 10; count += 1) response.write(event);
    return true;
  });
  const answered = await post(proxy.mcpUrl, [...batchedCalls(1), { ...PING, id: 'ping' }], {
    'mcp-session-id': client.sessionId,
    ...authorization(token),
  });
  backend.setIntercept(undefined);
  expect(JSON.parse(answered.text)).toEqual([
    { jsonrpc: '2.0', id: 0, error: { code: -31_000, message: expect.stringContaining('too large') } },
    { jsonrpc: '2.0', id: 'ping', result: {} },
  ]);
  await until(() => aborted);
});

const preflight = async (requested: string): Promise<Headers> => {
  const { status, headers } = await raw(
    '/mcp',
    {
      host: 'localhost',
      origin: 'http://localhost:4483',
      'access-control-request-method': 'POST',
      'access-control-request-headers': requested,
    },
    'OPTIONS',
    '',
  );
  expect(status).toBe(204);
  return new Headers(headers as Record<string, string>);
};
const allowedBy = (headers: Headers): readonly string[] =>
  (headers.get('access-control-allow-headers') ?? '').split(', ');

test('a page may send the parameter headers of a tool, whatever they are called', async () => {
  const headers = await preflight('authorization,mcp-name,mcp-param-region, Mcp-Param-a.b_c');
  expect(allowedBy(headers)).toEqual(
    expect.arrayContaining(['Authorization', 'Mcp-Name', 'mcp-param-region', 'Mcp-Param-a.b_c']),
  );
  expect(headers.get('access-control-allow-origin')).toBe('http://localhost:4483');
  expect(headers.get('vary')).toBe('Origin, Access-Control-Request-Headers');
});

test('a preflight repeats no other name, no endless one and no endless list of them', async () => {
  const usual = allowedBy(await preflight(''));
  const hostile = [
    'cookie',
    '*',
    'x-mcp-param-a',
    'mcp-param-',
    'mcp-param-a b',
    'mcp-param-a;q=1',
    'mcp-param-<b>',
    `mcp-param-${'a'.repeat(101)}`,
  ];
  expect(allowedBy(await preflight(hostile.join(',')))).toEqual(usual);
  const many = Array.from({ length: 100 }, (_, index) => `mcp-param-${index}`);
  expect(allowedBy(await preflight(many.join(',')))).toHaveLength(usual.length + 32);
});

test('who can reach the endpoint learns that it answers, and not how it is or how much it does', async () => {
  expect(await (await fetch(`${proxy.origin}/healthz`)).json()).toEqual({ status: 'ok' });
  for (const path of ['/readyz', '/metrics', '/metrics/', '/readyz?a']) {
    const refused = await fetch(proxy.origin + path);
    expect(refused.status).toBe(404);
    expect(await refused.text()).not.toMatch(/gatehouse_|failing/);
  }
  expect((await fetch(`${proxy.internalOrigin}/readyz`)).status).toBe(200);
  const metrics = await fetch(`${proxy.internalOrigin}/metrics`);
  expect(await metrics.text()).toContain('gatehouse_proxy_calls_total');
});

test('the internal listener has nothing that clients want', async () => {
  for (const path of ['/mcp', '/.well-known/oauth-protected-resource/mcp'])
    expect((await fetch(proxy.internalOrigin + path, { headers: authorization(token) })).status).toBe(404);
});
