import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
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

const STOLEN = { action: 'accept', content: { stolen: true } };

/** Refused for its state, as the revision's status says. */
function expectRefused({ status, body }: ClientAnswer): void {
  expect({ status, code: body.error?.code }).toEqual({ status: 400, code: -32_602 });
}

/** After whatever was tried, the right person's right answer still arrives, alone. */
async function expectUnharmed({ held, questions }: Awaited<ReturnType<typeof parkOne>>): Promise<void> {
  const back = world.call(token, { params: retry(questions) });
  await until(() => held.answers().length > 0);
  held.finish();
  expect(textOf(await back)).toBe('done');
  expect(held.answers().map(({ result }) => result)).toEqual([{ action: 'accept', content: {} }]);
}

test('another user’s request state: refused, and the parked call is not harmed', async () => {
  const parked = await parkOne(world, token);
  const before = world.backend.callsOf('tools/call').length;
  const mallory = await world.proxy.token();
  expectRefused(await world.call(mallory, { params: retry(parked.questions, [STOLEN]) }));
  expect(world.backend.callsOf('tools/call').length).toBe(before);
  await expectUnharmed(parked);
});

test('the state of another sign-in of the same user: refused', async () => {
  const sub = randomUUID();
  token = await world.proxy.token({ sub });
  const parked = await parkOne(world, token);
  expectRefused(
    await world.call(await world.proxy.token({ sub }), { params: retry(parked.questions, [STOLEN]) }),
  );
  await expectUnharmed(parked);
});

test('a tampered request state: refused, never a new call', async () => {
  const parked = await parkOne(world, token);
  const { state } = parked.questions;
  const before = world.backend.callsOf('tools/call').length;
  const last = state.at(-1) === 'A' ? 'B' : 'A';
  for (const tampered of [
    state.slice(0, -1) + last,
    state.slice(0, -1),
    `${state}A`,
    `${state}.`,
    `${state}${'A'.repeat(2_000)}`,
    state.split('.').slice(0, 2).join('.'),
    `${state.split('.').slice(0, 2).join('.')}.`,
  ])
    expectRefused(
      await world.call(token, { params: retry({ ...parked.questions, state: tampered }, [STOLEN]) }),
    );
  expect(world.backend.callsOf('tools/call').length).toBe(before);
  await expectUnharmed(parked);
});

test('a replayed request state: each is answered once, while the call runs and after it', async () => {
  const { held, questions } = await parkOne(world, token);
  const back = world.call(token, { params: retry(questions) });
  await until(() => held.answers().length === 1);
  expectRefused(await world.call(token, { params: retry(questions, [STOLEN]) }));
  held.say(ask(1));
  const second = questionsIn(await back);
  expectRefused(await world.call(token, { params: retry(questions, [STOLEN]) }));
  const last = world.call(token, { params: retry(second) });
  await until(() => held.answers().length === 2);
  held.finish();
  expect(textOf(await last)).toBe('done');
  for (const one of [questions, second]) {
    const answer = await world.call(token, { params: retry(one, [STOLEN]) });
    expectRefused(answer);
    expect(answer.body.error).toMatchObject({ data: { retry: 'check-first' } });
  }
  expect(held.answers()).toHaveLength(2);
});

test('two answers to one state at the same time: one of them counts', async () => {
  const { held, questions } = await parkOne(world, token);
  const both = [0, 1].map(
    async (n) =>
      await world.call(token, { params: retry(questions, [{ action: 'accept', content: { n } }]) }),
  );
  const refused = await Promise.race(both);
  expectRefused(refused);
  await until(() => held.answers().length > 0);
  held.finish();
  const texts = (await Promise.all(both)).map(textOf);
  expect(texts.filter((text) => text === 'done')).toHaveLength(1);
  expect(held.answers()).toHaveLength(1);
});

test('a request state with other parameters, another name or another method: refused', async () => {
  const parked = await parkOne(world, token);
  const tries: readonly { readonly params: JsonObject; readonly method?: string }[] = [
    { params: { ...CALL, arguments: { deep: { value: 2 } } } },
    { params: { ...CALL, more: 1 } },
    { params: { name: CALL.name } },
    { params: { ...CALL, name: 'legacy_other' } },
    { params: { name: 'legacy_poem' }, method: 'prompts/get' },
    { params: { uri: 'file:///a' }, method: 'resources/read' },
  ];
  const before = world.backend.received.length;
  for (const { params, method } of tries)
    expectRefused(
      await world.call(token, {
        params: retry(parked.questions, [STOLEN], params),
        ...(method === undefined ? {} : { method }),
      }),
    );
  expect(world.backend.received.slice(before).map(({ body }) => body['method'])).toEqual([]);
  await expectUnharmed(parked);
});

test('one user parking without bound: the next question is refused to the backend, and others still park', async () => {
  const sub = randomUUID();
  const parked = [];
  // Many sign-ins are one person.
  for (let count = 0; count < 16; count += 1) {
    const signIn = await world.proxy.token({ sub });
    parked.push({ token: signIn, ...(await parkOne(world, signIn)) });
  }
  const mine = await world.proxy.token({ sub });
  const calling = world.call(mine);
  const held = await world.next();
  held.say(ask(7));
  await until(() => held.answers().length === 1);
  expect(held.answers()[0]).toMatchObject({ id: 7, error: { code: -32_601 } });
  held.finish();
  expect(textOf(await calling)).toBe('done');
  await expectUnharmed(await parkOne(world, token));
  // Those that go on make room.
  const [first] = parked;
  if (first === undefined) throw new Error('nothing is parked');
  const back = world.call(first.token, { params: retry(first.questions) });
  await until(() => first.held.answers().length === 1);
  first.held.finish();
  expect(textOf(await back)).toBe('done');
  await parkOne(world, mine);
});

test('a backend that asks for ever: after 32 questions of one call it is refused', async () => {
  let calling = world.call(token);
  const held = await world.next();
  for (let round = 1; round <= 32; round += 1) {
    held.say(ask(round));
    const questions = questionsIn(await calling);
    calling = world.call(token, { params: retry(questions) });
    await until(() => held.answers().length === round);
  }
  held.say(ask(33));
  await until(() => held.answers().length === 33);
  expect(held.answers().at(-1)).toMatchObject({ id: 33, error: { code: -32_601 } });
  held.finish();
  expect(textOf(await calling)).toBe('done');
});

test('a backend that asks for more than anybody reads is refused', async () => {
  const calling = world.call(token);
  const held = await world.next();
  held.say(ask(1, 'sampling/createMessage', { messages: ['x'.repeat(1_100_000)] }));
  await until(() => held.answers().length === 1);
  expect(held.answers()[0]).toMatchObject({ error: { code: -32_601 } });
  held.finish();
  expect(textOf(await calling)).toBe('done');
});

test('answers that nobody asked for, and such as are none, do not reach the backend', async () => {
  const { held, questions } = await parkOne(world, token);
  const [key = ''] = questions.keys;
  let { state } = questions;
  for (const inputResponses of [
    { other: STOLEN },
    { [key]: 'text' },
    { [key]: null },
    { [key]: [STOLEN] },
    'none',
    [],
  ]) {
    const again = questionsIn(
      await world.call(token, { params: { ...CALL, inputResponses, requestState: state } }),
    );
    expect(again.keys).toEqual([key]);
    ({ state } = again);
  }
  await expectUnharmed({ held, questions: { ...questions, state } });
});
