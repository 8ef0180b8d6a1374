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

const ENTRA = { sub: 'alice', tid: 'tenant', roles: ['a'] };

test('the next token of Microsoft Entra is shown the same lists', () => {
  const one = listedFor(caller({ ...ENTRA, uti: 'one', aio: 'AXQA', rh: '1.one', iat: 1 }));
  expect(listedFor(caller({ ...ENTRA, uti: 'two', aio: 'BXQA', rh: '1.two', iat: 2 }))).toBe(one);
  expect(listedFor(caller({ ...ENTRA, uti: 'two', roles: ['b'] }))).not.toBe(one);
});

test.each(['uti', 'aio', 'rh', 'auth_time'])(
  'attack: a token of an issuer that means something else by %s is not shown what another one was',
  (name) => {
    const said = (value: string) => listedFor(caller({ sub: 'alice', roles: ['a'], [name]: value }));
    expect(said('one')).not.toBe(said('two'));
  },
);

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
