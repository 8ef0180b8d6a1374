import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseFaithfully } from '../json/faithful-json.js';
import type { JsonObject } from '../mcp/message.js';
import { gateFor, judged, legacyClientWith, modernClientWith, verdictsOf } from './message-gate.fixture.js';

const RESULT = '{"content":[],"big":12345678901234567890, "n" : 1.0,"resultType":"complete"}';
const response = (id: string): string => `{"jsonrpc":"2.0","id":${id},"result":${RESULT}}`;
const CLIENTS = { modern: modernClientWith(), legacy: legacyClientWith() };
const ERAS = ['modern', 'legacy'] as const;
/** Every pair of revisions: the backend speaks the client's, or another one. */
const PAIRS = ERAS.flatMap((era) => [false, true].map((translated) => ({ era, translated })));

describe.each(PAIRS)('a $era client, translated: $translated', ({ era, translated }) => {
  const client = CLIENTS[era];
  const judge = (text: string, id: unknown = 1, sentId: unknown = id) =>
    judged(text, { client, translated, id, sentId });

  test('a response to another request is not taken for the one to this', () => {
    for (const id of ['2', '"1"', '1.5', '-1', 'null', '[1]', '{"id":1}', 'true', '""', '10', '"1 "'])
      expect(judge(response(id)).kind).toBe('dropped');
    expect(judge(`{"jsonrpc":"2.0","result":${RESULT}}`).kind).toBe('dropped');
    for (const id of ['1', '"b"', '"A"', '"a\\u0000"']) expect(judge(response(id), 'a').kind).toBe('dropped');
  });

  test('the client’s own id goes out, as the client wrote it', () => {
    for (const [written, own] of [
      ['1', 1],
      ['1.0', 1],
      ['10e-1', 1],
      ['"\\u0061"', 'a'],
      ['9007199254740992', parseFaithfully('9007199254740993')],
    ] as const) {
      const { kind, text } = judge(response(written), own);
      expect([kind, text?.startsWith(`{"jsonrpc":"2.0","id":${JSON.stringify(own)},"result":{`)]).toEqual([
        'response',
        true,
      ]);
    }
    expect(judge(response('"gatehouse-call-7"'), 'mine', 'gatehouse-call-7').message?.['id']).toBe('mine');
  });

  test('of two ids in one message the last counts, as it does for the client’s parser, however its name is spelled', () => {
    const twice = (first: string, second: string): string =>
      `{${first},"jsonrpc":"2.0","result":${RESULT},${second}}`;
    expect(judge(twice('"id":1', '"id":2')).kind).toBe('dropped');
    expect(judge(twice('"id":1', '"\\u0069d":2')).kind).toBe('dropped');
    const own = judge(twice('"i\\u0064":2', '"id":1'));
    expect(own.kind).toBe('response');
    expect(own.text?.match(/"(id|i\\u0064)"/g)).toEqual(['"id"']);
  });

  test('an id that is nested somewhere is none', () => {
    expect(judge(`{"jsonrpc":"2.0","result":{"id":1,"content":[]},"a":{"id":1}}`).kind).toBe('dropped');
    expect(judge(`{"jsonrpc":"2.0","id":2,"result":{"id":1,"content":[]}}`).kind).toBe('dropped');
  });

  test('an error without an id is about this request; one with another id is not', () => {
    const error = (id: string): string => `{"jsonrpc":"2.0",${id}"error":{"code":-32603,"message":"m"}}`;
    for (const id of ['', '"id":null,', '"id":1,'])
      expect(judge(error(id)).message).toMatchObject({ id: 1, error: { code: -32_603 } });
    expect(judge(error('"id":2,')).kind).toBe('dropped');
  });

  test('what a client would not accept as a response is dropped instead of hanging it', () => {
    for (const text of [
      '{"jsonrpc":"1.0","id":1,"result":{}}',
      '{"id":1,"result":{}}',
      '{"jsonrpc":"2.0","id":1}',
      '{"jsonrpc":"2.0","id":1,"result":null}',
      '{"jsonrpc":"2.0","id":1,"result":[]}',
      '{"jsonrpc":"2.0","id":1,"result":"text"}',
      '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":1}}',
      '{"jsonrpc":"2.0","id":1,"method":"notifications/message","result":{}}',
      `{"jsonrpc":"2.0","id":1,"result":${'{"a":'.repeat(600)}1${'}'.repeat(600)}}`,
      '"text"',
      '7',
      '[[{"jsonrpc":"2.0","id":1,"result":{}}]]',
      '{"jsonrpc":"2.0","id":1,"result":{}} {}',
      '{"jsonrpc":"2.0","id":1,"result":{}',
      '',
    ])
      expect(judge(text)).toEqual({ kind: 'dropped', reason: 'malformed' });
    const notUtf8 = Buffer.from(response('1'));
    notUtf8[notUtf8.indexOf('content')] = 0xe2;
    expect(verdictsOf(gateFor({ client, translated }).gate, notUtf8)).toEqual([
      { kind: 'dropped', reason: 'malformed' },
    ]);
  });

  test('members that are null, or that no message has, do not reach the client', () => {
    const { message } = judge(`{"jsonrpc":"2.0","id":1,"error":null,"result":${RESULT},"extra":{"id":2}}`);
    expect(Object.keys(message ?? {})).toEqual(['jsonrpc', 'id', 'result']);
  });

  test('no batch smuggles in a response to another request', () => {
    const { judge: judgeAll } = gateFor({ client, translated });
    const kinds = judgeAll(`[${response('2')}, ${response('1')},${response('"1"')}, 7]`).map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(['dropped', 'response', 'dropped', 'dropped']);
  });

  test('progress of another call, or of no call, is dropped; that of this call names its token once', () => {
    const progress = (token: string): string =>
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{${token}"progress":1.50}}`;
    const run = (text: string) => judged(text, { client, translated, progressToken: 7 });
    for (const token of [
      '"progressToken":8,',
      '"progressToken":"7",',
      '"progressToken":7,"progressToken":8,',
      '',
    ])
      expect(run(progress(token))).toEqual({ kind: 'dropped', reason: 'foreign_progress' });
    expect(judge(progress('"progressToken":7,')).kind).toBe('dropped');
    expect(run('{"jsonrpc":"2.0","method":"notifications/progress"}').kind).toBe('dropped');
    const own = run(progress('"progressToken":8,"progressTo\\u006ben":7.0,'));
    expect(own.text).toBe(
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1.50}}',
    );
  });

  test('a backend cannot cancel what it did not ask', () => {
    for (const requestId of ['1', '"gatehouse-question-1"', '0', 'null'])
      expect(
        judge(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${requestId}}}`),
      ).toEqual({ kind: 'dropped', reason: 'foreign_cancellation' });
  });

  test('notifications that have no place on the stream of a call are dropped', () => {
    for (const method of [
      'notifications/initialized',
      'notifications/elicitation/complete',
      'notifications/resources/updated',
      'notifications/tasks/status',
      'notifications/anything',
    ])
      expect(judge(`{"jsonrpc":"2.0","method":"${method}","params":{"elicitationId":"e"}}`)).toEqual({
        kind: 'dropped',
        reason: 'unexpected_notification',
      });
  });
});

test('whatever a backend writes, the client gets the response to its own request or none', () => {
  const name = fc.constantFrom(
    '"jsonrpc"',
    '"id"',
    '"i\\u0064"',
    '"result"',
    '"res\\u0075lt"',
    '"error"',
    '"x"',
  );
  const value = fc.constantFrom(
    '"2.0"',
    '1',
    '"1"',
    '2',
    'null',
    '{"content":[]}',
    '{"id":1,"result":{"id":1}}',
    '{"code":-32000,"message":"m"}',
    '[]',
  );
  const sensible = fc.constantFrom('"jsonrpc":"2.0"', '"id":1', '"id":2', '"result":{"content":["own"]}');
  const anything = fc.array(
    fc.oneof(
      sensible,
      fc.tuple(name, value).map(([key, written]) => `${key}:${written}`),
    ),
    { maxLength: 6 },
  );
  // Chance makes few whole ones.
  const whole = ['"jsonrpc":"2.0"', '"id":1', '"result":{"content":["own"]}'];
  const members = fc.oneof(
    anything,
    anything.map((more) => [...whole, ...more.slice(0, 2)]),
  );
  let passed = 0;
  fc.assert(
    fc.property(members, fc.constantFrom(...PAIRS), (written, { era, translated }) => {
      const text = `{${written.join(',')}}`;
      const seen = JSON.parse(text) as JsonObject;
      const { message, kind } = judged(text, { client: CLIENTS[era], translated });
      if (kind !== 'response') return;
      passed += 1;
      expect(message?.['id']).toBe(1);
      if (message?.['result'] === undefined) expect(seen['id'] ?? 1).toBe(1);
      else {
        expect(seen['id']).toBe(1);
        expect(message['result']).toMatchObject(seen['result'] as JsonObject);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(passed).toBeGreaterThan(200);
});

test('the bytes of a result are not touched where nothing has to be translated', () => {
  for (const era of ERAS) expect(judged(response('1'), { client: CLIENTS[era] }).text).toBe(response('1'));
});

test('translation takes out and puts in members, and touches nothing else of the result', () => {
  const rest = '"content" : [ {"type":"text","text":"\\u00e9"} ],\n "big":12345678901234567890';
  const result = `{ "ttlMs":1, "resultType":"complete" , ${rest} , "cacheScope":"x","ttlMs":2 }`;
  const text = `{"jsonrpc":"2.0","id":1,"result":${result}}`;
  expect(judged(text, { client: CLIENTS.legacy, translated: true }).text).toBe(
    `{"jsonrpc":"2.0","id":1,"result":{${rest}}}`,
  );
  const fromLegacy = `{"jsonrpc":"2.0","id":1,"result":{ ${rest} }}`;
  expect(judged(fromLegacy, { client: CLIENTS.modern, translated: true }).text).toBe(
    `{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete",${rest}}}`,
  );
  expect(
    judged('{"jsonrpc":"2.0","id":1,"result":{"ttlMs":1}}', { client: CLIENTS.legacy, translated: true })
      .text,
  ).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
});

test('log messages reach a modern client that asked for them only', () => {
  const log = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}';
  for (const translated of [false, true]) {
    expect(judged(log, { client: modernClientWith(), translated }).kind).toBe('dropped');
    expect(judged(log, { client: modernClientWith({}, 'info'), translated }).text).toBe(log);
    expect(judged(log, { client: legacyClientWith(), translated }).text).toBe(log);
  }
});
