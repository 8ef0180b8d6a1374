import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import { randomUUID } from 'node:crypto';
import { send } from '../testing/stub-provider.js';
import { oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const CLAIMS = [
  { claim: 'groups', as: 'groups' },
  { claim: 'realm_access.roles', as: 'roles' },
];

let world: VaultWorld;
beforeAll(async () => {
  world = await startVaultWorld({
    providers: ({ issuer }) => [oidcProvider('acme', issuer)],
    backends: { directory: { type: 'upstreamInject', providerName: 'acme' } },
    claimMappings: { provider: 'acme', from: 'idToken', claims: CLAIMS },
  });
});
beforeEach(() => world.stub.reset());
afterAll(() => world.close());

const claimsOf = async (tsid: string) => (await world.client.ask(connectionClaims, { tsid })).claims;

/** The tokens are as old as those of a client that renews its own. */
async function age(accountId: string): Promise<void> {
  await world.rows.query({
    name: 'age-tokens',
    text: `update connections set access_obtained_at = now() - interval '1 minute' where account_id = $1`,
    values: [accountId],
  });
}

test('claims are those of the id_token of the sign-in, and of a new one later: a change at the provider takes effect', async () => {
  world.stub.claims = { groups: ['eng'], realm_access: { roles: ['admin'] } };
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
  expect(await claimsOf(tsid)).toEqual({ groups: ['eng'], roles: ['admin'] });
  world.stub.claims = { groups: ['support'] };
  // Asked again at once, nothing is redeemed.
  expect(await claimsOf(tsid)).toEqual({ groups: ['eng'], roles: ['admin'] });
  expect(world.stub.counts.refresh).toBe(0);
  await age(accountId);
  expect(await claimsOf(tsid)).toEqual({ groups: ['support'] });
  expect(world.stub.counts.refresh).toBe(1);
});

test('while the provider is away, the last claims count', async () => {
  world.stub.claims = { groups: ['eng'] };
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('bob') });
  await age(accountId);
  world.stub.misbehave.set('token', (_request, response) => {
    send(response, 503, {});
    return Promise.resolve('done');
  });
  expect(await claimsOf(tsid)).toEqual({ groups: ['eng'] });
});

test('without a refresh token claims stay those of the sign-in', async () => {
  world.stub.givesRefreshToken = false;
  world.stub.claims = { groups: ['eng'] };
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('carol') });
  world.stub.claims = { groups: ['support'] };
  await age(accountId);
  expect(await claimsOf(tsid)).toEqual({ groups: ['eng'] });
});

test('a claim that cannot be mapped is an error, and not an absence', async () => {
  world.stub.claims = { groups: { eng: true } };
  const { tsid } = await world.client.signIn({ acme: world.as('dave') });
  await expect(claimsOf(tsid)).rejects.toMatchObject({ code: 'provider_misconfigured' });
});

test('whoever is in more groups than the provider says gets no token, whatever a policy forbids to one of them', async () => {
  world.stub.claims = {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://graph.example/getMemberObjects' } },
  };
  const { tsid } = await world.client.signIn({ acme: world.as('gina') });
  await expect(claimsOf(tsid)).rejects.toMatchObject({ code: 'provider_misconfigured' });
});

test('a vault that is not configured yet, or has no id_token of the person, does not say that there are no groups', async () => {
  const cases = [
    { claimMappings: undefined, code: 'provider_unavailable' },
    {
      claimMappings: { provider: 'octo', from: 'idToken', claims: [{ claim: 'groups', as: 'groups' }] },
      code: 'reauth_required',
    },
  ] as const;
  for (const { claimMappings, code } of cases) {
    const octo = await startVaultWorld({ ...(claimMappings && { claimMappings }) });
    try {
      const { tsid } = await octo.client.signIn({ octo: octo.as('hal') });
      await expect(octo.client.ask(connectionClaims, { tsid })).rejects.toMatchObject({ code });
    } finally {
      await octo.close();
    }
  }
});

test('a session that is not open has no claims', async () => {
  await expect(claimsOf(randomUUID())).rejects.toMatchObject({ code: 'session_closed' });
});

test('a new id_token of somebody else changes nothing', async () => {
  world.stub.claims = { groups: ['eng'] };
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('erin') });
  await age(accountId);
  world.stub.claims = { sub: 'stub-mallory', groups: ['admins'] };
  const outcome = await claimsOf(tsid).catch((error: unknown) => error);
  expect(JSON.stringify(outcome)).not.toContain('admins');
});

test('claims of the user information endpoint are asked for each time, with opaque tokens too, and are those of the person alone', async () => {
  const claimMappings = {
    provider: 'octo',
    from: 'userInfo',
    claims: [{ claim: 'name', as: 'login' }],
  } as const;
  const octo = await startVaultWorld({ claimMappings });
  try {
    const { tsid } = await octo.client.signIn({ octo: octo.as('frank') });
    expect((await octo.client.ask(connectionClaims, { tsid })).claims).toEqual({ login: 'frank' });
    for (const body of [{ id: 'stub-mallory', name: 'mallory' }, {}]) {
      octo.stub.misbehave.set('userinfo', (_request, response) => {
        send(response, 200, body);
        return Promise.resolve('done');
      });
      await expect(octo.client.ask(connectionClaims, { tsid })).rejects.toMatchObject({
        code: 'provider_unavailable',
      });
    }
  } finally {
    await octo.close();
  }
});
