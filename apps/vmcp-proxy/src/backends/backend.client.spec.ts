import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Secret } from '@gatehouse/kernel/secret';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { BackendClient, type OutboundRequest } from './backend.client.js';
import { BackendHealth } from './backend-health.js';
import { Cancellation } from './cancellation.js';
import { CircuitOpen } from './circuit-open.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';

const THRESHOLD = PLAIN_BACKEND.failureHandling.circuitBreaker.failureThreshold;
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

let server: Server;
/** What happens on a connection, in the order in which they come; the last is for all that follow. */
let onConnection: ((socket: Socket) => void)[];
let accepted: number;
let received: string[];
let clock: { nowMs: number };
let health: BackendHealth;
let client: BackendClient;
let port: number;

beforeEach(async () => {
  accepted = 0;
  received = [];
  onConnection = [];
  server = createServer((socket) => {
    const behave = onConnection[Math.min(accepted, onConnection.length - 1)];
    accepted += 1;
    socket.on('error', () => undefined).on('data', (data) => received.push(data.toString()));
    behave?.(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  clock = { nowMs: 1_000 };
  start(`http://127.0.0.1:${port}/mcp`);
});
afterEach(async () => {
  await client.close();
  server.close();
});

function start(url: string, caBundle?: Secret): void {
  const backend = { ...PLAIN_BACKEND, name: 'one', url, ...(caBundle === undefined ? {} : { caBundle }) };
  health = new BackendHealth('one', backend.failureHandling, () => clock.nowMs);
  client = new BackendClient([backend], new Map([['one', health]]), () => clock.nowMs);
}

/** How one request of the person ended. */
async function sent(person: string, more: Partial<OutboundRequest> = {}): Promise<unknown> {
  clock.nowMs += 1;
  try {
    const response = await client.send('one', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0"}',
      deadlineAtMs: Date.now() + 60_000,
      purpose: 'call',
      person,
      ...more,
    });
    await response.discard();
    return response.status;
  } catch (error) {
    return error;
  }
}

const answers =
  (text: string) =>
  (socket: Socket): void =>
    void socket.on('data', () => socket.write(text));
const status =
  (code: number) =>
  (socket: Socket): void =>
    answers(`HTTP/1.1 ${code} X\r\ncontent-length: 0\r\n\r\n`)(socket);

describe('sent twice', () => {
  const certificate = selfSignedCertificate('localhost');
  const url = (): string => `https://localhost:${port}/mcp`;
  const hangUp = (socket: Socket): void => void socket.destroy();

  test('is what no connection could be made for, and the second may work', async () => {
    const secure = createSecureServer(certificate, (_request, response) => response.end('{}'));
    onConnection = [hangUp, (socket) => void secure.emit('connection', socket)];
    start(url(), new Secret(certificate.cert));
    expect([await sent('a'), accepted]).toEqual([200, 2]);
    expect(health.report()).not.toHaveProperty('lastFailure');
  });

  test('once: then it is told that nothing ran, and it counts once', async () => {
    onConnection = [hangUp];
    start(url(), new Secret(certificate.cert));
    for (let time = 1; time < THRESHOLD; time += 1)
      expect(GatehouseError.from(await sent('a'))).toMatchObject({
        code: 'backend_unavailable',
        details: { backend: 'one', ran: 'no' },
      });
    expect(accepted).toBe(2 * (THRESHOLD - 1));
    expect(health.report()).toMatchObject({
      circuit: { state: 'closed' },
      lastFailure: { code: 'unreachable' },
    });
  });

  test('is nothing whose caller is gone, and nothing that took a second to fail', async () => {
    const cancellation = new Cancellation();
    const late = new GatehouseError('deadline_exceeded', 'the client cancelled the call');
    onConnection = [
      (socket) => {
        cancellation.cancel(late);
        socket.destroy();
      },
      (socket) => {
        clock.nowMs += 1_000;
        socket.destroy();
      },
    ];
    start(url(), new Secret(certificate.cert));
    expect(await sent('a', { cancellation })).toBe(late);
    await sent('a');
    expect(accepted).toBe(2);
  });

  test('is nothing that a backend has got: a connection that breaks off is told as it is', async () => {
    onConnection = [(socket) => void socket.on('data', () => socket.destroy())];
    const error = await sent('a');
    expect(GatehouseError.from(error).details['ran']).toBe('maybe');
    expect([accepted, received.length]).toEqual([1, 1]);
  });

  test.each([502, 503, 504])('is nothing that was answered, not even with %d', async (code) => {
    onConnection = [status(code)];
    expect(await sent('a')).toBe(code);
    expect(received).toHaveLength(1);
  });

  test('is nothing whose time is over', async () => {
    onConnection = [() => undefined];
    const error = await sent('a', { deadlineAtMs: Date.now() + 50 });
    expect(GatehouseError.from(error).code).toBe('deadline_exceeded');
    expect(accepted).toBeLessThan(2);
  });
});

describe('one user cannot take a backend away from the others', () => {
  test.each([
    ['calls that make it break off', (socket: Socket) => void socket.on('data', () => socket.destroy())],
    ['calls that make what stands before it give up', status(504)],
    ['credentials that it refuses', status(401)],
    ['too many calls', status(429)],
  ])('with %s', async (_what, behave) => {
    onConnection = [behave];
    for (let time = 0; time < 4 * THRESHOLD; time += 1) await sent('hostile');
    expect(health.report().circuit.state).toBe('closed');
    expect(await sent('honest')).not.toBeInstanceOf(CircuitOpen);
  });

  test('with slow calls', async () => {
    onConnection = [() => undefined];
    const hostile = Array.from({ length: 2 * THRESHOLD }, () =>
      sent('hostile', { deadlineAtMs: Date.now() + 50 }),
    );
    await Promise.all(hostile);
    expect(health.report().circuit.state).toBe('closed');
  });

  test('with calls that they cancel', async () => {
    onConnection = [() => undefined];
    for (const person of ['hostile', 'another'])
      for (let time = 0; time < 2 * THRESHOLD; time += 1) {
        const cancellation = new Cancellation();
        const call = sent(person, { cancellation });
        cancellation.cancel(new GatehouseError('deadline_exceeded', 'the client cancelled the call'));
        await call;
      }
    expect(health.report().circuit.state).toBe('closed');
  });

  test('with headers that our own HTTP client does not send', async () => {
    onConnection = [answers(ANSWER)];
    for (const person of ['hostile', 'another'])
      for (let time = 0; time < 2 * THRESHOLD; time += 1)
        await sent(person, { headers: { 'x-bad': 'a\nb' } });
    expect(health.report().circuit.state).toBe('closed');
    expect(await sent('honest')).toBe(200);
  });
});

describe('the circuit', () => {
  test('opens at gateway errors of several persons; then nothing is sent, and it says when to come again', async () => {
    onConnection = [status(502)];
    for (const person of ['a', 'b', 'a', 'b', 'c']) await sent(person);
    const before = received.length;
    const error = await sent('d');
    expect(error).toBeInstanceOf(CircuitOpen);
    expect(GatehouseError.from(error).details).toEqual({ backend: 'one', ran: 'no', retryAfterSeconds: '5' });
    expect(received).toHaveLength(before);
  });

  test('of a dead backend opens at connections, and closes with the first call that works', async () => {
    const { port: dead } = server.address() as AddressInfo;
    server.close();
    for (let time = 0; time < THRESHOLD; time += 1) await sent('a');
    expect(await sent('b')).toBeInstanceOf(CircuitOpen);
    server.listen(dead, '127.0.0.1');
    await once(server, 'listening');
    onConnection = [answers(ANSWER)];
    expect(await sent('b')).toBeInstanceOf(CircuitOpen);
    clock.nowMs += 5_000;
    expect(await sent('b')).toBe(200);
    expect(health.report().circuit.state).toBe('closed');
  });

  test('is not closed to a probe', async () => {
    onConnection = [status(502)];
    for (const person of ['a', 'b', 'a', 'b', 'c']) await sent(person);
    expect(await sent('', { purpose: 'probe' })).toBe(502);
  });
});

test('a backend that accepts connections and says nothing is seen by its running calls', async () => {
  onConnection = [() => undefined];
  const cancellation = new Cancellation();
  const call = sent('a', { cancellation });
  expect(client.running('one')).toEqual({ calls: 1, streams: 0 });
  cancellation.cancel(new GatehouseError('unavailable'));
  await call;
  expect(client.running('one')).toEqual({ calls: 0, streams: 0 });
});

test('attack: whatever is thrown while a request is handed over fails that request alone, and gives its place back', async () => {
  const headers = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new TypeError('not to be had');
    },
  });
  expect(await sent('alice', { headers, deadlineAtMs: Date.now() + 50 })).toMatchObject({
    code: 'internal',
    message: 'not to be had',
  });
  expect(client.running('one')).toEqual({ calls: 0, streams: 0 });
});
