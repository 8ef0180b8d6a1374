import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import type { JsonObject } from '../mcp/message.js';
import { BACKEND_VERSIONS } from '../mcp/protocol.js';
import { AuthorizedBackend } from './authorized-backend.flow.js';
import { BackendClient } from './backend.client.js';
import { PLAIN_BACKEND } from './plain-backend.fixture.js';
import { Credentials } from '../outgoing-auth/credentials.flow.js';
import { unauthenticated } from '../outgoing-auth/unauthenticated.js';
import { peerHeaders } from './peer.js';
import { Peers } from './peers.client.js';

interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly sessionId?: string;
}
type Behaviour = (offered: string, message: JsonObject) => Answer;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A server that knows `initialize` alone. */
async function startOld(behave: Behaviour) {
  const offered: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString() || '{}') as JsonObject;
      const { protocolVersion } = (message['params'] ?? {}) as { protocolVersion?: string };
      if (message['method'] !== 'initialize') {
        response.writeHead(message['id'] === undefined ? 202 : 400).end();
        return;
      }
      offered.push(protocolVersion ?? '');
      const { status = 200, body, sessionId } = behave(protocolVersion ?? '', message);
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(sessionId === undefined ? {} : { 'mcp-session-id': sessionId }),
      });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new BackendClient([{ ...PLAIN_BACKEND, name: 'old', url: `http://127.0.0.1:${port}/mcp` }]);
  open.push(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const authorized = new AuthorizedBackend(client, new Credentials(new Map([['old', unauthenticated]])));
  return { peers: new Peers(authorized), offered };
}

const request = (owner = '') => ({
  backend: 'old',
  principal: ANONYMOUS,
  era: owner === '' ? ('modern' as const) : ('legacy' as const),
  owner,
  deadlineAtMs: Date.now() + 60_000,
});
const result = (message: JsonObject, value: JsonObject) => ({
  jsonrpc: '2.0',
  id: message['id'],
  result: value,
});

describe('a backend of an earlier revision', () => {
  test.each(BACKEND_VERSIONS)('that answers %s is spoken to in it', async (version) => {
    const { peers, offered } = await startOld((_offered, message) => ({
      body: result(message, { protocolVersion: version, capabilities: {}, serverInfo: {} }),
    }));
    expect(await peers.of(request())).toEqual({ era: 'legacy', version });
    expect(offered).toEqual([BACKEND_VERSIONS[0]]);
  });

  test('without capabilities has what it is asked for', async () => {
    const { peers } = await startOld((_offered, message) => ({
      body: result(message, { protocolVersion: '2024-11-05' }),
    }));
    expect(await peers.of(request())).toEqual({ era: 'legacy', version: '2024-11-05' });
  });

  test.each([
    ['400 with a text', 400, 'Unsupported protocol version'],
    ['400 with an error', 400, { jsonrpc: '2.0', id: null, error: { code: -32_000, message: 'version' } }],
    [
      'an error',
      200,
      { jsonrpc: '2.0', id: 'gatehouse-initialize', error: { code: -32_602, message: 'version' } },
    ],
  ])('that refuses every later one with %s is offered earlier ones', async (_how, status, body) => {
    const { peers, offered } = await startOld((version, message) =>
      version === '2024-11-05'
        ? { body: result(message, { protocolVersion: version }), sessionId: 'mine' }
        : { status, body },
    );
    expect(await peers.of(request('one'))).toMatchObject({ version: '2024-11-05', session: { id: 'mine' } });
    expect(offered).toEqual(BACKEND_VERSIONS);
    // The next session begins with what was found out.
    await peers.of(request('two'));
    expect(offered.slice(BACKEND_VERSIONS.length)).toEqual(['2024-11-05']);
  });

  test.each(['2025-03-26', '2024-11-05'])('%s does not know the version header', (version) => {
    expect(peerHeaders({ era: 'legacy', version }, 'tools/call', 'x')).not.toHaveProperty(
      'mcp-protocol-version',
    );
  });
});

test.each([
  ['1999-01-01', { protocolVersion: '1999-01-01', capabilities: {} }],
  ['nothing', {}],
  ['a list', { protocolVersion: ['2025-11-25'] }],
])('a backend that answers %s speaks nothing that is known here, and is asked once', async (_what, value) => {
  const { peers, offered } = await startOld((_offered, message) => ({ body: result(message, value) }));
  await expect(peers.of(request())).rejects.toMatchObject({ code: 'backend_unavailable' });
  expect(offered).toHaveLength(1);
});

test('a backend that refuses everything is not asked for ever', async () => {
  const { peers, offered } = await startOld(() => ({ status: 400, body: 'no' }));
  await expect(peers.of(request())).rejects.toMatchObject({ code: 'backend_unavailable' });
  expect(offered).toEqual(BACKEND_VERSIONS);
});
