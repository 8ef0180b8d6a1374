import { mcpStreamHanded } from '@gatehouse/contracts/events/mcp-stream-handed';
import { fullSubject } from '@gatehouse/messaging/subjects';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { modern, textOf, type ClientAnswer, type Sent } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import {
  ABLE,
  ask,
  parkOne,
  questionsIn,
  retry,
  startParkedWorld,
  type ParkedWorld,
} from './parked.fixture.js';

let nats: TestNats;
let world: ParkedWorld;
let other: Awaited<ReturnType<ParkedWorld['proxy']['startReplica']>>;
let spy: NatsConnection;
let token: string;
const overheard: string[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  world = await startParkedWorld(undefined, nats);
  other = await world.proxy.startReplica();
  spy = await connect({ servers: nats.url, ...nats.observerOf('vmcp-proxy') });
  const { gatewayName } = nats.optionsOf('vmcp-proxy');
  spy.subscribe(fullSubject(gatewayName, mcpStreamHanded.subject), {
    callback: (_error, message) => void overheard.push(message.string()),
  });
  await spy.flush();
});
beforeEach(async () => {
  token = await world.proxy.token();
  overheard.length = 0;
});
afterAll(async () => {
  await spy.close();
  await other.close();
  await world.close();
  await nats.close();
});

/** A retry that a balancer sends to the replica that knows nothing of the call. */
const there = async (params: JsonObject, sent: Sent = {}): Promise<ClientAnswer> =>
  await modern(other.mcpUrl, 'tools/call', params, { token, capabilities: ABLE, ...sent });

const STOLEN = { action: 'accept', content: { stolen: true } };

function expectRefused({ status, body }: ClientAnswer): void {
  expect({ status, code: body.error?.code }).toEqual({ status: 400, code: -32_602 });
}

test('answers that reach another replica go on with the call, which runs once, through several rounds', async () => {
  const before = world.backend.callsOf('tools/call').length;
  const { held, questions } = await parkOne(world, token);
  const first = there(retry(questions, [{ action: 'accept', content: { word: 'of-the-person' } }]));
  await until(() => held.answers().length === 1);
  held.say(ask(1));
  const second = there(retry(questionsIn(await first)));
  await until(() => held.answers().length === 2);
  held.say(ask(2));
  // And back to the replica that has it.
  const last = world.call(token, { params: retry(questionsIn(await second)) });
  await until(() => held.answers().length === 3);
  held.finish();
  expect(textOf(await last)).toBe('done');
  expect(held.answers()[0]).toMatchObject({ result: { content: { word: 'of-the-person' } } });
  expect(world.backend.callsOf('tools/call')).toHaveLength(before + 1);
  // Nobody on the bus learns what was said, nor with which token.
  expect(overheard.length).toBeGreaterThan(0);
  expect(overheard.join()).not.toMatch(/of-the-person|elicitation|done/);
  expect(overheard.join()).not.toContain(token);
});

test('a request that is handed on is counted once, where its call waits', async () => {
  const countedAt = async (origin: string): Promise<number> => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    const sample = /^gatehouse_proxy_added_latency_seconds_count\{backend="legacy"\} (\d+)/m.exec(text);
    return Number(sample?.[1] ?? 0);
  };
  const origins = [world.proxy.internalOrigin, other.internalOrigin] as const;
  const [here, elsewhere] = [await countedAt(origins[0]), await countedAt(origins[1])];
  const { held, questions } = await parkOne(world, token);
  const back = there(retry(questions));
  await until(() => held.answers().length === 1);
  held.finish();
  expect(textOf(await back)).toBe('done');
  // The first request, which got the questions, and the one that brought the answers.
  await until(async () => (await countedAt(origins[0])) === here + 2);
  expect(await countedAt(origins[1])).toBe(elsewhere);
});

test('the whole answer arrives, with progress before it', async () => {
  const { held, questions } = await parkOne(world, token);
  const params = { ...retry(questions), _meta: { progressToken: 'mine' } };
  const back = there(params);
  await until(() => held.answers().length === 1);
  const text = 'ü'.repeat(400_000);
  held.finish({ content: [{ type: 'text', text }] });
  expect(textOf(await back)).toBe(text);
});

test('a client that leaves the other replica has cancelled: the backend is told', async () => {
  const { held, questions } = await parkOne(world, token);
  const left = new AbortController();
  const back = there(retry(questions), { signal: left.signal }).catch(() => 'gone');
  await until(() => held.answers().length === 1);
  left.abort();
  expect(await back).toBe('gone');
  await until(() => held.wasCancelled() && held.isClosed());
});

test('attack: another user’s request state, another sign-in’s, a changed and a used one, by way of another replica: refused', async () => {
  const sub = randomUUID();
  token = await world.proxy.token({ sub });
  const { held, questions } = await parkOne(world, token);
  const before = world.backend.callsOf('tools/call').length;
  for (const thief of [await world.proxy.token(), await world.proxy.token({ sub })])
    expectRefused(await there(retry(questions, [STOLEN]), { token: thief }));
  const last = questions.state.at(-1) === 'A' ? 'B' : 'A';
  const changed = { ...questions, state: questions.state.slice(0, -1) + last };
  expectRefused(await there(retry(changed, [STOLEN])));
  expectRefused(await there({ ...retry(questions, [STOLEN]), arguments: { other: true } }));
  expect(world.backend.callsOf('tools/call')).toHaveLength(before);
  expect(held.answers()).toEqual([]);
  const back = there(retry(questions));
  await until(() => held.answers().length === 1);
  expectRefused(await there(retry(questions, [STOLEN])));
  held.finish();
  expect(textOf(await back)).toBe('done');
  expectRefused(await there(retry(questions, [STOLEN])));
  expect(held.answers()).toMatchObject([{ result: { action: 'accept', content: {} } }]);
});

test('attack: a token that is valid nowhere any more opens nothing where the call waits', async () => {
  const tsid = randomUUID();
  token = await world.proxy.token({ tsid });
  const { held, questions } = await parkOne(world, token);
  await world.proxy.sessionClosed(tsid);
  await until(() => held.isClosed());
  const answer = await there(retry(questions, [STOLEN]));
  expect(answer.body.result).toBeUndefined();
  expect(held.answers()).toEqual([]);
});

test('a state that names no replica is answered within the time of one that is gone', async () => {
  const { questions } = await parkOne(world, token);
  const [mark, , sealed] = questions.state.split('.');
  for (const address of ['A'.repeat(43), 'x'.repeat(43), 'nobody']) {
    const answer = await there(retry({ ...questions, state: [mark, address, sealed].join('.') }));
    expect(textOf(answer)).toMatch(/check before trying again\. \(unavailable\)/);
  }
});

test('a retry that is too large for the bus is refused, and still counts at the replica that has the call', async () => {
  const call = { name: 'legacy_echo', arguments: { text: 'x'.repeat(900_000) } };
  const calling = world.call(token, { params: call });
  const held = await world.next();
  held.say(ask(0));
  const questions = questionsIn(await calling);
  expect(textOf(await there(retry(questions, undefined, call)))).toContain('unavailable');
  const back = world.call(token, { params: retry(questions, undefined, call) });
  await until(() => held.answers().length === 1);
  held.finish();
  expect(textOf(await back)).toBe('done');
});

test('the replica that has the call dies: its client reads that the call may have run, and it does not run again', async () => {
  const holder = await world.proxy.startReplica();
  const sent = { token, capabilities: ABLE };
  const calling = modern(holder.mcpUrl, 'tools/call', { name: 'legacy_echo', arguments: {} }, sent);
  const held = await world.next();
  held.say(ask(0));
  const questions = questionsIn(await calling);
  const before = world.backend.callsOf('tools/call').length;
  await holder.kill();
  const answer = await there(retry(questions, undefined, { name: 'legacy_echo', arguments: {} }));
  expect(textOf(answer)).toMatch(/check before trying again\. \(unavailable\)/);
  expect(world.backend.callsOf('tools/call')).toHaveLength(before);
});

/** A call that waits at a replica of its own, and whose client came back to another one with the answer. */
async function resumedAt(client: { readonly mcpUrl: string }, waiting: { readonly mcpUrl: string }) {
  const sent = { token, capabilities: ABLE };
  const call = { name: 'legacy_echo', arguments: {} };
  const calling = modern(waiting.mcpUrl, 'tools/call', call, sent);
  const held = await world.next();
  held.say(ask(0));
  const questions = questionsIn(await calling);
  const back = modern(client.mcpUrl, 'tools/call', retry(questions, undefined, call), sent);
  await until(() => held.answers().length === 1);
  return { held, back };
}

const STOPPED = { code: 'unavailable', retry: 'check-first' };

const isListening = async (url: string): Promise<boolean> =>
  await fetch(url, { method: 'OPTIONS', headers: { connection: 'close' } }).then(
    () => true,
    () => false,
  );

test('a replica that stops finishes a call whose client came back to another one', async () => {
  const holder = await world.proxy.startReplica();
  const { held, back } = await resumedAt(other, holder);
  const stopped = holder.close();
  await until(async () => !(await isListening(holder.mcpUrl)));
  held.finish();
  expect(textOf(await back)).toBe('done');
  await stopped;
  expect(held.wasCancelled()).toBe(false);
});

test('a replica that has no time left answers a call whose client came back to another one, and tells its backend', async () => {
  const holder = await world.proxy.startReplica();
  const { held, back } = await resumedAt(other, holder);
  await holder.close(1_000);
  expect((await back).body.error).toMatchObject({ data: STOPPED });
  await until(() => held.wasCancelled());
});

test('a client of a replica that stops, whose call waits at another one, gets an answer before it is cut', async () => {
  const nearer = await world.proxy.startReplica();
  const { held, back } = await resumedAt(nearer, other);
  await nearer.close(1_000);
  expect((await back).body.error).toMatchObject({ data: STOPPED });
  await until(() => held.wasCancelled() && held.isClosed());
});
