import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { BackendClient } from '../backends/backend-client.js';
import { Peers } from '../backends/peers.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { AuthorizedBackend } from '../outgoing-auth/authorized-backend.js';
import { Credentials } from '../outgoing-auth/credentials.js';
import { unauthenticated } from '../outgoing-auth/unauthenticated.js';
import { listBackend } from './list-backend.js';

let backend: TestBackend;
let client: BackendClient;
beforeAll(async () => {
  backend = await startBackend({ kind: 'sessions' });
  client = new BackendClient([
    {
      name: 'one',
      url: backend.url,
      transport: 'streamable-http',
      timeoutMs: 1_000,
      strategy: { type: 'unauthenticated' },
      allowPrivateIps: true,
      insecureAllowHttp: true,
    },
  ]);
});
afterAll(async () => {
  await client.close();
  await backend.close();
});

test('a backend that lost our session and says so with a bare 404 is listed again, in a new one', async () => {
  const authorized = new AuthorizedBackend(client, new Credentials(new Map([['one', unauthenticated]])));
  const peers = new Peers(authorized);
  const list = async () =>
    await listBackend(
      { backend: 'one', principal: ANONYMOUS, deadlineAtMs: Date.now() + 2_000 },
      peers,
      authorized,
    );
  await list();
  const lost = backend.callsOf('tools/list').at(-1)?.headers['mcp-session-id'];
  backend.setIntercept((one, response) => {
    if (one.headers['mcp-session-id'] !== lost) return false;
    response.writeHead(404).end();
    return true;
  });
  expect((await list()).tools).toHaveLength(1);
});

test('a list that comes as an event ends with its response: a stream that is kept open is not waited for, and closed', async () => {
  const authorized = new AuthorizedBackend(client, new Credentials(new Map([['one', unauthenticated]])));
  let closed = 0;
  backend.setIntercept((one, response) => {
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
  const { tools } = await listBackend(
    { backend: 'one', principal: ANONYMOUS, deadlineAtMs: Date.now() + 5_000 },
    new Peers(authorized),
    authorized,
  );
  expect(tools).toHaveLength(1);
  await until(() => closed === 1);
}, 4_000);

test('a stream that ends without the empty line after its last event is read, one without an answer is an error', async () => {
  const authorized = new AuthorizedBackend(client, new Credentials(new Map([['one', unauthenticated]])));
  let says = '';
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/list') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      says === ''
        ? `data: ${JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: { tools: [] } })}`
        : says,
    );
    return true;
  });
  const list = async () =>
    await listBackend(
      { backend: 'one', principal: ANONYMOUS, deadlineAtMs: Date.now() + 2_000 },
      new Peers(authorized),
      authorized,
    );
  expect((await list()).tools).toEqual([]);
  says = ': nothing\n\n';
  await expect(list()).rejects.toMatchObject({ code: 'backend_unavailable' });
});
