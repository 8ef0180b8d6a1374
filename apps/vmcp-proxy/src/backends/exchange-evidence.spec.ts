import { expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { tooLarge, tooLate } from './backend-response.client.js';
import { findingOfEnd, findingOfStatus, isUnreachable } from './exchange-evidence.js';

const failure = (ran: 'no' | 'maybe', cause?: Error): GatehouseError =>
  new GatehouseError('backend_unavailable', '', { details: { backend: 'one', ran }, cause });
const unreachable = failure('no', new OutboundFailure('unreachable', false, ''));
const CANCELLED = new GatehouseError('deadline_exceeded', 'the client cancelled the call');
const end = { begun: false, stopped: false, allowedMs: 30_000, timeoutMs: 30_000 };

test.each([
  [200, undefined],
  [202, undefined],
  [307, 'answered'],
  [400, 'answered'],
  [401, 'reached'],
  [403, 'reached'],
  [404, 'answered'],
  [405, 'answered'],
  [429, 'reached'],
  [500, 'answered'],
  [501, 'answered'],
  [502, 'failed'],
  [503, 'failed'],
  [504, 'failed'],
  [505, 'answered'],
])('of all statuses only those of gateways are failures: %d', (status, evidence) => {
  expect(findingOfStatus(status)?.evidence).toBe(evidence);
});

test('a connection that cannot be made counts, also where an address is not allowed; only the first may be tried again', () => {
  const blocked = failure('no', new OutboundFailure('blocked', false, ''));
  expect(findingOfEnd({ ...end, error: unreachable })).toEqual({
    evidence: 'unreachable',
    code: 'unreachable',
  });
  expect(findingOfEnd({ ...end, error: blocked })).toEqual({ evidence: 'unreachable', code: 'blocked' });
  expect([unreachable, blocked, failure('maybe')].map((error) => isUnreachable(error))).toEqual([
    true,
    false,
    false,
  ]);
});

test('a connection that breaks off before anything came counts; one on which a response has begun does not', () => {
  expect(findingOfEnd({ ...end, error: failure('maybe') }).code).toBe('broken_off');
  expect(findingOfEnd({ ...end, error: failure('maybe'), begun: true }).evidence).toBe('none');
});

test('time-outs count when the backend had its time', () => {
  const late = { ...end, error: tooLate('one'), stopped: true };
  expect(findingOfEnd(late)).toEqual({ evidence: 'failed', code: 'timeout' });
  expect(findingOfEnd({ ...late, begun: true }).evidence).toBe('failed');
  expect(findingOfEnd({ ...late, allowedMs: 5_000 }).evidence).toBe('failed');
  expect(findingOfEnd({ ...late, timeoutMs: 1_000, allowedMs: 900 }).evidence).toBe('failed');
});

test('a client that leaves no time, or asks for something that may take any time, does not count against the backend', () => {
  const late = { ...end, error: tooLate('one'), stopped: true };
  expect(findingOfEnd({ ...late, allowedMs: 4_999 }).evidence).toBe('none');
  expect(findingOfEnd({ ...late, timeoutMs: 1_000, allowedMs: 400 }).evidence).toBe('none');
  const { error, begun, stopped, timeoutMs } = late;
  expect(findingOfEnd({ error, begun, stopped, timeoutMs }).evidence).toBe('none');
});

test.each([
  ['a client that cancels', CANCELLED],
  ['a session that ends', new GatehouseError('session_closed', '', { details: { ran: 'maybe' } })],
  ['an answer that is too large', tooLarge('one')],
])('%s does not count against the backend', (_name, error) => {
  expect(findingOfEnd({ ...end, error, stopped: true }).evidence).toBe('none');
});

test('a request that our own HTTP client refuses to send does not count against the backend', () => {
  const refused = failure('no', new Error('invalid header value'));
  expect(findingOfEnd({ ...end, error: refused }).evidence).toBe('none');
});
