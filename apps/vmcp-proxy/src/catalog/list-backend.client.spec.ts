import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { AnotherAccount, type AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { startOneBackend, type OneBackend } from '../backends/one-backend.fixture.js';
import { Peers } from '../backends/peers.client.js';
import { NOTHING_DECLARED } from '../mcp/client-capabilities.js';
import type { JsonObject } from '../mcp/message.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import type { BackendLists } from './definitions.js';
import { listBackend } from './list-backend.client.js';

let world: OneBackend;
beforeAll(async () => {
  world = await startOneBackend();
});
afterAll(() => world.close());

const list = async (
  peers = new Peers(world.authorized),
  authorized: AuthorizedBackend = world.authorized,
): Promise<BackendLists> =>
  await listBackend(
    {
      backend: world.name,
      principal: ANONYMOUS,
      declared: NOTHING_DECLARED,
      known: { about: undefined, isRecent: false, without: [] },
      deadlineAtMs: Date.now() + 60_000,
    },
    peers,
    authorized,
  );

test('a backend that lost our session and says so with a bare 404 is listed again, in a new one', async () => {
  const peers = new Peers(world.authorized);
  await list(peers);
  const lost = world.backend.callsOf('tools/list').at(-1)?.headers['mcp-session-id'];
  world.backend.setIntercept((one, response) => {
    if (one.headers['mcp-session-id'] !== lost) return false;
    response.writeHead(404).end();
    return true;
  });
  expect((await list(peers)).tools).toHaveLength(1);
});

test('a list in the session of an account that its person has left is asked for again, in a new one', async () => {
  const peers = new Peers(world.authorized);
  await list(peers);
  const session = world.backend.callsOf('tools/list').at(-1)?.headers['mcp-session-id'];
  // The method that is called.
  const authorized = {
    send: async (request) =>
      request.session?.id === session
        ? await Promise.reject(new AnotherAccount('one'))
        : await world.authorized.send(request),
  } as Pick<AuthorizedBackend, 'send'> as AuthorizedBackend;
  expect((await list(peers, authorized)).tools).toHaveLength(1);
  expect(world.backend.callsOf('tools/list').at(-1)?.headers['mcp-session-id']).not.toBe(session);
});

test('a list that comes as an event ends with its response: a stream that is kept open is not waited for, and closed', async () => {
  let closed = 0;
  world.backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/list') return false;
    response.on('close', () => (closed += 1));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const result = { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] };
    const event = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
    response.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: {} }));
    response.write(event({ jsonrpc: '2.0', id: 'of another request', result: { tools: [] } }));
    const text = event({ jsonrpc: '2.0', id: one.body['id'], result });
    response.write(text.slice(0, 40), () => setImmediate(() => response.write(text.slice(40))));
    return true;
  });
  const { tools } = await list();
  expect(tools).toHaveLength(1);
  await until(() => closed === 1);
});

test('a stream that ends without the empty line after its last event is read, one without an answer is an error', async () => {
  let says = '';
  world.backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/list') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      says === ''
        ? `data: ${JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: { tools: [] } })}`
        : says,
    );
    return true;
  });
  expect((await list()).tools).toEqual([]);
  says = ': nothing\n\n';
  await expect(list()).rejects.toMatchObject({ code: 'backend_unavailable' });
});

const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  inputSchema: { type: 'object' },
  ...more,
});
/** Answers list requests with these results, page after page, and everything else as usual. */
const paging = (pageOf: (method: string, cursor: unknown) => JsonObject | undefined): void =>
  world.backend.setIntercept((one, response) => {
    const result = pageOf(
      String(one.body['method']),
      (one.body['params'] as JsonObject | undefined)?.['cursor'],
    );
    if (result === undefined) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    return true;
  });
const pagingTools = (pageOf: (cursor: unknown) => JsonObject): void =>
  paging((method, cursor) => (method === 'tools/list' ? pageOf(cursor) : undefined));

test('a malformed tool costs only itself, and is named', async () => {
  pagingTools(() => ({
    tools: [
      tool('a'),
      tool('b\u200bc'),
      tool('\u0000\u202e'),
      { name: 'd' },
      7,
      tool('e', { title: 1 }),
      tool('f'),
    ],
  }));
  const { tools, notes, altered } = await list();
  expect(tools.map(({ name }) => name)).toEqual(['a', 'd', 'e', 'f']);
  expect(notes.map(({ outcome, name, reason }) => [outcome, name, reason])).toEqual([
    ['left_out', 'b\\u200bc', 'its name is not what clients accept'],
    ['left_out', '\\u0000\\u202e', 'its name is not what clients accept'],
    ['repaired', 'd', 'mended inputSchema'],
    ['left_out', undefined, 'it is no object'],
    ['repaired', 'e', 'without title'],
  ]);
  expect(altered).toEqual([
    { kind: 'tools', outcome: 'left_out', entries: 3 },
    { kind: 'tools', outcome: 'repaired', entries: 2 },
  ]);
});

test('every malformed entry is counted, also where not every one of them is named', async () => {
  pagingTools(() => ({ tools: Array.from({ length: 50 }, (_, index) => ({ name: `not\n${index}` })) }));
  const { notes, altered } = await list();
  expect(notes).toHaveLength(20);
  expect(altered).toEqual([{ kind: 'tools', outcome: 'left_out', entries: 50 }]);
});

test.each([
  ['no JSON', 200, 'application/json', 'oops'],
  ['a page of HTML', 200, 'text/html', '<p>'],
  ['a stream without a response', 200, 'text/event-stream', 'data: {}\n\n'],
  ['a response without a result', 200, 'application/json', '{"jsonrpc":"2.0","id":1}'],
  ['an exception', 500, 'text/plain', 'TypeError'],
  ['an error without a code', 200, 'application/json', '{"jsonrpc":"2.0","id":null,"error":"no"}'],
] as const)('a list of prompts that is %s costs no tools', async (_what, status, type, body) => {
  world.backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'prompts/list') return false;
    response.writeHead(status, { 'content-type': type }).end(body);
    return true;
  });
  const { tools, prompts, notes } = await list();
  expect([tools.length, prompts]).toEqual([1, []]);
  expect(notes).toMatchObject([{ kind: 'prompts', outcome: 'left_out' }]);
  expect(notes[0]?.reason).toContain('no response');
});

test('a list that is unavailable for a while is not taken for an empty one, and costs no tools', async () => {
  world.backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'prompts/list') return false;
    response.writeHead(503).end();
    return true;
  });
  const inPart = await list();
  expect(inPart).toMatchObject({ prompts: [], missing: { code: 'backend_unavailable' } });
  expect(inPart.tools).toHaveLength(1);
  world.backend.setIntercept(undefined);
  const whole = await list();
  expect([whole.missing, whole.tools]).toEqual([undefined, inPart.tools]);
  expect(whole.digest).not.toBe(inPart.digest);
});

test.each([401, 403, 307])(
  'a list that a backend refuses to everybody who may list its tools (%s) costs no tools',
  async (status) => {
    world.backend.setIntercept((one, response) => {
      if (one.body['method'] !== 'resources/list') return false;
      response.writeHead(status, status === 307 ? { location: 'https://elsewhere.example/' } : {}).end();
      return true;
    });
    const { tools, resources, missing, notes } = await list();
    expect([tools.length, resources, missing]).toEqual([1, [], undefined]);
    expect(notes).toMatchObject([{ kind: 'resources', outcome: 'left_out' }]);
  },
);

test('a backend cannot list without end: cursors in a circle, ever new ones, very many or very large entries', async () => {
  let asked = 0;
  pagingTools((cursor) => {
    asked += 1;
    return { tools: [tool(`t${asked}`)], nextCursor: cursor === 'a' ? 'b' : 'a' };
  });
  expect((await list()).tools).toHaveLength(3);
  asked = 0;
  pagingTools(() => {
    asked += 1;
    return { tools: [tool(`t${asked}`)], nextCursor: `c${asked}` };
  });
  expect((await list()).tools).toHaveLength(100);
  pagingTools(() => ({ tools: [], nextCursor: 'c'.repeat(100_000) }));
  expect((await list()).tools).toEqual([]);
  pagingTools(() => ({ tools: Array.from({ length: 5_000 }, (_, index) => tool(`t${index}`)) }));
  const many = await list();
  expect(many.tools).toHaveLength(2_000);
  expect(many.notes).toMatchObject([{ outcome: 'cut_short' }]);
  const pageAt = (cursor: unknown): string => (typeof cursor === 'string' ? cursor : 's');
  const large = (length: number) => ({ description: 'x'.repeat(60_000), vendor: 'x'.repeat(length) });
  pagingTools((cursor) => ({
    tools: Array.from({ length: 20 }, (_, index) => tool(`${pageAt(cursor)}${index}`, large(100_000))),
    nextCursor: `${pageAt(cursor)}n`,
  }));
  expect(JSON.stringify((await list()).tools).length).toBeLessThan(4_300_000);
  pagingTools(() => ({ tools: [tool('small'), tool('large', large(300_000))] }));
  const { tools, notes } = await list();
  expect([tools.length, notes]).toMatchObject([1, [{ name: 'large', reason: 'it is too large' }]]);
});

describe('a list that ends early says so', () => {
  const page = (at: number, more: JsonObject = {}): JsonObject => ({
    tools: Array.from({ length: 10 }, (_, index) => tool(`t${at}_${index}`)),
    ...more,
  });
  const endings = async (): Promise<readonly unknown[]> => {
    const { tools, notes } = await list();
    return [tools.length, notes.map(({ kind, outcome, reason }) => `${kind} ${outcome}: ${reason}`)];
  };

  test('after as many pages as anybody reads', async () => {
    pagingTools((cursor) => page(Number(cursor ?? 0), { nextCursor: String(Number(cursor ?? 0) + 1) }));
    expect(await endings()).toEqual([1_000, ['tools cut_short: it is longer than anybody reads']]);
  });

  test.each([
    [{ nextCursor: 'c' }, 'the cursor of its next page leads round in a circle'],
    [{ nextCursor: 7 }, 'the cursor of its next page cannot be used'],
    [{ nextCursor: 'c'.repeat(100_000) }, 'the cursor of its next page cannot be used'],
  ])('with a cursor that leads nowhere: %#', async (more, reason) => {
    pagingTools((cursor) => (cursor === undefined ? page(0, { nextCursor: 'c' }) : page(1, more)));
    expect(await endings()).toEqual([20, [`tools cut_short: ${reason}`]]);
  });

  test.each([{ nextCursor: null }, { nextCursor: '' }])('but not where it is over: %p', async (more) => {
    pagingTools(() => page(0, more));
    expect(await endings()).toEqual([10, []]);
  });

  test.each([{}, { tools: null }, { tools: { echo: {} } }])('or is none: %p', async (result) => {
    pagingTools(() => result);
    expect(await endings()).toEqual([0, ['tools left_out: it is no list']]);
  });

  const refusing = (kind: 'tools' | 'prompts', code: number): void =>
    world.backend.setIntercept((one, response) => {
      if (one.body['method'] !== `${kind}/list`) return false;
      const isFirst = (one.body['params'] as JsonObject)['cursor'] === undefined;
      const result = { ...page(0), prompts: [{ name: 'p' }], nextCursor: 'c' };
      const outcome = isFirst ? { result } : { error: { code, message: 'no more' } };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], ...outcome }));
      return true;
    });

  test('because a later page is refused: what was read is kept', async () => {
    refusing('tools', -32_601);
    expect(await endings()).toEqual([10, ['tools cut_short: tools/list was refused with -32601']]);
    for (const code of [-32_601, -32_602]) {
      refusing('prompts', code);
      expect((await list()).prompts).toHaveLength(1);
      expect(await endings()).toEqual([1, [`prompts cut_short: prompts/list was refused with ${code}`]]);
    }
  });
});

test('other lists are judged alike', async () => {
  paging((method) => {
    if (method === 'prompts/list')
      return { prompts: [{ name: 'p', arguments: null }, { name: 'p\u0007' }, {}] };
    if (method === 'resources/list')
      return { resources: [{ uri: 'a:b' }, { uri: 'a\u0000' }, { name: 'n' }] };
    if (method === 'resources/templates/list') return { resourceTemplates: 'none' };
    return undefined;
  });
  const { prompts, resources, resourceTemplates, notes } = await list();
  expect([prompts, resources, resourceTemplates]).toEqual([
    [{ name: 'p' }],
    [{ uri: 'a:b', name: 'a:b' }],
    [],
  ]);
  expect(notes.map(({ kind }) => kind)).toEqual([
    'prompts',
    'prompts',
    'resources',
    'resources',
    'resourceTemplates',
  ]);
});

test('a session id that no header should carry is not taken up', async () => {
  world.backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'initialize') return false;
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      serverInfo: { name: 'n', version: '1' },
    };
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'x'.repeat(8_000) });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    return true;
  });
  await expect(list()).rejects.toMatchObject({ code: 'backend_unavailable' });
});
