import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { isCall } from './call-world.fixture.js';

const LIMITS = { calls: 24, callsPerPerson: 8, streams: 4, streamsPerPerson: 2 };
/** As `calls: 4` alone gives them. */
const TIGHT = { calls: 4, callsPerPerson: 1, streams: 4, streamsPerPerson: 1 };
const log = new KeptLog();

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
/** Calls that the backend holds, by what they say. */
let held: { readonly text: string; readonly response: ServerResponse }[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({
    kind: 'sessions',
    intercept: (one, response) => {
      const text = JSON.stringify(one.body);
      if (!isCall(one) || !/hold|stream/.test(text)) return false;
      held.push({ text, response });
      if (text.includes('stream'))
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      return true;
    },
  });
  proxy = await startProxy({
    nats,
    log,
    // Nothing here is about time.
    backends: Object.entries({ one: LIMITS, two: LIMITS, tight: TIGHT }).map(([name, limits]) => ({
      name,
      url: backend.url,
      timeoutMs: 120_000,
      limits,
    })),
  });
});
afterAll(async () => {
  for (const { response } of held) response.destroy();
  await proxy.close();
  await backend.close();
  await nats.close();
});

/** The token of a caller who has listed the tools, one list after the other. */
async function newCaller(claims: { readonly sub?: string } = {}): Promise<string> {
  const token = await proxy.token(claims);
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  return token;
}
const callAs = async (token: string, says: string, name = 'one'): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, 'tools/call', { name: `${name}_echo`, arguments: { says } }, { token });
const holding = (says: string): number => held.filter(({ text }) => text.includes(says)).length;

/** Ends what is held. The backend answers, for one that breaks off everybody's calls is left alone for a while. */
async function release(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const { response } of held)
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  held = [];
  await Promise.all(calls);
}

test('one person with four sign-ins cannot take all places of a backend; what is over is busy at once, with Retry-After', async () => {
  const sub = randomUUID();
  const signIns: string[] = [];
  for (let count = 0; count < 4; count += 1) signIns.push(await newCaller({ sub }));
  const answered: ClientAnswer[] = [];
  const calls = Array.from({ length: 20 }, async (_, index) => {
    const answer = await callAs(signIns[index % 4] ?? '', 'hold');
    answered.push(answer);
  });
  await until(
    () => holding('hold') === LIMITS.callsPerPerson && answered.length === 20 - LIMITS.callsPerPerson,
  );
  for (const answer of answered) {
    expect(textOf(answer)).toContain('(busy)');
    expect(textOf(answer)).toContain('it is safe to try again');
    expect(answer.headers.get('retry-after')).toBe('1');
  }
  expect(textOf(await callAs(await newCaller(), 'hello'))).toContain('hello');
  await release(calls);
  expect(textOf(await callAs(signIns[0] ?? '', 'hello'))).toContain('hello');
});

test('one place for each person is enough to list a backend', async () => {
  const listed = await modern(proxy.mcpUrl, 'tools/list', {}, { token: await proxy.token() });
  expect(listed.body.result).toMatchObject({
    tools: [{ name: 'one_echo' }, { name: 'two_echo' }, { name: 'tight_echo' }],
  });
  expect([...log.of('backend-not-listed'), ...log.of('backend-listed-in-part')]).toEqual([]);
});

test('the limits of one backend are not those of another on the same origin', async () => {
  const tokens = await Promise.all(Array.from({ length: 3 }, () => newCaller()));
  const other = await newCaller();
  const calls = tokens.flatMap((token) => Array.from({ length: 8 }, () => callAs(token, 'hold')));
  await until(() => holding('hold') === LIMITS.calls);
  expect(textOf(await callAs(other, 'hello'))).toContain('(busy)');
  expect(textOf(await callAs(other, 'hello', 'two'))).toContain('hello');
  await release(calls);
});

test('long streams leave the places of calls, and one person’s streams those of others', async () => {
  const greedy = await newCaller();
  const streams = [callAs(greedy, 'stream'), callAs(greedy, 'stream')];
  await until(() => holding('stream') === 2);
  const third = await callAs(greedy, 'stream');
  expect(third.text).toContain('"code":"busy"');
  expect(third.text).toContain('"retryAfterSeconds":1');
  const others = [await newCaller(), await newCaller()];
  streams.push(...others.map(async (token) => await callAs(token, 'stream')));
  await until(() => holding('stream') === 5);
  for (const token of [greedy, ...others]) expect(textOf(await callAs(token, 'hello'))).toContain('hello');
  await release(streams);
});

test('a person whose places are all taken can still cancel, and has a place again', async () => {
  const token = await newCaller();
  const client = await legacyClient(proxy.mcpUrl, token);
  const calls = [1, 2, 3, 4, 5, 6, 7, 8].map((index) =>
    client.request('tools/call', { name: 'one_echo', arguments: { says: 'hold' } }, { id: `c${index}` }),
  );
  await until(() => holding('hold') === 8);
  expect(textOf(await callAs(token, 'hello'))).toContain('(busy)');
  await client.notify('notifications/cancelled', { requestId: 'c2' });
  await until(() => backend.callsOf('notifications/cancelled').length === 1);
  await calls[1];
  expect(textOf(await callAs(token, 'hello'))).toContain('hello');
  await release(calls);
});
