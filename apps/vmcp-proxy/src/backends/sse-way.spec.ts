import { describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Cancellation } from './cancellation.js';
import { CircuitOpen } from './circuit-open.js';
import { listeningHeaders, peerHeaders } from './peer.js';
import type { Posted } from './sse-server.fixture.js';
import { ECHO, held, NAME, person, sseWorlds } from './sse-world.fixture.js';

const ALICE = person('alice');
const BOB = person('bob');
const LIMITS = { calls: 16, callsPerPerson: 16, streams: 8, streamsPerPerson: 8 };

const start = sseWorlds();
// MCP 2024-11-05, transports.
describe('a backend of HTTP with SSE', () => {
  test('has one stream for each session, which carries the answers of all its calls, in any order', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    expect(peer.version).toBe('2024-11-05');
    const calls = held(world, 'tools/call');
    const answers = Promise.all([1, 2, 3].map(async (n) => await world.call(ALICE, peer, ECHO(String(n)))));
    await until(() => calls.length === 3);
    for (const one of calls.toReversed())
      one.result({ said: (one.body['params'] as { arguments: unknown }).arguments });
    expect(await answers).toEqual([1, 2, 3].map((n) => JSON.stringify({ said: { text: String(n) } })));
    expect(world.server.openStreams).toBe(1);
    world.server.intercept = () => false;
    const other = await world.session(BOB);
    expect(await world.call(BOB, other, ECHO('b'))).toContain('b');
    expect(world.server.openStreams).toBe(2);
    expect(world.server.posted.map(({ headers }) => headers['mcp-session-id'])).not.toContainEqual(
      expect.anything(),
    );
  });

  test('is asked for nothing but its stream where the configuration names the transport', async () => {
    const world = await start();
    const deadlineAtMs = Date.now() + 60_000;
    const peer = await world.peers.of({
      backend: NAME,
      principal: ALICE,
      era: 'modern',
      owner: '',
      deadlineAtMs,
    });
    expect(peer).toMatchObject({ era: 'legacy', version: '2024-11-05' });
    expect(world.server.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  // MCP 2025-11-25, backwards compatibility.
  test.each([400, 404, 405])('is found out by %i to initialize, and remembered', async (status) => {
    const world = await start({ transport: 'streamable-http' });
    world.server.statusOfPost = status;
    const peer = await world.session(ALICE);
    expect(await world.call(ALICE, peer, ECHO('a'))).toContain('a');
    const posts = (): number => world.server.asked.filter(({ method }) => method === 'POST').length;
    const before = posts();
    await world.session(BOB);
    expect(posts()).toBe(before);
  });

  test('whatever else refuses initialize is not asked for a stream again and again', async () => {
    const world = await start({ transport: 'streamable-http' });
    world.server.statusOfPost = 404;
    world.server.opening = (_headers, response) => {
      response.writeHead(404).end();
      return true;
    };
    await expect(world.session(ALICE)).rejects.toMatchObject({ code: 'backend_unavailable' });
    await expect(world.session(BOB)).rejects.toMatchObject({ code: 'backend_unavailable' });
    expect(world.server.asked.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  test.each([
    ['a path', () => '/messages?session=1'],
    ['a relative path', () => 'messages?session=1'],
    ['a query', (origin: string) => `${origin}/messages?session=1`],
  ])('names its endpoint by %s', async (_how, endpoint) => {
    const world = await start();
    world.server.endpoint = () => endpoint(world.server.origin);
    const peer = await world.session(ALICE);
    expect(await world.call(ALICE, peer, ECHO('here'))).toContain('here');
  });

  test('a message that overtakes the response to its own POST is delivered', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    let post: Posted | undefined;
    world.server.intercept = (one) => {
      if (one.body['method'] !== 'tools/call') return false;
      post = one;
      one.result({ early: true });
      return true;
    };
    expect(await world.call(ALICE, peer, ECHO('a'))).toBe('{"early":true}');
    post?.accept();
  });

  test('a stream that breaks ends calls that run with an error that says they may have run; the next has a new one', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const calls = held(world, 'tools/call');
    const running = world.call(ALICE, peer, ECHO('a'));
    await until(() => calls.length === 1);
    world.server.breakStreams();
    await expect(running).rejects.toMatchObject({
      code: 'backend_unavailable',
      details: { ran: 'maybe' },
    });
    world.server.intercept = () => false;
    expect(world.peers.keeps(peer)).toBe(false);
    const next = await world.session(ALICE);
    expect(await world.call(ALICE, next, ECHO('again'))).toContain('again');
  });

  test('a session that the server lost is begun anew', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    world.server.intercept = (one) => {
      if (one.body['method'] !== 'tools/call') return false;
      one.accept(404, 'no such session');
      return true;
    };
    const other = world.call(ALICE, peer, ECHO('waits')).catch((error: unknown) => error);
    const lost = await world.send(ALICE, peer, { id: 9, method: 'tools/call', params: ECHO('a') });
    expect([lost.status, await lost.text()]).toEqual([404, 'no such session']);
    expect(await other).toMatchObject({ code: 'backend_unavailable' });
    expect(world.peers.keeps(peer)).toBe(false);
    await until(() => world.server.openStreams === 0);
  });

  test('what it asks in a call goes to that call, and what it asks otherwise is answered', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const calls = held(world, 'tools/call');
    const response = await world.send(ALICE, peer, { id: 1, method: 'tools/call', params: ECHO('a') });
    const [call] = calls;
    call?.say({ jsonrpc: '2.0', id: 'ping-1', method: 'ping' });
    call?.say({ jsonrpc: '2.0', id: 'ask-1', method: 'elicitation/create', params: { message: 'Sure?' } });
    call?.result({ done: true });
    const text = await response.text();
    expect(text).toContain('"ask-1"');
    expect(text).not.toContain('ping-1');
    call?.say({ jsonrpc: '2.0', id: 'ask-2', method: 'roots/list' });
    const answered = (id: string) => world.server.posted.find(({ body }) => body['id'] === id)?.body;
    await until(() => answered('ping-1') !== undefined && answered('ask-2') !== undefined);
    expect(answered('ping-1')).toMatchObject({ result: {} });
    expect(answered('ask-2')).toMatchObject({ error: { code: -32_601 } });
  });

  test('progress goes to the call that asked for it', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const calls = held(world, 'tools/call');
    const [one, two] = await Promise.all(
      [1, 2].map(
        async (id) =>
          await world.send(ALICE, peer, {
            id,
            method: 'tools/call',
            params: { ...ECHO('a'), _meta: { progressToken: `of-${id}` } },
          }),
      ),
    );
    const params = { progressToken: 'of-1', progress: 1 };
    calls[0]?.say({ jsonrpc: '2.0', method: 'notifications/progress', params });
    for (const call of calls) call.result({});
    expect(await one?.text()).toContain('of-1');
    expect(await two?.text()).not.toContain('of-1');
  });

  test('tells who listens of changes, and whoever listens hears the end of the stream', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const response = await world.authorized.send({
      backend: NAME,
      principal: ALICE,
      method: 'GET',
      headers: listeningHeaders(peer),
      body: null,
      purpose: 'feed',
      deadlineAtMs: Date.now() + 60_000,
    });
    let heard = '';
    const ended = new Promise<GatehouseError>((resolve) => {
      response.pipe({
        data: (chunk) => {
          heard += chunk.toString();
          return true;
        },
        end: () => undefined,
        fail: resolve,
      });
    });
    world.server.write(
      1,
      'event: message\ndata: {"jsonrpc":"2.0",\ndata: "method":"notifications/tools/list_changed"}\n\n',
    );
    await until(() => heard.includes('list_changed'));
    world.server.breakStreams();
    expect(await ended).toMatchObject({ code: 'backend_unavailable' });
  });

  test('a call that is cancelled is not answered any more, and its session goes on', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const calls = held(world, 'tools/call');
    const cancellation = new Cancellation();
    const response = await world.authorized.send({
      backend: NAME,
      principal: ALICE,
      headers: peerHeaders(peer, 'tools/call', 'echo'),
      body: JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'tools/call', params: ECHO('a') }),
      deadlineAtMs: Date.now() + 60_000,
      cancellation,
    });
    const reason = new GatehouseError('deadline_exceeded', 'cancelled');
    cancellation.cancel(reason);
    await expect(response.text()).rejects.toBe(reason);
    calls[0]?.result({ late: true });
    world.server.intercept = () => false;
    expect(await world.call(ALICE, peer, ECHO('on'))).toContain('on');
  });

  test('a session that is given up is left when its calls are over', async () => {
    const world = await start();
    const peer = await world.session(ALICE, 'client');
    expect(await world.call(ALICE, peer, ECHO('a'))).toContain('a');
    world.peers.end('client');
    await until(() => world.server.openStreams === 0);
  });

  test('over its limit of streams, an idle session gives its place, and one that works does not', async () => {
    const world = await start({ limits: { ...LIMITS, streamsPerPerson: 1 } });
    const first = await world.session(ALICE, 'first');
    const second = await world.session(ALICE, 'second');
    expect(world.peers.keeps(first)).toBe(false);
    const calls = held(world, 'tools/call');
    const running = world.call(ALICE, second, ECHO('a'));
    await until(() => calls.length === 1);
    await expect(world.session(ALICE, 'third')).rejects.toMatchObject({ code: 'busy' });
    const bobs = await world.session(BOB);
    expect(bobs.session).toBeDefined();
    calls[0]?.result({});
    await running;
  });

  test('an id that is in use is refused: two calls cannot be told apart on one stream', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const calls = held(world, 'tools/call');
    await world.send(ALICE, peer, { id: 1, method: 'tools/call', params: ECHO('a') });
    const again = await world.send(ALICE, peer, { id: 1, method: 'tools/call', params: ECHO('b') });
    expect(again.status).toBe(400);
    expect(calls).toHaveLength(1);
  });
});

test('a backend that cannot be reached is that, and nothing may have run', async () => {
  const world = await start({ url: 'http://127.0.0.1:1/sse' });
  const failure = await world.session(ALICE).catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(CircuitOpen);
  expect(failure).toMatchObject({ code: 'backend_unavailable', details: { ran: 'no' } });
});
