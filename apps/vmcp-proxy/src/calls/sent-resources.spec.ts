import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startBackend, type BackendBehaviour, type Received, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, type ClientAnswer } from '../client.fixture.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';

const TOOL = { name: 'find', inputSchema: { type: 'object' } };
const NOTHING = { exclude: [] };
const paramsOf = ({ body }: Received): JsonObject => (isObject(body['params']) ? body['params'] : {});

/** Its results name the resources that the test says. */
class Naming {
  link = '';
  readonly result = (one: Received): JsonObject => {
    const { link } = this;
    switch (one.body['method']) {
      case 'tools/call':
        return {
          content: [
            { type: 'text', text: 'found "uri"' },
            { type: 'resource_link', uri: link, name: 'it' },
          ],
        };
      case 'prompts/get':
        return {
          messages: [{ role: 'user', content: { type: 'resource', resource: { uri: link, text: 'x' } } }],
        };
      default:
        return { contents: [{ uri: paramsOf(one)['uri'], text: 'read' }] };
    }
  };
}

const notes = new Naming();
const files = new Naming();
const started: TestBackend[] = [];
const start = async (behaviour: BackendBehaviour): Promise<TestBackend> => {
  const backend = await startBackend({ tools: [TOOL], prompts: [{ name: 'ask' }], ...behaviour });
  started.push(backend);
  return backend;
};
const readsOf = (backend: TestBackend): readonly unknown[] =>
  backend.callsOf('resources/read').map((one) => paramsOf(one)['uri']);

let nats: TestNats;
let proxy: TestProxy;
let replica: Awaited<ReturnType<TestProxy['startReplica']>>;
let ofNotes: TestBackend;
let ofFiles: TestBackend;
let token = '';
beforeAll(async () => {
  nats = await startTestNats();
  ofNotes = await start({ kind: 'modern', resources: [{ uri: 'note:listed' }], result: notes.result });
  ofFiles = await start({
    kind: 'sessions',
    resources: [{ uri: 'file:///listed' }],
    result: files.result,
    intercept: ({ body }, response) => {
      if (body['method'] !== 'resources/templates/list') return false;
      const resourceTemplates = [{ uriTemplate: 'file:///docs/{name}', name: 'docs' }];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], result: { resourceTemplates } }));
      return true;
    },
  });
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'notes', url: ofNotes.url },
      { name: 'files', url: ofFiles.url },
    ],
    aggregation: {
      resources: [{ workload: 'files', filter: ['file:///*', 'sent:*', 'note:*'] }],
    },
    views: [{ name: 'files', backends: ['files'], tools: NOTHING, prompts: NOTHING, resources: NOTHING }],
  });
  replica = await proxy.startReplica();
});
const person = { sub: '', tsid: '' };
beforeEach(async () => {
  Object.assign(person, { sub: randomUUID(), tsid: randomUUID() });
  token = await proxy.token(person);
  for (const url of [proxy.mcpUrl, replica.mcpUrl]) await modern(url, 'tools/list', {}, { token });
});
afterAll(async () => {
  await replica.close();
  await proxy.close();
  for (const backend of started) await backend.close();
  await nats.close();
});

const read = async (uri: string, url = proxy.mcpUrl, as = token): Promise<ClientAnswer> =>
  await modern(url, 'resources/read', { uri }, { token: as });
const send = async (backend: 'notes' | 'files', uri: string): Promise<void> => {
  (backend === 'notes' ? notes : files).link = uri;
  await modern(proxy.mcpUrl, 'tools/call', { name: `${backend}_find`, arguments: {} }, { token });
};

describe('a resource that is in no list', () => {
  test.each(['notes', 'files'] as const)(
    'is read at the backend whose tool linked to it: %s',
    async (backend) => {
      const uri = `sent:${randomUUID()}`;
      await send(backend, uri);
      expect((await read(uri)).body.result?.['contents']).toEqual([{ uri, text: 'read' }]);
      expect(readsOf(backend === 'notes' ? ofNotes : ofFiles)).toContain(uri);
      expect(readsOf(backend === 'notes' ? ofFiles : ofNotes)).not.toContain(uri);
    },
  );

  test('is read at the backend whose prompt holds it, by a client of sessions as well', async () => {
    const uri = `sent:${randomUUID()}`;
    notes.link = uri;
    const client = await legacyClient(proxy.mcpUrl, token);
    await client.request('prompts/get', { name: 'notes_ask' });
    expect((await client.request('resources/read', { uri })).body.error).toBeUndefined();
    expect(readsOf(ofNotes)).toContain(uri);
  });

  test('is read at any replica', async () => {
    const uri = `sent:${randomUUID()}`;
    await send('notes', uri);
    await until(async () => (await read(uri, replica.mcpUrl)).body.error === undefined);
    expect(readsOf(ofNotes)).toContain(uri);
    expect(readsOf(ofFiles)).not.toContain(uri);
  });

  test('and that nobody has sent is asked of nobody; the error says how to ask', async () => {
    const uri = `sent:${randomUUID()}`;
    const { error } = (await read(uri)).body;
    expect(error).toMatchObject({ code: -32_602, data: { uri } });
    expect(error?.message).toContain('notes+…, files+…');
    expect([...readsOf(ofNotes), ...readsOf(ofFiles)]).not.toContain(uri);
    expect((await read(`notes+${uri}`)).body.error).toBeUndefined();
    expect(readsOf(ofNotes)).toContain(uri);
  });
});

describe('attacks', () => {
  test("a backend that links to what another one lists does not get that one's reads", async () => {
    await send('notes', 'file:///listed');
    await read('file:///listed');
    expect(readsOf(ofFiles)).toContain('file:///listed');
    expect(readsOf(ofNotes)).not.toContain('file:///listed');
  });

  test("a backend that links to what fits another one's template gets nothing, nor does the other one", async () => {
    const uri = `file:///docs/${randomUUID()}`;
    await send('notes', uri);
    expect((await read(uri)).body.error?.message).toContain('notes+…, files+…');
    expect([...readsOf(ofNotes), ...readsOf(ofFiles)]).not.toContain(uri);
    await read(`files+${uri}`);
    expect(readsOf(ofFiles)).toContain(uri);
  });

  test('a secret URI that two backends have sent goes to neither of them by a guess', async () => {
    const uri = `sent:${randomUUID()}`;
    await send('notes', uri);
    await send('files', uri);
    expect((await read(uri)).body.error?.code).toBe(-32_602);
    expect([...readsOf(ofNotes), ...readsOf(ofFiles)]).not.toContain(uri);
  });

  test("a backend that links to another one's resource under our name for it does not make it read", async () => {
    const uri = `sent:${randomUUID()}`;
    await send('notes', `files+${uri}`);
    expect((await read(`files+${uri}`)).body.error?.code).toBe(-32_602);
    expect(readsOf(ofFiles)).not.toContain(uri);
  });

  test('what was sent to one person leads nowhere for another', async () => {
    const uri = `sent:${randomUUID()}`;
    await send('notes', uri);
    const other = await proxy.token();
    await modern(proxy.mcpUrl, 'tools/list', {}, { token: other });
    expect((await read(uri, proxy.mcpUrl, other)).body.error?.code).toBe(-32_602);
    expect(readsOf(ofNotes)).not.toContain(uri);
  });

  test('what is hidden cannot be read because its backend links to it', async () => {
    const uri = `hidden:${randomUUID()}`;
    await send('files', uri);
    expect((await read(uri)).body.error?.code).toBe(-32_602);
    expect(readsOf(ofFiles)).not.toContain(uri);
  });

  test('what a backend has sent is not read at a view without that backend', async () => {
    const uri = `note:${randomUUID()}`;
    await send('notes', uri);
    const place = '/views/files';
    const there = await proxy.token({ ...person, aud: AUDIENCE + place });
    await modern(proxy.mcpUrl + place, 'tools/list', {}, { token: there });
    await read(uri, proxy.mcpUrl + place, there);
    expect(readsOf(ofNotes)).not.toContain(uri);
  });
});
