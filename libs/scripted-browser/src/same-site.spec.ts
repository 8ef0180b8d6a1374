import { expect, test } from '@jest/globals';
import { sameSiteOf } from './same-site.js';

test.each([
  ['typed address', ['https://mcp.acme.example/'], 'GET', 'strict'],
  ['ports do not separate sites', ['http://localhost:1/', 'http://localhost:2/'], 'POST', 'strict'],
  ['schemes do', ['http://localhost:1/', 'https://localhost:2/'], 'GET', 'lax'],
  ['subdomains do not', ['https://a.acme.com/', 'https://b.acme.com/'], 'POST', 'strict'],
  ['public suffixes do', ['https://a.co.uk/', 'https://b.co.uk/'], 'GET', 'lax'],
  ['foreign form post', ['https://evil.com/', 'https://acme.com/'], 'POST', 'none'],
  ['one foreign hop', ['https://acme.com/', 'https://idp.com/', 'https://acme.com/cb'], 'GET', 'lax'],
  ['addresses are their own site', ['http://127.0.0.1:1/', 'http://127.0.0.2:1/'], 'GET', 'lax'],
])('same-site context: %s', (_case, chain, method, expected) => {
  expect(sameSiteOf(chain, method)).toBe(expected);
});
