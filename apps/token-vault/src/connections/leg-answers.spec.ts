import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { send, type Misbehaviour } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({
    providers: ({ issuer }) => [
      oidcProvider('acme', issuer),
      oauth2Provider('octo', issuer),
      // Nothing but the token endpoint is asked before it hangs.
      { ...oauth2Provider('impatient', issuer), timeoutMs: 300 },
    ],
  });
});

beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});

afterAll(() => world.close());

describe('an id_token is refused, its tokens are never adopted and are given back', () => {
  const refused = async () => {
    await expect(world.client.leg(newAttemptId(), 'acme', world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(await world.stagedCount()).toBe(0);
    expect(await world.revoked()).toHaveLength(1);
  };

  test('with the nonce of another leg', async () => {
    world.stub.claims = { nonce: 'another' };
    await refused();
  });

  test('for another client', async () => {
    world.stub.claims = { aud: 'somebody-else' };
    await refused();
  });

  test('of another issuer', async () => {
    world.stub.claims = { iss: 'https://evil.example' };
    await refused();
  });

  test('without a subject', async () => {
    world.stub.claims = { sub: '' };
    await refused();
  });

  test('signed with a key that the provider does not publish', async () => {
    world.stub.signsWithUnpublishedKey = true;
    await refused();
  });
});

test.each([
  ['that has expired', { exp: 1_000 }],
  ['that is not good yet', { nbf: 4_000_000_000 }],
])(
  'an id_token %s by our clock is refused, and its grant is not given back: one of the clocks may be off',
  async (_how, claims) => {
    world.stub.claims = claims;
    await expect(world.client.leg(newAttemptId(), 'acme', world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(await world.stagedCount()).toBe(0);
    expect(await world.revoked()).toEqual([]);
  },
);

describe('a token endpoint that', () => {
  test.each([
    ['answers an OAuth error', 400, { error: 'invalid_client' }, 'provider_error'],
    ['answers 200 with an OAuth error', 200, { error: 'bad_verification_code' }, 'provider_error'],
    ['answers 500', 500, {}, 'provider_unavailable'],
    ['answers something else', 200, { hello: 'world' }, 'invalid_response'],
    ['leaves out the id_token', 200, { access_token: 'a', token_type: 'Bearer' }, 'invalid_response'],
    [
      'issues something that is not a bearer token',
      200,
      { access_token: 'a', token_type: 'mac', id_token: 'x' },
      'invalid_response',
    ],
  ])('%s is told apart', async (_name, status, body, reason) => {
    world.stub.misbehave.set('token', (_request, response) => send(response, status, body));
    await expect(world.client.leg(newAttemptId(), 'acme', world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason,
    });
    expect(await world.stagedCount()).toBe(0);
  });

  test.each<[string, string, Misbehaviour]>([
    ['hangs', 'impatient', () => undefined],
    ['drops the connection', 'acme', (request) => request.socket.destroy()],
  ])('%s is unavailable', async (_name, provider, bend) => {
    world.stub.misbehave.set('token', bend);
    await expect(world.client.leg(newAttemptId(), provider, world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'provider_unavailable',
    });
  });
});

describe('a plain OAuth 2 provider', () => {
  test('that names no subject is refused: nobody is made up', async () => {
    world.stub.misbehave.set('userinfo', (_request, response) => send(response, 200, { name: 'alice' }));
    await expect(world.client.leg(newAttemptId(), 'octo', world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'invalid_response',
    });
    expect(await world.stagedCount()).toBe(0);
    expect(await world.revoked()).toHaveLength(1);
  });

  test.each([
    [
      'GraphQL, errors',
      200,
      { errors: [{ message: 'Authentication failed' }], data: null },
      'invalid_response',
    ],
    ['GraphQL, a limit', 400, { errors: [{ message: 'Rate limit exceeded' }] }, 'provider_unavailable'],
    ['a fault of its own', 200, { ok: false, error: 'internal_error' }, 'provider_unavailable'],
    ['a token that it does not know yet', 200, { ok: false, error: 'invalid_auth' }, 'invalid_response'],
    ['no success', 200, { success: false }, 'invalid_response'],
    ['a code', 200, { code: 99_991_663, msg: 'token is invalid' }, 'invalid_response'],
    ['an error object', 200, { error: { code: 500, status: 'INTERNAL_ERROR' } }, 'provider_unavailable'],
  ])(
    'whose user information says no (%s) has judged nobody: the grant is not given back',
    async (_how, status, body, reason) => {
      world.stub.misbehave.set('userinfo', (_request, response) => send(response, status, body));
      await expect(world.client.leg(newAttemptId(), 'octo', world.as('alice'))).resolves.toMatchObject({
        outcome: 'refused',
        reason,
      });
      expect(await world.stagedCount()).toBe(0);
      expect(await world.revoked()).toEqual([]);
    },
  );

  test('that writes a byte order mark is understood', async () => {
    world.stub.misbehave.set('userinfo', (_request, response) => response.end('\uFEFF{"id":"marked"}'));
    await expect(world.client.leg(newAttemptId(), 'octo', world.as('alice'))).resolves.toMatchObject({
      identity: { subject: 'marked' },
    });
  });

  test('whose user information is away is unavailable', async () => {
    world.stub.misbehave.set('userinfo', (_request, response) => send(response, 503, {}));
    await expect(world.client.leg(newAttemptId(), 'octo', world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
      reason: 'provider_unavailable',
    });
  });

  test('with numeric ids beyond 2^53 keeps two users apart', async () => {
    const subjects: unknown[] = [];
    for (const id of ['9007199254740993', '9007199254740992']) {
      world.stub.misbehave.set('userinfo', (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(`{"id":${id}}`),
      );
      const reply = await world.client.leg(newAttemptId(), 'octo', world.as('alice'));
      subjects.push(reply.outcome === 'completed' ? reply.identity.subject : reply);
    }
    expect(subjects).toEqual(['9007199254740993', '9007199254740992']);
  });
});
