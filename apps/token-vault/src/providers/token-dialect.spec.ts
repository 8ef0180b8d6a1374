import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { carriesTokens, peek, revocable } from './token-answer.js';
import { jsonRequest, mappedAnswer } from './token-dialect.js';

const SLACK = {
  accessToken: 'authed_user.access_token',
  refreshToken: 'authed_user.refresh_token',
  scope: 'authed_user.scope',
} as const;

const read = (body: string) => peek(body);

describe('a mapped token answer', () => {
  test('has its tokens where RFC 6749 has them, and none of those beside them', () => {
    const answer = {
      ok: true,
      access_token: 'bot',
      token_type: 'bot',
      refresh_token: 'bot-refresh',
      team: { id: 'T1' },
      authed_user: { id: 'U1', access_token: 'user', refresh_token: 'user-refresh', scope: 'chat:write' },
    };
    const body = mappedAnswer(JSON.stringify(answer), SLACK, 'code');
    expect(JSON.parse(body)).toEqual({
      ok: true,
      team: { id: 'T1' },
      authed_user: answer.authed_user,
      access_token: 'user',
      refresh_token: 'user-refresh',
      scope: 'chat:write',
    });
  });

  test('without a token there grants nothing, and what it grants otherwise can be given back (a bot’s token taken for the person’s)', () => {
    const answer = { ok: true, access_token: 'bot', refresh_token: 'bot-refresh', authed_user: { id: 'U1' } };
    const body = mappedAnswer(JSON.stringify(answer), SLACK, 'code');
    expect(read(body)).toEqual({});
    expect(carriesTokens(body)).toBe(true);
    expect(revocable({ body, receivedAtMs: 0 })).toEqual({ token: 'bot-refresh', issuedTo: undefined });
  });

  test('of a refresh may come unmapped: it renews what its refresh token stands for', () => {
    const body = JSON.stringify({ ok: true, access_token: 'new', refresh_token: 'next', token_type: 'user' });
    expect(mappedAnswer(body, SLACK, 'refresh')).toBe(body);
  });

  test.each([
    ['an error', '{"ok":false,"error":"invalid_code"}'],
    ['what is no JSON', '<html>'],
    ['a list', '[1]'],
  ])('%s stays as it is', (_what, body) => {
    expect(mappedAnswer(body, SLACK, 'code')).toBe(body);
  });

  test('keeps all digits of ids, with which the person is identified', () => {
    const body = '{"data":{"access_token":"a","id":90071992547409931}}';
    expect(mappedAnswer(body, { accessToken: 'data.access_token' }, 'code')).toContain('90071992547409931');
  });

  test('is the answer itself where nothing is mapped, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('code' as const, 'refresh' as const), (body, grant) => {
        expect(mappedAnswer(body, {}, grant)).toBe(body);
      }),
    );
  });
});

test('a token is given back wherever it lies in an answer that was refused', () => {
  const body = '{"ok":true,"authed_user":{"access_token":"a"}}';
  expect(carriesTokens(body)).toBe(true);
  expect(revocable({ body, receivedAtMs: 0 })).toEqual({ token: 'a', issuedTo: undefined });
  expect(carriesTokens('{"ok":true,"authed_user":{"access_token":""}}')).toBe(false);
});

test('a token request as JSON has the parameters of the form', () => {
  const form = new URLSearchParams({ grant_type: 'authorization_code', code: 'c "q"' });
  expect(jsonRequest(form)).toBe('{"grant_type":"authorization_code","code":"c \\"q\\""}');
  expect(jsonRequest(null)).toBeUndefined();
});
