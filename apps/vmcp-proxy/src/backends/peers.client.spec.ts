import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { startOneBackend, type OneBackend } from './one-backend.fixture.js';
import { Peers } from './peers.client.js';

let world: OneBackend;
beforeAll(async () => {
  world = await startOneBackend();
});
afterAll(() => world.close());

test('nobody who comes after a drop joins a backend session that was being begun before it', async () => {
  const { backend, authorized, name } = world;
  const peers = new Peers(authorized);
  let held: (() => void) | undefined;
  let initialized = 0;
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'initialize') return false;
    initialized += 1;
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} };
    const answer = (sessionId: string): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': sessionId });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result }));
    };
    if (initialized === 1) held = () => answer('begun before');
    else answer('begun after');
    return true;
  });
  const request = {
    backend: name,
    principal: ANONYMOUS,
    era: 'modern',
    owner: '',
    deadlineAtMs: Date.now() + 60_000,
  } as const;
  const sessionOf = async (): Promise<string | undefined> => {
    const peer = await peers.of(request);
    return peer.era === 'legacy' ? peer.session?.id : undefined;
  };
  const before = sessionOf();
  await until(() => held !== undefined);
  peers.drop(() => true);
  const after = sessionOf();
  await until(() => backend.callsOf('initialize').length === 2);
  held?.();
  expect(await before).toBe('begun before');
  const session = await after;
  expect(session).not.toBe('begun before');
  expect(await sessionOf()).toBe(session);
});
