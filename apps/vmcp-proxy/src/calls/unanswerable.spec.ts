import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { questionsIn, retry } from './parked.fixture.js';

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let other: Awaited<ReturnType<TestProxy['startReplica']>>;
let token: string;
const log = new KeptLog();
/** What the backend says to the answers that it asked for. */
let statusOfAnswers = 202;
let call: { readonly id: unknown; readonly response: ServerResponse } | undefined;

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'sessions' });
  backend.setIntercept(({ body, httpMethod }, response) => {
    if (httpMethod !== 'POST') return false;
    if (body['method'] === undefined && statusOfAnswers !== 202) {
      response.writeHead(statusOfAnswers).end();
      return true;
    }
    if (body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    call = { id: body['id'], response };
    return true;
  });
  const backends = [{ name: 'one', url: backend.url, timeoutMs: 120_000 }];
  proxy = await startProxy({ nats, backends, log });
  other = await proxy.startReplica();
});
beforeEach(async () => {
  statusOfAnswers = 202;
  call = undefined;
  token = await proxy.token();
});
afterAll(async () => {
  await other.close();
  await proxy.close();
  await backend.close();
  await nats.close();
});

const CALL = { name: 'one_echo', arguments: {} };
const ABLE = { elicitation: { form: {} } };
const QUESTION = { id: 'mine', method: 'elicitation/create', params: { message: 'Sure?' } };
const RESULT = { content: [{ type: 'text', text: 'done' }] };

async function say(...messages: readonly JsonObject[]): Promise<void> {
  await until(() => call !== undefined);
  for (const one of messages) call?.response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...one })}\n\n`);
}
const finish = async (): Promise<void> => await say({ id: call?.id, result: RESULT });
const answers = (): readonly JsonObject[] =>
  backend.received
    .map(({ body }) => body)
    .filter((body) => body['method'] === undefined && body['id'] === 'mine');

/** A client with a session, in whose call the backend has asked. */
async function askedClient() {
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: ABLE });
  const question = Promise.withResolvers<string>();
  let heard = '';
  const answer = client.request('tools/call', CALL, {
    heard: (text) => {
      heard = text;
      const id = /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
      if (id !== undefined) question.resolve(id);
    },
  });
  await say(QUESTION);
  return { client, answer, question: await question.promise, heard: () => heard };
}

const failed = ({ text }: ClientAnswer): boolean => /not known whether it was done|check before/.test(text);

describe('a question that nobody can answer any more', () => {
  test('its call ends: the backend gets an error for it, and an answer that comes later goes nowhere, which is noted', async () => {
    const before = answers().length;
    const { client, answer, question } = await askedClient();
    await finish();
    expect(textOf(await answer)).toBe('done');
    await until(() => answers().length > before);
    expect(answers().at(-1)).toMatchObject({ error: { message: expect.stringContaining('over') } });
    expect((await client.respond(question, { result: { action: 'accept' } })).status).toBe(202);
    expect(answers()).toHaveLength(before + 1);
    await until(() => log.of('client-answer-not-awaited').length > 0);
  });

  test('the stream of its call breaks: the client is told that it is taken back, and that the call may have run', async () => {
    const before = answers().length;
    const { answer, question } = await askedClient();
    call?.response.destroy();
    const { text } = await answer;
    expect(text).toContain(`"method":"notifications/cancelled","params":{"requestId":"${question}"}`);
    expect(failed(await answer)).toBe(true);
    // The backend's question is answered, too: not in the middle of the next test.
    await until(() => answers().length > before);
  });

  test('the backend takes it back: its client hears of it, and its answer goes nowhere', async () => {
    const before = answers().length;
    const { client, answer, question, heard } = await askedClient();
    await say({ method: 'notifications/cancelled', params: { requestId: 'mine' } });
    await until(() => heard().includes(`"requestId":"${question}"`));
    expect((await client.respond(question, { result: { action: 'accept' } })).status).toBe(202);
    await finish();
    expect(textOf(await answer)).toBe('done');
    expect(answers()).toHaveLength(before);
  });

  test('the backend takes it back from a client of 2026-07-28: what comes back goes on with the call, and answers nothing', async () => {
    const before = answers().length;
    const asked = modern(proxy.mcpUrl, 'tools/call', CALL, { token, capabilities: ABLE });
    await say(QUESTION);
    const questions = questionsIn(await asked);
    await say({ method: 'notifications/cancelled', params: { requestId: 'mine' } });
    await finish();
    const back = await modern(other.mcpUrl, 'tools/call', retry(questions, undefined, CALL), {
      token,
      capabilities: ABLE,
    });
    expect(textOf(back)).toBe('done');
    expect(answers()).toHaveLength(before);
  });
});

describe.each([400, 404, 500])('a backend that refuses the answer that it asked for (%d)', (status) => {
  test('does not let the client wait: its call ends, and may have run', async () => {
    const { client, answer, question } = await askedClient();
    statusOfAnswers = status;
    await client.respond(question, { result: { action: 'accept' } });
    expect(failed(await answer)).toBe(true);
  });

  test('does not let a client of 2026-07-28 wait either, at whichever replica its answer arrived', async () => {
    for (const url of [proxy.mcpUrl, other.mcpUrl]) {
      call = undefined;
      statusOfAnswers = 202;
      const sent = { token, capabilities: ABLE };
      const asked = modern(proxy.mcpUrl, 'tools/call', CALL, sent);
      await say(QUESTION);
      const questions = questionsIn(await asked);
      statusOfAnswers = status;
      expect(failed(await modern(url, 'tools/call', retry(questions, undefined, CALL), sent))).toBe(true);
    }
  });
});
