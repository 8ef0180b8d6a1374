import { describe, expect, test } from '@jest/globals';
import { isAllowedHost } from './metadata-documents.js';
import { isLoopback, redirectUrisProblem } from './redirect-uris.js';
import { registrationPolicy } from './registration-policy.js';

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

describe('the name of a client that registers', () => {
  const register = (name: string) =>
    registrationPolicy(
      { redirect_uris: ['http://127.0.0.1/callback'], client_name: name },
      { scopesSupported: ['openid'], baselineClientScopes: ['openid'] },
    );

  test.each([
    ['a right-to-left override', 'Slack \u202eelgooG'],
    ['a direction isolate', 'Slack\u2066'],
    ['an Arabic letter mark', 'Slack\u061c'],
    ['a zero-width space', 'Sla\u200bck'],
    ['a joiner between letters that are not joined', 'Sla\u200dck'],
    ['a byte order mark', '\ufeffSlack'],
    ['a soft hyphen', 'Sla\u00adck'],
    ['a Hangul filler', 'Slack\u3164'],
    ['tag characters', 'Slack\u{e0041}'],
    ['a line break', 'Slack\nApproved by your organisation'],
    ['a line separator', 'Slack\u2028x'],
    ['a next-line control', 'Slack\u0085x'],
    ['NUL', 'Slack\u0000'],
    ['half a character', 'Slack\ud800'],
    ['nothing visible', ' \u00a0\u2800\ufe0f'],
    ['nothing', ''],
    ['marks piled over the lines above', `S${'\u0301'.repeat(20)}`],
    ['a page of text', 'x'.repeat(257)],
  ])('with %s is refused (spoofed approval page)', (_what, name) => {
    expect(register(name)).toMatchObject({
      kind: 'refused',
      error: 'invalid_client_metadata',
      description: expect.stringMatching(/^client_name must /),
    });
  });

  test.each([
    'Café Zürich (ČSOB) – “naïve”',
    'e\u0301tude',
    '日本語クライアント',
    '葛\u{e0100}城',
    'سرویس می\u200cخواهم',
    'क्\u200dष',
    'שלום',
    'Studio 👩🏽\u200d💻 👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f⃣ 🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    'x'.repeat(256),
  ])('%s is fine', (name) => {
    expect(register(name)).toMatchObject({ kind: 'accepted', metadata: { client_name: name } });
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
