import { expect, test } from '@jest/globals';
import { readArrival } from './arrivals.js';
import { renderJson, renderTable } from './table.js';
import type { Arrival, Row } from './arrivals.js';

const nothing: Arrival = {
  credential: 'none',
  issuer: undefined,
  subject: undefined,
  audience: undefined,
  unexpected: [],
};
const row = (over: Partial<Row>): Row => ({
  tool: 'status_whoami',
  backend: 'status',
  strategy: 'none',
  arrived: nothing,
  expected: nothing,
  isRight: true,
  ...over,
});

test('columns are aligned, and a wrong row shows what should have come', () => {
  const token = { ...nothing, credential: 'opaque-token', subject: 'octo-bob' };
  const wrong = row({
    tool: 'repos_whoami',
    arrived: token,
    expected: { ...token, subject: 'octo-alice' },
    isRight: false,
  });
  const lines = renderTable([row({}), wrong]).split('\n');
  expect(lines[1]).toMatch(/^✓ {2}status_whoami {2}status/);
  expect(lines[2]).toMatch(/^✗ {2}repos_whoami {3}status/);
  expect(lines[3]).toContain('expected:');
  expect(lines[3]?.indexOf('octo-alice')).toBe(lines[2]?.indexOf('octo-bob'));
});

test('a failed call is a line of its own, with the reason below', () => {
  const text = renderTable([row({ arrived: { failure: 'not connected' }, isRight: false })]);
  expect(text.split('\n').at(-1)).toBe('status_whoami: not connected');
});

test('the JSON form says null where there is nothing', () => {
  expect(JSON.parse(renderJson([row({})]))).toEqual([
    {
      tool: 'status_whoami',
      backend: 'status',
      strategy: 'none',
      arrived: { credential: 'none', issuer: null, subject: null, audience: null, unexpected: [] },
      expected: { credential: 'none', issuer: null, subject: null, audience: null, unexpected: [] },
      ok: true,
    },
  ]);
});

test.each([[undefined], [null], ['text'], [{}], [{ credential: 1 }]])(
  'an answer that is not of the whoami shape is no arrival: %p',
  (answer) => {
    expect(readArrival(answer)).toBeUndefined();
  },
);

test('a list of audiences and a stray credential header are kept', () => {
  const answer = {
    credential: 'jwt',
    issuer: 'i',
    subject: 's',
    audience: ['a', 'b'],
    unexpected: ['cookie'],
  };
  expect(readArrival(answer)).toEqual({ ...answer, audience: 'a b' });
});
