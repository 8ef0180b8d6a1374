import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern } from '../client.fixture.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';

const NOTHING = { exclude: [] };
const UI = 'io.modelcontextprotocol/ui';

let nats: TestNats;
let proxy: TestProxy;
let silent: TestBackend;
const held: ServerResponse[] = [];
const backends: TestBackend[] = [];
beforeAll(async () => {
  nats = await startTestNats();
  const notes = await startBackend({
    kind: 'sessions',
    about: { instructions: 'Read a note before you change it.', capabilities: { extensions: { [UI]: {} } } },
  });
  const tickets = await startBackend({ kind: 'modern', about: { instructions: 'Tickets have numbers.' } });
  const plain = await startBackend({ kind: 'stateless', about: { instructions: 'Be brief.' } });
  silent = await startBackend({
    kind: 'modern',
    intercept: (_one, response) => {
      held.push(response);
      return true;
    },
  });
  backends.push(notes, tickets, plain, silent);
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'notes', url: notes.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      { name: 'tickets', url: tickets.url },
      { name: 'plain', url: plain.url },
      { name: 'silent', url: silent.url },
    ],
    aggregation: { tools: [{ workload: 'plain', excludeAll: true, overrides: new Map() }] },
    views: [
      { name: 'desk', backends: ['tickets'], tools: NOTHING, prompts: NOTHING, resources: NOTHING },
      { name: 'none', backends: ['plain'], tools: NOTHING, prompts: NOTHING, resources: NOTHING },
    ],
  });
});
afterAll(async () => {
  for (const response of held) response.destroy();
  await proxy.close();
  for (const backend of backends) await backend.close();
  await nats.close();
});

const person = { sub: randomUUID(), tsid: randomUUID() };
const tokenFor = async (place: string): Promise<string> =>
  await proxy.token({ ...person, aud: AUDIENCE + place });
const introduced = async (place: string) => {
  const token = await tokenFor(place);
  const { body } = await modern(proxy.mcpUrl + place, 'server/discover', {}, { token });
  const { initialized } = await legacyClient(proxy.mcpUrl + place, token);
  const said = [body.result, initialized.body.result].map((result) => ({
    instructions: String(result?.['instructions']),
    capabilities: result?.['capabilities'] as Record<string, unknown>,
  }));
  expect(said[0]?.instructions).toBe(said[1]?.instructions);
  return {
    instructions: said[0]?.instructions ?? '',
    extensions: said.map(({ capabilities }) => capabilities['extensions']),
  };
};

describe('what a client is told about an endpoint', () => {
  test('comes at once, although a backend never answers, and says what is known so far', async () => {
    const { instructions } = await introduced('');
    expect(instructions).toContain('says which service it belongs to: notes_, tickets_, plain_, silent_.');
    expect(instructions).toContain('link to connect an account');
    expect(instructions).not.toContain('Tickets');
  });

  test('has the words of each backend that the person sees, under its name, once they were listed', async () => {
    for (const place of ['/notes', '/tickets', '/plain'])
      await modern(proxy.mcpUrl + place, 'tools/list', {}, { token: await tokenFor(place) });
    const { instructions, extensions } = await introduced('');
    expect(instructions).toContain('\nnotes: Read a note before you change it.');
    expect(instructions).toContain('\ntickets: Tickets have numbers.');
    expect(extensions).toEqual([{ [UI]: {} }, { [UI]: {} }]);
  });

  test('a view never has the instructions, nor the extensions, of a backend that it does not contain', async () => {
    const { instructions, extensions } = await introduced('/views/desk');
    expect(instructions).toContain('tickets: Tickets have numbers.');
    expect(instructions).not.toContain('notes');
    expect(instructions).not.toContain('link');
    expect(extensions).toEqual([undefined, undefined]);
  });

  test('a backend of which nothing is shown says nothing either', async () => {
    expect((await introduced('/views/none')).instructions).not.toContain('brief');
  });

  test("another person is not told what a backend said to somebody else's account", async () => {
    const token = await proxy.token({ sub: randomUUID(), tsid: randomUUID() });
    const { body } = await modern(proxy.mcpUrl, 'server/discover', {}, { token });
    expect(String(body.result?.['instructions'])).not.toContain('Read a note');
    expect(String(body.result?.['instructions'])).toContain('tickets: Tickets have numbers.');
  });
});
