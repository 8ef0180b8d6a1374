import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { startOneBackend, type OneBackend } from '../backends/one-backend.fixture.js';
import { Peers } from '../backends/peers.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import type { BackendLists } from './definitions.js';
import { listBackend } from './list-backend.js';

let world: OneBackend;
beforeAll(async () => {
  world = await startOneBackend();
});
afterAll(() => world.close());

const list = async (peers = new Peers(world.authorized)): Promise<BackendLists> =>
  await listBackend(
    { backend: world.name, principal: ANONYMOUS, deadlineAtMs: Date.now() + 2_000 },
    peers,
    world.authorized,
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
    response.write(text.slice(0, 40));
    setTimeout(() => response.write(text.slice(40)), 50);
    return true;
  });
  const { tools } = await list();
  expect(tools).toHaveLength(1);
  await until(() => closed === 1);
}, 4_000);

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
