import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomToken } from '@gatehouse/kernel/ids';
import { cleaned, cleanedUrl, failureReason } from './failure-reason.js';

describe('a text of a provider in our log', () => {
  test('holds no token, whatever the provider quotes', () => {
    const jwt = `${randomToken()}.${randomToken()}.${randomToken()}`;
    for (const token of [
      randomToken(),
      jwt,
      `xoxe-1-${randomToken()}`,
      `1//${randomToken()}`,
      'ABCDEF0123456789abcd',
    ])
      for (const text of [`Token ${token} is invalid`, `token=${token}`, `"${token}"`, token]) {
        expect(cleaned(text)).not.toContain(token);
        expect(cleaned(text)).not.toContain(token.slice(0, 16));
      }
  });

  test('holds nothing that was sent, however short', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{6,15}$/), fc.string(), fc.string(), (secret, before, after) => {
        expect(cleaned(`${before}${secret}${after}`, [secret])).not.toContain(secret);
      }),
    );
  });

  test('has no character that is not seen, forges no line, and is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_000 }), (text) => {
        const clean = cleaned(text);
        expect(clean).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\n\r\t]/u);
        expect(clean.length).toBeLessThanOrEqual(200);
        expect(clean.isWellFormed()).toBe(true);
      }),
    );
  });

  test('keeps words, codes and names', () => {
    const text = 'AADSTS70008: The refresh_token has expired due to inactivity (interaction_required).';
    expect(cleaned(text)).toBe(text);
  });

  test('a URL loses its query and its user', () => {
    expect(cleanedUrl('https://user:pass@idp.example/realm?token=x#y')).toBe('https://idp.example/realm');
    expect(cleanedUrl('https://login.example/{tenantid}/v2.0')).toBe('https://login.example/{tenantid}/v2.0');
    expect(cleanedUrl(undefined)).toBe('nothing');
  });
});

test('the provider’s own words are said, cleaned', () => {
  const refusal = { error: 'invalid_grant', description: 'Token\u0000 s3cr3t-value\r\nis gone' };
  expect(failureReason(undefined, refusal, ['s3cr3t-value'])).toEqual({
    upstreamError: 'invalid_grant',
    upstreamDescription: 'Token [redacted] is gone',
  });
});
