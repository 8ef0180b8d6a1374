import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bearer, callMcp, contentOf, TestWorld, type Json } from '../testing/test-world.js';

let world: TestWorld;
let octoToken: string;
beforeAll(async () => {
  world = await TestWorld.start();
  octoToken = (await world.signIn('octo', 'alice')).access_token;
});
afterAll(() => world.close());

const KEY = { 'x-api-key': 'reports-demo-key' };
const places = () => ({
  repos: [`${world.urls.repos}/mcp`, bearer(octoToken)],
  status: [`${world.urls.repos}/status/mcp`, {}],
  reports: [`${world.urls.tickets}/reports/mcp`, KEY],
});
type Place = keyof ReturnType<typeof places>;

async function ask(place: Place, method: string, params: Json & { readonly name?: string } = {}) {
  const [url, headers] = places()[place] as [string, Record<string, string>];
  return await callMcp(url, headers, method, params);
}
const resultOf = async (...asked: Parameters<typeof ask>): Promise<Json> =>
  (await ask(...asked)).body['result'] as Json;
const errorOf = async (...asked: Parameters<typeof ask>): Promise<Json> =>
  (await ask(...asked)).body['error'] as Json;
const call = (name: string, given: Json = {}) => ({ name, arguments: given });

describe('what a backend lists, it does', () => {
  test.each([
    ['repos', ['whoami', 'echo', 'list_repositories', 'index_repository']],
    ['status', ['whoami', 'echo', 'list_incidents']],
    ['reports', ['whoami', 'echo', 'run_report']],
  ] as const)('%s', async (place, names) => {
    const { tools } = (await resultOf(place, 'tools/list')) as { tools: readonly { name: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(names);
    expect(await resultOf(place, 'tools/call', call('echo', { text: 'ahoy' }))).toEqual({
      content: [{ type: 'text', text: 'ahoy' }],
    });
  });

  test('repositories are those of whoever calls, and as many as are asked for', async () => {
    const of = async (given: Json) =>
      contentOf(await ask('repos', 'tools/call', call('list_repositories', given)))['repositories'];
    expect(await of({ limit: 1 })).toEqual(['octo-alice/octo-site']);
    expect(await of({})).toHaveLength(3);
  });

  test('a long job without a progress token answers once', async () => {
    const given = { repository: 'r', steps: 2, stepMs: 0 };
    expect(contentOf(await ask('repos', 'tools/call', call('index_repository', given)))).toEqual({
      repository: 'r',
      indexed: true,
      steps: 2,
    });
  });

  test('incidents and reports', async () => {
    expect(contentOf(await ask('status', 'tools/call', call('list_incidents')))).toMatchObject({
      incidents: [{ id: 'INC-1' }],
    });
    expect(
      await resultOf('reports', 'tools/call', call('run_report', { name: 'tickets-per-week' })),
    ).toMatchObject({ content: [{ text: 'tickets-per-week: 12, 9, 14, 11' }] });
  });

  test('one resource and one prompt', async () => {
    expect(await resultOf('repos', 'resources/list')).toMatchObject({
      resources: [{ uri: 'repos://readme', mimeType: 'text/plain' }],
    });
    expect(await resultOf('repos', 'resources/templates/list')).toMatchObject({ resourceTemplates: [] });
    expect(await resultOf('repos', 'resources/read', { uri: 'repos://readme' })).toMatchObject({
      contents: [{ text: '# Octo\nRepositories of the demonstration world.' }],
    });
    const { prompts } = (await resultOf('repos', 'prompts/list')) as { prompts: readonly Json[] };
    expect(prompts[0]).toMatchObject({
      name: 'review_change',
      arguments: [{ name: 'topic', required: true }],
    });
    for (const [given, text] of [
      [{ topic: 'the reef' }, 'Review the latest change of the reef'],
      [{}, 'Review the latest change of'],
    ] as const)
      expect(
        await resultOf('repos', 'prompts/get', { name: 'review_change', arguments: given }),
      ).toMatchObject({ messages: [{ content: { text } }] });
  });

  test.each([
    ['tools/call', { name: 'nothing', arguments: {} }, 'there is no such tool'],
    ['tools/call', { name: 'echo' }, 'text'],
    ['tools/call', { name: 'list_repositories', arguments: { limit: 11 } }, 'limit'],
    ['prompts/get', { name: 'nothing' }, 'there is no such prompt'],
    ['resources/read', { uri: 'repos://nothing' }, 'repos://nothing'],
  ])('%s of %j is an error of the protocol', async (method, params, said) => {
    expect(await errorOf('repos', method, params)).toMatchObject({
      code: expect.any(Number),
      message: expect.stringContaining(said),
    });
  });
});

describe('a backend refuses', () => {
  test.each([
    ['a path that it has not', '/nothing', { method: 'POST', body: '{}' }, 404],
    [
      'a page of a browser',
      '/mcp',
      { method: 'POST', body: '{}', headers: { origin: 'https://a.example' } },
      403,
    ],
    ['a body that is no JSON', '/status/mcp', { method: 'POST', body: '{' }, 400],
    ['a stream where there are no sessions', '/status/mcp', { method: 'GET' }, 405],
  ])('%s', async (_, path, asked, status) => {
    expect((await fetch(`${world.urls.repos}${path}`, asked)).status).toBe(status);
  });
});

describe('/bench/mcp, the cheapest backend there is', () => {
  const post = async (message: object, headers: Readonly<Record<string, string>> = KEY) =>
    await fetch(`${world.urls.repos}/bench/mcp`, { method: 'POST', headers, body: JSON.stringify(message) });
  const bench = async (message: object) => (await (await post(message)).json()) as Json;

  test('wants a credential, whichever, and messages', async () => {
    expect((await post({}, {})).status).toBe(401);
    expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, bearer('x'))).status).toBe(
      202,
    );
    const got = await fetch(`${world.urls.repos}/bench/mcp`, { headers: KEY });
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test.each([
    ['initialize', { protocolVersion: '2025-11-25' }],
    ['server/discover', { supportedVersions: ['2026-07-28'], resultType: 'complete', ttlMs: 60_000 }],
    ['tools/list', { tools: [{ name: 'echo' }] }],
    ['ping', {}],
  ])('answers %s', async (method, result) => {
    expect(await bench({ jsonrpc: '2.0', id: 1, method })).toMatchObject({ id: 1, result });
  });

  test('does not know what else there is', async () => {
    expect(await bench({ jsonrpc: '2.0', id: 'a', method: 'tasks/list' })).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      error: { code: -32_601, message: 'Method not found' },
    });
  });

  test('a result of revision 2026-07-28 says that it is whole', async () => {
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const message = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { arguments: { text: 'a' }, _meta },
    };
    expect((await bench(message))['result']).toEqual({
      resultType: 'complete',
      content: [{ type: 'text', text: 'a' }],
    });
  });

  test('answers are as large as is asked for, as JSON or as a stream', async () => {
    const echo = (given: Json) => ({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { arguments: given },
    });
    for (const resultBytes of [10_000, 10_000]) {
      const text = await (await post(echo({ text: 'a', resultBytes }))).text();
      expect(text.length).toBeGreaterThan(resultBytes);
      const { content } = (JSON.parse(text) as { result: { content: readonly Json[] } }).result;
      expect(content).toHaveLength(2);
    }
    expect((await bench(echo({ text: 7, resultBytes: 'many' })))['result']).toEqual({
      content: [{ type: 'text', text: '' }],
    });
    const streamed = await post(echo({ text: 'a', as: 'stream' }));
    expect(streamed.headers.get('content-type')).toBe('text/event-stream');
    const events = (await streamed.text()).split('\n\n').filter((event) => event !== '');
    expect(
      events.map((event) => JSON.parse(event.replace(/^event: message\ndata: /, '')) as Json),
    ).toMatchObject([{ method: 'notifications/progress' }, { result: { content: [{ text: 'a' }] } }]);
  });
});

describe('test control', () => {
  test.each([
    ['/nothing', {}, 'no such order'],
    ['/expire', { part: 'nobody' }, 'part'],
    ['/revoke-grants', { part: 'repos' }, 'repos has nothing of that kind'],
    ['/forget-sessions', { part: 'octo' }, 'octo has nothing of that kind'],
  ])('refuses %s of %j', async (path, order, said) => {
    await expect(world.control(path, order)).rejects.toThrow(said);
  });
});
