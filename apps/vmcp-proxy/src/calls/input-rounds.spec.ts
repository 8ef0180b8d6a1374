import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Received } from '../backend.fixture.js';
import { authorization, post, textOf } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { callAndAnswer, messagesIn, type Says } from './asked-client.fixture.js';
import { call, onCall } from './call-world.fixture.js';
import {
  ABLE,
  CALL,
  FORM,
  URL_MODE,
  SAMPLING,
  ROOTS,
  ANSWERS,
  obliging,
  ask,
  done,
  paramsOf,
  nth,
  send,
  startAskingWorld,
  type AskingWorld,
} from './asking-world.fixture.js';

let asking: AskingWorld;
beforeAll(async () => {
  asking = await startAskingWorld();
});
beforeEach(async () => {
  asking.token = await asking.world.newCaller();
});
afterAll(() => asking.world.close());

describe.each(['json', 'stream'] as const)('what a modern backend asks by its result (%s)', (form) => {
  test.each([
    ['a form', FORM],
    ['a URL', URL_MODE],
    ['sampling', SAMPLING],
    ['roots', ROOTS],
  ])('%s: is a request to a client with a session, and its answer goes back', async (_what, request) => {
    const calls = asking.answerWith([ask({ k: request }, 'state'), done('ok')], form);
    const { answer, questions } = await callAndAnswer(await asking.clientWith(), CALL, obliging, {
      id: 'mine',
    });
    expect(questions).toHaveLength(1);
    expect(questions[0]).toMatchObject(request);
    expect(questions[0]?.['id']).toMatch(/^gatehouse-question-/);
    expect(answer.body.id).toBe('mine');
    expect(answer.body.result).toEqual({ content: [{ type: 'text', text: 'ok' }] });
    expect(calls()).toHaveLength(2);
    const [first, second] = [nth(calls, 0), nth(calls, 1)];
    const { inputResponses, requestState, ...params } = paramsOf(second);
    expect(inputResponses).toEqual({ k: ANSWERS[request.method] });
    expect(requestState).toBe('state');
    expect(params).toEqual(paramsOf(first));
    expect(second.body['id']).not.toBe(first.body['id']);
  });
});

test('a URL gets an id that the client can know it by, of its own for each', async () => {
  asking.answerWith([ask({ a: URL_MODE, b: URL_MODE }), done('ok')]);
  const { questions } = await callAndAnswer(await asking.clientWith(), CALL, obliging);
  const ids = questions.map(({ params }) => (params as JsonObject)['elicitationId']);
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
});

test('a backend asks as often as it likes, several things at once, and each round goes back with its own state', async () => {
  const calls = asking.answerWith([
    ask({ 'first one': FORM, __proto__x: SAMPLING }, '1'),
    ask({ '"quoted"\n': ROOTS, other: URL_MODE }, '2'),
    ask(undefined, '3'),
    done('whole'),
  ]);
  const { answer, questions } = await callAndAnswer(await asking.clientWith(), CALL, obliging);
  expect(textOf(answer)).toBe('whole');
  expect(questions.map(({ method }) => method)).toEqual([
    'elicitation/create',
    'sampling/createMessage',
    'roots/list',
    'elicitation/create',
  ]);
  expect(calls().map((one) => paramsOf(one)['requestState'])).toEqual([undefined, '1', '2', '3']);
  expect(calls().map((one) => paramsOf(one)['inputResponses'])).toEqual([
    undefined,
    { 'first one': ANSWERS['elicitation/create'], __proto__x: ANSWERS['sampling/createMessage'] },
    { '"quoted"\n': ANSWERS['roots/list'], other: ANSWERS['elicitation/create'] },
    undefined,
  ]);
  expect(new Set(calls().map(({ body }) => body['id'])).size).toBe(4);
});

test('what stands in the state comes back byte for byte, and what the client says keeps its digits', async () => {
  const state = String.raw`"\u0041\/\ud83d\ude00 \t 1.0 {}"`;
  const bodies: string[] = [];
  const backend = asking.world.backend('modern');
  backend.setIntercept((one, response, request) => {
    if (one.body['method'] !== 'tools/call') return false;
    bodies.push(one.text);
    const id = JSON.stringify(one.body['id']);
    response.writeHead(200, { 'content-type': 'application/json' });
    const result =
      bodies.length === 1
        ? `{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}}, "request\\u0053tate" : ${state}}`
        : '{"resultType":"complete","content":[]}';
    response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
    return request.method === 'POST';
  });
  const client = await asking.clientWith();
  const headers = { 'mcp-session-id': client.sessionId, ...authorization(asking.token) };
  await callAndAnswer(client, CALL, ({ id }) => {
    const said = `{"jsonrpc":"2.0","id":"${String(id)}","result":{"roots":[], "n":12345678901234567890, "f" :1.0}}`;
    void post(asking.world.proxy.mcpUrl, said, headers);
    return undefined;
  });
  expect(bodies[1]).toContain(`"requestState":${state}`);
  expect(bodies[1]).toContain('"inputResponses":{"k":{"roots":[], "n":12345678901234567890, "f" :1.0}}');
});

test('progress and log messages of every round reach the client, and none of another call', async () => {
  let round = 0;
  asking.world.backend('modern').setIntercept(
    onCall((one, response) => {
      round += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const say = (message: JsonObject) =>
        response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
      for (const progressToken of ['mine', 'not mine'])
        say({ method: 'notifications/progress', params: { progressToken, progress: round } });
      say({ method: 'notifications/message', params: { level: 'info', data: round } });
      say({ id: 'foreign', result: { content: [] } });
      say({ id: one.body['id'], result: round < 3 ? ask({ k: FORM }, String(round)) : done('ok') });
      response.end();
    }),
  );
  const params = { ...call('modern'), _meta: { progressToken: 'mine' } };
  const { answer, notifications } = await callAndAnswer(
    await asking.clientWith(),
    ['tools/call', params],
    obliging,
  );
  expect(textOf(answer)).toBe('ok');
  expect(notifications.map(({ params }) => params)).toEqual(
    [1, 2, 3].flatMap((progress) => [
      { progressToken: 'mine', progress },
      { level: 'info', data: progress },
    ]),
  );
  expect(messagesIn(answer.text).filter((message) => 'result' in message)).toHaveLength(1);
});

test.each(['prompts/get', 'resources/read'])('%s may ask as well', async (method) => {
  const backend = asking.world.backend('modern');
  const before = backend.callsOf(method).length;
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== method) return false;
    const isFirst = backend.callsOf(method).length === before + 1;
    const result = isFirst ? ask({ k: FORM }) : { resultType: 'complete', messages: [], contents: [] };
    send(response, 'json', { jsonrpc: '2.0', id: one.body['id'], result });
    return true;
  });
  const params = method === 'prompts/get' ? { name: 'modern_ask' } : { uri: 'modern://asked' };
  const { answer, questions } = await callAndAnswer(await asking.clientWith(), [method, params], obliging);
  expect(questions).toHaveLength(1);
  expect(answer.body.result).toMatchObject({ messages: [], contents: [] });
});

describe('what the backend is told that the client can do', () => {
  const declaredAt = (one: Received): unknown =>
    (paramsOf(one)['_meta'] as JsonObject)['io.modelcontextprotocol/clientCapabilities'];

  test('is what it declared, as far as it is about questions', async () => {
    const calls = asking.answerWith([done('ok')]);
    const client = await asking.clientWith({ ...ABLE, experimental: { mine: {} }, tasks: {} });
    await client.request(...CALL);
    expect(declaredAt(nth(calls, 0))).toEqual(ABLE);
    await client.request(...CALL, { headers: { accept: 'application/json' } });
    // Nobody can ask it anything on such an answer, except for error -32042.
    expect(declaredAt(nth(calls, 1))).toEqual({ elicitation: { url: {} } });
  });

  test('and what it did not declare is an error at once, never silence', async () => {
    for (const [capabilities, request] of [
      [{}, FORM],
      [{ sampling: {}, roots: {} }, FORM],
      [{ elicitation: {} }, SAMPLING],
      [{ elicitation: {}, sampling: {} }, ROOTS],
      [{ elicitation: { url: {} } }, FORM],
      [{ elicitation: {} }, { method: 'tools/call', params: {} }],
    ] as const) {
      const calls = asking.answerWith([ask({ k: request }, 's')]);
      const { answer, questions } = await callAndAnswer(
        await asking.clientWith(capabilities),
        CALL,
        obliging,
      );
      expect(questions).toEqual([]);
      expect(answer.body.result).toMatchObject({ isError: true });
      expect(calls()).toHaveLength(1);
    }
  });

  test('a URL is a link in a text for a client of a revision without them', async () => {
    asking.answerWith([ask({ k: URL_MODE })]);
    const { answer, questions } = await callAndAnswer(
      await asking.clientWith(ABLE, '2025-06-18'),
      CALL,
      obliging,
    );
    expect(questions).toEqual([]);
    expect(textOf(answer)).toContain('https://backend.example/connect');
  });

  test('a client that takes no event stream is not asked', async () => {
    asking.answerWith([ask({ k: FORM })]);
    const answer = await (
      await asking.clientWith()
    ).request(...CALL, { headers: { accept: 'application/json' } });
    expect(answer.body.result).toMatchObject({ isError: true });
  });

  test('in a batch nobody reads before its end, so nobody is asked', async () => {
    asking.answerWith([ask({ k: ROOTS })]);
    const client = await asking.clientWith({ roots: {} }, '2025-03-26');
    const batch = [{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call('modern') }];
    const headers = { 'mcp-session-id': client.sessionId, ...authorization(asking.token) };
    const { text } = await post(asking.world.proxy.mcpUrl, batch, headers);
    expect(text).toContain('"isError":true');
  });
});

describe('what a client says to a question', () => {
  test.each(['decline', 'cancel'])('%s goes back, and the backend decides', async (action) => {
    const calls = asking.answerWith([ask({ k: FORM }), done('as you like')]);
    const says: Says = () => ({ result: { action } });
    expect(textOf((await callAndAnswer(await asking.clientWith(), CALL, says)).answer)).toBe('as you like');
    expect(paramsOf(nth(calls, 1))['inputResponses']).toEqual({ k: { action } });
  });

  test.each([
    ['an error', { error: { code: -32_603, message: 'no' } }],
    ['a result that is none', { result: 'yes' }],
  ])('%s to an elicitation is a cancel', async (_what, said) => {
    const calls = asking.answerWith([ask({ k: FORM }), done('ok')]);
    expect(textOf((await callAndAnswer(await asking.clientWith(), CALL, () => said)).answer)).toBe('ok');
    expect(paramsOf(nth(calls, 1))['inputResponses']).toEqual({ k: { action: 'cancel' } });
  });

  test.each([SAMPLING, ROOTS])(
    'an error to $method ends the call, and takes back what else was asked',
    async (request) => {
      const calls = asking.answerWith([ask({ a: FORM, b: request }, 's')]);
      const says: Says = ({ method }) =>
        method === request.method ? { error: { code: -1, message: 'The user said no.' } } : undefined;
      const { answer, questions, notifications } = await callAndAnswer(await asking.clientWith(), CALL, says);
      expect(answer.body.result).toMatchObject({ isError: true });
      expect(textOf(answer)).toContain(request.method);
      expect(notifications).toMatchObject([
        { method: 'notifications/cancelled', params: { requestId: questions[0]?.['id'] } },
      ]);
      expect(calls()).toHaveLength(1);
    },
  );

  test('accept of a URL goes back, and the backend says whether it is enough', async () => {
    const calls = asking.answerWith([
      ask({ k: URL_MODE }, '1'),
      ask({ k: URL_MODE }, '2'),
      done('connected'),
    ]);
    const says: Says = () => ({ result: { action: 'accept' } });
    const { answer, questions } = await callAndAnswer(await asking.clientWith(), CALL, says);
    expect(textOf(answer)).toBe('connected');
    expect(questions).toHaveLength(2);
    expect(
      calls()
        .slice(1)
        .map((one) => paramsOf(one)['inputResponses']),
    ).toEqual([{ k: { action: 'accept' } }, { k: { action: 'accept' } }]);
  });
});
