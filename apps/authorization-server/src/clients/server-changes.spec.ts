import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { sha256 } from '@gatehouse/kernel/digest';
import { Secret } from '@gatehouse/kernel/secret';
import { expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

const pemOf = (key: ReturnType<typeof generateKeyPairSync>['privateKey']): Secret =>
  new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString());

const RSA = pemOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey);
const EC = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

let world: ServiceWorld;
shareWorld(startServiceWorld, (started) => (world = started));

let people = 0;

async function signIn(service: TestService, clientId: string, scope: string): Promise<TokenAnswer> {
  const { url, verifier } = service.authorizeUrl(clientId, { scope });
  const result = await service.signIn(service.browser(), url, `person-${(people += 1)}`);
  return await service.redeem(clientId, result.get('code') ?? '', verifier);
}

const algorithmOf = ({ id_token: token = '' }: TokenAnswer): string | undefined =>
  decodeProtectedHeader(token).alg;

test.each([
  ['RSA to an elliptic curve', [RSA], [EC, RSA]],
  ['RSA to an elliptic curve, with the old key gone', [RSA], [EC]],
  ['an elliptic curve to RSA', [EC], [RSA]],
])('a client goes on when the signing key changes from %s', async (_what, before, after) => {
  const { issuer } = world.service;
  const first = await world.startAnother({ issuer, signingKeys: before });
  const clientId = await first.register();
  const secretive = (await first.post('/oauth/register', {
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'client_secret_post',
  })) as { readonly client_id: string };
  const old = await signIn(first, clientId, 'openid offline_access');
  await first.close();
  const second = await world.startAnother({ issuer, signingKeys: after });
  const refreshed = await second.refresh(clientId, old.refresh_token ?? '');
  expect(refreshed.status).toBe(200);
  const answer = await signIn(second, clientId, 'openid');
  expect([answer.status, algorithmOf(answer)]).toEqual([200, after[0] === EC ? 'ES256' : 'RS256']);
  expect(algorithmOf(answer)).not.toBe(algorithmOf(old));
  const { url } = second.authorizeUrl(secretive.client_id);
  expect((await second.browser().get(url)).location).toContain('/sign-in/');
  await second.close();
});

test('a client that registered an algorithm has it while there is a key for it, whichever signs first', async () => {
  const { issuer } = world.service;
  const before = await world.startAnother({ issuer, signingKeys: [EC, RSA] });
  const [asked, silent] = [
    await before.register({ id_token_signed_response_alg: 'ES256' }),
    await before.register(),
  ];
  const other = await before.register({ id_token_signed_response_alg: 'RS256' });
  expect(algorithmOf(await signIn(before, other, 'openid'))).toBe('RS256');
  await before.close();
  const turned = await world.startAnother({ issuer, signingKeys: [RSA, EC] });
  const got = [];
  for (const client of [asked, silent, other]) got.push(algorithmOf(await signIn(turned, client, 'openid')));
  expect(got).toEqual(['ES256', 'RS256', 'RS256']);
  await turned.close();
  const gone = await world.startAnother({ issuer, signingKeys: [RSA] });
  expect(algorithmOf(await signIn(gone, asked, 'openid'))).toBe('RS256');
  await gone.close();
});

test('a record that an earlier release froze the default into has no wish', async () => {
  const { issuer } = world.service;
  const clientId = await world.service.register();
  await world.rows.query({
    name: 'frozen-before',
    text: `update oidc_records set payload = payload || '{"id_token_signed_response_alg": "RS256"}'
      where model = 'Client' and id = $1`,
    values: [sha256(clientId)],
  });
  const after = await world.startAnother({ issuer, signingKeys: [EC, RSA] });
  expect(algorithmOf(await signIn(after, clientId, 'openid'))).toBe('ES256');
  await after.close();
});

test('a client goes on when a scope that it registered is no more', async () => {
  const { issuer } = world.service;
  const clientId = await world.service.register({ scope: 'openid email profile' });
  const second = await world.startAnother({ issuer, scopesSupported: ['openid', 'offline_access'] });
  const answer = await signIn(second, clientId, 'openid email');
  expect([answer.status, answer.scope]).toEqual([200, 'openid']);
  await second.close();
});

const MORE = ['openid', 'profile', 'email', 'offline_access', 'tools'];
/** As the releases before this one stored it for a client that named no scope, and for one that named one. */
const STORED = { none: 'openid profile email offline_access', email: 'email openid offline_access' };

test.each<[string, Readonly<Record<string, unknown>>, string | undefined]>([
  ['named none', {}, undefined],
  ['named none, and was stored with all of then', {}, STORED.none],
  ['named one', { scope: 'email' }, undefined],
  ['named one, and was stored with what was added then', { scope: 'email' }, STORED.email],
])(
  'a client that %s goes on when every client gets one more scope, and when tokens have to have one more',
  async (_what, metadata, stored) => {
    const { issuer } = world.service;
    const clientId = await world.service.register(metadata);
    if (stored !== undefined)
      await world.rows.query({
        name: 'stored-before',
        text: `update oidc_records set payload = payload || jsonb_build_object('scope', $2::text)
          where model = 'Client' and id = $1`,
        values: [sha256(clientId), stored],
      });
    const baselineClientScopes = ['openid', 'offline_access', 'tools'];
    const given = await world.startAnother({ issuer, scopesSupported: MORE, baselineClientScopes });
    const byDefault = await signIn(given, clientId, '');
    expect([byDefault.status, byDefault.scope]).toEqual([200, 'openid offline_access tools']);
    await given.close();
    const required = await world.startAnother({
      issuer,
      scopesSupported: MORE,
      requiredScopes: ['openid', 'tools'],
    });
    const challenged = await signIn(required, clientId, 'openid tools');
    expect([challenged.status, challenged.scope]).toEqual([200, 'openid tools']);
    await required.close();
  },
);

test('a client that named its scopes gets no other one that is new, unless all do (escalation)', async () => {
  const { issuer } = world.service;
  const clientId = await world.service.register({ scope: 'email' });
  const second = await world.startAnother({ issuer, scopesSupported: MORE });
  const answer = await signIn(second, clientId, 'openid email tools profile');
  expect([answer.status, answer.scope]).toEqual([200, 'openid email']);
  await second.close();
});
