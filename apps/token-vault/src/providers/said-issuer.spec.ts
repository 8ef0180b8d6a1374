import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { saidIssuer } from './said-issuer.js';

const ACME = 'https://sso.acme.example/realms/a';
const OCTO = 'https://octo.example/login/oauth';

const acme = oidcProvider('acme', ACME);
const octo = oauth2Provider('octo', OCTO);
const named = oauth2Provider('octo', OCTO, { issuer: OCTO });
const evil = oauth2Provider('evil', 'https://evil.example');

function query(...issuers: readonly string[]): string {
  const parameters = new URLSearchParams({ state: 's', code: 'c' });
  for (const iss of issuers) parameters.append('iss', iss);
  return parameters.toString();
}

// RFC 9207, section 2.4.
describe('a provider whose issuer is known', () => {
  test.each([acme, named].map((provider) => [provider.protocol.type, provider] as const))(
    '(%s) accepts its own, compared as text, and nothing else',
    (_type, provider) => {
      const own = provider === acme ? ACME : OCTO;
      expect(saidIssuer(query(own), provider, [evil])).toBe('own');
      const others = [
        `${own}/`,
        own.toUpperCase(),
        own.slice(0, -1),
        `${own}?`,
        'https://evil.example',
        'null',
      ];
      for (const other of others) expect(saidIssuer(query(other), provider, [evil])).toBe('another');
    },
  );

  test('is not fooled by a second iss beside its own (parameter pollution)', () => {
    for (const issuers of [
      [ACME, 'https://evil.example'],
      ['https://evil.example', ACME],
    ])
      expect(saidIssuer(query(...issuers), acme, [evil])).toBe('another');
  });
});

test('a provider of many tenants may name any of them, and nobody else', () => {
  const at = 'https://login.example';
  const tenants = oidcProvider('tenants', `${at}/organizations/v2.0`, {
    protocol: {
      type: 'oidc',
      issuer: `${at}/organizations/v2.0`,
      issuerTemplate: `${at}/{tenantid}/v2.0`,
      subjectClaim: 'sub',
      idTokenSignedWith: 'keySet',
    },
  });
  for (const own of [`${at}/6babcaad/v2.0`, `${at}/organizations/v2.0`])
    expect(saidIssuer(query(own), tenants, [acme])).toBe('unknown');
  for (const other of [`${at}//v2.0`, `${at}/a/b/v2.0`, `${at}/a/v2.0/`, `${at}.evil.example/a/v2.0`, ACME])
    expect(saidIssuer(query(other), tenants, [acme])).toBe('another');
});

describe('a plain OAuth 2 provider without a written issuer', () => {
  test('is never given the answer that another provider signed with its issuer', () => {
    expect(saidIssuer(query(ACME), evil, [acme])).toBe('another');
    expect(saidIssuer(query(OCTO), evil, [named])).toBe('another');
    expect(saidIssuer(query('https://evil.example', ACME), evil, [acme])).toBe('another');
  });

  test('is never given an answer whose issuer lies where another provider is, though none is written there either', () => {
    expect(saidIssuer(query(OCTO), evil, [octo])).toBe('another');
    expect(saidIssuer(query('https://octo.example'), evil, [octo])).toBe('another');
    expect(saidIssuer(query('https://sso.acme.example/realms/b'), evil, [acme])).toBe('another');
  });

  test('may send any issuer of its own place, or one that nobody here has', () => {
    for (const iss of ['https://evil.example', 'https://evil.example/x', 'https://login.example', 'no URL'])
      expect(saidIssuer(query(iss), evil, [acme, octo])).toBe('unknown');
    // Two tenants behind one host: the place says nothing.
    const neighbour = oauth2Provider('neighbour', 'https://evil.example/other');
    expect(saidIssuer(query('https://evil.example'), evil, [neighbour])).toBe('unknown');
  });
});

test('an iss that is not there, or is empty, says nothing', () => {
  for (const provider of [acme, named, octo])
    for (const said of [query(), query(''), 'iss&state=s', 'state=s&ISS=https%3A%2F%2Fevil.example'])
      expect(saidIssuer(said, provider, [evil])).toBe('nothing');
});

test('whatever iss says, an answer counts as own only when each is the issuer byte for byte', () => {
  const value = fc.oneof(fc.string(), fc.constantFrom(ACME, OCTO, 'https://evil.example'), fc.webUrl());
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), (issuers) => {
      const said = issuers.map((iss) => new URLSearchParams([['iss', iss]]).get('iss')).filter(Boolean);
      for (const provider of [acme, named]) {
        const own = provider === acme ? ACME : OCTO;
        const expected = said.length === 0 ? 'nothing' : said.every((iss) => iss === own) ? 'own' : 'another';
        expect(saidIssuer(query(...issuers), provider, [evil])).toBe(expected);
      }
      if (said.includes(ACME)) expect(saidIssuer(query(...issuers), evil, [acme])).toBe('another');
    }),
  );
});
