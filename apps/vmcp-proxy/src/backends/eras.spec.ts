import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import type { ServerResponse } from 'node:http';
import { startBackend, type BackendBehaviour, type Received } from '../backend.fixture.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import type { JsonObject } from '../mcp/message.js';
import type { Era } from './known-eras.js';
import { startOneBackend } from './one-backend.fixture.js';
import type { Peer } from './peer.js';
import { Peers } from './peers.client.js';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const MINUTE_MS = 60_000;
const CAN_ANSWER = { elicitation: {} };

async function startWorld(kind: BackendBehaviour['kind'], probeWithinMs?: number) {
  const world = await startOneBackend(kind);
  open.push(() => world.close());
  const clock = { nowMs: 0 };
  const peers = new Peers(world.authorized, () => clock.nowMs, probeWithinMs);
  /** As a client of that era with a session of that name; the gateway's own where it is ''. */
  const of = (era: Era, owner = era === 'modern' ? '' : 'a session', capabilities: JsonObject = {}) =>
    peers.of({
      backend: world.name,
      principal: ANONYMOUS,
      era,
      owner,
      capabilities,
      deadlineAtMs: Date.now() + MINUTE_MS,
    });
  const asked = () => world.backend.received.map(({ body }) => body['method']);
  return { ...world, peers, of, asked, clock };
}

/** What is said at once, without a request to the backend. */
function atOnce(peer: Peer | Promise<Peer>): Peer {
  if (peer instanceof Promise) throw new Error('something had to be asked');
  return peer;
}

/** Answers requests of that method like this, and everything else as usual. */
const on =
  (
    method: string,
    answer: (response: ServerResponse, one: Received) => void,
  ): NonNullable<BackendBehaviour['intercept']> =>
  (one, response) => {
    if (one.body['method'] !== method) return false;
    answer(response, one);
    return true;
  };

describe('a backend that speaks both eras', () => {
  test('is spoken to in the era of the client, and known after one request for each', async () => {
    const { of, asked } = await startWorld('dual');
    expect((await of('modern')).era).toBe('modern');
    expect(await of('legacy')).toMatchObject({ era: 'legacy', version: '2025-11-25' });
    expect(atOnce(of('modern')).era).toBe('modern');
    expect(atOnce(of('legacy')).era).toBe('legacy');
    expect(asked()).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
  });

  test('is not asked for the modern era when a client of an earlier one comes first', async () => {
    const { of, asked } = await startWorld('dual');
    expect((await of('legacy')).era).toBe('legacy');
    expect(asked()).toEqual(['initialize', 'notifications/initialized']);
  });

  test('without sessions cannot ask, so a client that can be asked is spoken for in the modern era', async () => {
    const { of } = await startWorld('dual-stateless');
    await of('modern');
    expect((await of('legacy', 'one', CAN_ANSWER)).era).toBe('modern');
    expect(atOnce(of('legacy', 'one', CAN_ANSWER)).era).toBe('modern');
    expect(atOnce(of('legacy', 'two'))).toEqual({ era: 'legacy', version: '2025-11-25' });
  });

  test('that loses the earlier era keeps its clients', async () => {
    const { of, backend, name, peers } = await startWorld('dual');
    await of('modern');
    const peer = await of('legacy');
    backend.become('modern');
    peers.forget(name, peer);
    expect((await of('legacy')).era).toBe('modern');
    expect(atOnce(of('legacy')).era).toBe('modern');
  });

  test('that loses the modern era keeps its clients', async () => {
    const { of, backend, name, peers } = await startWorld('dual');
    await of('legacy');
    const peer = await of('modern');
    backend.become('sessions');
    peers.forget(name, peer);
    expect((await of('modern')).era).toBe('legacy');
    expect(atOnce(of('modern')).era).toBe('legacy');
  });
});

describe('a backend that speaks one era', () => {
  test.each([
    ['modern', 'legacy', 'initialize'],
    ['sessions', 'modern', 'server/discover'],
    ['stateless', 'modern', 'server/discover'],
  ] as const)(
    '%s: a %s client is spoken for in that one, and %s is asked once',
    async (kind, era, method) => {
      const { of, backend } = await startWorld(kind);
      const expected = kind === 'modern' ? 'modern' : 'legacy';
      expect((await of(era)).era).toBe(expected);
      expect(atOnce(of(era)).era).toBe(expected);
      expect(backend.callsOf(method)).toHaveLength(1);
    },
  );

  test.each([
    ['modern', 'legacy', 'initialize'],
    ['sessions', 'modern', 'server/discover'],
  ] as const)(
    '%s: that gains the %s era is found out by %s, and no call waits',
    async (kind, era, method) => {
      const { of, backend, clock } = await startWorld(kind);
      await of('modern');
      const before = (await of(era)).era;
      backend.become('dual');
      clock.nowMs += 9 * MINUTE_MS;
      expect(atOnce(of(era)).era).toBe(before);
      expect(backend.callsOf(method)).toHaveLength(1);
      clock.nowMs += MINUTE_MS;
      expect(atOnce(of(era)).era).toBe(before);
      // The next one does not ask as well.
      expect(atOnce(of(era)).era).toBe(before);
      await until(() => {
        const peer = of(era);
        return !(peer instanceof Promise) && peer.era === era;
      });
      expect(backend.callsOf(method)).toHaveLength(2);
    },
  );

  test('another one than before, whichever it was, is found out by the call that it refuses', async () => {
    const { of, backend, name, peers } = await startWorld('modern');
    for (const kind of ['sessions', 'modern', 'stateless', 'dual', 'modern', 'sessions'] as const) {
      const peer = await of('legacy');
      backend.become(kind);
      backend.forgetSessions();
      peers.forget(name, peer);
      expect((await of('legacy')).era).toBe(kind === 'modern' ? 'modern' : 'legacy');
    }
  });
});

describe('a backend that does not answer what it may not know', () => {
  test('server/discover: costs one short wait, which the next call has not', async () => {
    const { of, backend, clock } = await startWorld('sessions', 20);
    backend.setIntercept(on('server/discover', () => undefined));
    expect((await of('modern')).era).toBe('legacy');
    expect(atOnce(of('modern')).era).toBe('legacy');
    // Another person needs a session, and does not wait for the other answer.
    expect((await of('modern', 'another')).era).toBe('legacy');
    expect(backend.callsOf('server/discover')).toHaveLength(1);
    backend.setIntercept(undefined);
    backend.become('dual');
    // A busy machine may need more than one look, and none of them makes a call wait.
    await until(() => {
      clock.nowMs += MINUTE_MS;
      return atOnce(of('modern')).era === 'modern';
    });
  });

  test('server/discover, and knows nothing else: it may take its time', async () => {
    const { of, backend } = await startWorld('modern', 20);
    let isFirst = true;
    backend.setIntercept((one) => {
      if (one.body['method'] !== 'server/discover' || !isFirst) return false;
      isFirst = false;
      return true;
    });
    expect((await of('modern')).era).toBe('modern');
    expect(backend.callsOf('server/discover')).toHaveLength(2);
  });

  test('initialize: costs a client of an earlier era one short wait', async () => {
    const { of, backend } = await startWorld('modern', 20);
    await of('modern');
    backend.setIntercept(on('initialize', () => undefined));
    expect((await of('legacy')).era).toBe('modern');
    expect(atOnce(of('legacy')).era).toBe('modern');
    expect(backend.callsOf('initialize')).toHaveLength(1);
  });
});

describe('however a modern backend refuses initialize', () => {
  const rpc = (code: number): string =>
    JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message: 'm' } });
  test.each([
    ['404 and -32601', 404, rpc(-32_601), 1],
    ['400 and -32022', 400, rpc(-32_022), 1],
    ['400 and -32602, for each revision', 400, rpc(-32_602), 4],
    ['404 and a page', 404, '<html>', 1],
    ['405 and nothing', 405, '', 1],
    ['500 and nothing', 500, '', 1],
    ['200 and a page', 200, '<html>', 1],
  ])('%s: its clients are served', async (_how, status, body, times) => {
    const { of, backend } = await startWorld('modern');
    await of('modern');
    backend.setIntercept(
      on('initialize', (response) => {
        response.writeHead(status, {
          'content-type': body.startsWith('{') ? 'application/json' : 'text/html',
        });
        response.end(body);
      }),
    );
    expect((await of('legacy')).era).toBe('modern');
    expect(atOnce(of('legacy')).era).toBe('modern');
    expect(backend.callsOf('initialize')).toHaveLength(times);
  });
});

describe('what says nothing about eras', () => {
  test('no connection: nothing is remembered', async () => {
    const { of, backend, asked } = await startWorld('sessions');
    const port = Number(new URL(backend.url).port);
    await backend.close();
    await expect(of('modern')).rejects.toMatchObject({ code: 'backend_unavailable' });
    await expect(of('legacy')).rejects.toMatchObject({ code: 'backend_unavailable' });
    expect(asked()).toEqual([]);
    const second = await startBackend({ kind: 'dual' }, port);
    open.push(() => second.close());
    expect((await of('modern')).era).toBe('modern');
    expect((await of('legacy')).era).toBe('legacy');
    expect(second.received.map(({ body }) => body['method'])).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
    ]);
  });

  test('an outage at initialize: a backend that had sessions has them', async () => {
    const { of, backend } = await startWorld('dual');
    await of('legacy', 'one');
    backend.setIntercept(on('initialize', (response) => response.writeHead(503).end()));
    await expect(of('legacy', 'two')).rejects.toMatchObject({ code: 'backend_unavailable' });
    backend.setIntercept(undefined);
    expect((await of('legacy', 'two')).era).toBe('legacy');
    expect(backend.callsOf('server/discover')).toHaveLength(0);
  });

  test('an outage at server/discover is asked about again after a minute', async () => {
    const { of, backend, clock } = await startWorld('dual');
    backend.setIntercept(on('server/discover', (response) => response.writeHead(503).end()));
    expect((await of('modern')).era).toBe('legacy');
    backend.setIntercept(undefined);
    expect(atOnce(of('modern')).era).toBe('legacy');
    clock.nowMs += MINUTE_MS;
    expect(atOnce(of('modern')).era).toBe('legacy');
    await until(() => atOnce(of('modern')).era === 'modern');
  });
});

test('those who ask at once for the same session share one search', async () => {
  const { of, asked } = await startWorld('sessions');
  const peers = await Promise.all([of('modern'), of('modern'), of('modern')]);
  expect(new Set(peers).size).toBe(1);
  expect(asked()).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
});

test('a backend that speaks nothing is asked again by everybody, and tells nobody that it speaks something', async () => {
  const { of, backend } = await startWorld('sessions');
  backend.setIntercept((_one, response) => {
    response.writeHead(404).end();
    return true;
  });
  for (const era of ['modern', 'legacy', 'modern'] as const)
    await expect(of(era)).rejects.toMatchObject({ code: 'backend_unavailable', details: { ran: 'no' } });
  backend.setIntercept(undefined);
  expect((await of('modern')).era).toBe('legacy');
});
