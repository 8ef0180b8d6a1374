import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
