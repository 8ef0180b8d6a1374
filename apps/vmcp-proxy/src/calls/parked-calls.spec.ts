import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { textOf } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { ask, CALL, questionsIn, retry, startParkedWorld, type ParkedWorld } from './parked.fixture.js';

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

describe('a backend with sessions that asks a stateless client in the middle of a call', () => {
  const form = {
    message: 'Sure?',
    requestedSchema: { type: 'object', properties: { n: { type: 'number' } } },
  };
  const url = { mode: 'url', message: 'Open it.', url: 'https://example.com/x' };
  const sampling = { messages: [], maxTokens: 1.0, tools: [] };

  test.each([
    ['a form', 'elicitation/create', form, form, { action: 'accept', content: { n: 1 } }],
    ['a page', 'elicitation/create', { ...url, elicitationId: 'e' }, url, { action: 'accept' }],
    ['a model', 'sampling/createMessage', sampling, sampling, { role: 'assistant', content: [], model: 'm' }],
    ['its roots', 'roots/list', undefined, undefined, { roots: [{ uri: 'file:///r' }] }],
    ['a form, and it says no', 'elicitation/create', form, form, { action: 'decline' }],
  ])(
    'for %s: a result asks, and the same call goes on with the answer',
    async (_what, method, params, shown, answer) => {
      const before = callsAtBackend();
      const calling = world.call(token, { id: 'first' });
      const held = await world.next();
      held.say(ask('q', method, params));
      const asked = await calling;
      expect(asked.body.id).toBe('first');
      const questions = questionsIn(asked);
      expect(Object.values(questions.requests)).toEqual([
        shown === undefined ? { method } : { method, params: shown },
      ]);
      const back = world.call(token, { id: 'second', params: retry(questions, [answer]) });
      await until(() => held.answers().length === 1);
      expect(held.answers()).toEqual([{ jsonrpc: '2.0', id: 'q', result: answer }]);
      held.finish();
      const { body } = await back;
      expect(body).toMatchObject({ id: 'second', result: { resultType: 'complete' } });
      expect(callsAtBackend()).toBe(before + 1);
    },
  );

  test.each([
    ['prompts/get', { name: 'legacy_poem' }, { messages: [] }],
    ['resources/read', { uri: 'file:///a' }, { contents: [] }],
  ])('in %s: the same', async (method, params, result) => {
    const calling = world.call(token, { method, params });
    const held = await world.next();
    held.say(ask(1));
    const questions = questionsIn(await calling);
    const back = world.call(token, { method, params: retry(questions, undefined, params) });
    await until(() => held.answers().length === 1);
    held.finish(result);
    expect((await back).body.result).toMatchObject({ ...result, resultType: 'complete' });
  });

  test('for several things at once: one result asks for all of them', async () => {
    const calling = world.call(token);
    const held = await world.next();
    held.say(ask(1), ask(2, 'roots/list'), ask('1', 'sampling/createMessage', sampling));
    const questions = questionsIn(await calling);
    expect(Object.values(questions.requests).map(({ method }) => method)).toEqual([
      'elicitation/create',
      'roots/list',
      'sampling/createMessage',
    ]);
    const answers = [{ action: 'cancel' }, { roots: [] }, { role: 'assistant', model: 'm', content: [] }];
    const back = world.call(token, { params: retry(questions, answers) });
    await until(() => held.answers().length === 3);
    expect(new Map(held.answers().map(({ id, result }) => [id, result]))).toEqual(
      new Map<unknown, unknown>([
        [1, answers[0]],
        [2, answers[1]],
        ['1', answers[2]],
      ]),
    );
    held.finish();
    expect(textOf(await back)).toBe('done');
  });

  test('again and again: each answer brings the next question, in one call', async () => {
    const before = callsAtBackend();
    let calling = world.call(token);
    const held = await world.next();
    const states = new Set<string>();
    for (let round = 1; round <= 3; round += 1) {
      held.say(ask(round));
      const questions = questionsIn(await calling);
      expect(questions.requests[questions.keys[0] ?? '']).toMatchObject({
        params: { message: `Question ${round}?` },
      });
      states.add(questions.state);
      calling = world.call(token, { params: retry(questions) });
      await until(() => held.answers().length === round);
    }
    held.finish();
    expect(textOf(await calling)).toBe('done');
    expect([states.size, callsAtBackend()]).toEqual([3, before + 1]);
  });

  test('and gets a part of the answers: what is missing is asked again, what was given is handed on at once', async () => {
    const calling = world.call(token);
    const held = await world.next();
    held.say(ask(1), ask(2));
    const first = questionsIn(await calling);
    const given = { action: 'accept', content: { n: 1 } };
    const again = questionsIn(await world.call(token, { params: retry(first, [given]) }));
    expect(again.requests).toEqual({ [first.keys[1] ?? '']: first.requests[first.keys[1] ?? ''] });
    await until(() => held.answers().length === 1);
    const none = questionsIn(await world.call(token, { params: { ...CALL, requestState: again.state } }));
    expect(none.keys).toEqual(again.keys);
    const back = world.call(token, { params: retry(none, [{ action: 'decline' }, { action: 'accept' }]) });
    await until(() => held.answers().length === 2);
    expect(held.answers().map(({ id, result }) => [id, result])).toEqual([
      [1, given],
      [2, { action: 'decline' }],
    ]);
    held.finish();
    expect(textOf(await back)).toBe('done');
  });
});

test.each([
  ['nothing', {}, ask(5), CALL, 'tools/call'],
  ['something else', { sampling: {} }, ask(5), CALL, 'tools/call'],
  [
    'no pages',
    { elicitation: {} },
    ask(5, 'elicitation/create', { mode: 'url', url: 'u' }),
    CALL,
    'tools/call',
  ],
  [
    'everything, in a completion',
    undefined,
    ask(5),
    { ref: { type: 'ref/prompt', name: 'legacy_poem' }, argument: { name: 'a', value: '' } },
    'completion/complete',
  ],
])(
  'a client that declares %s is not asked: the backend hears so at once',
  async (_what, capabilities, question, params, method) => {
    const calling = world.call(token, {
      params,
      method,
      ...(capabilities === undefined ? {} : { capabilities }),
    });
    const held = await world.next();
    held.say(question);
    await until(() => held.answers().length === 1);
    expect(held.answers()[0]).toMatchObject({ id: 5, error: { code: -32_601 } });
    held.finish({ content: [], completion: { values: [] } });
    expect((await calling).body.result).toMatchObject({ resultType: 'complete' });
  },
);

test('a backend session promises what its client declares, and is shared by those that declare the same', async () => {
  const capabilitySets: readonly JsonObject[] = [
    { elicitation: {}, roots: { listChanged: true }, experimental: { x: {} } },
    { roots: {}, elicitation: { form: {} } },
    { elicitation: { url: {} } },
    {},
    { tasks: {} },
  ];
  const sessions: unknown[] = [];
  for (const capabilities of capabilitySets) {
    const calling = world.call(token, { capabilities });
    const held = await world.next();
    sessions.push(held.received.headers['mcp-session-id']);
    held.finish();
    await calling;
  }
  const [one, same, pages, none, noneEither] = sessions;
  expect(same).toBe(one);
  expect(noneEither).toBe(none);
  expect(new Set([one, pages, none]).size).toBe(3);
  const promised = world.backend
    .callsOf('initialize')
    .map(({ body }) => (body['params'] as JsonObject)['capabilities']);
  expect(promised).toContainEqual({ elicitation: { form: {} }, roots: {} });
  expect(promised).toContainEqual({ elicitation: { url: {} } });
});

test('a warm call is one request to its backend, whatever its client declares', async () => {
  for (let count = 0; count < 2; count += 1) {
    const before = world.backend.received.length;
    const calling = world.call(token);
    (await world.next()).finish();
    await calling;
    if (count === 1) expect(world.backend.received.length).toBe(before + 1);
  }
});

test('progress goes to the request that waits, under its own token; while none waits it is dropped', async () => {
  const params = { ...CALL, _meta: { progressToken: 'one' } };
  const calling = world.call(token, { params });
  const held = await world.next();
  // Clients share the session: it is a token of ours there.
  const { _meta } = held.received.body['params'] as { readonly _meta: JsonObject };
  const progress = (done: number): JsonObject => ({
    method: 'notifications/progress',
    params: { progressToken: _meta['progressToken'], progress: done },
  });
  held.say(progress(1), ask(1));
  const asked = await calling;
  expect(asked.text).toContain('"progressToken":"one"');
  held.say(progress(2));
  await until(async () =>
    (await (await fetch(`${world.proxy.internalOrigin}/metrics`)).text()).includes('reason="while_parked"'),
  );
  const back = world.call(token, {
    params: { ...retry(questionsIn(asked)), _meta: { progressToken: 'two' } },
  });
  await until(() => held.answers().length === 1);
  held.say(progress(3));
  held.finish();
  const { text } = await back;
  expect(text).toContain('"progressToken":"two"');
  expect(text).toContain('"progress":3');
  expect(text).not.toContain('"progress":2');
});
