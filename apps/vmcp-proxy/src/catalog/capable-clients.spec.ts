import { SilentLog } from '@gatehouse/testing/silent-log';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { startSdkServer, type SdkServer } from '../calls/sdk-server.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import { ANONYMOUS } from '../incoming-auth/principal.js';
import { declaredIn, NOTHING_DECLARED, UI_EXTENSION } from '../mcp/client-capabilities.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import { AUDIENCE, startProxy, type TestProxy } from '../proxy.fixture.js';
import { wholeScope } from './aggregation.fixture.js';
import { Catalog } from './catalog.flow.js';
import type { ListBackend } from './catalog-surroundings.js';
import { NO_LISTS } from './catalog.fixture.js';

const ABLE = { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } };
const SCHEMA = { type: 'object' };
const toolsFor = (capabilities: JsonObject): readonly JsonObject[] =>
  ['always', ...Object.keys(capabilities)].map((name) => ({ name, inputSchema: SCHEMA }));

/** Offers more to clients that can do more, once it knows what they can do, as several real servers do. */
function choosy(): McpServer {
  const server = new McpServer({ name: 'choosy', version: '1' });
  const offer = (name: string): void => {
    server.registerTool(name, {}, () => ({ content: [{ type: 'text', text: `did ${name}` }] }));
  };
  offer('always');
  server.server.oninitialized = () => {
    for (const name of Object.keys(server.server.getClientCapabilities() ?? {})) offer(name);
  };
  return server;
}

let nats: TestNats;
let legacy: SdkServer;
let stateless: TestBackend;
let asking: TestBackend;
let proxy: TestProxy;
let token = '';
beforeAll(async () => {
  nats = await startTestNats();
  legacy = await startSdkServer(choosy);
  stateless = await startBackend({
    kind: 'modern',
    intercept: ({ body }, response) => {
      const params = isObject(body['params']) ? body['params'] : {};
      const meta = isObject(params['_meta']) ? params['_meta'] : {};
      const capabilities = meta['io.modelcontextprotocol/clientCapabilities'];
      if (body['method'] !== 'tools/list' || !isObject(capabilities)) return false;
      const result = {
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
        tools: toolsFor(capabilities),
      };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: body['id'], result }));
      return true;
    },
  });
  asking = await startBackend({ kind: 'sessions', tools: [] });
  proxy = await startProxy({
    nats,
    backends: [
      { name: 'legacy', url: legacy.url },
      { name: 'modern', url: stateless.url },
      { name: 'asking', url: asking.url },
    ],
  });
});
beforeEach(async () => {
  token = await proxy.token({ sub: randomUUID(), tsid: randomUUID() });
});
afterAll(async () => {
  await proxy.close();
  legacy.close();
  await stateless.close();
  await asking.close();
  await nats.close();
});

const namesIn = ({ body: { result } }: ClientAnswer): readonly string[] =>
  ((result?.['tools'] ?? []) as { readonly name: string }[]).map(({ name }) => name).sort();
const ALWAYS = ['legacy_always', 'modern_always'];
const MORE = ['elicitation', 'roots', 'sampling'].flatMap((name) => [`legacy_${name}`, `modern_${name}`]);

describe.each(['legacy', 'modern'] as const)('a client of the %s era', (era) => {
  const listed = async (capabilities: JsonObject): Promise<readonly string[]> =>
    era === 'modern'
      ? namesIn(await modern(proxy.mcpUrl, 'tools/list', {}, { token, capabilities }))
      : namesIn(await (await legacyClient(proxy.mcpUrl, token, { capabilities })).request('tools/list'));

  test('that can be asked sees what backends of either era show only to such clients', async () => {
    expect(await listed(ABLE)).toEqual([...ALWAYS, ...MORE].sort());
    expect(await listed({})).toEqual(ALWAYS);
    expect(await listed({ roots: {} })).toEqual([...ALWAYS, 'legacy_roots', 'modern_roots'].sort());
    expect(await listed(ABLE)).toEqual([...ALWAYS, ...MORE].sort());
  });

  test('can call all that it sees', async () => {
    const client =
      era === 'legacy' ? await legacyClient(proxy.mcpUrl, token, { capabilities: ABLE }) : undefined;
    for (const name of (await listed(ABLE)).filter((one) => one.startsWith('legacy_'))) {
      const params = { name, arguments: {} };
      const answer =
        (await client?.request('tools/call', params)) ??
        (await modern(proxy.mcpUrl, 'tools/call', params, { token, capabilities: ABLE }));
      expect(textOf(answer)).toBe(`did ${name.replace('legacy_', '')}`);
    }
  });

  test('cannot call by its name what is shown to more capable clients of the same person only', async () => {
    await listed(ABLE);
    const params = { name: 'modern_sampling', arguments: {} };
    const answer =
      era === 'modern'
        ? await modern(proxy.mcpUrl, 'tools/call', params, { token, capabilities: {} })
        : await (await legacyClient(proxy.mcpUrl, token)).request('tools/call', params);
    expect(answer.body.error?.code).toBe(-32_602);
  });
});

test('a backend that asks something while it is listed is refused at once, and its list arrives', async () => {
  const refused: unknown[] = [];
  let finish: () => void = () => undefined;
  asking.setIntercept(({ body }, response) => {
    if (body['method'] === 'tools/list') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (message: JsonObject): void =>
        void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
      write({ id: 'q', method: 'roots/list' });
      finish = () => {
        write({ id: body['id'], result: { tools: [{ name: 'late', inputSchema: SCHEMA }] } });
        response.end();
      };
      return true;
    }
    if (body['method'] !== undefined || body['id'] !== 'q') return false;
    refused.push(body['error']);
    response.writeHead(202).end();
    finish();
    return true;
  });
  const place = '/asking';
  const answer = await modern(
    proxy.mcpUrl + place,
    'tools/list',
    {},
    { token: await proxy.token({ aud: AUDIENCE + place }), capabilities: ABLE },
  );
  expect(namesIn(answer)).toEqual(['late']);
  expect(refused).toEqual([expect.objectContaining({ code: -32_601 })]);
});

describe('lists are asked for no more often than makes a difference', () => {
  const SCOPE = wholeScope(['one']);
  const SOME = declaredIn(ABLE);
  const OTHER = declaredIn({ roots: {} });
  const setUp = (digestFor: (key: string) => string) => {
    let nowMs = 1_000_000;
    const asked: string[] = [];
    const list: ListBackend = async (_backend, _principal, _deadlineAtMs, { key }) => {
      asked.push(key);
      return await Promise.resolve({ ...NO_LISTS, digest: digestFor(key) });
    };
    const catalog = new Catalog([{ name: 'one' }], list, () => true, {
      log: new SilentLog(),
      nowMs: () => nowMs,
    });
    return { catalog, asked, later: (ms: number) => (nowMs += ms) };
  };

  test('a backend that makes no difference is asked once for both, until they are compared again', async () => {
    const { catalog, asked, later } = setUp(() => 'the same');
    for (const declared of [NOTHING_DECLARED, SOME]) await catalog.current(ANONYMOUS, SCOPE, declared);
    expect(asked).toHaveLength(2);
    for (let round = 0; round < 10; round += 1) {
      later(31_000);
      for (const declared of [NOTHING_DECLARED, SOME]) await catalog.current(ANONYMOUS, SCOPE, declared);
    }
    expect(asked).toHaveLength(12);
    later(600_000);
    for (const declared of [SOME, NOTHING_DECLARED]) await catalog.current(ANONYMOUS, SCOPE, declared);
    expect(asked).toHaveLength(14);
  });

  test('one that makes a difference is asked for each, and one that begins to is found out by its news', async () => {
    let isChoosy = true;
    const { catalog, asked, later } = setUp((key) => (isChoosy ? key : ''));
    const both = async (): Promise<void> => {
      later(31_000);
      for (const declared of [OTHER, SOME]) await catalog.current(ANONYMOUS, SCOPE, declared);
    };
    await both();
    await both();
    expect(asked).toHaveLength(4);
    isChoosy = false;
    await both();
    await both();
    expect(asked).toHaveLength(7);
    isChoosy = true;
    catalog.outdate('one', ANONYMOUS);
    await both();
    expect(asked).toHaveLength(9);
  });

  test('a backend that fails is not asked again at once for each set of capabilities, and none waits for what fails for others alone', async () => {
    let failing: readonly string[] = [SOME.key, OTHER.key, ''];
    const { catalog, asked, later } = setUp((key) => {
      if (failing.includes(key)) throw new GatehouseError('backend_unavailable', 'not now');
      return key;
    });
    const all = [SOME, OTHER, NOTHING_DECLARED];
    const look = async (): Promise<readonly boolean[]> => {
      for (const declared of all) await catalog.current(ANONYMOUS, SCOPE, declared);
      return all.map((declared) => catalog.failureOf(ANONYMOUS, 'one', declared) !== undefined);
    };
    expect([await look(), asked.length]).toEqual([[true, true, true], 1]);
    expect([await look(), asked.length]).toEqual([[true, true, true], 1]);
    failing = [SOME.key];
    later(6_000);
    // Twice in a row it is not taken from others.
    expect([await look(), asked.length]).toEqual([[true, false, false], 4]);
    const { key } = SOME;
    expect(asked).toEqual([key, key, OTHER.key, '']);
  });

  test('a failure of one person is nobody else’s', async () => {
    const { catalog, asked } = setUp(() => {
      throw new GatehouseError('reauth_required', 'of one person');
    });
    for (const person of ['a', 'b']) await catalog.current({ ...ANONYMOUS, key: person }, SCOPE, SOME);
    expect(asked).toHaveLength(2);
  });

  test('what is lent for one person is not lent to another', async () => {
    const { catalog, asked } = setUp(() => 'the same');
    for (const key of ['a', 'b'])
      for (const declared of [NOTHING_DECLARED, SOME])
        await catalog.current({ ...ANONYMOUS, key }, SCOPE, declared);
    expect(asked).toHaveLength(4);
  });

  test('a client that declares ever other things pushes out lists of its own sign-in alone', async () => {
    const { catalog, asked } = setUp((key) => key);
    const neighbour = { ...ANONYMOUS, key: 'neighbour' };
    await catalog.current(neighbour, SCOPE);
    const keys = new Set<string>();
    for (let count = 0; count < 2_000; count += 1) {
      const has = (bit: number): boolean => (count >> bit) % 2 === 1;
      const declared = declaredIn({
        [`other-${count}`]: {},
        ...(has(0) ? { roots: { [count]: true } } : {}),
        ...(has(1)
          ? { sampling: { ...(has(2) ? { tools: { count } } : {}), ...(has(3) ? { context: {} } : {}) } }
          : {}),
        ...(has(4)
          ? { elicitation: { ...(has(5) ? { url: {} } : {}), ...(has(6) ? { form: {} } : {}) } }
          : {}),
        ...(has(7)
          ? {
              extensions: {
                [UI_EXTENSION]: has(8) ? { mimeTypes: ['text/html;profile=mcp-app', count] } : {},
              },
            }
          : {}),
      });
      keys.add(declared.key);
      await catalog.current({ ...ANONYMOUS, key: 'hostile' }, SCOPE, declared);
    }
    expect(keys.size).toBeLessThanOrEqual(120);
    expect(keys.size).toBeGreaterThan(100);
    const before = asked.length;
    await catalog.current(neighbour, SCOPE);
    expect(asked).toHaveLength(before);
  });
});
