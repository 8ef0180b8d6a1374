import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { until } from '@gatehouse/testing/until';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

const log = new KeptLog();
let nats: TestNats;
let proxy: TestProxy;
let own: TestBackend;
let open: TestBackend;
let token: string;

beforeAll(async () => {
  nats = await startTestNats();
  own = await startBackend({
    kind: 'modern',
    resources: [
      { uri: 'file:///x', name: 'x' },
      { uri: 'file:///own', name: 'own' },
    ],
    prompts: [{ name: 'greet' }],
  });
  open = await startBackend({
    kind: 'stateless',
    resources: [{ uri: 'file:///x', name: 'x' }],
    prompts: [{ name: 'greet' }],
  });
  proxy = await startProxy({
    nats,
    log,
    backends: [
      { name: 'own', url: own.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      { name: 'open', url: open.url },
    ],
  });
});
beforeEach(async () => {
  own.setIntercept(undefined);
  open.setIntercept(undefined);
  proxy.surroundings.credentials.clear();
  token = await proxy.token();
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([own.close(), open.close()]);
  await nats.close();
});

const list = async (kind = 'tools', as = token): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, `${kind}/list`, {}, { token: as });
const namesIn = ({ body: { result } }: ClientAnswer, kind = 'tools', member = 'name'): readonly unknown[] =>
  (result?.[kind] as readonly Record<string, unknown>[]).map((one) => one[member]);

test('each caller’s lists are asked for with that caller’s credential and shown to nobody else', async () => {
  own.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/list') return false;
    const tools = [{ name: one.headers.authorization?.slice(-8), inputSchema: { type: 'object' } }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        jsonrpc: '2.0',
        id: one.body['id'],
        result: { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'public' },
      }),
    );
    return true;
  });
  const other = await proxy.token();
  const [mine, theirs] = [namesIn(await list()), namesIn(await list('tools', other))];
  expect(mine[0]).not.toBe(theirs[0]);
  expect(namesIn(await list())).toEqual(mine);
});

test('a list is asked for once however many want it, and kept', async () => {
  const before = open.callsOf('tools/list').length;
  await Promise.all(Array.from({ length: 10 }, async () => await list()));
  await list('prompts');
  expect(open.callsOf('tools/list').length).toBe(before + 1);
});

test('all pages are listed', async () => {
  open.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/list') return false;
    const params = one.body['params'] as Record<string, unknown>;
    const page = Number(params['cursor'] ?? 0);
    const result = {
      tools: [{ name: `tool${page}`, inputSchema: { type: 'object' } }],
      ...(page < 4 ? { nextCursor: String(page + 1) } : {}),
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    return true;
  });
  expect(namesIn(await list())).toEqual(expect.arrayContaining(['open_tool0', 'open_tool4']));
});

test('an unconnected provider hides no other backend, and its tools are stood in for by one that gives the link', async () => {
  proxy.surroundings.credentials.set('own', { code: 'connection_missing' });
  const names = namesIn(await list());
  expect(names).toEqual(['own_connect', 'open_echo']);
  const answer = await modern(proxy.mcpUrl, 'tools/call', { name: 'own_connect', arguments: {} }, { token });
  expect(textOf(answer)).toContain('https://issuer.example/connect/octo?session=');
  // A name that the client remembers from earlier leads to the same question, not to "unknown tool".
  const remembered = await modern(proxy.mcpUrl, 'tools/call', { name: 'own_echo', arguments: {} }, { token });
  expect(textOf(remembered)).toContain('https://issuer.example/connect/octo?session=');
});

test('the stand-in says so once its backend is connected', async () => {
  proxy.surroundings.credentials.set('own', { code: 'connection_missing' });
  const subject = randomUUID();
  const mine = await proxy.token({ sub: subject });
  expect(namesIn(await list('tools', mine))).toContain('own_connect');
  proxy.surroundings.credentials.clear();
  await proxy.connectionChanged(subject, 'octo', 'connected');
  const call = { name: 'own_connect', arguments: {} };
  const answer = await modern(proxy.mcpUrl, 'tools/call', call, { token: mine });
  expect(answer.body.result?.['isError']).toBeUndefined();
  expect(textOf(answer)).toContain('own is ready');
  expect(namesIn(await list('tools', mine))).toContain('own_echo');
});

test('whoever calls the stand-in does not run a tool of the backend that has the same name', async () => {
  proxy.surroundings.credentials.set('own', { code: 'connection_missing' });
  const subject = randomUUID();
  const mine = await proxy.token({ sub: subject });
  expect(namesIn(await list('tools', mine))).toContain('own_connect');
  own.setTools([{ name: 'connect', inputSchema: { type: 'object' } }]);
  proxy.surroundings.credentials.clear();
  await proxy.connectionChanged(subject, 'octo', 'connected');
  const before = own.callsOf('tools/call').length;
  const call = { name: 'own_connect', arguments: {} };
  const answer = await modern(proxy.mcpUrl, 'tools/call', call, { token: mine });
  own.setTools([{ name: 'echo', inputSchema: { type: 'object' } }]);
  expect(textOf(answer)).toContain('own is ready');
  expect(own.callsOf('tools/call').length).toBe(before);
});

test('a tool that a client remembers runs once its backend could be listed, however late; one that is gone is unknown', async () => {
  let answersLists: (() => void) | undefined;
  const late = new Promise<void>((resolve) => (answersLists = resolve));
  own.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/list') return false;
    const tools = [{ name: 'echo', inputSchema: { type: 'object' } }];
    const result = { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'private' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result });
    void late.then(() => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
    return true;
  });
  const call = async (name: string): Promise<ClientAnswer> =>
    await modern(proxy.mcpUrl, 'tools/call', { name, arguments: { said: 'late' } }, { token });
  const calls = Promise.all([call('own_echo'), call('own_gone')]);
  // Who lists waits so long and no longer; the backend counts as one that cannot be listed meanwhile.
  expect(namesIn(await list())).not.toContain('own_echo');
  answersLists?.();
  const [remembered, gone] = await calls;
  expect(remembered.body.result?.['isError']).toBeUndefined();
  expect(own.callsOf('tools/call').at(-1)?.body['params']).toMatchObject({ arguments: { said: 'late' } });
  expect(gone.body.error).toMatchObject({ code: -32_602, message: 'there is no such tool' });
});

test('a tool that a backend got since it was listed can be called; a name that nobody has is unknown', async () => {
  await list();
  const tool = { name: 'echo', inputSchema: { type: 'object' } };
  own.setTools([tool, { ...tool, name: 'newborn' }]);
  const call = async (name: string): Promise<ClientAnswer> =>
    await modern(proxy.mcpUrl, 'tools/call', { name, arguments: {} }, { token });
  // A list that has just been asked for is not asked for again.
  await until(async () => (await call('own_newborn')).body.error === undefined);
  for (const name of ['nobody_has_it', 'own_never'])
    expect((await call(name)).body.error).toMatchObject({ code: -32_602, message: 'there is no such tool' });
  own.setTools([tool]);
});

test('tools that were listed stay listed when their provider is disconnected later', async () => {
  const subject = randomUUID();
  const mine = await proxy.token({ sub: subject });
  expect(namesIn(await list('tools', mine))).toEqual(['own_echo', 'open_echo']);
  proxy.surroundings.credentials.set('own', { code: 'reauth_required' });
  const before = proxy.surroundings.askedFor('credential.inject');
  await proxy.connectionChanged(subject, 'octo', 'reauth_required');
  expect(namesIn(await list('tools', mine))).toEqual(['own_echo', 'open_echo']);
  expect(proxy.surroundings.askedFor('credential.inject')).toBe(before + 1);
});

test('a backend that treats all alike keeps its last tools for callers who come while it is down', async () => {
  await list();
  open.setIntercept((_one, response) => {
    response.writeHead(500).end();
    return true;
  });
  expect(namesIn(await list('tools', await proxy.token()))).toContain('open_echo');
});

test('prompts are prefixed; resources keep their URI, and a taken one leads to its own backend', async () => {
  expect(namesIn(await list('prompts'), 'prompts')).toEqual(['own_greet', 'open_greet']);
  expect(namesIn(await list('resources'), 'resources', 'uri')).toEqual([
    'file:///x',
    'file:///own',
    'open+file:///x',
  ]);
  await modern(proxy.mcpUrl, 'resources/read', { uri: 'open+file:///x' }, { token });
  expect(open.callsOf('resources/read').at(-1)?.body['params']).toEqual({ uri: 'file:///x' });
  await modern(proxy.mcpUrl, 'resources/read', { uri: 'file:///x' }, { token });
  expect(own.callsOf('resources/read').at(-1)?.headers['mcp-name']).toBe('file:///x');
  await modern(proxy.mcpUrl, 'prompts/get', { name: 'own_greet' }, { token });
  expect(own.callsOf('prompts/get').at(-1)?.body['params']).toMatchObject({ name: 'greet' });
});

test('a resource that nobody has is -32602 for 2026-07-28 and -32002 before, with its URI', async () => {
  const unknown = await modern(proxy.mcpUrl, 'resources/read', { uri: 'nope://' }, { token });
  expect(unknown.body.error).toMatchObject({ code: -32_602, data: { uri: 'nope://' } });
  const client = await legacyClient(proxy.mcpUrl, token);
  const legacy = await client.request('resources/read', { uri: 'nope://' });
  expect(legacy.body.error).toMatchObject({ code: -32_002, data: { uri: 'nope://' } });
});

test('lists of 2026-07-28 say how long they hold and that they are private', async () => {
  expect((await list()).body.result).toMatchObject({
    resultType: 'complete',
    cacheScope: 'private',
    ttlMs: 5_000,
  });
  const client = await legacyClient(proxy.mcpUrl, token);
  expect(Object.keys((await client.request('tools/list')).body.result ?? {})).toEqual(['tools']);
});

test('a cursor that was never given out is refused', async () => {
  const answer = await modern(proxy.mcpUrl, 'tools/list', { cursor: 'x' }, { token });
  expect([answer.status, answer.body.error?.code]).toEqual([400, -32_602]);
});

test('what is left out of a list is logged by backend and name, and not once more for every user', async () => {
  const sound = { name: 'sound', inputSchema: { type: 'object' } };
  open.setTools([sound, { name: 'no\nschema' }, { ...sound, name: 'x'.repeat(125) }]);
  const short = `open_${'x'.repeat(112)}_68ca7992c7`;
  for (const caller of [token, await proxy.token()])
    expect(namesIn(await list('tools', caller)).filter((name) => String(name).startsWith('open_'))).toEqual([
      'open_sound',
      short,
    ]);
  expect(log.of('definition-left-out')).toEqual([
    {
      backend: 'open',
      kind: 'tools',
      name: 'no\\u000aschema',
      reason: 'its name is not what clients accept',
    },
  ]);
  // With its prefix it is too long for any client.
  expect(log.of('name-shortened')).toEqual([{ backend: 'open', original: 'x'.repeat(125), name: short }]);
  expect(log.of('name-too-long-for-hosts')).toEqual([
    { backend: 'open', original: 'x'.repeat(125), name: short },
  ]);
});
