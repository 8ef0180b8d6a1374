import { describe, expect, test } from '@jest/globals';
import { isAllowedHost } from './metadata-documents.js';
import { isLoopback, redirectUrisProblem } from './redirect-uris.js';

describe('redirect URIs', () => {
  test.each([
    'https://app.example/callback',
    'http://localhost/callback',
    'http://127.0.0.1:3000/cb?x=1',
    'http://[::1]:9/cb',
    'cursor://anysphere/oauth',
    'com.example.app:/callback',
  ])('%s is fine', (uri) => {
    expect(redirectUrisProblem([uri], { privateSchemes: true })).toBeUndefined();
  });

  test.each([
    ['http on the open internet', 'http://app.example/callback'],
    ['a name that begins like localhost', 'http://localhost.evil.example/cb'],
    ['script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a fragment', 'https://app.example/cb#x'],
    ['a user name (phishing)', 'https://app.example@evil.example/cb'],
    ['no URI', 'callback'],
    ['https on loopback', 'https://localhost/cb'],
    ['too long', `https://app.example/${'x'.repeat(3_000)}`],
  ])('%s is refused', (_name, uri) => {
    expect(redirectUrisProblem([uri], { privateSchemes: true })).toBeDefined();
  });

  test('a private scheme is refused where nobody vouches for it', () => {
    expect(redirectUrisProblem(['cursor://x/cb'], { privateSchemes: false })).toBeDefined();
  });

  test('loopback is http on exactly three hosts', () => {
    expect(['http://localhost:1/', 'http://127.0.0.1/', 'http://[::1]/'].every(isLoopback)).toBe(true);
    expect(
      ['https://localhost/', 'http://127.0.0.2/', 'http://localhost.evil.example/'].some(isLoopback),
    ).toBe(false);
  });
});

test.each([
  ['https://app.example/client.json', ['app.example'], true],
  ['https://sub.app.example/client.json', ['app.example'], false],
  ['https://sub.app.example/client.json', ['*.app.example'], true],
  ['https://app.example/client.json', ['*.app.example'], false],
  ['https://evilapp.example/client.json', ['*.app.example'], false],
  ['https://app.example.evil.example/client.json', ['app.example'], false],
  ['https://anything.example/x', ['*'], true],
  ['https://app.example/client.json', [], false],
])('a document at %s, allowed hosts %j: %s', (clientId, allowedHosts, allowed) => {
  expect(isAllowedHost(clientId, { allowedHosts })).toBe(allowed);
});
