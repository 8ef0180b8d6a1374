import { expect, test } from '@jest/globals';
import { modelOf, type Changes } from '../configuration.fixture.js';
import { authorizationServerPart, tokenVaultPart, vmcpProxyPart } from '../parts.js';

const LOGO = 'data:image/png;base64,iVBORw0KGgo=';

const known = (name: string, more: object = {}) => ({
  name,
  provider: 'github',
  clientId: 'gatehouse',
  clientSecret: { env: 'OCTO_CLIENT_SECRET' },
  ...more,
});
const brandingOf = (changes: Changes) => authorizationServerPart(modelOf(changes)).branding;

test('where nothing is written, pages say Gatehouse, and the names of the configuration', () => {
  const branding = brandingOf({});
  expect([branding.name, branding.logo, branding.accents, branding.supportUrl]).toEqual([
    'Gatehouse',
    undefined,
    undefined,
    undefined,
  ]);
  expect([...branding.backends.entries()]).toEqual(
    ['repos', 'tickets', 'reports', 'status'].map((name) => [name, { label: name }]),
  );
  expect(branding.providers.get('octo')?.label).toBe('octo');
});

test('a known provider is called as people call it, unless it was given another name', () => {
  const { providers } = brandingOf({
    'authServer.upstreamProviders.2': known('github'),
    'authServer.upstreamProviders.3': known('github-of-a-partner'),
    'authServer.upstreamProviders.4': known('third', { displayName: 'Partner’s GitHub', logo: LOGO }),
  });
  expect(['github', 'github-of-a-partner', 'third'].map((name) => providers.get(name)?.label)).toEqual([
    'GitHub',
    'github-of-a-partner',
    'Partner’s GitHub',
  ]);
  expect(providers.get('third')?.logo?.mediaType).toBe('image/png');
});

test('scopes have the words of OpenID Connect, of the known provider, and of the configuration, in that order', () => {
  const { providers } = brandingOf({
    'authServer.upstreamProviders.2': known('github', { scopeDescriptions: { repo: 'read your code' } }),
  });
  const words = providers.get('github')?.scopeWords ?? {};
  expect([words['openid'], words['read:user'], words['repo'], words['made-up']]).toEqual([
    'know who you are there',
    'read your profile',
    'read your code',
    undefined,
  ]);
  expect(providers.get('octo')?.scopeWords['read:user']).toBeUndefined();
});

test('only the authorization server is given what pages show', () => {
  const model = modelOf({
    'authServer.branding': { name: 'Acme Tools', logo: LOGO, color: '#7a1f5c' },
    'backends.0.displayName': 'Repositories',
    'backends.0.logo': LOGO,
  });
  expect(authorizationServerPart(model).branding.backends.get('repos')?.label).toBe('Repositories');
  const others = JSON.stringify([vmcpProxyPart(model), tokenVaultPart(model)]);
  for (const said of ['Acme Tools', 'Repositories', 'iVBORw0KGgo', '7a1f5c'])
    expect(others).not.toContain(said);
});
