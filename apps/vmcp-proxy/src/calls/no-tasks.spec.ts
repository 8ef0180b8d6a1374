import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { legacyClient, modern } from '../client.fixture.js';
import { isObject } from '../mcp/message.js';
import { paramsOf } from './asking-world.fixture.js';
import { call, startCallWorld, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
beforeAll(async () => {
  world = await startCallWorld();
});
afterAll(() => world.close());

test.each(['sessions', 'dual'] as const)(
  'a call that its client wants as a task is a plain call for a backend (%s): nobody could ask for the task',
  async (name) => {
    const token = await world.newCaller();
    const client = await legacyClient(world.proxy.mcpUrl, token);
    expect(client.initialized.body.result?.['capabilities']).not.toHaveProperty('tasks');
    // Some parsers take a long s for an s.
    for (const member of ['task', 'TASK', 'ta\u017fk']) {
      await client.request('tools/call', { ...call(name, { a: 1 }), [member]: { ttl: 60_000 } });
      const sent = world.backend(name).callsOf('tools/call').map(paramsOf).at(-1);
      expect([member, sent]).toEqual([member, { name: 'echo', arguments: { a: 1 } }]);
    }
    expect((await client.request('tasks/get', { taskId: 'x' })).body.error?.code).toBe(-32_602);
  },
);

test('a backend of 2026-07-28 hears that a client follows tasks for calls of tools, and for nothing else', async () => {
  const token = await world.newCaller();
  const extensions = { 'io.modelcontextprotocol/tasks': {}, 'example.com/other': {} };
  const capabilities = { roots: {}, extensions };
  const declaredOf = (method: string): unknown => {
    const meta = world.backend('modern').callsOf(method).map(paramsOf).at(-1)?.['_meta'];
    return isObject(meta) ? meta['io.modelcontextprotocol/clientCapabilities'] : undefined;
  };
  await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token, capabilities });
  expect(declaredOf('tools/call')).toEqual(capabilities);
  await modern(world.proxy.mcpUrl, 'prompts/get', { name: 'modern_ask' }, { token, capabilities });
  expect(declaredOf('prompts/get')).toEqual({ roots: {}, extensions: { 'example.com/other': {} } });
});

// SEP-1865.
test("a backend with sessions is told of a client's pages for results", async () => {
  const token = await world.newCaller();
  const ui = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app', 'text/x'] } };
  const client = await legacyClient(world.proxy.mcpUrl, token, {
    capabilities: { extensions: { ...ui, 'example.com/other': {} }, experimental: {} },
  });
  await client.request('tools/call', call('sessions'));
  const begun = world.backend('sessions').callsOf('initialize').map(paramsOf).at(-1);
  expect(begun?.['capabilities']).toEqual({ extensions: ui });
});
