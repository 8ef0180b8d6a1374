import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type Received, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, type ClientAnswer } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { isCall, progressTokenOf } from './call-world.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
let token: string;
const backends = new Map<string, TestBackend>();

beforeAll(async () => {
  nats = await startTestNats();
  for (const [name, kind] of [
    ['sessions', 'sessions'],
    ['stateless', 'stateless'],
    ['modern', 'modern'],
    ['hurried', 'sessions'],
  ] as const)
    backends.set(name, await startBackend({ kind }));
  proxy = await startProxy({
    nats,
    backends: [...backends].map(([name, { url }]) => ({
      name,
      url,
      // No other call of a test takes that long, however busy the machine is.
      timeoutMs: name === 'hurried' ? 4_000 : 120_000,
    })),
  });
});
beforeEach(async () => {
  for (const one of backends.values()) one.setIntercept(undefined);
  token = await proxy.token();
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([...backends.values()].map((one) => one.close()));
  await nats.close();
});

type Say = (response: ServerResponse, call: Received, get: Received) => void;

/** A backend that begins the answer to a call, and goes on when it is asked for the rest; one function for each `GET`. */
function scripted(name: string, begin: Say, ...rest: readonly Say[]) {
  const backend = backends.get(name);
  if (backend === undefined) throw new Error(`no backend ${name}`);
  const calls: Received[] = [];
  const gets: Received[] = [];
  backend.setIntercept((one, response) => {
    const isGet = one.httpMethod === 'GET';
    // Not the stream of the session, which this server has not.
    if (isGet && one.headers['last-event-id'] === undefined) return false;
    if (!isGet && !isCall(one)) return false;
    (isGet ? gets : calls).push(one);
    const say = isGet ? (rest[gets.length - 1] ?? rest.at(-1)) : begin;
    const [first] = calls;
    if (say !== undefined && first !== undefined) say(response, first, one);
    return true;
  });
  return { backend, calls, gets };
}

const streaming = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });
const event = (id: string, message: unknown, retry = 1): string =>
  `id: ${id}\nretry: ${retry}\ndata: ${message === '' ? '' : JSON.stringify(message)}\n\n`;
/** Of the call, by the name that the backend was given for it. */
const progress = (of: Received, value: number) => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: progressTokenOf(of), progress: value },
});
const result = (call: Received, text = 'done') => ({
  jsonrpc: '2.0',
  id: call.body['id'],
  result: { content: [{ type: 'text', text }] },
});
const call = async (
  name: string,
  era: 'modern' | 'legacy' = 'modern',
  heard?: (text: string) => void,
): Promise<ClientAnswer> => {
  const params = { name: `${name}_echo`, arguments: {}, _meta: { progressToken: 7 } };
  const sent = { token, ...(heard === undefined ? {} : { heard }) };
  return era === 'modern'
    ? await modern(proxy.mcpUrl, 'tools/call', params, sent)
    : await (await legacyClient(proxy.mcpUrl, token)).request('tools/call', params, sent);
};

describe.each(['sessions', 'stateless'])('a %s backend', (name) => {
  test.each(['modern', 'legacy'] as const)(
    'whose stream ends cleanly without the response is asked for the rest, and a %s client gets it; the call ran once',
    async (era) => {
      const { calls, gets } = scripted(
        name,
        (response, first) => streaming(response).end(event('e1', '') + event('e2', progress(first, 1))),
        (response, first) =>
          streaming(response).end(event('e3', progress(first, 2)) + event('e4', result(first))),
      );
      const answer = await call(name, era);
      expect(answer.body.result).toMatchObject({ content: [{ text: 'done' }] });
      expect(answer.text.match(/notifications\/progress","params":\{"progressToken":7/g)).toHaveLength(2);
      expect(calls).toHaveLength(1);
      expect(gets.map(({ headers }) => headers['last-event-id'])).toEqual(['e2']);
      expect(gets[0]?.headers).toMatchObject({
        accept: 'text/event-stream',
        'mcp-protocol-version': '2025-11-25',
      });
      expect(gets[0]?.headers['mcp-session-id']).toBe(calls[0]?.headers['mcp-session-id']);
      expect(gets[0]?.headers['content-type']).toBeUndefined();
    },
  );
});

test('a connection that breaks in the middle of an event is taken up before that event', async () => {
  const { calls, gets } = scripted(
    'sessions',
    (response, first) => {
      const text = event('e1', progress(first, 1)) + event('e2', result(first));
      streaming(response).write(text.slice(0, -20), () => response.destroy());
    },
    (response, first) => streaming(response).end(event('e2', result(first))),
  );
  const answer = await call('sessions');
  expect(answer.body.result).toMatchObject({ content: [{ text: 'done' }] });
  expect([calls.length, gets[0]?.headers['last-event-id']]).toEqual([1, 'e1']);
});

test('an event that is cut off at a clean end is asked for again, and not counted as seen', async () => {
  const { gets } = scripted(
    'sessions',
    (response, first) => streaming(response).end(event('e1', '') + event('e2', result(first)).slice(0, -12)),
    (response, first) => streaming(response).end(event('e2', result(first))),
  );
  expect((await call('sessions')).body.result).toBeDefined();
  expect(gets[0]?.headers['last-event-id']).toBe('e1');
});

test('a server that closes its stream again and again is asked again and again (SEP-1699)', async () => {
  const { calls, gets } = scripted(
    'sessions',
    (response) => streaming(response).end(event('e0', '')),
    ...[1, 2, 3, 4].map(
      (index): Say =>
        (response) =>
          streaming(response).end(event(`e${index}`, '')),
    ),
    (response) => streaming(response).end(),
    (response, first) => streaming(response).end(event('e6', result(first))),
  );
  expect((await call('sessions')).body.result).toBeDefined();
  expect(gets.map(({ headers }) => headers['last-event-id'])).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e4']);
  expect(calls).toHaveLength(1);
});

test('what passes does not end the call: a GET that gets 503, or no answer, is sent again', async () => {
  const { calls, gets } = scripted(
    'sessions',
    (response) => streaming(response).end(event('e1', '')),
    (response) => response.writeHead(503).end(),
    (response) => response.destroy(),
    (response, first) => streaming(response).end(event('e2', result(first))),
  );
  expect((await call('sessions')).body.result).toBeDefined();
  expect([calls.length, gets.length]).toEqual([1, 3]);
});

/** The client hears at once, and in words that forbid a blind second try. */
function expectMayHaveRun({ body, text }: ClientAnswer): void {
  expect(body.error).toMatchObject({ code: -31_000, data: { retry: 'check-first' } });
  expect(text).toContain('It is not known whether it was done; check before trying again.');
}

describe('a stream that cannot be taken up ends with an error that says that the call may have run', () => {
  type Stream = (of: Received) => string;
  const without: Stream = (of) => `data: ${JSON.stringify(progress(of, 1))}\n\n`;
  test.each<readonly [string, string, Stream, number, number]>([
    ['its events have no ids', 'sessions', without, 405, 0],
    ['the revision of 2026-07-28 has no resumption', 'modern', (of) => event('e1', progress(of, 1)), 405, 0],
    ['an id is empty', 'sessions', (of) => `id: e1\ndata: \n\nid:\n${without(of)}`, 405, 0],
    ['an id is too long for a header', 'sessions', (of) => event('e'.repeat(2_000), progress(of, 1)), 405, 0],
    [
      'an id has what no header may have',
      'sessions',
      (of) => event('e\u00e9\u0001', progress(of, 1)),
      405,
      0,
    ],
    ['GET is not offered', 'sessions', (of) => event('e1', progress(of, 1)), 405, 1],
    ['the session is over', 'sessions', (of) => event('e1', progress(of, 1)), 404, 1],
    ['the id is unknown', 'stateless', (of) => event('e1', progress(of, 1)), 400, 1],
    [
      'the server asks for more time than there is',
      'sessions',
      (of) => event('e1', progress(of, 1), 3_600_000),
      405,
      0,
    ],
    ['the server never gets well', 'sessions', (of) => event('e1', progress(of, 1)), 503, 3],
  ])('%s', async (_why, name, stream, status, asked) => {
    for (const era of ['modern', 'legacy'] as const) {
      const { calls, gets } = scripted(
        name,
        (response, first) => streaming(response).end(stream(first)),
        (response) => response.writeHead(status).end(),
      );
      expectMayHaveRun(await call(name, era));
      expect([calls.length, gets.length]).toEqual([1, asked]);
    }
  });

  test('the answer to GET is no event stream', async () => {
    const { gets } = scripted(
      'sessions',
      (response) => streaming(response).end(event('e1', '')),
      (response, first) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(result(first)));
      },
    );
    expectMayHaveRun(await call('sessions'));
    expect(gets).toHaveLength(1);
  });
});

test('the deadline of the call is that of all its streams together, and the backend is told that nobody waits', async () => {
  const { backend, calls, gets } = scripted(
    'hurried',
    (response) => streaming(response).end(event('e1', '')),
    (response) => {
      streaming(response).flushHeaders();
    },
  );
  const before = backend.callsOf('notifications/cancelled').length;
  const answer = await call('hurried');
  expectMayHaveRun(answer);
  expect(answer.body.error?.data).toMatchObject({ code: 'deadline_exceeded' });
  expect([calls.length, gets.length]).toEqual([1, 1]);
  await until(() => backend.callsOf('notifications/cancelled').length > before);
});

test('a server that closes every stream at once is not asked for ever', async () => {
  const { calls } = scripted(
    'hurried',
    (response) => streaming(response).end(event('e1', '')),
    (response) => streaming(response).end(event('e1', '')),
  );
  expectMayHaveRun(await call('hurried'));
  expect(calls).toHaveLength(1);
});

test('a client that goes away between two streams ends the call: nothing more is asked for', async () => {
  const { backend, calls, gets } = scripted('sessions', (response, first) =>
    streaming(response).end(event('e1', progress(first, 1), 60_000)),
  );
  const before = backend.callsOf('notifications/cancelled').length;
  const controller = new AbortController();
  const params = { name: 'sessions_echo', arguments: {}, _meta: { progressToken: 7 } };
  let heard = '';
  const calling = modern(proxy.mcpUrl, 'tools/call', params, {
    token,
    signal: controller.signal,
    heard: (text) => (heard = text),
  });
  calling.catch(() => undefined);
  await until(() => heard.includes('progress'));
  controller.abort();
  await until(() => backend.callsOf('notifications/cancelled').length > before);
  expect([calls.length, gets.length]).toEqual([1, 0]);
});

test('a sign-out between two streams ends the call', async () => {
  scripted('sessions', (response, first) => streaming(response).end(event('e1', progress(first, 1), 60_000)));
  const tsid = randomUUID();
  token = await proxy.token({ tsid });
  let heard = '';
  const calling = call('sessions', 'modern', (text) => (heard = text));
  await until(() => heard.includes('progress'));
  await proxy.sessionClosed(tsid);
  expect((await calling).body.error).toMatchObject({ data: { code: 'session_closed' } });
});

test('a backend that replays the response to another call on the stream that takes up this one is not believed', async () => {
  scripted(
    'sessions',
    (response) => streaming(response).end(event('e1', '')),
    (response, first) =>
      streaming(response).end(
        event('e2', { jsonrpc: '2.0', id: 'another', result: { content: [] } }) +
          event('e3', result(first, 'mine')) +
          event('e4', result(first, 'twice')),
      ),
  );
  const answer = await call('sessions', 'legacy');
  expect(answer.text.match(/"result"/g)).toHaveLength(1);
  expect(answer.text).toContain('mine');
});
