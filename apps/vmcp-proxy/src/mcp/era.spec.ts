import { expect, test } from '@jest/globals';
import { eraOf } from './era.js';
import type { JsonObject, NotificationMessage, RequestMessage } from './message.js';
import { OwnJson, RawObject } from '../json/raw-json.js';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const HEADERS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'a_tool' };

const call = (params: JsonObject = {}, method = 'tools/call'): RequestMessage => ({
  kind: 'request',
  id: 1,
  method,
  params: new OwnJson({ name: 'a_tool', _meta: META, ...params }).object() ?? RawObject.EMPTY,
});

const codeOf = (message: RequestMessage, headers: Record<string, string | undefined>): number | undefined => {
  const era = eraOf(message, headers);
  return era.era === 'refused' ? era.error.code : undefined;
};

test('an enveloped request with agreeing headers is modern', () => {
  expect(eraOf(call(), HEADERS)).toMatchObject({ era: 'modern', envelope: { capabilities: {} } });
});

test.each([
  ['another tool in Mcp-Name than in the body', { 'mcp-name': 'harmless' }],
  ['another method in Mcp-Method than in the body', { 'mcp-method': 'tools/list' }],
  ['no Mcp-Name', { 'mcp-name': undefined }],
  ['no Mcp-Method', { 'mcp-method': undefined }],
  ['another revision in the header than in the envelope', { 'mcp-protocol-version': '2025-11-25' }],
  ['no revision header', { 'mcp-protocol-version': undefined }],
  ['a base64 name that is not canonical', { 'mcp-name': '=?base64?YV90b29s=?=' }],
])('smuggling past a header-reading proxy is refused with -32020: %s', (_attack, changed) => {
  expect(codeOf(call(), { ...HEADERS, ...changed })).toBe(-32_020);
});

test('a name that no header can hold is compared after decoding', () => {
  const encoded = `=?base64?${Buffer.from('größe').toString('base64')}?=`;
  expect(codeOf(call({ name: 'größe' }), { ...HEADERS, 'mcp-name': encoded })).toBeUndefined();
  expect(codeOf(call({ name: 'grösse' }), { ...HEADERS, 'mcp-name': encoded })).toBe(-32_020);
});

test('a required key missing from the envelope is -32602', () => {
  expect(codeOf(call({ _meta: {} }), HEADERS)).toBe(-32_602);
  expect(codeOf(call({ _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }), HEADERS)).toBe(
    -32_602,
  );
});

test('an unknown revision is -32022 and names those that are spoken', () => {
  const meta = { ...META, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' };
  const era = eraOf(call({ _meta: meta }), { ...HEADERS, 'mcp-protocol-version': '2030-01-01' });
  expect(era).toMatchObject({
    era: 'refused',
    error: {
      code: -32_022,
      data: { requested: '2030-01-01', supported: expect.arrayContaining(['2026-07-28']) },
    },
  });
});

test('initialize is legacy, and refused under a modern header', () => {
  const initialize: RequestMessage = {
    kind: 'request',
    id: 1,
    method: 'initialize',
    params: RawObject.EMPTY,
  };
  expect(eraOf(initialize, {}).era).toBe('legacy');
  expect(eraOf(initialize, { 'mcp-protocol-version': '2026-07-28' }).era).toBe('refused');
});

test('a request without an envelope is legacy', () => {
  expect(eraOf({ kind: 'request', id: 1, method: 'tools/list', params: RawObject.EMPTY }, {}).era).toBe(
    'legacy',
  );
});

test('a notification in a revision that is not spoken is refused, not quietly accepted', () => {
  const method = 'notifications/cancelled';
  const notification: NotificationMessage = { kind: 'notification', method, params: RawObject.EMPTY };
  expect(eraOf(notification, { 'mcp-protocol-version': '1999-01-01' })).toMatchObject({
    era: 'refused',
    error: { code: -32_022 },
  });
  expect(eraOf(notification, { 'mcp-protocol-version': '2026-07-28' }).era).toBe('modern');
  expect(eraOf(notification, { 'mcp-protocol-version': '2025-11-25' }).era).toBe('legacy');
});
