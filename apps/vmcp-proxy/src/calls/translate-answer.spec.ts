import { expect, test } from '@jest/globals';
import { judged, legacyClientWith as legacy, modernClientWith as modern } from './message-gate.fixture.js';
import type { Client } from './call.js';
import type { CallTarget } from './call-target.js';

const CAN_OPEN = { elicitation: { url: {} } };
const translate = (client: Client, message: object, kind: CallTarget['kind'] = 'tool') =>
  judged(JSON.stringify({ jsonrpc: '2.0', id: 'theirs', ...message }), {
    client,
    target: { kind },
    id: 'mine',
    sentId: 'theirs',
    translated: true,
  }).message;

test('a modern result loses for a legacy client what its revision does not know', () => {
  const result = {
    resultType: 'complete',
    ttlMs: 1,
    cacheScope: 'public',
    content: [],
    _meta: { 'io.modelcontextprotocol/serverInfo': {}, own: 1 },
  };
  expect(translate(legacy(), { result })).toEqual({
    jsonrpc: '2.0',
    id: 'mine',
    result: { content: [], _meta: { own: 1 } },
  });
});

test('a legacy result gains what 2026-07-28 requires', () => {
  expect(translate(modern(), { result: { content: [] } })?.['result']).toEqual({
    content: [],
    resultType: 'complete',
  });
  expect(translate(modern(), { result: { contents: [] } }, 'resource')?.['result']).toMatchObject({
    ttlMs: 0,
    cacheScope: 'private',
  });
});

const URL_REQUEST = {
  method: 'elicitation/create',
  params: { mode: 'url', url: 'https://x', message: 'Open it.' },
};

test('a URL that a modern backend asks for is -32042 for 2025-11-25, and text for everyone else', () => {
  const result = { resultType: 'input_required', inputRequests: { k: URL_REQUEST }, requestState: 's' };
  expect(translate(legacy(CAN_OPEN), { result })).toMatchObject({
    id: 'mine',
    error: { code: -32_042, data: { elicitations: [{ mode: 'url', elicitationId: 'k', url: 'https://x' }] } },
  });
  for (const client of [legacy(), legacy(CAN_OPEN, '2025-06-18')])
    expect(JSON.stringify(translate(client, { result })?.['result'])).toContain('https://x');
});

test('other input cannot be given by a legacy client: an error, not silence', () => {
  const result = {
    resultType: 'input_required',
    inputRequests: { k: { method: 'sampling/createMessage', params: {} } },
  };
  expect(translate(legacy(CAN_OPEN), { result })?.['result']).toMatchObject({ isError: true });
});

test('-32042 of a legacy backend is a question for a modern client, and is never sent to it as an error', () => {
  const error = {
    code: -32_042,
    message: 'm',
    data: { elicitations: [{ elicitationId: 'e', mode: 'url', url: 'https://x', message: 'Open it.' }] },
  };
  expect(translate(modern(CAN_OPEN), { error })?.['result']).toEqual({
    resultType: 'input_required',
    inputRequests: {
      elicitation_1: {
        method: 'elicitation/create',
        params: { mode: 'url', url: 'https://x', message: 'Open it.' },
      },
    },
  });
  const told = translate(modern(), { error });
  expect(told?.['error']).toBeUndefined();
  expect(JSON.stringify(told)).toContain('https://x');
});

test('"no such resource" has the code of each revision', () => {
  const error = { code: -32_002, message: 'm' };
  expect(translate(modern(), { error }, 'resource')).toMatchObject({ error: { code: -32_602 } });
  const modernError = { code: -32_602, message: 'm', data: { uri: 'x' } };
  expect(translate(legacy(), { error: modernError }, 'resource')).toMatchObject({
    error: { code: -32_002 },
  });
});

test('codes that only 2026-07-28 has do not reach a legacy client', () => {
  expect(translate(legacy(), { error: { code: -32_021, message: 'm' } })).toMatchObject({
    error: { code: -32_603 },
  });
});
