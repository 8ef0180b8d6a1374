import { once } from 'node:events';
import { connect } from 'node:net';
import { printFigure } from '@gatehouse/testing/figures';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn, type SignedIn } from '../support/callers.js';

let world: World;
let person: SignedIn;
beforeAll(async () => {
  world = await startWorld();
  person = await signedIn(world, 'alice');
});
afterAll(() => world.close());

/** Sends it and is gone, with a reset or politely. */
async function sendAndGo(port: number, text: string, how: 'reset' | 'end'): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  if (how === 'reset') socket.resetAndDestroy();
  else socket.destroy();
}

const post = (path: string, type: string, body: string, announced = Buffer.byteLength(body)): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    `authorization: Bearer ${person.accessToken}`,
    `content-type: ${type}`,
    'accept: application/json, text/event-stream',
    'mcp-protocol-version: 2026-07-28',
    'mcp-method: tools/call',
    'mcp-name: repos_whoami',
    `content-length: ${announced}`,
    '',
    body,
  ].join('\r\n');

const CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'repos_whoami',
    arguments: {},
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'gone', version: '1' },
    },
  },
});
const FORM = 'application/x-www-form-urlencoded';

const complaints = (): readonly string[] =>
  world
    .logs()
    .split('\n')
    .filter((line) => /"level":"(warn|error|fatal)"/.test(line));

test('clients that go away in the middle are no error of anybody: nothing is logged as one, and others are served', async () => {
  const [proxy = 0] = world.portsOf('vmcp-proxy');
  const [authorizationServer = 0] = world.portsOf('authorization-server');
  const authorize = new URL(person.client.authorizationRequest().url);
  const refresh = `grant_type=refresh_token&client_id=${person.client.clientId}&refresh_token=unknown`;
  await world.demonstration.setFault({
    part: 'repos',
    endpoint: 'mcp',
    mode: 'delay',
    delayMs: 1_500,
    times: 4,
  });
  const requests: [number, string][] = [
    [proxy, post('/mcp', 'application/json', CALL, 10_000)],
    [proxy, post('/mcp', 'application/json', CALL)],
    [authorizationServer, post('/oauth/token', FORM, refresh, 10_000)],
    [authorizationServer, post('/oauth/token', FORM, refresh)],
    [authorizationServer, `GET ${authorize.pathname}${authorize.search} HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    [authorizationServer, 'GET /connections HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ];
  const before = complaints();
  for (const how of ['reset', 'end'] as const)
    await Promise.all(requests.map(([port, text]) => sendAndGo(port, text, how)));
  await until(async () => (await whoAmI(world.mcpUrl, person.accessToken, 'repos')).who !== undefined);
  await person.client.refresh('unknown');
  // By now the requests that they left behind have been worked on.
  await Promise.all(
    [...world.replicas['vmcp-proxy'], ...world.replicas['authorization-server']].map((one) => one.stop()),
  );
  const said = complaints().slice(before.length);
  // The last request is refused and its client stays to read that. On a busy machine jobs may be late, and so may what a service says at start.
  const aboutClients = said.filter(
    (line) => !/protocol-request-refused|job-failing|configuration-warning/.test(line),
  );
  printFigure(
    `clients gone in the middle: ${2 * requests.length}, logged as failures: ${aboutClients.length}`,
  );
  expect(aboutClients).toEqual([]);
});
