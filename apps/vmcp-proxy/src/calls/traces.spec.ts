import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTestNats } from '@gatehouse/testing/nats';
import { attributeOf, TraceCollector, type CollectedSpan } from '@gatehouse/testing/trace-collector';
import { until } from '@gatehouse/testing/until';
import { randomBytes } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { legacyClient, modern } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type ProxySetup, type TestProxy } from '../proxy.fixture.js';

const STEP = 'b7ad6b7169203331';
const OTHER_STEP = '00f067aa0ba902b7';

/** Of each test: what another test recorded may be sent later. */
let trace: string;
let parent: string;
let collector: TraceCollector;
let backend: TestBackend;
let legacy: TestBackend;
let proxy: TestProxy;

beforeAll(async () => {
  collector = await new TraceCollector().start();
  backend = await startBackend({
    kind: 'modern',
    resources: [{ uri: 'notes://secret?key=canary', name: 'n' }],
  });
  legacy = await startBackend({ kind: 'sessions' });
  proxy = await started(1);
});
beforeEach(() => {
  collector.requests.length = 0;
  trace = randomBytes(16).toString('hex');
  parent = `00-${trace}-${STEP}-00`;
});
afterEach(() => {
  collector.mode = 'takes';
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([backend.close(), legacy.close(), collector.stop()]);
});

/** Each on a bus of its own: what answers there knows one key. */
async function started(samplingRatio: number, more: Partial<ProxySetup> = {}): Promise<TestProxy> {
  const otlp = {
    endpoint: collector.origin,
    insecureAllowHttp: true,
    headers: new Map(),
    samplingRatio,
  };
  const strategy = { type: 'upstreamInject', providerName: 'octo' } as const;
  const nats = await startTestNats();
  const running = await startProxy({
    nats,
    backends: [
      { name: 'notes', url: backend.url, strategy },
      { name: 'old', url: legacy.url, strategy },
    ],
    telemetry: { otlp },
    ...more,
  });
  const close = async (): Promise<void> => {
    await running.close();
    await nats.close();
  };
  return { ...running, close };
}

const ECHO = { name: 'notes_echo', arguments: { text: 'canary-of-an-argument' } };
const callsOf =
  (name: string) =>
  (span: CollectedSpan): boolean =>
    span.name === name && span.kind === 2 && span.traceId === trace;

/** The step of the call at the proxy, when it has been sent. */
async function serverSpan(name = 'tools/call notes_echo'): Promise<CollectedSpan> {
  await until(() => Promise.resolve(collector.spans.some(callsOf(name))));
  const found = collector.spans.find(callsOf(name));
  if (found === undefined) throw new Error('no such step');
  return found;
}

const metaOfLast = (of: TestBackend): JsonObject => {
  const { params } = of.callsOf('tools/call').at(-1)?.body ?? {};
  return ((params as JsonObject | undefined)?.['_meta'] ?? {}) as JsonObject;
};

test('a call is one trace: from the client over the proxy and the bus to the backend', async () => {
  const token = await proxy.token();
  await modern(proxy.mcpUrl, 'tools/call', ECHO, { token, headers: { traceparent: parent } });
  const call = await serverSpan();
  expect(call).toMatchObject({ traceId: trace, parentSpanId: STEP, service: 'gatehouse-vmcp-proxy' });
  expect(attributeOf(call, 'mcp.method.name')).toBe('tools/call');
  expect(attributeOf(call, 'gen_ai.tool.name')).toBe('notes_echo');
  expect(attributeOf(call, 'gatehouse.backend')).toBe('notes');
  const children = collector.spans.filter(({ parentSpanId }) => parentSpanId === call.spanId);
  expect(children.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['send token-vault.credential.inject.v1', 'tools/call']),
  );
  const toBackend = children.find(({ name }) => name === 'tools/call');
  const own = `00-${trace}-${toBackend?.spanId}-01`;
  expect(backend.callsOf('tools/call').at(-1)?.headers['traceparent']).toBe(own);
  expect(metaOfLast(backend)['traceparent']).toBe(own);
});

// SEP-414.
test('the trace of the message counts before that of the HTTP request, which becomes a link', async () => {
  const token = await proxy.token();
  const params = { ...ECHO, _meta: { traceparent: parent, tracestate: 'vendor=1' } };
  const headers = { traceparent: `00-${trace}-${OTHER_STEP}-01` };
  await modern(proxy.mcpUrl, 'tools/call', params, { token, headers });
  const call = await serverSpan();
  expect(call.parentSpanId).toBe(STEP);
  expect(call.links?.map(({ spanId }) => spanId)).toEqual([OTHER_STEP]);
  expect(call.traceState).toBe('vendor=1');
  expect(metaOfLast(backend)['tracestate']).toBe('vendor=1');
});

test('an earlier backend has the trace in the header alone, and the message of its client as it came', async () => {
  const token = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, token);
  const params = { name: 'old_echo', arguments: { n: 1 }, _meta: { mine: { deep: [1, 2] } } };
  await client.request('tools/call', params, { headers: { traceparent: parent } });
  const call = await serverSpan('tools/call old_echo');
  expect(legacy.callsOf('tools/call').at(-1)?.headers['traceparent']).toMatch(
    new RegExp(`^00-${call.traceId}-`),
  );
  expect(legacy.callsOf('tools/call').at(-1)?.text).toContain('"_meta":{"mine":{"deep":[1,2]}}');
});

test('attack: baggage, and trace context that is none, reach no backend; the rest of _meta is byte for byte', async () => {
  const off = await started(0);
  const token = await off.token();
  const bad = [
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    `ff-${trace}-${STEP}-01`,
    'x'.repeat(5_000),
  ];
  for (const [proxyUrl, by] of [
    [off.mcpUrl, token],
    [proxy.mcpUrl, await proxy.token()],
  ] as const)
    for (const traceparent of bad) {
      const _meta = {
        traceparent,
        tracestate: 'a=b\tc',
        baggage: 'user=canary-of-baggage',
        mine: { a: [1] },
      };
      const headers = { baggage: 'user=canary-of-baggage', traceparent, tracestate: `k=${'v'.repeat(600)}` };
      await modern(proxyUrl, 'tools/call', { ...ECHO, _meta }, { token: by, headers });
      const sent = backend.callsOf('tools/call').at(-1);
      expect(JSON.stringify(sent?.headers) + (sent?.text ?? '')).not.toContain('canary-of-baggage');
      expect(
        JSON.stringify([sent?.headers['traceparent'], metaOfLast(backend)['traceparent']]),
      ).not.toContain(traceparent);
      expect(sent?.headers['tracestate']).toBeUndefined();
      expect(metaOfLast(backend)['tracestate']).toBeUndefined();
      expect(sent?.text).toContain('"mine":{"a":[1]}');
    }
  await off.close();
});

test('a sound trace of a client that is not recorded goes on untouched', async () => {
  const off = await started(0);
  const token = await off.token();
  const params = { ...ECHO, _meta: { traceparent: parent, tracestate: 'a=b' } };
  await modern(off.mcpUrl, 'tools/call', params, {
    token,
    headers: { traceparent: parent, tracestate: 'a=b' },
  });
  expect(backend.callsOf('tools/call').at(-1)?.headers).toMatchObject({
    traceparent: parent,
    tracestate: 'a=b',
  });
  expect(metaOfLast(backend)).toMatchObject({ traceparent: parent, tracestate: 'a=b' });
  await off.close();
});

test('attack: a client that says "sampled" has nothing recorded that was not drawn', async () => {
  const off = await started(0);
  const token = await off.token();
  const traceparent = `00-${trace}-${STEP}-01`;
  const params = { ...ECHO, _meta: { traceparent } };
  const { status } = await modern(off.mcpUrl, 'tools/call', params, { token, headers: { traceparent } });
  await off.close();
  expect(status).toBe(200);
  expect(collector.spans.filter(({ traceId }) => traceId === trace)).toEqual([]);
});

test('attack: no token, argument, URI, session id, baggage or invented name of a client stands in a step', async () => {
  const token = await proxy.token();
  const client = await legacyClient(proxy.mcpUrl, token);
  const headers = { traceparent: parent };
  const params = { arguments: { text: 'canary-of-an-argument' } };
  await client.request('tools/call', { ...params, name: 'old_echo' }, { headers });
  await modern(proxy.mcpUrl, 'resources/read', { uri: 'notes://secret?key=canary' }, { token, headers });
  await modern(proxy.mcpUrl, 'tools/call', { ...params, name: 'canary-of-a-name' }, { token, headers });
  await modern(proxy.mcpUrl, 'tools/call', { ...ECHO, _meta: { baggage: 'canary=1' } }, { token, headers });
  for (const name of ['tools/call old_echo', 'resources/read', 'tools/call', 'tools/call notes_echo'])
    await serverSpan(name);
  for (const secret of [token, client.sessionId, 'canary', 'notes://', '-token-of-'])
    expect(collector.text).not.toContain(secret);
});

test('attack: names that a caller invents for a backend that cannot be listed are no labels, and no names of steps', async () => {
  const other = await started(1, {
    backends: [
      { name: 'notes', url: backend.url },
      { name: 'gone', url: 'http://127.0.0.1:1/mcp' },
    ],
    callPolicies: policiesOf('permit(principal in Group::"eng", action, resource);'),
  });
  const token = await other.token();
  const headers = { traceparent: parent };
  for (let n = 0; n < 3; n += 1) {
    const params = { name: `gone_canary-${n}`, arguments: {} };
    const answer = await modern(other.mcpUrl, 'tools/call', params, { token, headers });
    expect(answer.body.error).toBeDefined();
  }
  const metrics = await (await fetch(`${other.internalOrigin}/metrics`)).text();
  expect(metrics).toMatch(
    /tool_calls_total\{backend="gone",kind="tool",tool="all other tools",outcome="not_allowed"\} 3/,
  );
  expect(metrics).not.toContain('canary');
  await other.close();
  expect(collector.spans.filter(callsOf('tools/call'))).toHaveLength(3);
  expect(collector.text).not.toContain('canary');
});

test.each(['hangs', 'refuses'] as const)(
  'a collector that %s fails no call and does not hold up the stop',
  async (mode) => {
    collector.mode = mode;
    const other = await started(1);
    const token = await other.token();
    for (let call = 0; call < 20; call += 1) {
      const { status } = await modern(other.mcpUrl, 'tools/call', ECHO, { token });
      expect(status).toBe(200);
    }
    await other.close();
  },
);

test('a collector that is not there fails no call, and its absence is counted', async () => {
  const gone = await new TraceCollector().start();
  await gone.stop();
  const otlp = { endpoint: gone.origin, insecureAllowHttp: true, headers: new Map(), samplingRatio: 1 };
  const other = await started(1, { telemetry: { otlp } });
  const token = await other.token();
  expect((await modern(other.mcpUrl, 'tools/call', ECHO, { token })).status).toBe(200);
  await until(async () => {
    const text = await (await fetch(`${other.internalOrigin}/metrics`)).text();
    return /gatehouse_trace_spans_total\{outcome="lost"\} [1-9]/.test(text);
  });
  await other.close();
});
