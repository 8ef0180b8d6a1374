import { describe, expect, test } from '@jest/globals';
import { UnsecuredJWT } from 'jose';
import { LOGOUT_EVENT, logoutClaims } from '../testing/logout-tokens.js';
import { readLogoutToken } from './logout-token.js';
import { providerSession } from './provider-session.js';

const NOW_S = 1_800_000_000;
const EXPECTED = {
  provider: 'acme',
  issuer: 'https://acme.example',
  clientId: 'gatehouse',
  subjectClaim: 'sub',
  nowMs: NOW_S * 1_000,
};

/** Signatures are another file's business. */
function token(more: Readonly<Record<string, unknown>>, header: object = { typ: 'logout+jwt' }): string {
  const claims = {
    iss: EXPECTED.issuer,
    aud: 'gatehouse',
    iat: NOW_S,
    exp: NOW_S + 120,
    sub: 'alice',
    ...more,
  };
  const [, payload = ''] = new UnsecuredJWT(logoutClaims(claims)).encode().split('.');
  const encoded = Buffer.from(JSON.stringify({ alg: 'ES256', ...header })).toString('base64url');
  return `${encoded}.${payload}.c2lnbmVk`;
}

const read = (...parts: Parameters<typeof token>) => readLogoutToken(token(...parts), EXPECTED);
const accepted = (named: object) => ({
  ok: true,
  alg: 'ES256',
  named: {
    provider: 'acme',
    issuedAtMs: NOW_S * 1_000,
    subject: undefined,
    providerSession: undefined,
    ...named,
  },
});

describe('a logout token names', () => {
  test.each([
    ['a person', { sub: 'alice' }, { subject: 'alice' }],
    ['a session', { sub: undefined, sid: 's1' }, { providerSession: providerSession('acme', 's1') }],
    ['both', { sid: 's1' }, { subject: 'alice', providerSession: providerSession('acme', 's1') }],
  ])('%s', (_what, said, named) => {
    expect(read(said)).toEqual(accepted(named));
  });

  test('a person by the claim that id_tokens of this provider name people by', () => {
    const expected = { ...EXPECTED, subjectClaim: 'oid' };
    expect(readLogoutToken(token({ oid: 'alice-at-acme' }), expected)).toMatchObject({
      ok: true,
      named: { subject: 'alice-at-acme' },
    });
    // By `sub` alone it names nobody who is known here.
    expect(readLogoutToken(token({}), expected)).toEqual({ ok: false, reason: 'names_nobody' });
  });

  test('no session of another provider, even if both call it the same', () => {
    expect(providerSession('acme', 's1')).not.toBe(providerSession('beta', 's1'));
  });

  test.each([
    ['typ is left out', {}],
    ['typ is JWT, as of every token of some providers', { typ: 'JWT' }],
    ['typ is written in full', { typ: 'application/logout+jwt' }],
  ])('the same where %s', (_how, header) => {
    expect(read({}, header)).toEqual(accepted({ subject: 'alice' }));
  });
});

describe('is refused, before a key is looked at:', () => {
  test.each([
    ['an id_token: it has a nonce', { nonce: 'n', events: undefined }, 'not_a_logout_token'],
    ['a logout token with a nonce', { nonce: 'n' }, 'not_a_logout_token'],
    ['one whose nonce is null', { nonce: null }, 'not_a_logout_token'],
    ['an id_token without a nonce: it has no events', { events: undefined }, 'not_a_logout_token'],
    ['another event', { events: { 'https://acme.example/login': {} } }, 'not_a_logout_token'],
    ['an event that is no object', { events: { [LOGOUT_EVENT]: true } }, 'not_a_logout_token'],
    ['an event that is a list', { events: { [LOGOUT_EVENT]: [] } }, 'not_a_logout_token'],
    ['one without jti', { jti: undefined }, 'not_a_logout_token'],
    ['one without iat', { iat: undefined }, 'not_a_logout_token'],
    ['one without exp', { exp: undefined }, 'not_a_logout_token'],
    ['one that another issuer made', { iss: 'https://beta.example' }, 'wrong_issuer'],
    ['an issuer that differs by a slash', { iss: 'https://acme.example/' }, 'wrong_issuer'],
    ['one for another client', { aud: 'another' }, 'wrong_audience'],
    ['one for several, that does not say for which', { aud: ['gatehouse', 'another'] }, 'wrong_audience'],
    [
      'one for several, meant for another',
      { aud: ['gatehouse', 'another'], azp: 'another' },
      'wrong_audience',
    ],
    ['one that has expired', { iat: NOW_S - 300, exp: NOW_S - 61 }, 'wrong_time'],
    ['one of the future', { iat: NOW_S + 61 }, 'wrong_time'],
    ['one of yesterday that never expires', { iat: NOW_S - 86_400, exp: NOW_S + 86_400 }, 'wrong_time'],
    ['one that names nobody', { sub: undefined }, 'names_nobody'],
    ['one that names nothing', { sub: '', sid: '' }, 'names_nobody'],
    ['one whose subject no database can store', { sub: 'a\0b' }, 'names_nobody'],
  ])('%s', (_what, claims, reason) => {
    expect(read(claims)).toEqual({ ok: false, reason });
  });

  test.each(['at+jwt', 'dpop+jwt', 'oauth-authz-req+jwt'])('a token of the type %s', (typ) => {
    expect(read({}, { typ })).toEqual({ ok: false, reason: 'not_a_logout_token' });
  });

  test.each(['', 'text', 'a.b.c', `${'x'.repeat(9_000)}.e30.e30`, 'e30.W10.e30'])('text %#', (text) => {
    expect(readLogoutToken(text, EXPECTED)).toEqual({ ok: false, reason: 'not_a_logout_token' });
  });
});

test('one for several audiences that says which one it is for is for that one', () => {
  expect(read({ aud: ['gatehouse', 'another'], azp: 'gatehouse' })).toEqual(accepted({ subject: 'alice' }));
});
