import { describe, expect, test } from '@jest/globals';
import { load, modelOf, pathsOf, problemsOf, type Changes } from '../configuration.fixture.js';
import { explain } from '../explain.js';
import { PROFILE_NAMES, type ProfileName } from '../model/profile-names.js';
import type { UpstreamProvider } from '../model/upstream-provider.js';
import { PROFILES } from './profiles.js';

const PLACE = 'authServer.upstreamProviders.1';
const SECRET = { env: 'OCTO_CLIENT_SECRET' };

/** As a person writes it: the name, the client, and what the profile cannot know. */
const written = (name: ProfileName, more: object = {}) => ({
  name: 'octo',
  provider: name,
  clientId: 'gatehouse',
  clientSecret: SECRET,
  ...Object.fromEntries(
    Object.entries(PROFILES[name].parameters ?? {})
      .filter(([, { fallback }]) => fallback === undefined)
      .map(([parameter, { example }]) => [parameter, example]),
  ),
  ...more,
});

const changes = (name: ProfileName, more: object = {}): Changes => ({ [PLACE]: written(name, more) });

function providerOf(document: Changes): UpstreamProvider<unknown> {
  const provider = modelOf(document, 'none').authServer?.upstreamProviders[1];
  if (provider === undefined) throw new Error('there is no such provider');
  return provider;
}

describe.each(PROFILE_NAMES)('provider: %s', (name) => {
  test('needs no more than it says, and nobody is warned', () => {
    const loaded = load(changes(name));
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
    expect(providerOf(changes(name)).protocol.type).toBe(PROFILES[name].type);
    expect(JSON.stringify(providerOf(changes(name)))).not.toMatch(/\{(?!tenantid)\w+\}/);
  });

  test('links to documentation of its own, and asks for what is documented once', () => {
    const { documentation, fields, title } = PROFILES[name];
    expect(documentation.length).toBeGreaterThan(0);
    for (const url of documentation) expect(URL.parse(url)?.protocol).toBe('https:');
    expect(new Set(fields.scopes).size).toBe(fields.scopes?.length ?? 0);
    expect(title).not.toBe('');
  });

  test('says what is missing, and nothing else', () => {
    for (const [parameter, { fallback }] of Object.entries(PROFILES[name].parameters ?? {})) {
      if (fallback !== undefined) continue;
      const problems = problemsOf(changes(name, { [parameter]: undefined }));
      expect(pathsOf(problems)).toEqual([`authServer.upstreamProviders[1].${parameter}`]);
      expect(problems[0]?.message).toContain('needs this field');
    }
  });
});

describe('what is written beside provider', () => {
  test('counts instead of the profile, list by list and field by field', () => {
    const provider = providerOf(
      changes('atlassian', {
        scopes: ['read:jira-work', 'read:me', 'offline_access'],
        additionalAuthorizationParams: { prompt: 'login' },
        userInfo: { endpointUrl: 'https://api.atlassian.example/me' },
      }),
    );
    expect(provider).toMatchObject({
      scopes: ['read:jira-work', 'read:me', 'offline_access'],
      additionalAuthorizationParams: { audience: 'api.atlassian.com', prompt: 'login' },
      protocol: {
        tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
        identity: {
          endpointUrl: 'https://api.atlassian.example/me',
          fieldMapping: { subjectFields: ['account_id'] },
        },
      },
    });
  });

  test('takes the place of the parameter that it would be made of', () => {
    const issuerUrl = 'https://acme.okta.com/oauth2/default';
    const provider = providerOf(changes('okta', { domain: undefined, issuerUrl }));
    expect(provider.protocol.issuer).toBe(issuerUrl);
    expect(pathsOf(problemsOf(changes('okta', { issuerUrl })))).toEqual([
      'authServer.upstreamProviders[1].domain',
    ]);
  });

  test('can be another source of identity, or another proof of the client', () => {
    const other = providerOf(
      changes('notion', { userInfo: { endpointUrl: 'https://api.notion.com/v1/users/me' } }),
    );
    expect(other.protocol).toMatchObject({ identity: { from: 'userInfo' } });
    const keyed = providerOf(
      changes('entra', { clientSecret: undefined, clientKey: { env: 'SIGNING_KEY' }, clientKeyId: 'k1' }),
    );
    expect(keyed).toMatchObject({
      tokenEndpointAuthMethod: 'private_key_jwt',
      clientKey: { id: 'k1', audience: 'tokenEndpoint' },
    });
  });

  test('decides which scopes are sent with a refresh at Entra', () => {
    const scopes = ['openid', 'offline_access', 'api://tickets/.default'];
    expect(providerOf(changes('entra', { scopes })).dialect.refreshScope).toEqual(scopes);
  });

  test('stays what it is even if it looks like a parameter', () => {
    const provider = providerOf(
      changes('okta', { additionalAuthorizationParams: { login_hint: '{domain}' } }),
    );
    expect(provider.additionalAuthorizationParams).toEqual({ login_hint: '{domain}' });
  });
});

describe('one problem each', () => {
  const rows: readonly (readonly [string, ProfileName, object, string, RegExp, string?])[] = [
    [
      'a profile that nobody knows',
      'github',
      { provider: 'githbu' },
      'provider',
      /Expected one of/,
      'github',
    ],
    ['a profile that is no text', 'github', { provider: 7 }, 'provider', /Expected one of/],
    [
      'a misspelled field of the client',
      'github',
      { clientID: 'x', clientId: undefined },
      'clientID',
      /clientId/,
    ],
    ['a misspelled field beside it', 'github', { requirment: 'optional' }, 'requirment', /requirement/],
    ['a misspelled parameter', 'okta', { domian: 'acme.okta.com', domain: undefined }, 'domian', /domain/],
    ['a parameter of another profile', 'github', { tenant: 'acme' }, 'tenant', /Unknown field/],
    ['a missing secret', 'slack', { clientSecret: undefined }, 'clientSecret', /Slack needs a client secret/],
    [
      'a URL in the place of a host',
      'okta',
      { domain: 'https://Acme.okta.com/' },
      'domain',
      /host name/,
      'acme.okta.com',
    ],
    [
      'a name in the place of the tenant’s ID',
      'entra',
      { tenant: 'acme.onmicrosoft.com' },
      'tenant',
      /directory \(tenant\) ID/,
    ],
    [
      'a host that would lead elsewhere (a path in the domain)',
      'okta',
      { domain: 'evil.example/.okta.com' },
      'domain',
      /host name/,
    ],
    ['another type beside it', 'github', { type: 'oidc' }, 'type', /is of type oauth2/],
    ['a block beside it', 'github', { oauth2Config: {} }, 'oauth2Config', /written directly/],
    ['what the rules refuse', 'github', { scopeParameter: 'state' }, 'scopeParameter', /something else/],
    [
      'a header with a credential',
      'github',
      { userInfo: { additionalHeaders: { Cookie: 'x' } } },
      'userInfo.additionalHeaders.Cookie',
      /set by the gateway/,
    ],
    [
      'a secret in plain text',
      'github',
      { clientSecret: 'hunter2' },
      'clientSecret',
      /never written in plain text/,
    ],
  ];
  test.each(rows)('%s', (...[, name, more, field, message, instead]) => {
    const problems = problemsOf(changes(name, more));
    expect(pathsOf(problems)).toEqual([`authServer.upstreamProviders[1].${field}`]);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.line).toBeGreaterThan(1);
    if (instead !== undefined) expect(problems[0]?.instead).toBe(instead);
  });

  test('a secret that is not there is reported where it is written', () => {
    const missing = changes('github', { clientSecret: { env: 'NOBODY' } });
    expect(pathsOf(problemsOf(missing))).toEqual(['authServer.upstreamProviders[1].clientSecret']);
  });
});

test('what a profile fills in is explained, with its documentation, and no more than that', () => {
  const loaded = load(changes('keycloak', { scopes: ['openid'] }), 'none');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const lines = explain(loaded.model, loaded.filledIn).filter(({ because }) =>
    because.startsWith('provider:'),
  );
  expect(lines).toEqual([
    {
      path: 'authServer.upstreamProviders.octo.issuerUrl',
      value: 'https://sso.acme.example/realms/acme',
      because: 'provider: keycloak, see https://www.keycloak.org/securing-apps/oidc-layers',
    },
  ]);
});
