import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { listening, listeningByGet, listeningByPost, type Listening } from './listening.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  [nats, backend] = await Promise.all([startTestNats(), startBackend({ kind: 'modern' })]);
  proxy = await startProxy({ nats, backends: [{ name: 'one', url: backend.url }] });
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([backend.close(), nats.close()]);
});

const newPerson = async (): Promise<{ readonly token: string }> => ({ token: await proxy.token() });

const listenByGet = async (
  token: string,
  sessionId: string,
  headers?: Record<string, string>,
): Promise<Listening> => await listeningByGet(proxy.mcpUrl, token, sessionId, headers);

const listenByPost = async (token: string, notifications: unknown): Promise<Listening> =>
  await listeningByPost(proxy.mcpUrl, token, notifications);

test('what is advertised is what is delivered: changes of lists, in both eras', async () => {
  const { token } = await newPerson();
  const discovered = await modern(proxy.mcpUrl, 'server/discover', {}, { token });
  const { initialized } = await legacyClient(proxy.mcpUrl, token);
  for (const { body } of [discovered, initialized])
    expect(body.result?.['capabilities']).toMatchObject({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true },
    });
});

test('a stream cannot be opened for a sign-in that ended while its request was on the way', async () => {
  const tsid = randomUUID();
  const token = await proxy.token({ tsid });
  const { sessionId } = await legacyClient(proxy.mcpUrl, token);
  await proxy.sessionClosed(tsid);
  expect((await listenByGet(token, sessionId)).status).toBe(401);
  expect((await listenByPost(token, {})).status).toBe(401);
});

describe('refused', () => {
  test('another person’s session: a stream of it would tell what its owner does', async () => {
    const [owner, thief] = [await newPerson(), await newPerson()];
    const { sessionId } = await legacyClient(proxy.mcpUrl, owner.token);
    expect((await listenByGet(thief.token, sessionId)).status).toBe(404);
  });

  test('no token, no session, no event stream, a revision without GET, and a filter that is none', async () => {
    const { token } = await newPerson();
    const { sessionId } = await legacyClient(proxy.mcpUrl, token);
    expect((await listening(proxy.mcpUrl, { headers: { 'mcp-session-id': sessionId } })).status).toBe(401);
    expect((await listening(proxy.mcpUrl, { headers: authorization(token) })).status).toBe(405);
    expect((await listenByGet(token, sessionId, { accept: 'application/json' })).status).toBe(406);
    expect((await listenByGet(token, sessionId, { 'mcp-protocol-version': '2026-07-28' })).status).toBe(405);
    expect((await listenByPost(token, 'all')).status).toBe(400);
  });

  test('one person’s streams beyond thirty-two: the others have room', async () => {
    const { token } = await newPerson();
    const streams = await Promise.all(Array.from({ length: 32 }, async () => await listenByPost(token, {})));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    expect((await listenByPost(token, {})).status).toBe(503);
    const another = await newPerson();
    const stream = await listenByPost(another.token, {});
    expect(stream.status).toBe(200);
    for (const one of [stream, ...streams]) one.close();
  });
});
