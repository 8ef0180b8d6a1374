import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { mcpProvider } from '../testing/mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';
import { ISSUER } from '../testing/vault-config.js';

const DOCUMENT = 'https://gateway.example/oauth/client-metadata/described';

/** Says who a token is of, and which keys sign id_tokens. */
class WhoIsIt extends HttpStub {
  userInfo: { readonly status: number; readonly body: object } = { status: 200, body: {} };
  jwk: JWK = {};

  protected override answer({ url }: StubRequest, response: ServerResponse): void {
    if (url.pathname === '/jwks') sendJson(response, 200, { keys: [this.jwk] });
    else sendJson(response, this.userInfo.status, this.userInfo.body);
  }
}

let world: McpWorld;
let who: WhoIsIt;
let key: CryptoKey;

beforeAll(async () => {
  who = await new WhoIsIt().start();
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  key = privateKey;
  who.jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  world = await startMcpWorld({
    providers: ({ other: { issuer }, backend, lure }) => [
      mcpProvider('notes', backend),
      mcpProvider('described', lure, { issuer, clientMetadataUrl: DOCUMENT }),
      mcpProvider('people', lure, { issuer }, { scopes: ['openid', 'notes'] }),
      mcpProvider('renamed', lure, { issuer, resource: 'https://notes.example/mcp' }),
    ],
  });
});
beforeEach(() => {
  resetStubs(world);
});
afterAll(async () => {
  await world.close();
  await who.stop();
});

const subjectAt = async (provider: string, login = 'alice') => {
  const { accountId } = await world.client.signIn({ [provider]: world.asAtBackend(login) });
  const { connections } = await world.client.ask(connectionList, { accountId });
  return connections.find((one) => one.provider === provider);
};

describe('this gateway becomes a client', () => {
  // MCP 2025-11-25, authorization.
  test('by its document where the server takes documents: nothing is registered, and no secret exists', async () => {
    world.other.metadata = { client_id_metadata_document_supported: true };
    world.other.clients.set(DOCUMENT, { redirectUris: [`${ISSUER}/oauth/callback/described`] });
    await subjectAt('described');
    expect(world.other.registrations).toEqual([]);
    expect(world.other.presented).toMatchObject([{ clientId: DOCUMENT, secret: undefined }]);
  });

  // RFC 7591, section 3.
  test.each([['client_secret_basic'], ['client_secret_post'], ['none']])(
    'by registration, with the method that the server takes: %s',
    async (method) => {
      world.authorization.metadata = { token_endpoint_auth_methods_supported: [method] };
      await world.rows.query({ name: 'forget-issuers', text: 'delete from upstream_issuers' });
      await subjectAt('notes');
      const [presented] = world.authorization.presented;
      expect(world.authorization.registrations).toMatchObject([{ token_endpoint_auth_method: method }]);
      expect(presented?.secret === undefined).toBe(method === 'none');
      expect(presented?.form.has('client_secret')).toBe(method === 'client_secret_post');
    },
  );

  test('with an id and a secret that a server which does not decode them can read', async () => {
    await world.rows.query({ name: 'forget-issuers', text: 'delete from upstream_issuers' });
    await subjectAt('notes');
    const [{ clientId, secret, credentials } = { clientId: '', secret: '', credentials: '' }] =
      world.authorization.presented;
    expect(clientId).toContain('-');
    expect(credentials).toBe(`${clientId}:${secret ?? ''}`);
  });

  test('nowhere, where the server takes neither', async () => {
    world.authorization.metadata = { registration_endpoint: undefined };
    await expect(world.begin()).rejects.toMatchObject({ details: { provider: 'notes' } });
  });
});

describe('the authorization server is found', () => {
  test.each<[string, () => void]>([
    ['by the challenge', () => undefined],
    ['below the path, where the challenge names nothing', () => (world.backend.challenge = 'Bearer')],
    ['at the root', () => Object.assign(world.backend, { challenge: 'Bearer', servedAt: 'root' })],
    [
      'at the root, in the name of the whole host',
      () =>
        Object.assign(world.backend, {
          challenge: 'Bearer',
          servedAt: 'root',
          metadata: { resource: world.backend.origin },
        }),
    ],
    [
      'although the first of its servers offers no way in',
      () =>
        (world.backend.metadata = {
          authorization_servers: [world.other.issuer, world.authorization.issuer],
        }),
    ],
  ])('%s', async (_how, arrange) => {
    world.other.metadata = { registration_endpoint: undefined };
    arrange();
    expect((await world.begin()).origin).toBe(world.authorization.origin);
  });

  test('by metadata that names the configured resource', async () => {
    world.lure.metadata = { resource: 'https://notes.example/mcp' };
    const url = await world.begin('renamed');
    expect(url.searchParams.get('resource')).toBe('https://notes.example/mcp');
  });

  test('where a backend of 2025-03-26 has it: at its own origin', async () => {
    world.backend.servedAt = 'nowhere';
    world.backend.challenge = 'Bearer';
    const { issuer } = world.other;
    world.backend.bent = ({ url }, response) => {
      if (url.pathname !== '/.well-known/oauth-authorization-server') return 'as-usual';
      sendJson(response, 200, {
        issuer: world.backend.origin,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        registration_endpoint: `${issuer}/register`,
        code_challenge_methods_supported: ['S256'],
      });
      return 'answered';
    };
    const url = await world.begin();
    expect([url.origin, url.searchParams.get('resource')]).toEqual([
      world.other.origin,
      world.backend.mcpUrl,
    ]);
  });

  test('and asked for the scopes that the backend names', async () => {
    world.authorization.metadata = { scopes_supported: ['notes', 'offline_access'] };
    const first = await world.begin();
    expect([first.searchParams.get('scope'), first.searchParams.get('prompt')]).toEqual([
      'notes offline_access',
      'consent',
    ]);
    world.backend.challenge = `Bearer resource_metadata="${world.backend.metadataUrl}"`;
    expect((await world.begin()).searchParams.has('scope')).toBe(false);
    world.backend.metadata = { scopes_supported: ['read', 'write'] };
    expect((await world.begin()).searchParams.get('scope')).toBe('read write offline_access');
    expect((await world.begin('people')).searchParams.get('scope')).toBe('openid notes');
  });
});

describe('who the person is', () => {
  test('is what the user information says, where the server has it', async () => {
    world.authorization.metadata = { userinfo_endpoint: `${who.origin}/userinfo` };
    who.userInfo = { status: 200, body: { sub: 'person-7', name: 'Alice' } };
    expect(await subjectAt('notes')).toMatchObject({ subject: 'person-7', name: 'Alice' });
  });

  test('is the account, where the server has it for others only', async () => {
    world.authorization.metadata = { userinfo_endpoint: `${who.origin}/userinfo` };
    who.userInfo = { status: 403, body: {} };
    expect((await subjectAt('notes'))?.subject).toMatch(/^gatehouse:/);
  });

  test('is not guessed while the server cannot say it', async () => {
    world.authorization.metadata = { userinfo_endpoint: `${who.origin}/userinfo` };
    who.userInfo = { status: 503, body: {} };
    await expect(subjectAt('notes')).rejects.toThrow('notes refused: provider_unavailable');
  });

  const idToken = async (claims: object, signedWith = key) =>
    await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(signedWith);

  const withIdTokens = async (claims: object, signedWith?: CryptoKey) => {
    world.other.metadata = {
      jwks_uri: `${who.origin}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
    };
    const url = await world.begin('people');
    const aud = url.searchParams.get('client_id');
    const token = await idToken({ iss: world.other.issuer, aud, sub: 'person-8', ...claims }, signedWith);
    world.other.tokenAnswer = { id_token: token };
  };

  test('is what a verified id_token says', async () => {
    await withIdTokens({ email: 'alice@example.org' });
    expect(await subjectAt('people')).toMatchObject({ subject: 'person-8', email: 'alice@example.org' });
  });

  // OpenID Connect Core, section 3.1.3.7.
  test('is not what an id_token says that was signed by somebody else, or for somebody else', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    for (const [claims, signedWith] of [
      [{}, privateKey],
      [{ aud: 'another' }, key],
      [{ iss: world.authorization.issuer }, key],
    ] as const) {
      await withIdTokens(claims, signedWith);
      await expect(subjectAt('people')).rejects.toThrow(/people refused/);
    }
  });

  test('is not what an id_token says that nobody asked for', async () => {
    world.authorization.metadata = { jwks_uri: `${who.origin}/jwks` };
    world.authorization.tokenAnswer = { id_token: await idToken({ sub: 'person-9' }) };
    expect((await subjectAt('notes'))?.subject).toMatch(/^gatehouse:/);
  });
});
