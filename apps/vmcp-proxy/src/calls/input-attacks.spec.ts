import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { legacyClient, textOf } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { callAndAnswer, messagesIn } from './asked-client.fixture.js';
import { onCall } from './call-world.fixture.js';
import {
  ABLE,
  CALL,
  FORM,
  ROOTS,
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

/** Calls of which the proxy knows that nobody waits for them. */
async function cancelled(): Promise<number> {
  const metrics = await (await fetch(`${asking.world.proxy.internalOrigin}/metrics`)).text();
  const [, count = '0'] =
    /^gatehouse_proxy_calls_total\{backend="modern",.*outcome="cancelled".*\} (\d+)/m.exec(metrics) ?? [];
  return Number(count);
}

describe('the call is over', () => {
  test('when the client cancels it, while a question is open; a late answer changes nothing', async () => {
    const calls = asking.answerWith([ask({ k: FORM })]);
    const client = await asking.clientWith();
    const { answer, questions } = await callAndAnswer(
      client,
      CALL,
      () => {
        void client.notify('notifications/cancelled', { requestId: 'c' });
        return undefined;
      },
      { id: 'c' },
    );
    expect(messagesIn(answer.text).filter((message) => !('method' in message))).toEqual([]);
    expect((await client.respond(questions[0]?.['id'], { result: { action: 'accept' } })).status).toBe(202);
    expect(calls()).toHaveLength(1);
  });

  test('when the client goes away, while a question is open', async () => {
    const calls = asking.answerWith([ask({ k: FORM })]);
    const before = await cancelled();
    const client = await asking.clientWith();
    const controller = new AbortController();
    const asked: JsonObject[] = [];
    const calling = callAndAnswer(
      client,
      CALL,
      (question) => {
        asked.push(question);
        controller.abort();
        return undefined;
      },
      { signal: controller.signal },
    );
    await expect(calling).rejects.toThrow();
    await until(async () => (await cancelled()) > before);
    await client.respond(asked[0]?.['id'], { result: { action: 'accept' } });
    expect(calls()).toHaveLength(1);
  });
});

describe('attacks', () => {
  test('another session answers a question that is not its own, of the same user or of another one: nothing happens', async () => {
    const calls = asking.answerWith([ask({ k: FORM }), done('ok')]);
    const client = await asking.clientWith();
    const { answer } = await callAndAnswer(client, CALL, ({ id }) => {
      void (async () => {
        for (const one of [asking.token, await asking.world.proxy.token()]) {
          const stranger = await legacyClient(asking.world.proxy.mcpUrl, one, { capabilities: ABLE });
          await stranger.respond(id, { result: { action: 'accept', content: { stolen: true } } });
        }
        await client.respond(id, { result: { action: 'decline' } });
      })();
      return undefined;
    });
    expect(textOf(answer)).toBe('ok');
    expect(paramsOf(nth(calls, 1))['inputResponses']).toEqual({ k: { action: 'decline' } });
  });

  test('a second answer to one question does not replace the first', async () => {
    const calls = asking.answerWith([ask({ a: FORM, b: ROOTS }), done('ok')]);
    const client = await asking.clientWith();
    await callAndAnswer(client, CALL, ({ id, method }) => {
      if (method === 'roots/list') return undefined;
      void (async () => {
        await client.respond(id, { result: { action: 'decline' } });
        await client.respond(id, { result: { action: 'accept' } });
        await client.respond(
          String(id).replace(/\d+$/, (n) => String(Number(n) + 1)),
          { result: { roots: [] } },
        );
      })();
      return undefined;
    });
    expect(paramsOf(nth(calls, 1))['inputResponses']).toEqual({
      a: { action: 'decline' },
      b: { roots: [] },
    });
  });

  test.each([
    ['for ever', { k: FORM }, 17],
    ['for patience for ever', undefined, 17],
    ['many things, again and again', Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n, ROOTS])), 4],
    ['more than anybody answers', Object.fromEntries(Array.from({ length: 33 }, (_, n) => [n, ROOTS])), 1],
  ])('a backend that asks %s is bounded', async (_what, inputRequests, most) => {
    const calls = asking.answerWith([ask(inputRequests, 's')]);
    const { answer, questions } = await callAndAnswer(await asking.clientWith(), CALL, obliging);
    expect(answer.body.result).toMatchObject({ isError: true });
    expect(questions.length).toBeLessThanOrEqual(32);
    expect(calls()).toHaveLength(most);
  });

  test('a client that forges the state or the answers of a question that nobody asked', async () => {
    const calls = asking.answerWith([done('ok')]);
    const forged = { ...CALL[1], requestState: 'forged', inputResponses: { k: { action: 'accept' } } };
    await (await asking.clientWith()).request('tools/call', forged);
    expect(Object.keys(paramsOf(nth(calls, 0))).sort()).toEqual(['_meta', 'arguments', 'name']);
  });

  test('a backend that was asked again and refuses does not run a second time', async () => {
    const before = asking.callsOf().length;
    asking.world.backend('modern').setIntercept(
      onCall((one, response) => {
        if (asking.callsOf().length === before + 1)
          send(response, 'json', { jsonrpc: '2.0', id: one.body['id'], result: ask({ k: FORM }) });
        else {
          response.writeHead(400, { 'content-type': 'application/json' });
          const error = { code: -32_022, message: 'not any more' };
          response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], error }));
        }
      }),
    );
    const { answer } = await callAndAnswer(await asking.clientWith(), CALL, obliging);
    expect(answer.body.error).toMatchObject({ message: 'not any more' });
    expect(asking.callsOf()).toHaveLength(before + 2);
  });

  test('a broken answer of the backend in a later round is an error on the stream, once', async () => {
    const before = asking.callsOf().length;
    asking.world.backend('modern').setIntercept(
      onCall((one, response) => {
        if (asking.callsOf().length === before + 1)
          send(response, 'stream', { jsonrpc: '2.0', id: one.body['id'], result: ask({ k: FORM }) });
        else response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"json');
      }),
    );
    const { answer } = await callAndAnswer(await asking.clientWith(), CALL, obliging, { id: 7 });
    const responses = messagesIn(answer.text).filter((message) => !('method' in message));
    expect(responses).toMatchObject([{ id: 7, error: { data: { retry: 'check-first' } } }]);
  });
});
