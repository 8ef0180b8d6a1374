import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { authorization, legacyClient, modern } from '../client.fixture.js';
import { callAndAnswer } from './asked-client.fixture.js';
import { ABLE, ask, done, FORM, obliging } from './asking-world.fixture.js';
import { call, onCall, startCallWorld, type BackendName, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
let token: string;
beforeAll(async () => {
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

interface Counted {
  readonly count: number;
  readonly ms: number;
}

const metrics = async (): Promise<string> =>
  await (await fetch(`${world.proxy.internalOrigin}/metrics`)).text();

/** Of all calls to the backend so far. */
async function heldSoFar(backend: BackendName): Promise<Counted> {
  const text = await metrics();
  const sample = (name: string): number =>
    Number(
      new RegExp(`^gatehouse_proxy_added_latency_seconds_${name}\\{backend="${backend}"\\} (\\S+)`, 'm').exec(
        text,
      )?.[1] ?? 0,
    );
  return { count: sample('count'), ms: sample('sum') * 1_000 };
}

/** For how long the one call of `work` to a backend was held; it is counted after the client has its answer. */
async function heldDuring(backend: BackendName, work: () => Promise<unknown>): Promise<number> {
  const before = await heldSoFar(backend);
  await work();
  let after = before;
  await until(async () => {
    after = await heldSoFar(backend);
    return after.count > before.count;
  });
  expect(after.count).toBe(before.count + 1);
  return after.ms - before.ms;
}

/** Sums in the text are of seconds: what is compared with them may differ by so much. */
const ROUNDING_MS = 0.001;

const send = async (name: BackendName): Promise<void> => {
  await modern(world.proxy.mcpUrl, 'tools/call', call(name), { token });
};

/** Answers the next calls when `release` is called. @returns from when to when the backend had the last one. */
function keptAtBackend(name: BackendName, begin: 'headers first' | 'nothing yet') {
  const facts = { receivedAtMs: 0, releasedAtMs: 0 };
  const kept = Promise.withResolvers<undefined>();
  world.backend(name).setIntercept(
    onCall((one, response) => {
      facts.receivedAtMs = performance.now();
      const result = { resultType: 'complete', content: [] };
      const text = JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result });
      if (begin === 'headers first')
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      void kept.promise.then(() => {
        facts.releasedAtMs = performance.now();
        if (begin === 'headers first') response.end(`data: ${text}\n\n`);
        else response.writeHead(200, { 'content-type': 'application/json' }).end(text);
      });
    }),
  );
  return {
    facts,
    isThere: async () => await until(() => facts.receivedAtMs > 0),
    release: () => kept.resolve(undefined),
  };
}

test('the time for which a backend has a call is not the gateway’s', async () => {
  const backend = keptAtBackend('modern', 'nothing yet');
  let tookMs = 0;
  const heldMs = await heldDuring('modern', async () => {
    const sentAtMs = performance.now();
    const answered = send('modern');
    await backend.isThere();
    backend.release();
    await answered;
    tookMs = performance.now() - sentAtMs;
  });
  const { receivedAtMs, releasedAtMs } = backend.facts;
  expect(heldMs).toBeGreaterThan(0);
  expect(heldMs).toBeLessThan(tookMs - (releasedAtMs - receivedAtMs) + ROUNDING_MS);
});

test('of an event stream the time until its beginning is passed on counts, and not what it takes from there', async () => {
  const backend = keptAtBackend('modern', 'headers first');
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  let untilBegunMs = 0;
  const heldMs = await heldDuring('modern', async () => {
    const sentAtMs = performance.now();
    const response = await fetch(world.proxy.mcpUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'modern_echo',
        ...authorization(token),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { ...call('modern'), _meta },
      }),
    });
    untilBegunMs = performance.now() - sentAtMs;
    // A whole call meanwhile, so that it takes its time.
    await send('dual');
    backend.release();
    await response.text();
  });
  expect(heldMs).toBeGreaterThan(0);
  expect(heldMs).toBeLessThan(untilBegunMs + ROUNDING_MS);
});

test('what the vault takes for a credential is the gateway’s', async () => {
  const { surroundings } = world.proxy;
  const asked = (): number =>
    surroundings.asked.filter(
      ({ contract, request }) => contract === 'credential.inject' && request['backend'] === 'inject',
    ).length;
  const kept = Promise.withResolvers<undefined>();
  // No credential is used twice.
  surroundings.useForMs = 0;
  token = await world.newCaller();
  surroundings.keptBack = kept.promise;
  let keptMs = 0;
  try {
    const heldMs = await heldDuring('inject', async () => {
      const before = asked();
      const answered = send('inject');
      await until(() => asked() > before);
      const keptAtMs = performance.now();
      await send('header');
      keptMs = performance.now() - keptAtMs;
      kept.resolve(undefined);
      await answered;
    });
    expect(heldMs).toBeGreaterThan(keptMs - ROUNDING_MS);
  } finally {
    kept.resolve(undefined);
    surroundings.useForMs = 60_000;
    surroundings.keptBack = Promise.resolve(undefined);
  }
});

test('while a person is asked, in the middle of a call, it is not the gateway that holds it', async () => {
  const results = [ask({ k: FORM }), done('ok')];
  world.backend('modern').setIntercept(
    onCall((one, response) => {
      const text = JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: results.shift() });
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    }),
  );
  const client = await legacyClient(world.proxy.mcpUrl, token, { capabilities: ABLE });
  let untilAskedMs = 0;
  const heldMs = await heldDuring('modern', async () => {
    const sentAtMs = performance.now();
    const { questions } = await callAndAnswer(client, ['tools/call', call('modern')], (question) => {
      untilAskedMs = performance.now() - sentAtMs;
      return obliging(question);
    });
    expect(questions).toHaveLength(1);
  });
  expect(heldMs).toBeLessThan(untilAskedMs + ROUNDING_MS);
});

test('the only labels are names of configured backends, whatever callers call', async () => {
  await heldDuring('modern', async () => await send('modern'));
  const series = async (): Promise<readonly string[]> =>
    ((await metrics()).match(/^gatehouse_proxy_added_latency_seconds_count\{.*\}/gm) ?? []).sort();
  const before = await series();
  for (const name of ['modern_gone', 'nobodys_echo', 'modern_echo"} 1'])
    await modern(world.proxy.mcpUrl, 'tools/call', { name, arguments: {} }, { token });
  await heldDuring('modern', async () => await send('modern'));
  expect(await series()).toEqual(before);
  for (const one of before)
    expect(one).toMatch(/^gatehouse_proxy_added_latency_seconds_count\{backend="[a-z]+"\}$/);
});
