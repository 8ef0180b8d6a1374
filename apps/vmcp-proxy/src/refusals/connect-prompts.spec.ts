import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { RequestStates } from './request-state.js';

let nats: TestNats;
let proxy: TestProxy;
let backend: TestBackend;
let token: string;
let tsid: string;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'modern', prompts: [{ name: 'greet' }] });
  proxy = await startProxy({
    nats,
    backends: [
      {
        name: 'own',
        url: backend.url,
        strategy: {
          type: 'issuedToken',
          subject: { of: 'provider', providerName: 'octo', token: 'access_token' },
          providers: ['octo'],
        },
      },
      {
        name: 'acted',
        url: backend.url,
        strategy: {
          type: 'issuedToken',
          subject: { of: 'provider', providerName: 'octo', token: 'access_token' },
          providers: ['octo', 'acme'],
        },
      },
    ],
  });
});
beforeEach(async () => {
  proxy.surroundings.credentials.clear();
  proxy.surroundings.useForMs = 0;
  tsid = randomUUID();
  token = await proxy.token({ tsid });
  // Each set of capabilities has lists of its own.
  for (const capabilities of [{}, CAN_OPEN])
    await modern(proxy.mcpUrl, 'tools/list', {}, { token, capabilities });
  proxy.surroundings.credentials.set('own', { code: 'connection_missing' });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

const CALL = { name: 'own_echo', arguments: { n: 1 } };
const CAN_OPEN = { elicitation: { url: {} } };
const link = (): string => `https://issuer.example/connect/octo?session=${tsid}`;

test('2026-07-28 with elicitation.url: the result asks for input, with the link and a state', async () => {
  const { body, status } = await modern(proxy.mcpUrl, 'tools/call', CALL, { token, capabilities: CAN_OPEN });
  expect(status).toBe(200);
  expect(body.result).toEqual({
    resultType: 'input_required',
    inputRequests: {
      connect_octo: {
        method: 'elicitation/create',
        params: { mode: 'url', url: link(), message: expect.stringContaining('octo') },
      },
    },
    requestState: expect.stringMatching(/^gh1\.\d{13}\./),
  });
});

test('once connected, the repeated call runs, and the backend sees nothing of our question', async () => {
  const asked = await modern(proxy.mcpUrl, 'tools/call', CALL, { token, capabilities: CAN_OPEN });
  proxy.surroundings.credentials.clear();
  const again = {
    ...CALL,
    inputResponses: { connect_octo: { action: 'accept' } },
    requestState: asked.body.result?.['requestState'],
  };
  const { body } = await modern(proxy.mcpUrl, 'tools/call', again, { token, capabilities: CAN_OPEN, id: 2 });
  expect(body.result?.['resultType']).toBe('complete');
  const sent = backend.callsOf('tools/call').at(-1)?.body['params'] as JsonObject;
  expect(Object.keys(sent).sort()).toEqual(['_meta', 'arguments', 'name']);
});

test('a backend with a subject and an actor asks for the one that is missing, and takes no for an answer', async () => {
  const acted = { ...CALL, name: 'acted_echo' };
  const call = async (more: object = {}) =>
    await modern(proxy.mcpUrl, 'tools/call', { ...acted, ...more }, { token, capabilities: CAN_OPEN });
  const missing = (details: object) =>
    proxy.surroundings.credentials.set('acted', { code: 'connection_missing', ...details });
  for (const [details, provider] of [
    [{ details: { provider: 'acme' } }, 'acme'],
    [{ details: { provider: 'octo' } }, 'octo'],
    [{ details: { provider: 'another' } }, 'octo'],
    [{}, 'octo'],
  ] as const) {
    missing(details);
    const { body } = await call();
    expect(Object.keys(body.result?.['inputRequests'] as object)).toEqual([`connect_${provider}`]);
  }
  missing({ details: { provider: 'acme' } });
  const asked = await call();
  const answer = await call({
    inputResponses: { connect_acme: { action: 'decline' } },
    requestState: asked.body.result?.['requestState'],
  });
  expect(answer.body.result).toMatchObject({ resultType: 'complete', isError: true });
});

test('a user who declined is not asked again and again', async () => {
  const asked = await modern(proxy.mcpUrl, 'tools/call', CALL, { token, capabilities: CAN_OPEN });
  const again = {
    ...CALL,
    inputResponses: { connect_octo: { action: 'decline' } },
    requestState: asked.body.result?.['requestState'],
  };
  const answer = await modern(proxy.mcpUrl, 'tools/call', again, { token, capabilities: CAN_OPEN, id: 2 });
  expect(answer.body.result).toMatchObject({ resultType: 'complete', isError: true });
});

test.each(['gh1.9999999999999.AAAA', 'gh1.x', 'gh1.'])(
  'a forged state %s counts for nothing: the user is asked',
  async (requestState) => {
    const again = { ...CALL, inputResponses: { connect_octo: { action: 'decline' } }, requestState };
    const { body } = await modern(proxy.mcpUrl, 'tools/call', again, { token, capabilities: CAN_OPEN });
    expect(body.result?.['resultType']).toBe('input_required');
  },
);

test('a state is bound to its principal, its tool and a quarter of an hour', () => {
  let nowMs = 1_800_000_000_000;
  const states = new RequestStates(() => nowMs);
  const asked = { principalKey: 'alice', name: 'own_echo' };
  const state = states.seal(asked);
  expect(states.verifies(state, asked)).toBe(true);
  expect(states.verifies(state, { ...asked, principalKey: 'bob' })).toBe(false);
  expect(states.verifies(state, { ...asked, name: 'own_other' })).toBe(false);
  expect(states.verifies(state.replace(/\d{13}/, '1900000000000'), asked)).toBe(false);
  expect(new RequestStates(() => nowMs).verifies(state, asked)).toBe(false);
  nowMs += 15 * 60_000;
  expect(states.verifies(state, asked)).toBe(false);
});

test('2025-11-25 with elicitation.url: error -32042 with the link', async () => {
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: CAN_OPEN });
  const { body, status } = await client.request('tools/call', CALL);
  expect(status).toBe(200);
  expect(body.error).toMatchObject({
    code: -32_042,
    data: {
      elicitations: [
        { mode: 'url', url: link(), elicitationId: expect.any(String), message: expect.any(String) },
      ],
    },
  });
});

test.each([
  ['2025-11-25 without elicitation.url', '2025-11-25', {}],
  ['2025-06-18, which has no URL elicitation', '2025-06-18', CAN_OPEN],
])('%s: a tool result with the link as text', async (_client, version, capabilities) => {
  const client = await legacyClient(proxy.mcpUrl, token, { version, capabilities });
  const answer = await client.request('tools/call', CALL);
  expect(answer.body.result?.['isError']).toBe(true);
  expect(textOf(answer)).toContain(link());
});

test('2026-07-28 without elicitation.url: a complete tool result with the link, never -32042', async () => {
  const answer = await modern(proxy.mcpUrl, 'tools/call', CALL, { token });
  expect(answer.body.result).toMatchObject({ resultType: 'complete', isError: true });
  expect(textOf(answer)).toContain(link());
});

test('a prompt asks too, and has the link in its error where it cannot', async () => {
  const get = { name: 'own_greet' };
  const asked = await modern(proxy.mcpUrl, 'prompts/get', get, { token, capabilities: CAN_OPEN });
  expect(asked.body.result?.['resultType']).toBe('input_required');
  const told = await modern(proxy.mcpUrl, 'prompts/get', get, { token });
  expect(told.body.error).toMatchObject({ data: { code: 'connection_missing', url: link() } });
});
