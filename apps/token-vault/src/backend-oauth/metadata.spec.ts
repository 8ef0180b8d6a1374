import { describe, expect, test } from '@jest/globals';
import { requestedScopes } from './requested-scopes.js';
import { readResourceMetadata } from './resource-metadata.js';
import { readServerMetadata } from './server-metadata.js';
import { resourceMetadataUrls, serverMetadataUrls } from './well-known.js';

const AS = 'https://as.example';
const BACKEND = 'https://notes.example/team/mcp';
const ROOT = 'https://notes.example/.well-known/oauth-protected-resource';

// RFC 9728, section 3.1; RFC 8414, section 3.1; MCP 2025-11-25, authorization.
test('metadata is looked for where the specification says, in its order', () => {
  expect(resourceMetadataUrls(BACKEND)).toEqual([`${ROOT}/team/mcp`, ROOT]);
  expect(resourceMetadataUrls('https://notes.example/')).toEqual([ROOT]);
  expect(serverMetadataUrls(`${AS}/t1/`)).toEqual([
    `${AS}/.well-known/oauth-authorization-server/t1`,
    `${AS}/.well-known/openid-configuration/t1`,
    `${AS}/t1/.well-known/openid-configuration`,
  ]);
  expect(serverMetadataUrls(AS)).toEqual([
    `${AS}/.well-known/oauth-authorization-server`,
    `${AS}/.well-known/openid-configuration`,
  ]);
});

// RFC 9728, section 3.3.
describe('the metadata of a backend', () => {
  const read = (resource: unknown, foundAt = `${ROOT}/team/mcp`) =>
    readResourceMetadata({ resource, authorization_servers: [AS] }, { resource: BACKEND, foundAt });

  test.each([BACKEND, `${BACKEND}/`, 'HTTPS://Notes.Example:443/team/mcp'])('is its own: %s', (resource) => {
    expect(read(resource)).toMatchObject({ resource, authorizationServers: [AS] });
  });

  test.each([
    'https://payroll.example/team/mcp',
    'http://notes.example/team/mcp',
    'https://notes.example:8443/team/mcp',
    'https://notes.example/team/mcp2',
    'https://notes.example/tea',
    'https://notes.example/other/mcp',
    'https://notes.example/team/mcp/deeper',
    'https://notes.example/team/mcp?tenant=1',
    'https://notes.example@payroll.example/team/mcp',
  ])('may not name the resource of another (tokens for %s)', (resource) => {
    expect(() => read(resource)).toThrow('resource_of_another');
  });

  test('may name its host in the document of the host, but not in one below a path (a tenant that speaks for its host)', () => {
    expect(read('https://notes.example', ROOT)).toMatchObject({ resource: 'https://notes.example' });
    expect(read('https://notes.example/team', `${ROOT}/team`)).toBeDefined();
    for (const foundAt of [`${ROOT}/team/mcp`, 'https://notes.example/team/metadata'])
      expect(read('https://notes.example', foundAt)).toBeUndefined();
  });

  test('may write null or nothing for what it leaves out', () => {
    const said = { authorization_servers: [AS, '', null], scopes_supported: null, resource_name: '' };
    expect(
      readResourceMetadata(
        { resource: BACKEND, ...said },
        { resource: BACKEND, foundAt: `${ROOT}/team/mcp` },
      ),
    ).toEqual({ resource: BACKEND, authorizationServers: [AS], scopesSupported: undefined });
  });

  test.each([undefined, null, 7, '', 'notes', {}])('has to name a resource: %p', (resource) => {
    expect(() => read(resource)).toThrow('metadata_unreadable');
  });
});

// RFC 8414, section 3.3.
describe('the metadata of an authorization server', () => {
  const FIT = {
    issuer: AS,
    authorization_endpoint: `${AS}/authorize`,
    token_endpoint: `${AS}/token`,
    code_challenge_methods_supported: ['S256'],
  };
  const read = (changes: object, issuer = AS) =>
    readServerMetadata({ ...FIT, ...changes }, issuer, { insecureAllowHttp: false });

  test('may leave out what is not needed, and write null for it', () => {
    expect(read({ jwks_uri: null, scopes_supported: null })).toEqual(FIT);
  });

  test('may add the slash of an origin, which is none', () => {
    expect(read({ issuer: `${AS}/` }).issuer).toBe(`${AS}/`);
    expect(read({}, `${AS}/`).issuer).toBe(AS);
  });

  test.each(['https://other.example', `${AS}/t1`, `${AS}//`, 'https://AS.example', `${AS}/?x`, 'as.example'])(
    'may not be of another issuer (mix-up): %s',
    (issuer) => {
      expect(() => read({ issuer })).toThrow(/issuer_of_another|metadata_unreadable/);
    },
  );

  test.each([undefined, null, [], ['plain'], 'S256'])('has to offer S256 (PKCE downgrade): %p', (methods) => {
    expect(() => read({ code_challenge_methods_supported: methods })).toThrow(/no_pkce|metadata_unreadable/);
  });

  test.each([
    ['authorization_endpoint', 'http://as.example/authorize'],
    ['authorization_endpoint', 'javascript:alert(1)'],
    ['token_endpoint', 'http://as.example/token'],
    ['registration_endpoint', 'file:///etc/passwd'],
    ['jwks_uri', 'not a url'],
  ])('has only https endpoints: %s %s', (name, url) => {
    expect(() => read({ [name]: url })).toThrow('endpoint_not_https');
  });

  test('has the endpoints and the flow that are used', () => {
    expect(() => read({ token_endpoint: null })).toThrow('endpoint_missing');
    expect(() => read({ response_types_supported: ['token'] })).toThrow('no_code_flow');
  });
});

describe('the scopes to ask for', () => {
  const NOTHING = {
    configured: [],
    challenged: undefined,
    ofResource: undefined,
    ofServer: undefined,
    stepUp: [],
  };
  test.each<[string, object, string[]]>([
    ['none, where nobody says any', {}, []],
    ['those of the challenge', { challenged: 'a b', ofResource: ['c'] }, ['a', 'b']],
    ['else all of the resource', { ofResource: ['c', 'd'] }, ['c', 'd']],
    [
      'with offline_access where it is offered',
      { challenged: 'a', ofServer: ['a', 'offline_access'] },
      ['a', 'offline_access'],
    ],
    ['without it where it is not', { challenged: 'a', ofServer: ['a'] }, ['a']],
    ['no offline_access alone: that would leave out the rest', { ofServer: ['offline_access'] }, []],
    [
      'as configured, whatever others say',
      { configured: ['x'], challenged: 'a', ofServer: ['offline_access'] },
      ['x'],
    ],
    [
      'with what was granted before and missed since',
      { stepUp: ['a', 'write'], challenged: 'a b', ofServer: ['offline_access'] },
      ['a', 'write', 'b', 'offline_access'],
    ],
    ['as configured, whatever was missed', { configured: ['x'], stepUp: ['write'] }, ['x']],
    ['none that is no scope', { challenged: 'a "b" c\\d a é' }, ['a']],
  ])('%s', (_what, facts, scopes) => {
    expect(requestedScopes({ ...NOTHING, ...facts })).toEqual(scopes);
  });

  test('a hostile backend cannot ask for thousands', () => {
    const challenged = Array.from({ length: 5_000 }, (_, index) => `s${index}`).join(' ');
    expect(requestedScopes({ ...NOTHING, challenged })).toHaveLength(100);
  });
});
