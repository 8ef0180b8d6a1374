import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { textOf } from '../client.fixture.js';
import {
  ask,
  CALL,
  parkOne,
  questionsIn,
  retry,
  startParkedWorld,
  type ParkedWorld,
} from './parked.fixture.js';

let world: ParkedWorld;
let token: string;

beforeAll(async () => {
  world = await startParkedWorld();
});
beforeEach(async () => {
  token = await world.proxy.token();
});
afterAll(() => world.close());

const callsAtBackend = (): number => world.backend.callsOf('tools/call').length;

test.each([
  ['a result', { content: [{ type: 'text', text: 'gave up' }] }, undefined],
  ['an error', undefined, { code: -32_603, message: 'gave up' }],
])('%s that comes while the client thinks is kept for it', async (_what, result, error) => {
  const { held, questions } = await parkOne(world, token);
  if (error === undefined) held.finish(result);
  else held.fail(error);
  await until(() => held.isClosed());
  const { status, body } = await world.call(token, { id: 'late', params: retry(questions) });
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: 'late', ...(error === undefined ? { result } : { error }) });
});

test.each(['after its answers', 'while the client thinks'])(
  'a large result that comes %s arrives whole',
  async (when) => {
    const { held, questions } = await parkOne(world, token);
    const text = 'x'.repeat(8_000_000);
    const finish = (): void => held.finish({ content: [{ type: 'text', text }] });
    if (when === 'while the client thinks') finish();
    const back = world.call(token, { params: retry(questions) });
    if (when === 'after its answers') {
      await until(() => held.answers().length === 1);
      finish();
    }
    expect(textOf(await back) === text).toBe(true);
  },
);

test('the answers may come with a newer token of the same sign-in, and after the backend forgot its other sessions', async () => {
  const person = { sub: randomUUID(), tsid: randomUUID() };
  world.backend.forgetSessions();
  const { held, questions } = await parkOne(world, await world.proxy.token(person));
  const back = world.call(await world.proxy.token(person), { params: retry(questions) });
  await until(() => held.answers().length === 1);
  held.finish();
  expect(textOf(await back)).toBe('done');
});

test('a question that the backend takes back needs no answer', async () => {
  const { held, questions } = await parkOne(world, token);
  held.say({ method: 'notifications/cancelled', params: { requestId: 0 } }, ask(1));
  const next = questionsIn(await world.call(token, { params: retry(questions) }));
  expect(next.requests).toEqual({
    [next.keys[0] ?? '']: expect.objectContaining({ method: 'elicitation/create' }),
  });
  expect(next.keys).not.toEqual(questions.keys);
  const back = world.call(token, { params: retry(next) });
  await until(() => held.answers().length === 1);
  expect(held.answers()[0]).toMatchObject({ id: 1 });
  held.finish();
  expect(textOf(await back)).toBe('done');
});

test('a stream that ends while the client thinks: its request says that the call may have run', async () => {
  const { held, questions } = await parkOne(world, token);
  const before = world.log.of('parked-call-failed').length;
  held.breakOff();
  await until(() => world.log.of('parked-call-failed').length > before);
  const { body } = await world.call(token, { params: retry(questions) });
  expect(body.error).toMatchObject({ code: -32_602, data: { retry: 'check-first' } });
});

test('a stream that its server lets go while the client thinks is taken up, with the questions that are new on it', async () => {
  const before = callsAtBackend();
  const { held, questions } = await parkOne(world, token);
  held.letGo();
  await until(() => held.timesTakenUp() === 1);
  held.say(ask(1));
  const next = questionsIn(await world.call(token, { params: retry(questions) }));
  const back = world.call(token, { params: retry(next) });
  await until(() => held.answers().length === 2);
  held.letGo();
  await until(() => held.timesTakenUp() === 2);
  held.finish();
  expect(textOf(await back)).toBe('done');
  expect(callsAtBackend()).toBe(before + 1);
});

test('a client that goes away while it waits: the backend is told, before a question and after the answer', async () => {
  for (const isAsked of [false, true]) {
    const controller = new AbortController();
    const { signal } = controller;
    const parked = isAsked ? await parkOne(world, token) : undefined;
    const params = parked === undefined ? CALL : retry(parked.questions);
    const calling = world.call(token, { params, signal });
    calling.catch(() => undefined);
    const held = parked?.held ?? (await world.next());
    await until(() => !isAsked || held.answers().length === 1);
    controller.abort();
    await until(() => held.isClosed() && held.wasCancelled());
  }
});

test('a session that ends takes its parked calls with it, and nobody else’s', async () => {
  const tsid = randomUUID();
  const mine = await world.proxy.token({ tsid });
  const { held, questions } = await parkOne(world, mine);
  const other = await parkOne(world, token);
  await world.proxy.sessionClosed(tsid);
  await until(() => held.isClosed());
  expect((await world.call(mine, { params: retry(questions) })).status).toBe(401);
  const back = world.call(token, { params: retry(other.questions) });
  await until(() => other.held.answers().length === 1);
  other.held.finish();
  expect(textOf(await back)).toBe('done');
});
