import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sha256 } from '@gatehouse/kernel/digest';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern } from '../client.fixture.js';
import { KeptAudit } from '../kept-audit.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
const log = new KeptAudit();

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern', tools: [tool('echo'), tool('fails')], result: resultOf });
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'notes', url: backend.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
    ],
    log,
    telemetry: {
      audit: {
        enabled: true,
        arguments: [{ workload: 'notes', tools: ['e*'], names: ['path', 'depth', 'deep'] }],
      },
    },
  });
});
beforeEach(() => {
  log.lines.length = 0;
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([backend.close(), nats.close()]);
});

const tool = (name: string): JsonObject => ({ name, inputSchema: { type: 'object' } });
const resultOf = ({ body }: { readonly body: JsonObject }): JsonObject => {
  const { name } = body['params'] as { readonly name: string };
  return { content: [], resultType: 'complete', ...(name === 'fails' ? { isError: true } : {}) };
};

const lines = (event: string): readonly JsonObject[] =>
  log.lines.map((line) => JSON.parse(line) as JsonObject).filter((line) => line['event'] === event);

test('a call has one line: who, with what client, which tool by both names, which connection, how it ended', async () => {
  const [sub, tsid] = [randomUUID(), randomUUID()];
  const token = await proxy.token({ sub, tsid });
  await modern(
    proxy.mcpUrl,
    'tools/call',
    { name: 'notes_echo', arguments: { text: 'x' } },
    { token, id: 'seven' },
  );
  expect(lines('call')).toEqual([
    expect.objectContaining({
      category: 'audit',
      service: 'vmcp-proxy',
      request: 'seven',
      subject: sub,
      clientId: 'client',
      session: sha256(tsid),
      endpoint: '/',
      method: 'tools/call',
      backend: 'notes',
      name: 'notes_echo',
      original: 'echo',
      revision: '2026-07-28',
      backendRevision: 'modern',
      connection: '5b0c9d7e-7d0c-4a54-8f43-6e8d53cf0b11',
      connectionVersion: 7,
      release: '0e3c5b1a-6f0d-4f0a-8b7e-2d1f3c4b5a69:12',
      outcome: 'answered',
      status: 200,
      durationMs: expect.any(Number),
      requestBytes: expect.any(Number),
      responseBytes: expect.any(Number),
    }),
  ]);
});

test('a tool that failed, a name that nobody has, and a refused credential are told apart', async () => {
  const token = await proxy.token();
  await modern(proxy.mcpUrl, 'tools/call', { name: 'notes_fails', arguments: {} }, { token });
  await modern(proxy.mcpUrl, 'tools/call', { name: 'notes_none', arguments: {} }, { token });
  proxy.surroundings.credentials.set('notes', { code: 'reauth_required' });
  await modern(
    proxy.mcpUrl,
    'tools/call',
    { name: 'notes_echo', arguments: {} },
    { token: await proxy.token() },
  );
  proxy.surroundings.credentials.delete('notes');
  expect(lines('call').map(({ outcome }) => outcome)).toEqual(['tool_error', 'unknown', 'reauth_required']);
});

test('values of arguments stand in a line only where the configuration names them, and never whole when they are long', async () => {
  const token = await proxy.token();
  const given = { path: `/a${'b'.repeat(500)}`, depth: 2, deep: { a: [1] }, secret: 'canary-of-an-argument' };
  await modern(proxy.mcpUrl, 'tools/call', { name: 'notes_echo', arguments: given }, { token });
  await modern(proxy.mcpUrl, 'tools/call', { name: 'notes_fails', arguments: given }, { token });
  const [named, other] = lines('call');
  const written = named?.['arguments'] as Readonly<Record<string, string>>;
  expect(written).toEqual({ path: expect.stringMatching(/^\/ab{253}…$/), depth: '2', deep: '{"a":[1]}' });
  expect(other?.['arguments']).toBeUndefined();
  expect(log.lines.join('')).not.toContain('canary-of-an-argument');
});

test('attack: line breaks, control characters and very long names of a client make no second line and no long one', async () => {
  const token = await proxy.token();
  const forged = `x\n{"category":"audit","event":"call","outcome":"answered"}\r\u0085\u2028\u202e\u001b[2J${'y'.repeat(9_000)}`;
  const client = await legacyClient(proxy.mcpUrl, token);
  await client.request('tools/call', { name: forged, arguments: {} }, { id: forged });
  expect(log.lines).toHaveLength(1);
  const [line = ''] = log.lines;
  expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e\u00a0-\u2027…]*$/u);
  expect(line.length).toBeLessThan(2_500);
  expect(lines('call')).toEqual([expect.objectContaining({ outcome: 'unknown' })]);
});

test('attack: no token, session id or credential stands in a line', async () => {
  const tsid = randomUUID();
  const token = await proxy.token({ tsid });
  const client = await legacyClient(proxy.mcpUrl, token);
  await client.request('tools/call', { name: 'notes_echo', arguments: {} });
  expect(lines('call')).toHaveLength(1);
  for (const secret of [token, client.sessionId, tsid, '-token-of-'])
    expect(log.lines.join('')).not.toContain(secret);
});

test('a token that is not accepted has a line; a flood of them has some, and their number', async () => {
  for (let attempt = 0; attempt < 60; attempt += 1)
    await modern(proxy.mcpUrl, 'tools/list', {}, { token: 'a.forged.token' });
  const refused = lines('token-refused');
  expect(refused[0]).toMatchObject({ reason: 'invalid_token', endpoint: '/' });
  expect(refused[0]?.['subject']).toBeUndefined();
  expect(log.lines.join('')).not.toContain('forged');
});

test('calls are counted by backend and tool, and failures of tools apart from answers', async () => {
  const token = await proxy.token();
  await modern(proxy.mcpUrl, 'tools/call', { name: 'notes_fails', arguments: {} }, { token });
  const text = await (await fetch(`${proxy.internalOrigin}/metrics`)).text();
  expect(text).toMatch(
    /gatehouse_proxy_tool_calls_total\{backend="notes",kind="tool",tool="fails",outcome="tool_error"\} \d/,
  );
  expect(text).toMatch(/duration_seconds_count\{backend="notes",kind="tool",tool="fails"\} \d/);
});
