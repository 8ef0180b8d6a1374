import { describe, expect, test } from '@jest/globals';
import { isAssured } from './assured-client.js';
import { isAllowedHost } from './allowed-host.js';
import { applicationType } from './redirect-uris.js';
import { registrationPolicy } from './registration-policy.js';

const RULES = {
  scopesSupported: ['openid'],
  baselineClientScopes: ['openid'],
  requiredScopes: [],
  redirectSchemes: ['myeditor'],
  idTokenAlgs: ['ES256', 'RS256'],
  requestProtection: {
    securityProfile: 'none',
    pushedAuthorizationRequests: 'optional',
    dpop: { boundAccessTokens: 'optional', nonces: 'optional' },
  },
  metadataDocuments: { enabled: true, allowedHosts: ['*'], allowPrivateIps: false, documents: [] },
  clients: [],
} as const;
const register = (metadata: Readonly<Record<string, unknown>>) =>
  registrationPolicy({ redirect_uris: ['http://127.0.0.1/callback'], ...metadata }, RULES);

// RFC 7591, section 2.
describe('a client that registers', () => {
  test.each([
    'client_name',
    'client_uri',
    'logo_uri',
    'grant_types',
    'response_types',
    'token_endpoint_auth_method',
    'scope',
    'contacts',
    'software_id',
  ])('may write null for a %s that it does not have', (member) => {
    expect(register({ [member]: null })).toEqual(register({}));
  });

  test('has to name where it may be called back, and null is no such place', () => {
    expect(register({ redirect_uris: null })).toMatchObject({ error: 'invalid_redirect_uri' });
  });

  test.each([
    [
      'what Cursor registers',
      [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      'native',
    ],
    ['an application of the operator', ['myeditor://cb'], 'native'],
    ['https on loopback', ['https://localhost:3000/cb'], 'web'],
    [
      'more redirect URIs than ten',
      Array.from({ length: 40 }, (_none, index) => `https://app.example/cb/${index}`),
      'native',
    ],
  ])('may be called back at %s, whatever it calls itself', (_what, uris, type) => {
    expect(register({ redirect_uris: uris, application_type: 'web' })).toMatchObject({ kind: 'accepted' });
    expect(applicationType(uris)).toBe(type);
  });

  test.each([
    ['none', []],
    ['no list', 'https://app.example/cb'],
    ['one that is not allowed among others', ['https://app.example/cb', 'javascript:alert(1)']],
    ['an application that nobody listed', ['slack://x/cb']],
    ['an application beside https on loopback', ['cursor://x/cb', 'https://localhost/cb']],
    [
      'more than any client has',
      Array.from({ length: 101 }, (_none, index) => `https://app.example/cb/${index}`),
    ],
  ])('is not called back at %s', (_what, uris) => {
    expect(register({ redirect_uris: uris })).toMatchObject({
      kind: 'refused',
      error: 'invalid_redirect_uri',
    });
  });

  test.each(['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'])(
    'names pages of the web in %s, or none',
    (member) => {
      for (const uri of [
        'javascript:alert(1)',
        'https://a.example/\u202e',
        'https://a.example\\@b.example/',
        'https://user@a.example/',
        7,
      ])
        expect(register({ [member]: uri })).toMatchObject({
          kind: 'refused',
          error: 'invalid_client_metadata',
          description: expect.stringMatching(new RegExp(`^${member} must `)),
        });
      for (const nothing of [null, '', undefined])
        expect(register({ [member]: nothing })).toMatchObject({ kind: 'accepted' });
      expect(register({ [member]: 'https://app.example/about' })).toMatchObject({ kind: 'accepted' });
    },
  );
});

test.each([
  [
    'a document with an https redirect',
    { redirectUri: 'https://app.example/cb', hasDocument: true, authenticates: false },
    true,
  ],
  [
    'a client that authenticates, with an https redirect',
    { redirectUri: 'https://app.example/cb', hasDocument: false, authenticates: true },
    true,
  ],
  [
    'a public client that registered, with an https redirect',
    { redirectUri: 'https://app.example/cb', hasDocument: false, authenticates: false },
    false,
  ],
  [
    'a document with a loopback redirect',
    { redirectUri: 'http://127.0.0.1:1/cb', hasDocument: true, authenticates: false },
    false,
  ],
  [
    'a document with https on loopback',
    { redirectUri: 'https://localhost:1/cb', hasDocument: true, authenticates: false },
    false,
  ],
  [
    'a client with a secret that everybody who has the program has',
    { redirectUri: 'cursor://x/cb', hasDocument: false, authenticates: true },
    false,
  ],
  [
    'a document with a private-use scheme',
    { redirectUri: 'com.example.app:/cb', hasDocument: true, authenticates: false },
    false,
  ],
])('%s: its identity is assured: %s', (_what, facts, assured) => {
  expect(isAssured(facts)).toBe(assured);
});

describe('the name of a client that registers', () => {
  const named = (name: string) => register({ client_name: name });

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
    expect(named(name)).toMatchObject({
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
    expect(named(name)).toMatchObject({ kind: 'accepted', metadata: { client_name: name } });
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
