import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callbackName, commonCallback, isCallback, ownCallback } from '../urls/callbacks.js';
import { load, modelOf, pathsOf, problemsOf, type Changes } from '../configuration.fixture.js';
import { renderWarnings } from '../findings/render-problems.js';
import { COMMON } from './callback-rows.fixture.js';
import { OAUTH2, OIDC } from './row.fixture.js';

const ISSUER = 'https://auth.acme.example';

const warningsOf = (changes: Changes) => {
  const loaded = load(changes);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.warnings;
};

test('each provider has a callback of its own, and nobody is warned', () => {
  const providers = modelOf().authServer?.upstreamProviders ?? [];
  expect(providers.map(({ redirectUri }) => redirectUri)).toEqual([`${COMMON}/acme-sso`, `${COMMON}/octo`]);
  expect(warningsOf({})).toEqual([]);
});

test('the callback of a provider is spelled in one way, whichever way the issuer is', () => {
  const [provider] =
    modelOf({ 'authServer.issuer': 'https://AUTH.acme.example:443' }).authServer?.upstreamProviders ?? [];
  expect(provider?.redirectUri).toBe(`${COMMON}/acme-sso`);
});

describe('a redirectUri that is written', () => {
  const SHARED: Changes = {
    [`${OIDC}.redirectUri`]: COMMON,
    [`${OAUTH2}.redirectUri`]: COMMON,
    [`${OAUTH2}.issuer`]: 'https://octo.example',
  };

  test('is accepted for providers that say who they are, with a warning at each', () => {
    const warnings = warningsOf(SHARED);
    expect(pathsOf(warnings)).toEqual([
      'authServer.upstreamProviders[0].oidcConfig.redirectUri',
      'authServer.upstreamProviders[1].oauth2Config.redirectUri',
    ]);
    for (const { message, instead, line } of warnings) {
      expect(message).toMatch(/shares its callback/);
      expect(instead).toContain(`${COMMON}/`);
      expect(line).toBeGreaterThan(0);
    }
    expect(renderWarnings(warnings)).toMatch(/^The configuration has 2 warnings:\n/);
  });

  test('is accepted for two clients of one OpenID provider', () => {
    const second = {
      name: 'acme-admin',
      type: 'oidc',
      oidcConfig: { issuerUrl: 'https://sso.acme.example', clientId: 'admin', redirectUri: COMMON },
    };
    const changes = { [`${OIDC}.redirectUri`]: COMMON, 'authServer.upstreamProviders.2': second };
    expect(pathsOf(problemsOf(changes))).toEqual([]);
    expect(warningsOf(changes).filter(({ path }) => path.endsWith('.redirectUri'))).toHaveLength(2);
  });

  test('is warned of where one provider alone has the common callback, which lies above those of the others', () => {
    expect(warningsOf({ [`${OAUTH2}.redirectUri`]: COMMON })).toMatchObject([
      { path: 'authServer.upstreamProviders[1].oauth2Config.redirectUri', message: /lies below it/ },
    ]);
  });

  test('is nothing to be warned of where no other provider has it', () => {
    expect(warningsOf({ [`${OAUTH2}.redirectUri`]: `${COMMON}/octo` })).toEqual([]);
    expect(warningsOf({ [`${OAUTH2}.redirectUri`]: `${COMMON}/the-old-octo` })).toEqual([]);
  });
});

test('a second client of one authorization server is warned to say so, since its answers name the other provider', () => {
  const google = {
    [`${OIDC}.issuerUrl`]: 'https://accounts.google.example',
    [`${OAUTH2}.authorizationEndpoint`]: 'https://accounts.google.example/o/oauth2/v2/auth',
  };
  expect(warningsOf(google)).toMatchObject([
    { path: 'authServer.upstreamProviders[1].oauth2Config', message: /issuer of acme-sso/ },
  ]);
  expect(warningsOf({ ...google, [`${OAUTH2}.issuer`]: 'https://accounts.google.example' })).toEqual([]);
});

test('a callback has one name, and only its one spelling is a callback (names that collide)', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(label, label, (one, other) => {
      expect(callbackName(ownCallback(ISSUER, one))).toBe(one);
      expect(ownCallback(ISSUER, one) === ownCallback(ISSUER, other)).toBe(one === other);
      expect(ownCallback(ISSUER, one)).not.toBe(commonCallback(ISSUER));
    }),
  );
  expect(callbackName(commonCallback(ISSUER))).toBeUndefined();
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('.', '..', '%2e', 'A', '', 'a/b', 'a%2Fb', '-')),
      (path) => {
        const url = `${ISSUER}/oauth/callback/${path}`;
        expect(isCallback(ISSUER, url)).toBe(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(path));
      },
    ),
  );
});
