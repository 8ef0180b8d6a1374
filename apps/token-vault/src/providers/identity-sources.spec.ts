import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { IdentitySource } from '@gatehouse/config/model/upstream-provider';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { generateKeyPair, SignJWT } from 'jose';
import { send } from '../testing/stub-provider.js';
import { oauth2Provider, userInfoAt } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const QUERY = '{"query":"{ viewer { id name email } }"}';
const fields = (subject: string, name = 'name', email = 'email') => ({
  subjectFields: [subject],
  nameFields: [name],
  emailFields: [email],
});

const sources = (issuer: string): Readonly<Record<string, IdentitySource>> => {
  const userInfo = userInfoAt(`${issuer}/userinfo`);
  return {
    nested: { ...userInfo, fieldMapping: fields('data.gid', 'data.name', 'data.email') },
    posted: { ...userInfo, method: 'POST' },
    graphql: {
      ...userInfo,
      method: 'POST',
      body: QUERY,
      additionalHeaders: { 'X-Version': '7' },
      fieldMapping: fields('data.viewer.id', 'data.viewer.name', 'data.viewer.email'),
    },
    'token-response': { from: 'tokenResponse', fieldMapping: fields('owner.user.id', 'owner.user.name') },
    'id-token': { from: 'idToken', issuer, jwksUrl: `${issuer}/jwks`, fieldMapping: fields('sub') },
  };
};

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({
    providers: ({ issuer }) =>
      Object.entries(sources(issuer)).map(([name, identity]) => oauth2Provider(name, issuer, { identity })),
    backends: { tools: { type: 'upstreamInject', providerName: 'id-token' } },
  });
});
beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});
afterAll(() => world.close());

const leg = async (provider: string) => await world.client.leg(newAttemptId(), provider, world.as('alice'));
const completedAs = (subject: string) => ({ outcome: 'completed', identity: { subject } });

describe('a plain OAuth 2 provider says who signed in', () => {
  test('by a path of its user information', async () => {
    world.stub.misbehave.set('userinfo', (_request, response) =>
      send(response, 200, { data: { gid: '42', name: 'Alice', email: 'a@b.example' } }),
    );
    expect(await leg('nested')).toMatchObject({
      outcome: 'completed',
      identity: { subject: '42', name: 'Alice', email: 'a@b.example' },
    });
  });

  test('to a POST without a body', async () => {
    let asked: unknown;
    world.stub.misbehave.set('userinfo', (request) => {
      asked = [request.method, request.headers['content-type'], request.headers['content-length']];
      return 'as-usual';
    });
    expect(await leg('posted')).toMatchObject(completedAs('stub-alice'));
    expect(asked).toEqual(['POST', undefined, '0']);
  });

  test('to a query (GraphQL), with the headers that it wants', async () => {
    let asked: unknown;
    world.stub.misbehave.set('userinfo', (request, response, _form, body) => {
      const { method, headers } = request;
      asked = [method, headers['content-type'], headers['x-version'], body];
      return send(response, 200, { data: { viewer: { id: 'v-1' } } });
    });
    expect(await leg('graphql')).toMatchObject(completedAs('v-1'));
    expect(asked).toEqual(['POST', 'application/json', '7', QUERY]);
  });

  test('in the token response itself, where nobody else is asked', async () => {
    let asked = 0;
    world.stub.misbehave.set('userinfo', () => (asked += 1));
    const answer = '{"access_token":"a","token_type":"bearer","owner":{"user":{"id":9007199254740993}}}';
    world.stub.misbehave.set('token', (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
    );
    expect(await leg('token-response')).toMatchObject({ identity: { subject: '9007199254740993' } });
    expect(asked).toBe(0);
  });

  test('or does not, and then what it granted is given back', async () => {
    expect(await leg('token-response')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    expect(await world.revoked()).toHaveLength(1);
  });
});

// OpenID Connect Core, section 3.1.3.7.
describe('an id_token that identifies the person of a plain OAuth 2 provider', () => {
  test('is verified, and its nonce was sent', async () => {
    expect(await leg('id-token')).toMatchObject(completedAs('stub-alice'));
  });

  // OpenID Connect Core, section 12.2.
  test('of another person does not renew the connection', async () => {
    const { tsid, accountId } = await world.client.signIn({ 'id-token': world.as('alice') });
    await world.expire(accountId);
    world.stub.claims = { sub: 'stub-mallory' };
    await expect(world.client.inject(tsid, 'tools')).rejects.toMatchObject({ code: 'reauth_required' });
  });

  const forged = async (claims: Record<string, unknown>) => {
    const { privateKey } = await generateKeyPair('ES256');
    return await new SignJWT({ sub: 'stub-mallory', ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey);
  };

  test.each([
    ['that somebody else signed (forged id_token)', () => (world.stub.signsWithUnpublishedKey = true)],
    ['for another client', () => (world.stub.claims = { aud: 'another' })],
    ['of another issuer', () => (world.stub.claims = { iss: 'https://evil.example' })],
    ['of another sign-in (replayed id_token)', () => (world.stub.claims = { nonce: 'another' })],
  ])('%s is refused, and what came with it is given back', async (_what, bend) => {
    bend();
    expect(await leg('id-token')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
    expect(await world.revoked()).toHaveLength(1);
  });

  test('with alg none or no signature at all is refused', async () => {
    const token = await forged({ iss: world.stub.issuer, aud: 'gatehouse' });
    const [, payload = ''] = token.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, { access_token: 'a', token_type: 'bearer', id_token: none }),
    );
    expect(await leg('id-token')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
  });
});

describe('user information that is limited by rate is asked again later, and is no refusal', () => {
  test.each([
    [403, { 'x-ratelimit-remaining': '0' }],
    [403, { 'retry-after': '60' }],
    [429, {}],
  ])('%i %j', async (status, headers) => {
    world.stub.misbehave.set('userinfo', (_request, response) => {
      response.writeHead(status, headers).end('{}');
      return 'sent';
    });
    expect(await leg('posted')).toMatchObject({ outcome: 'refused', reason: 'provider_unavailable' });
  });

  test('but 403 alone is one', async () => {
    world.stub.misbehave.set('userinfo', (_request, response) =>
      response.writeHead(403, { 'x-ratelimit-remaining': '12' }).end('{}'),
    );
    expect(await leg('posted')).toMatchObject({ outcome: 'refused', reason: 'invalid_response' });
  });
});
