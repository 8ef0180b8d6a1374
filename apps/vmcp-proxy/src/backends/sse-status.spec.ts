import { describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECHO, NAME, person, sseWorlds, type SseWorld } from './sse-world.fixture.js';

const ALICE = person('alice');

const start = sseWorlds();

describe('what it says in the meantime is no answer', () => {
  test('not to a call: what follows is', async () => {
    const world = await start();
    const peer = await world.session(ALICE);
    world.server.intercept = (one) => {
      if (one.body['method'] !== 'tools/call') return false;
      one.processing();
      one.accept();
      one.result({ after: 102 });
      return true;
    };
    expect(await world.call(ALICE, peer, ECHO('a'))).toBe('{"after":102}');
  });

  test('not to initialize, of whatever transport', async () => {
    const streamable = createServer((request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      request.resume().on('end', () => {
        const result = {
          protocolVersion: '2025-06-18',
          capabilities: {},
          serverInfo: { name: 'n', version: '1' },
        };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
      });
    });
    await new Promise<void>((resolve) => streamable.listen(0, '127.0.0.1', resolve));
    const { port } = streamable.address() as AddressInfo;
    const world = await start({ transport: 'streamable-http', url: `http://127.0.0.1:${port}/mcp` });
    const sent = await world.client.send(NAME, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }),
      deadlineAtMs: Date.now() + 60_000,
      purpose: 'call',
      person: 'alice',
      isIntroduction: true,
    });
    expect([sent.status, await sent.text()]).toEqual([200, expect.stringContaining('2025-06-18')]);
    streamable.closeAllConnections();
    streamable.close();
  });
});

describe('redirects', () => {
  const slashed: SseWorld['server']['opening'] = (_headers, response, url) => {
    if (url !== '/sse') return false;
    response.writeHead(307, { location: '/sse/' }).end();
    return true;
  };

  test.each(['sse', 'streamable-http'] as const)(
    'of the stream’s URL are followed, and messages go to the endpoint that the stream names (%s)',
    async (transport) => {
      const world = await start({ transport });
      world.server.opening = slashed;
      world.server.endpoint = (stream) => `../messages?session=${stream}`;
      const peer = await world.session(ALICE);
      expect(await world.call(ALICE, peer, ECHO('here'))).toContain('here');
      expect(world.server.posted[0]?.body).toMatchObject({ method: 'initialize' });
    },
  );

  test('of a message are followed from its endpoint, not from the URL of the stream', async () => {
    const world = await start();
    world.server.endpoint = (stream) => `/messages/here/in?session=${stream}`;
    const peer = await world.session(ALICE);
    world.server.intercept = (one) => {
      if (one.body['method'] !== 'tools/call' || one.url.startsWith('/messages/here/there')) return false;
      one.accept(307, '', { location: `there?session=${one.stream}` });
      return true;
    };
    expect(await world.call(ALICE, peer, ECHO('followed'))).toContain('followed');
  });

  test('of initialize at the endpoint are refused by name, and open no stream there', async () => {
    const world = await start();
    world.server.intercept = (one) => {
      one.accept(307, '', { location: '/sse/other' });
      return true;
    };
    await expect(world.session(ALICE)).rejects.toMatchObject({
      code: 'backend_redirects',
      message: /\/sse\/other$/,
    });
    expect(world.server.asked).toHaveLength(1);
    await until(() => world.server.openStreams === 0);
  });
});
