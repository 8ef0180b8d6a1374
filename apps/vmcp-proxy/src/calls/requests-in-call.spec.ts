import { expect, test } from '@jest/globals';
import type { JsonObject } from '../mcp/message.js';
import { gateFor, judged, legacyClientWith, modernClientWith } from './message-gate.fixture.js';

const ask = (method: string, params = '{}', id = '0'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
const ABLE = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };

// MCP 2025-11-25, lifecycle.
test('one that the client did not declare is refused to the backend, and never reaches the client', () => {
  const cases = [
    [{}, ask('elicitation/create')],
    [{ sampling: {} }, ask('elicitation/create')],
    [{ elicitation: {} }, ask('elicitation/create', '{"mode":"url"}')],
    [{ elicitation: { url: {} } }, ask('elicitation/create', '{"message":"m"}')],
    [{ elicitation: {} }, ask('elicitation/create', '{"mode":"form","m\\u006fde":"url"}')],
    [{ sampling: {} }, ask('sampling/createMessage', '{"tools":[]}')],
    [{ elicitation: {} }, ask('sampling/createMessage')],
    [{ roots: true }, ask('roots/list')],
    [ABLE, ask('tools/call')],
    [ABLE, ask('anything/else')],
  ] as const;
  for (const [capabilities, text] of cases) {
    const { judge, replies } = gateFor({ client: legacyClientWith(capabilities) });
    expect(judge(text).map(({ kind }) => kind)).toEqual(['dropped']);
    expect(replies).toMatchObject(text.includes('\\u006f') ? [] : [{ id: 0, error: { code: -32_601 } }]);
  }
});

test('one that it declared gets an id of ours', () => {
  for (const text of [
    ask('elicitation/create', '{"mode":"form"}'),
    ask('elicitation/create', '{"mode":"url"}'),
    ask('sampling/createMessage', '{"tools":[]}'),
    ask('roots/list'),
  ]) {
    const { judge, replies } = gateFor({ client: legacyClientWith(ABLE) });
    const [verdict] = judge(text);
    expect(verdict?.message?.['id']).toMatch(/^gatehouse-question-[A-Za-z0-9_-]{43}-\d+$/);
    expect(verdict?.text?.endsWith(text.slice(text.indexOf(',"method"')))).toBe(true);
    expect(replies).toEqual([]);
  }
});

test('no client of a revision without such requests is asked, and none across revisions', () => {
  for (const client of [modernClientWith(ABLE), legacyClientWith(ABLE)])
    expect(judged(ask('roots/list'), { client, translated: true }).kind).toBe('dropped');
  expect(judged(ask('roots/list'), { client: modernClientWith(ABLE) }, { era: 'modern' }).kind).toBe(
    'dropped',
  );
});

test('a ping is answered by the gateway', () => {
  const { judge, replies } = gateFor({ client: legacyClientWith() });
  expect(judge(ask('ping', '{}', '"p"'))).toEqual([{ kind: 'answered' }]);
  expect(replies).toEqual([{ jsonrpc: '2.0', id: 'p', result: {} }]);
});

test('a flood of questions, of refusals or of pings ends', () => {
  const { judge, replies } = gateFor({ client: legacyClientWith(ABLE) });
  const kinds = Array.from({ length: 100 }, (_, id) => judge(ask('roots/list', '{}', String(id)))[0]?.kind);
  expect(kinds.filter((kind) => kind === 'other')).toHaveLength(32);
  for (let id = 0; id < 100; id += 1) judge(ask('ping', '{}', String(id)));
  expect(replies.length).toBe(32);
});

test('two requests of one id are not both asked', () => {
  const { judge } = gateFor({ client: legacyClientWith(ABLE) });
  expect(judge(`[${ask('roots/list')},${ask('roots/list', '{}', '0.0')}]`).map(({ kind }) => kind)).toEqual([
    'other',
    'dropped',
  ]);
});

test('without a session at the backend there is no way to answer, so nothing is asked', () => {
  const stateless = { era: 'legacy', version: '2025-11-25' } as const;
  expect(judged(ask('roots/list'), { client: legacyClientWith(ABLE) }, stateless).kind).toBe('dropped');
});

test('the backend can take back what it asked, and that only, and say that an elicitation is complete', () => {
  const { judge } = gateFor({ client: legacyClientWith(ABLE) });
  const [asked] = judge(ask('elicitation/create', '{"mode":"url","elicitationId":"e"}', '5'));
  const cancel = (id: string): string =>
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"r"}}`;
  expect(judge(cancel('5'))[0]?.message).toMatchObject({
    params: { requestId: asked?.message?.['id'], reason: 'r' },
  });
  expect(judge(cancel('"5"'))[0]?.kind).toBe('dropped');
  const complete = (id: string): string =>
    `{"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{"elicitationId":"${id}"}}`;
  expect(judge(complete('e'))[0]?.text).toBe(complete('e'));
  expect(judge(complete('f'))[0]?.kind).toBe('dropped');
});

// MCP 2026-07-28, multi round-trip requests.
test('a modern backend asks by its result, and only for what the client declared in this call', () => {
  const asking = (method: string, params = '{}'): string =>
    `{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"k":{"method":"${method}","params":${params}}},"requestState":"s"}}`;
  const run = (text: string, capabilities: JsonObject) =>
    judged(text, { client: modernClientWith(capabilities) });
  expect(run(asking('roots/list'), ABLE).text).toBe(asking('roots/list'));
  for (const [text, capabilities] of [
    [asking('roots/list'), {}],
    [asking('tools/call'), ABLE],
    [asking('elicitation/create', '{"mode":"url"}'), { elicitation: {} }],
    [asking('sampling/createMessage', '{"toolChoice":{}}'), { sampling: {} }],
  ] as const) {
    expect(run(text, capabilities).message?.['result']).toMatchObject({
      isError: true,
      resultType: 'complete',
    });
  }
});

test('attack: a backend writes each character of `input_required` by its number: it asks nothing else than it may, and its state is marked', () => {
  const type = 'input_required'.replaceAll(/./g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`);
  const asking = `{"jsonrpc":"2.0","id":1,"result":{"resultType":"${type}","inputRequests":{"k":{"method":"roots/list"}},"requestState":"gh2.x.y"}}`;
  const run = (capabilities: JsonObject): JsonObject | undefined =>
    judged(asking, { client: modernClientWith(capabilities) }).message;
  expect(run(ABLE)?.['result']).toMatchObject({ resultType: 'input_required', requestState: 'gh0.gh2.x.y' });
  expect(run({})?.['result']).toMatchObject({ isError: true, resultType: 'complete' });
});
