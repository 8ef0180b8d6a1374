import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { GracefulStop } from './graceful-stop.js';

const NEVER_MS = 600_000;

let server: Server;
let stop: GracefulStop;
let agent: Agent;
let port: number;
let handed: ServerResponse[];

beforeEach(async () => {
  handed = [];
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server = createServer((request, response) => {
    if (request.url === '/held') handed.push(response);
    else response.end('ok');
  });
  stop = new GracefulStop(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on TCP.
  ({ port } = server.address() as AddressInfo);
});

afterEach(() => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

const ask = async (path = '/'): Promise<IncomingMessage> => {
  const [response] = (await once(get({ port, host: '127.0.0.1', path, agent }), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  await once(response, 'end');
  return response;
};
const closed = async (withinMs: number, endWhatRuns = (): void => undefined): Promise<void> => {
  const gone = once(server, 'close');
  const done = stop.close(withinMs, endWhatRuns);
  server.close();
  server.closeIdleConnections();
  await gone;
  done();
};

test('a request on a connection that looked idle is answered while the service stops, and told that it was the last', async () => {
  expect((await ask()).headers.connection).toBe('keep-alive');
  stop.announce();
  expect((await ask()).headers.connection).toBe('close');
  await closed(NEVER_MS);
});

test('a request that runs when the stop is announced is answered, and told that it was the last', async () => {
  const held = ask('/held');
  await until(() => handed.length === 1);
  stop.announce();
  handed[0]?.end();
  expect((await held).headers.connection).toBe('close');
});

test('an answer whose head promised to keep the connection does not hold up the stop once it has ended', async () => {
  const held = ask('/held');
  await until(() => handed.length === 1);
  handed[0]?.writeHead(200).flushHeaders();
  stop.announce();
  const gone = closed(NEVER_MS);
  handed[0]?.end('at last');
  expect((await held).headers.connection).toBe('keep-alive');
  await gone;
});

test('a connection on which nothing was ever asked does not hold up the stop, nor does half a request', async () => {
  const silent = connect(port, '127.0.0.1');
  const half = connect(port, '127.0.0.1');
  for (const socket of [silent, half]) socket.on('error', () => undefined);
  half.write('GET / HTTP/1.1\r\nhost: x\r\n');
  await until(() => stop.unfinished.connections === 2);
  stop.announce();
  await closed(NEVER_MS);
  await until(() => stop.unfinished.connections === 0);
  silent.destroy();
  half.destroy();
});

test('what still runs near the end is ended with an answer', async () => {
  const held = ask('/held');
  await until(() => handed.length === 1);
  stop.announce();
  await Promise.all([closed(400, () => handed[0]?.writeHead(503).end()), held]);
  expect((await held).statusCode).toBe(503);
});

test('whoever does not read its answer does not hold up the stop', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /held HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => handed.length === 1);
  stop.announce();
  await closed(400, () => handed[0]?.end(Buffer.alloc(50_000_000)));
  socket.destroy();
});
