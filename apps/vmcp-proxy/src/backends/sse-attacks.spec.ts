import { describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANONYMOUS, personKey } from '../incoming-auth/principal.js';
import { peerHeaders } from './peer.js';
import { ECHO, held, NAME, person, sseWorlds, tokenOf } from './sse-world.fixture.js';

const ALICE = person('alice');
const BOB = person('bob');

const start = sseWorlds();

describe('credentials of a session that is a stream', () => {
  test('each POST carries the one of now, on the stream that was opened with an older one', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const [old] = world.server.asked;
    expect(old?.headers.authorization).toBe('Bearer token-1-of-alice');
    world.renew();
    world.server.intercept = ({ headers, accept }) => {
      if (headers.authorization === `Bearer ${tokenOf(ALICE)}`) return false;
      accept(401, 'no');
      return true;
    };
    expect(await world.call(ALICE, peer, ECHO('a'))).toContain('a');
    expect(world.server.asked).toHaveLength(1);
  });

  test('a 401 to the stream itself asks for another one', async () => {
    const world = await start();
    world.renew();
    let refused = 0;
    world.server.opening = ({ authorization }, response) => {
      if (authorization === 'Bearer token-3-of-alice') return false;
      refused += 1;
      world.renew();
      response.writeHead(401).end();
      return true;
    };
    const peer = await world.session(ALICE);
    expect(await world.call(ALICE, peer, ECHO('a'))).toContain('a');
    expect(refused).toBe(1);
  });
});

describe('attacks', () => {
  test('an endpoint on another origin gets no request, and no credential', async () => {
    let asked = 0;
    const elsewhere = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    for (const endpoint of [
      `http://127.0.0.1:${port}/messages`,
      `//127.0.0.1:${port}/messages`,
      `\\\\127.0.0.1:${port}\\messages`,
      `http://localhost:${port}/messages`,
      'file:///etc/passwd',
      'http://[',
    ]) {
      const world = await start();
      world.server.endpoint = () => endpoint;
      const failure = await world.session(ALICE).catch((error: unknown) => GatehouseError.from(error));
      expect(failure).toMatchObject({ code: 'backend_unavailable', message: /endpoint event/ });
      expect(world.server.posted).toEqual([]);
      await until(() => world.server.openStreams === 0);
    }
    expect(asked).toBe(0);
    elsewhere.close();
  });

  test('a second endpoint event does not lead the messages elsewhere', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    world.server.write(1, 'event: endpoint\ndata: /messages?session=77\n\n');
    expect(await world.call(ALICE, peer, ECHO('a'))).toContain('a');
    expect(world.server.posted.every(({ stream }) => stream === 1)).toBe(true);
  });

  test('the session of another person is not found, whoever knows its id', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    for (const thief of [BOB, ANONYMOUS]) {
      const sent = await world.client.send(NAME, {
        method: 'POST',
        headers: peerHeaders(peer, 'tools/call', 'echo'),
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: ECHO('a') }),
        deadlineAtMs: Date.now() + 60_000,
        purpose: 'call',
        person: thief === BOB ? personKey(BOB) : undefined,
      });
      expect(sent.status).toBe(404);
    }
    expect(world.server.posted.some(({ body }) => body['method'] === 'tools/call')).toBe(false);
  });

  test('a stream without an end of its first event, and a message without an end, are given up', async () => {
    const world = await start();
    world.server.endpoint = () => '/'.padEnd(9_000, 'x');
    await expect(world.session(ALICE)).rejects.toMatchObject({ code: 'backend_unavailable' });
    world.server.endpoint = (stream) => `/messages?session=${stream}`;
    const peer = await world.session(ALICE);
    const calls = held(world, 'tools/call');
    const running = world.call(ALICE, peer, ECHO('a'));
    await until(() => calls.length === 1);
    const failed = running.catch((error: unknown) => GatehouseError.from(error));
    for (let sent = 0; sent < 34; sent += 1) world.server.write(2, `data: ${'x'.repeat(1_048_576)}\n`);
    expect(await failed).toMatchObject({ code: 'backend_unavailable', details: { ran: 'maybe' } });
  });

  test('a flood of questions is answered a few times only', async () => {
    const world = await start();
    await world.session(ALICE);
    for (let asked = 0; asked < 300; asked += 1)
      world.server.write(1, `data: {"jsonrpc":"2.0","id":"q-${asked}","method":"ping"}\n\n`);
    const call = await world.call(ALICE, await world.session(ALICE), ECHO('after'));
    expect(call).toContain('after');
    await world.peers.told();
    const replies = world.server.posted.filter(({ body }) => String(body['id']).startsWith('q-'));
    expect(replies.length).toBeLessThanOrEqual(60);
  });
});

describe('attacks that shall end more than their own request', () => {
  test.each([
    ['is not Unicode', '\ud800'],
    ['is too long', 'x'.repeat(17 * 1_024)],
  ])('a progress token that %s is none, and its call runs', async (_how, progressToken) => {
    const world = await start();
    const peer = await world.session(ALICE);
    const params = { ...ECHO('a'), _meta: { progressToken } };
    expect(await world.call(ALICE, peer, params)).toContain('a');
    expect(world.client.running(NAME).calls).toBe(0);
  });

  test('a body that nobody can read fails at once, and gives its place back', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    const failure = await world
      .send(ALICE, peer, { id: '\ud800', method: 'tools/call', params: ECHO('a') })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'request_invalid' });
    expect(world.client.running(NAME).calls).toBe(0);
    expect(await world.call(ALICE, peer, ECHO('on'))).toContain('on');
  });

  test('a ping of the backend whose id is not Unicode leaves nothing behind', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    for (const id of ['"\\ud800"', '"sound"'])
      world.server.write(1, `data: {"jsonrpc":"2.0","id":${id},"method":"ping"}\n\n`);
    await until(() => world.server.posted.some(({ body }) => body['id'] === 'sound'));
    await world.peers.told();
    expect(world.client.running(NAME).calls).toBe(0);
    expect(await world.call(ALICE, peer, ECHO('on'))).toContain('on');
  });

  test('one person’s messages without an end do not take the room of the others', async () => {
    const world = await start();
    const bobs = await world.session(BOB);
    const calls = held(world, 'tools/call');
    const running = await world.send(BOB, bobs, { id: 'b', method: 'tools/call', params: ECHO('b') });
    for (const owner of ['1', '2', '3', '4']) await world.session(ALICE, owner);
    expect(world.server.openStreams).toBe(5);
    const piece = `data: ${'x'.repeat(1_048_570)}\n`;
    for (let sent = 0; sent < 31; sent += 1)
      for (const stream of [2, 3, 4, 5]) world.server.write(stream, piece);
    await until(() => world.server.openStreams <= 2);
    const text = 'y'.repeat(6_291_456);
    calls[0]?.result({ text });
    expect(await running.text(8_388_608)).toContain(text);
  });
});
