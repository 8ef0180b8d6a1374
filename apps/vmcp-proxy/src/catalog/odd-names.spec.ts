import { startTestNats } from '@gatehouse/testing/nats';
import { plainName } from '@gatehouse/kernel/short-name';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern } from '../client.fixture.js';
import { paramsOf } from '../calls/asking-world.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

const NAMES = ['plain-1.0', 'elicit (form)', 'elicit [form]', 'größe', '日本', 'a/b'];
const LISTED = [
  'go_plain-1.0',
  'go_elicit_form_96f15fb7bf',
  `go_${plainName('elicit [form]')}`,
  `go_${plainName('größe')}`,
  `go_${plainName('日本')}`,
  `go_${plainName('a/b')}`,
];

let backend: TestBackend;
let proxy: TestProxy;
let close: () => Promise<void>;
beforeAll(async () => {
  const nats = await startTestNats();
  const tools = NAMES.map((name) => ({ name, inputSchema: { type: 'object' } }));
  backend = await startBackend({ kind: 'dual', tools });
  proxy = await startProxy({
    nats,
    backends: [{ name: 'go', url: backend.url }],
    callPolicies: policiesOf(`
      permit(principal in Group::"all", action, resource);
      permit(principal in Group::"own", action, resource == Tool::"go_elicit (form)");
      permit(principal in Group::"listed", action, resource == Tool::"go_elicit_form_96f15fb7bf");
      forbid(principal, action, resource == Tool::"go_elicit [form]");
      forbid(principal, action, resource == Tool::"${LISTED[5] ?? ''}");
    `),
  });
  close = async () => {
    await proxy.close();
    await backend.close();
    await nats.close();
  };
});
afterAll(() => close());

const namesSeen = async (groups: readonly string[]): Promise<readonly unknown[]> => {
  const { body } = await modern(proxy.mcpUrl, 'tools/list', {}, { token: await proxy.token({ groups }) });
  return (body.result?.['tools'] as readonly JsonObject[]).map(({ name }) => name);
};

test('tools whose names hosts refuse are listed under names that every host takes, no two of them alike', async () => {
  const seen = await namesSeen(['all']);
  expect(seen).toEqual(LISTED.filter((_name, index) => index !== 2 && index !== 5));
  expect(new Set(LISTED).size).toBe(NAMES.length);
  for (const name of LISTED) expect(name).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/);
});

test.each(['modern', 'legacy'] as const)(
  'a call in the %s era reaches the backend under its own name',
  async (era) => {
    const token = await proxy.token({ groups: ['all'] });
    const params = { name: 'go_elicit_form_96f15fb7bf', arguments: {} };
    const answer =
      era === 'modern'
        ? await modern(proxy.mcpUrl, 'tools/call', params, { token })
        : await (await legacyClient(proxy.mcpUrl, token)).request('tools/call', params);
    expect(answer.body.error).toBeUndefined();
    expect(backend.callsOf('tools/call').map(paramsOf).at(-1)?.['name']).toBe('elicit (form)');
  },
);

test('policies know such a tool by either name, and forbid it by either', async () => {
  expect(await namesSeen(['own'])).toEqual(['go_elicit_form_96f15fb7bf']);
  expect(await namesSeen(['listed'])).toEqual(['go_elicit_form_96f15fb7bf']);
  const token = await proxy.token({ groups: ['all'] });
  for (const name of [LISTED[2], LISTED[5]])
    expect((await modern(proxy.mcpUrl, 'tools/call', { name, arguments: {} }, { token })).status).toBe(403);
});
