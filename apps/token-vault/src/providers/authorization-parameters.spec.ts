import { describe, expect, test } from '@jest/globals';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { authorizationParameters, type AuthorizationRequest } from './authorization-parameters.js';

const REQUEST = { state: 'state', nonce: 'nonce', challenge: 'challenge', fresh: false };

test('configured extra parameters are sent, but replace none of the flow', () => {
  const own = [
    'response_type',
    'client_id',
    'redirect_uri',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
  ];
  const evil = Object.fromEntries(own.map((name) => [name, 'evil']));
  const sent = authorizationParameters(
    oidcProvider('idp', 'https://idp.example', {
      additionalAuthorizationParams: { ...evil, access_type: 'offline' },
    }),
    REQUEST,
  );
  expect(sent['access_type']).toBe('offline');
  expect(Object.values(sent)).not.toContain('evil');
  expect(Object.keys(sent)).toEqual(expect.arrayContaining(own));
});

test('a plain OAuth 2 provider gets neither nonce nor prompt', () => {
  const sent = authorizationParameters(oauth2Provider('octo', 'https://octo.example'), {
    ...REQUEST,
    fresh: true,
  });
  expect(sent).not.toHaveProperty('nonce');
  expect(sent).not.toHaveProperty('prompt');
});

test('max_age goes to a provider that says by an id_token when the person signed in, and to no other', () => {
  const visit = { ...REQUEST, maxAgeSeconds: 0 };
  expect(authorizationParameters(oidcProvider('idp', 'https://idp.example'), visit)['max_age']).toBe('0');
  expect(authorizationParameters(oidcProvider('idp', 'https://idp.example'), REQUEST)).not.toHaveProperty(
    'max_age',
  );
  expect(authorizationParameters(oauth2Provider('octo', 'https://octo.example'), visit)).not.toHaveProperty(
    'max_age',
  );
});

test('acr_values go to a provider that says by an id_token how the person signed in, and to no other', () => {
  const visit = { ...REQUEST, acrValues: 'urn:acme:gold urn:acme:silver' };
  const toOpenId = authorizationParameters(oidcProvider('idp', 'https://idp.example'), visit);
  expect(toOpenId['acr_values']).toBe('urn:acme:gold urn:acme:silver');
  for (const sent of [
    authorizationParameters(oidcProvider('idp', 'https://idp.example'), REQUEST),
    authorizationParameters(oauth2Provider('octo', 'https://octo.example'), visit),
  ])
    expect(sent).not.toHaveProperty('acr_values');
});

describe('what is configured of a sign-in', () => {
  const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}},"id_token":{"auth_time":null}}';
  const sent = (
    configured: Readonly<Record<string, string>>,
    visit: Pick<AuthorizationRequest, 'maxAgeSeconds' | 'acrValues' | 'wanted'>,
    name: string,
  ) =>
    authorizationParameters(
      oidcProvider('idp', 'https://idp.example', { additionalAuthorizationParams: configured }),
      { ...REQUEST, ...visit },
    )[name];

  test.each([
    ['300', undefined, 99_999, '300'],
    ['300', 99_999, 99_999, '300'],
    ['300', 60, 5, '5'],
    ['300', 5, 60, '5'],
    ['300', undefined, undefined, '300'],
    ['0', 5, 5, '0'],
    ['always', 5, 5, 'always'],
  ])(
    'attack: a max_age of %s is never longer: the client’s is %s, the backend’s %s',
    (configured, maxAgeSeconds, theirs, expected) => {
      const visit = { maxAgeSeconds, wanted: { maxAgeSeconds: theirs } };
      expect(sent({ max_age: configured }, visit, 'max_age')).toBe(expected);
    },
  );

  test.each([
    ['gold', undefined, 'pwd', 'gold'],
    ['gold', 'pwd', 'pwd', 'gold'],
    ['gold phr', undefined, 'pwd phr', 'phr gold'],
    ['gold phr x', 'x pwd', 'phr', 'x phr gold'],
    ['gold  phr', undefined, undefined, 'gold  phr'],
  ])(
    'attack: acr_values of %s let no other context in: the client’s are %s, the backend’s %s',
    (configured, acrValues, theirs, expected) => {
      const visit = { acrValues, wanted: { acrValues: theirs } };
      expect(sent({ acr_values: configured }, visit, 'acr_values')).toBe(expected);
    },
  );

  test.each([
    [
      '{"access_token":{"acrs":{"value":"c9"}}}',
      '{"access_token":{"acrs":{"value":"c9"}},"id_token":{"auth_time":null}}',
    ],
    [
      '{"access_token":{"x":null},"userinfo":{"email":null}}',
      '{"access_token":{"acrs":{"essential":true,"value":"c1"},"x":null},"id_token":{"auth_time":null},"userinfo":{"email":null}}',
    ],
    ['{"access_token":null}', '{"access_token":null,"id_token":{"auth_time":null}}'],
    ['as the provider likes it', 'as the provider likes it'],
    ['[]', '[]'],
  ])('attack: no claim of %s is replaced by a backend’s', (configured, expected) => {
    expect(sent({ claims: configured }, { wanted: { claims: CLAIMS } }, 'claims')).toBe(expected);
    expect(sent({ claims: configured }, {}, 'claims')).toBe(configured);
  });

  test('is all that is sent where nobody wants more, and what they want where nothing is', () => {
    const wanted = { claims: CLAIMS, acrValues: 'gold gold', maxAgeSeconds: 5 };
    expect(
      ['claims', 'acr_values', 'max_age'].map((name) => [sent({}, {}, name), sent({}, { wanted }, name)]),
    ).toEqual([
      [undefined, CLAIMS],
      [undefined, 'gold'],
      [undefined, '5'],
    ]);
  });
});

describe('how a person chooses an account', () => {
  const IDP = 'https://idp.example';
  const promptOf = (
    more: Partial<ReturnType<typeof oidcProvider>>,
    request: { fresh?: boolean; asked?: 'select_account'; supportedPrompts?: readonly string[] },
  ) => authorizationParameters(oidcProvider('idp', IDP, more), { ...REQUEST, ...request })['prompt'];
  const configured = (prompt: string, more: Partial<ReturnType<typeof oidcProvider>> = {}) => ({
    additionalAuthorizationParams: { prompt, access_type: 'offline' },
    ...more,
  });

  test('where nothing is configured, a new visit is a new login, with consent for offline access', () => {
    expect(promptOf({}, { fresh: false })).toBeUndefined();
    expect(promptOf({}, { fresh: true })).toBe('login consent');
    expect(promptOf({ scopes: ['openid'] }, { fresh: true })).toBe('login');
  });

  test('a configured prompt stays, whatever the visit is for: Google renews its refresh token only for it', () => {
    for (const fresh of [false, true]) expect(promptOf(configured('consent'), { fresh })).toBe('consent');
    expect(
      authorizationParameters(oidcProvider('idp', IDP, configured('consent')), { ...REQUEST, fresh: true })[
        'access_type'
      ],
    ).toBe('offline');
  });

  test.each([
    ['login', 'login consent'],
    ['select_account', 'select_account consent'],
    ['none', 'consent'],
  ] as const)('reconnectPrompt %s stands beside it', (reconnectPrompt, prompt) => {
    expect(promptOf(configured('consent', { reconnectPrompt }), { fresh: true })).toBe(prompt);
    expect(promptOf(configured('consent', { reconnectPrompt }), { fresh: false })).toBe('consent');
  });

  test('what the client asked for reaches the provider, unless the configuration decides', () => {
    const asked = { fresh: true, asked: 'select_account' } as const;
    expect(promptOf({}, asked)).toBe('select_account consent');
    expect(promptOf(configured('consent'), asked)).toBe('select_account consent');
    expect(promptOf({ reconnectPrompt: 'login' }, asked)).toBe('login consent');
    expect(promptOf({ reconnectPrompt: 'none' }, asked)).toBeUndefined();
    expect(promptOf({}, { ...asked, fresh: false })).toBeUndefined();
  });

  test('a value that the provider says it does not know is not sent', () => {
    const supportedPrompts = ['consent', 'select_account', 'none'];
    expect(promptOf({}, { fresh: true, supportedPrompts })).toBe('select_account consent');
    expect(promptOf({}, { fresh: true, asked: 'select_account', supportedPrompts: ['login'] })).toBe('login');
    expect(promptOf({}, { fresh: true, supportedPrompts: [] })).toBeUndefined();
  });

  test('a prompt of none stays alone, and no value is sent twice', () => {
    expect(promptOf(configured('none', { reconnectPrompt: 'login' }), { fresh: true })).toBe('none');
    expect(promptOf(configured('login  consent', { reconnectPrompt: 'login' }), { fresh: true })).toBe(
      'login consent',
    );
  });

  test('a plain OAuth 2 provider is sent what is configured or asked for', () => {
    const octo = oauth2Provider('octo', 'https://octo.example');
    const sent = (provider: typeof octo, asked?: 'select_account') =>
      authorizationParameters(provider, { ...REQUEST, fresh: true, asked })['prompt'];
    expect(sent({ ...octo, reconnectPrompt: 'select_account' })).toBe('select_account');
    expect(sent(octo, 'select_account')).toBe('select_account');
  });
});
