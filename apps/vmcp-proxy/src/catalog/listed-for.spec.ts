import { expect, test } from '@jest/globals';
import type { SessionId } from '@gatehouse/kernel/ids';
import { listedFor } from './listed-for.js';

type Caller = Parameters<typeof listedFor>[0];

const caller = (claims: Readonly<Record<string, unknown>>, more: Partial<Caller> = {}): Caller => ({
  key: 'of alice',
  clientId: 'app',
  scopes: new Set(['read']),
  claims,
  ...more,
});

test('the next token of the same power is shown the same lists', () => {
  const one = { sub: 'alice', roles: ['a'], exp: 1, iat: 1, nbf: 1, jti: 'one' };
  const next = { jti: 'two', iat: 2, nbf: 2, exp: 2, roles: ['a'], sub: 'alice' };
  expect(listedFor(caller(one))).toBe(listedFor(caller(next)));
  const scopes = (...of: readonly string[]) => ({ scopes: new Set(of) });
  expect(listedFor(caller(one, scopes('a', 'b')))).toBe(listedFor(caller(next, scopes('b', 'a'))));
});

test.each<[string, Caller]>([
  ['scopes', caller({ roles: ['a'] }, { scopes: new Set(['read', 'write']) })],
  ['client', caller({ roles: ['a'] }, { clientId: 'another' })],
  ['roles', caller({ roles: ['a', 'b'] })],
  ['person', caller({ roles: ['a'] }, { key: 'of bob' })],
])('attack: a token of another %s is not shown what the first one was', (_what, another) => {
  expect(listedFor(another)).not.toBe(listedFor(caller({ roles: ['a'] })));
});

test('all tokens of a session share them', () => {
  const tsid = 'a-session' as SessionId;
  const one = caller({ scope: 'read' }, { tsid });
  expect(listedFor(caller({ scope: 'write' }, { tsid, scopes: new Set() }))).toBe(listedFor(one));
});
