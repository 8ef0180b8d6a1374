import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import {
  fixtureBackend,
  saidIn,
  startBridgeWorld,
  type BridgeWorld,
  type Said,
} from './bridge-world.fixture.js';

const hasty = fixtureBackend('hasty', { callTimeoutMs: 1 });

let world: BridgeWorld;
beforeAll(async () => {
  world = await startBridgeWorld([
    fixtureBackend('files'),
    fixtureBackend('single', { processes: { atOnce: 1 } }),
    fixtureBackend('silent', { processes: { startTimeoutMs: 300 } }, 'silent'),
    fixtureBackend('refusing', {}, 'refuse'),
    fixtureBackend('early', {}, 'early'),
    fixtureBackend('nowhere', { command: ['/nonexistent/program'] }),
    hasty,
  ]);
});
afterAll(async () => await world.close());

async function begun(backend = 'files') {
  const client = world.client(backend);
  expect((await client.initialize()).status).toBe(200);
  return client;
}

test.each(['2025-11-25', '2025-06-18', '2025-03-26'])(
  'a session of %s has an id and a program',
  async (version) => {
    const client = world.client('files');
    const { status, type, messages } = await client.initialize(version);
    expect([status, type, messages[0]?.result?.protocolVersion]).toEqual([200, 'application/json', version]);
    expect(client.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    const initialized = await client.message({ method: 'notifications/initialized' });
    expect([initialized.status, initialized.text]).toEqual([202, '']);
    const other = version === '2025-11-25' ? '2025-06-18' : '2025-11-25';
    expect((await client.call('echo', {}, { headers: { 'mcp-protocol-version': version } })).status).toBe(
      200,
    );
    expect((await client.call('echo', {}, { headers: { 'mcp-protocol-version': other } })).status).toBe(400);
    expect((await client.send({ method: 'DELETE' })).status).toBe(204);
    expect((await client.call('echo')).status).toBe(404);
  },
);

test('messages go through as the bytes that came, whatever their numbers, escapes and line breaks are', async () => {
  const client = await begun();
  const text = '{"big":12345678901234567890.10,"e":1e400,"s":"\\u00e9\\ud83d\\ude00é\\n","d":1,"d":2}';
  const { messages } = await client.send({
    body: `{\r\n "jsonrpc": "2.0",\n "id": "a\\tb", "method": "tools/call",\n "params": {"name": "echo", "arguments": ${text}}}\n`,
  });
  expect(messages).toHaveLength(1);
  expect(messages[0]?.id).toBe('a\tb');
  expect(JSON.parse(messages[0]?.result?.content?.[0]?.text ?? '')).toMatchObject({ s: 'é😀é\n', d: 2 });
});

test('progress and log messages of a call are on its stream, before its response', async () => {
  const client = await begun();
  const { type, messages } = await client.call('progress');
  expect(type).toBe('text/event-stream');
  expect(messages.map(({ method, id }) => method ?? id)).toEqual([
    'notifications/progress',
    'notifications/message',
    1,
  ]);
});

test('what a program asks in a call is asked on its stream, and the answer reaches the program', async () => {
  const client = await begun();
  const answered = await client.call(
    'ask',
    {},
    {
      heard: ({ id, method }) => {
        if (method === undefined || id === undefined) return;
        void client.message({ id, result: { action: 'accept' } });
      },
    },
  );
  expect(answered.messages[0]).toMatchObject({ id: 'q1', method: 'elicitation/create' });
  expect(saidIn(answered)).toEqual({ answer: { action: 'accept' } });
  const unasked = await client.message({ id: 'q1', result: {} });
  expect([unasked.status, unasked.messages[0]?.error?.message]).toEqual([400, 'Nobody asked that.']);
});

test('what belongs to no call is on the session’s own stream, of which there is one', async () => {
  const client = await begun();
  const heard: Said[] = [];
  // What was held for it shows that it is there.
  await client.call('afterwards');
  const stream = client.send({ method: 'GET', heard: (message) => heard.push(message) });
  await until(() => heard.length === 1);
  const { messages } = await client.call('tell');
  expect(messages).toHaveLength(1);
  await until(() => heard.length === 2);
  expect(heard[1]?.method).toBe('notifications/tools/list_changed');
  await client.send({ method: 'DELETE' });
  expect((await stream).status).toBe(200);
});

test('a stream that comes again takes the place of the one before, which may be dead', async () => {
  const client = await begun();
  const heard: Said[] = [];
  await client.call('afterwards');
  const asked = Promise.withResolvers<undefined>();
  const first = client.send({ method: 'GET', heard: () => asked.resolve(undefined) });
  await asked.promise;
  const second = client.send({ method: 'GET', heard: (message) => heard.push(message) });
  // The first one ends; nobody answers what was asked there.
  expect((await first).status).toBe(200);
  expect((await client.message({ id: 'q1', result: { roots: [] } })).status).toBe(400);
  await client.call('tell');
  await until(() => heard.length === 1);
  await client.send({ method: 'DELETE' });
  expect((await second).status).toBe(200);
});

test('what a program asks when no call runs waits for somebody who listens', async () => {
  const client = await begun();
  await client.call('afterwards');
  const answered = Promise.withResolvers<number>();
  const stream = client.send({
    method: 'GET',
    heard: ({ id, method }) => {
      expect([id, method]).toEqual(['q1', 'roots/list']);
      void client
        .message({ id: 'q1', result: { roots: [] } })
        .then(({ status }) => answered.resolve(status), answered.reject);
    },
  });
  expect(await answered.promise).toBe(202);
  await client.send({ method: 'DELETE' });
  await stream;
});

// MCP 2025-11-25, cancellation.
test('a cancelled call ends, and its program hears of it', async () => {
  const client = await begun();
  const { answered } = await client.callForever('slow');
  // One id, one request.
  expect((await client.call('echo', {}, { id: 'slow' })).status).toBe(400);
  const params = { requestId: 'slow', reason: 'enough' };
  expect((await client.message({ method: 'notifications/cancelled', params })).status).toBe(202);
  expect((await answered).messages.at(-1)?.error).toMatchObject({ data: { ran: 'maybe' } });
  expect(saidIn(await client.call('cancelled'))).toEqual(['slow']);
});

test('a call whose reader is gone holds no program: it is cancelled there, and the session is idle again', async () => {
  const client = await begun('single');
  const connection = new AbortController();
  const { signal } = connection;
  const heard = (): void => connection.abort();
  await expect(client.call('never', {}, { id: 'left', heard, signal })).rejects.toThrow('aborted');
  await until(async () => JSON.stringify(saidIn(await client.call('cancelled'))) === '["left"]');
  // Else nobody would get its place.
  await begun('single');
});

test('output that is no message is skipped and counted', async () => {
  const client = await begun();
  const answered = await client.call('garbage');
  expect([answered.messages.length, saidIn(answered)]).toEqual([1, 'after garbage']);
  expect(world.log.of('program-output-skipped')[0]).toMatchObject({ backend: 'files' });
});

test('a program that ends says of each call that it may have run; the next one is told that the session is gone', async () => {
  const client = await begun();
  const { answered } = await client.callForever('waits');
  for (const { messages } of [await client.call('exit'), await answered])
    expect(messages.at(-1)?.error).toMatchObject({
      message: 'The program ended with exit code 3. The call may have run.',
      data: { ran: 'maybe' },
    });
  expect((await client.call('echo')).status).toBe(404);
});

test('a program that closed its standard input is ended with the next call, which is told at once', async () => {
  const client = await begun();
  expect(saidIn(await client.call('close'))).toBe('deaf');
  const { messages } = await client.call('echo');
  expect(messages[0]?.error?.message).toMatch(/^The program closed its standard input/);
  expect((await client.call('echo')).status).toBe(404);
});

test('a message without an end ends its program', async () => {
  const client = await begun();
  const { messages } = await client.call('endless');
  expect(messages[0]?.error?.message).toMatch(/^The program sent a message of more than \d+ bytes/);
});

test.each([
  ['silent', 504, 'The program gave no answer to initialize in time.'],
  ['early', 502, 'The program ended with exit code 4.'],
  ['nowhere', 502, 'The program could not be started (ENOENT).'],
])('a program that does not start (%s) is said so, and leaves nothing', async (backend, status, text) => {
  const client = world.client(backend);
  const answered = await client.initialize();
  expect([answered.status, answered.text, client.sessionId]).toEqual([status, text, undefined]);
});

test('a program that refuses the revision says so itself, and there is no session', async () => {
  const client = world.client('refusing');
  const { status, messages } = await client.initialize();
  expect([status, messages[0]?.error?.code, client.sessionId]).toEqual([200, -32_602, undefined]);
});

test('a program that hangs has the time of a call, and then gives no sign of life', async () => {
  const client = await begun('hasty');
  // It had the time that it needs to start.
  Object.defineProperty(hasty.processes, 'startTimeoutMs', { value: 100 });
  const { messages } = await client.call('hang');
  expect(messages[0]?.error?.message).toMatch(/gave no response within .* may have run/);
  await until(async () => (await client.call('echo')).status === 404);
  await until(() => world.log.of('program-ended').some(({ backend }) => backend === 'hasty'));
  expect(world.log.of('session-ended')).toContainEqual({ backend: 'hasty', how: 'gave no sign of life' });
});

test.each([
  ['GET', 400],
  ['PUT', 405],
])('%s without a session: %d', async (method, status) => {
  expect((await world.client('files').send({ method })).status).toBe(status);
});

test.each(['', 'text', '[]', '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":null,"method":"ping"}'])(
  'a body that is not one message is refused: %s',
  async (body) => {
    const client = await begun();
    expect((await client.send({ body })).status).toBe(400);
  },
);

test('a message that is larger than the proxy sends is not read', async () => {
  const client = await begun();
  expect((await client.call('echo', { text: 'x'.repeat(3 * 1024 * 1024) })).status).toBe(413);
});
