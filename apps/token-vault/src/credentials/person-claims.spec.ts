import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionClaims } from '@gatehouse/contracts/token-vault/connection-claims';
import { newAccountId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { randomUUID } from 'node:crypto';
import { ConnectionStore } from '../connections/connection.store.js';
import { send } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { SaidOfPerson } from './said-of-person.flow.js';

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

/** The tokens are as old as those of a client that renews its own; without `lives`, the access token has expired. */
async function age(accountId: string, minutes = 1, lives = true): Promise<void> {
  await world.rows.query({
    name: 'age-tokens',
    text: `update connections set access_obtained_at = now() - $2 * interval '1 minute',
      access_expires_at = case when $3 then access_expires_at else now() - interval '1 second' end where account_id = $1`,
    values: [accountId, minutes, lives],
  });
}

function goAway(): void {
  world.stub.misbehave.set('token', (_request, response) => {
    send(response, 503, {});
    return Promise.resolve('done');
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

test.each([
  ['whose access token lives', true],
  ['whose access token has expired', false],
])(
  'while the provider is away, the last id_token of a person %s counts for an hour, and no longer',
  async (what, lives) => {
    world.stub.claims = { groups: ['eng'] };
    const { tsid, accountId } = await world.client.signIn({ acme: world.as(`bob-${String(lives)}`) });
    goAway();
    for (const minutes of [1, 58]) {
      await age(accountId, minutes, lives);
      expect([what, await claimsOf(tsid)]).toEqual([what, { groups: ['eng'] }]);
    }
    await age(accountId, 61, lives);
    await expect(claimsOf(tsid)).rejects.toMatchObject({ code: 'provider_unavailable' });
  },
);

test('nobody has old groups because of a token that does not expire: a provider that refuses is away, too', async () => {
  world.stub.accessTokenSeconds = undefined;
  world.stub.claims = { groups: ['eng'] };
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('ivan') });
  await age(accountId, 61);
  world.stub.misbehave.set('token', (_request, response) => {
    send(response, 400, { error: 'something_else' });
    return Promise.resolve('done');
  });
  await expect(claimsOf(tsid)).rejects.toMatchObject({ code: 'provider_unavailable' });
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

describe('an access token that the user information endpoint refuses', () => {
  let octo: VaultWorld;
  let log: KeptLog;
  beforeAll(async () => {
    log = new KeptLog();
    octo = await startVaultWorld({
      log,
      claimMappings: { provider: 'octo', from: 'userInfo', claims: [{ claim: 'name', as: 'login' }] },
    });
  });
  beforeEach(() => octo.stub.reset());
  afterAll(() => octo.close());

  const ask = async (tsid: string) => (await octo.client.ask(connectionClaims, { tsid })).claims;

  /** From now on it refuses the tokens that there are, or all. */
  function refuse(which: 'first' | 'all', status: number, body: object): void {
    let first: string | undefined;
    octo.stub.misbehave.set('userinfo', (request, response) => {
      first ??= request.headers.authorization;
      if (which === 'first' && request.headers.authorization !== first) return Promise.resolve('as-usual');
      send(response, status, body);
      return Promise.resolve('done');
    });
  }

  test.each([
    ['with 401', 401, {}],
    ['with 200, as Slack does', 200, { ok: false, error: 'token_revoked' }],
  ])('(%s) is renewed once', async (_how, status, body) => {
    const { tsid } = await octo.client.signIn({ octo: octo.as(`jane-${status}`) });
    refuse('first', status, body);
    expect(await ask(tsid)).toEqual({ login: `jane-${status}` });
    expect(octo.stub.counts.refresh).toBe(1);
  });

  test('and refuses after it was renewed, makes the person sign in again, and is not renewed for each request', async () => {
    const { tsid } = await octo.client.signIn({ octo: octo.as('kim') });
    refuse('all', 401, {});
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'reauth_required' });
    expect(octo.stub.counts.refresh).toBe(1);
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(octo.stub.counts.refresh).toBe(1);
    expect(log.of('person-not-said')).toContainEqual(
      expect.objectContaining({ provider: 'octo', status: 401 }),
    );
  });

  test('when it cannot be renewed, makes the person sign in again: nobody is told to come back for ever', async () => {
    octo.stub.givesRefreshToken = false;
    octo.stub.accessTokenSeconds = undefined;
    const { tsid, accountId } = await octo.client.signIn({ octo: octo.as('lou') });
    refuse('all', 401, {});
    // Just signed in: another sign-in would bring the same.
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'provider_unavailable' });
    await octo.rows.query({
      name: 'age-connection',
      text: `update connections set connected_at = now() - interval '1 minute' where account_id = $1`,
      values: [accountId],
    });
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'reauth_required' });
  });

  test.each([true, false])(
    'of a client that was configured, at a provider where this gateway registers itself by now, makes the person sign in again (refresh token: %j)',
    async (hasRefreshToken) => {
      octo.stub.givesRefreshToken = hasRefreshToken;
      octo.stub.accessTokenSeconds = undefined;
      const accountId = newAccountId();
      await octo.client.signIn({ octo: octo.as(`nina-${String(hasRefreshToken)}`) }, accountId);
      await octo.rows.query({
        name: 'age-sign-in',
        text: `update connections set connected_at = now() - interval '1 hour',
                 access_obtained_at = now() - interval '1 hour' where account_id = $1`,
        values: [accountId],
      });
      const provider = oauth2Provider('octo', octo.stub.issuer);
      const at = { registrationEndpoint: `${octo.stub.issuer}/register` };
      const vault = await octo.startVault({
        providers: [{ ...provider, clientId: '', registration: { at } }],
        backends: {},
      });
      try {
        const connection = await vault.app.get(ConnectionStore).ofAccount(accountId, 'octo');
        if (connection === undefined) throw new Error('there is no connection');
        await expect(vault.app.get(SaidOfPerson).ofConnection(connection, 'userInfo')).rejects.toMatchObject({
          code: 'reauth_required',
        });
      } finally {
        await vault.close();
      }
    },
  );

  test.each([403, 429, 500])('by any other status (%d) is neither renewed nor ended', async (status) => {
    const { tsid } = await octo.client.signIn({ octo: octo.as(`max-${status}`) });
    refuse('all', status, {});
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(octo.stub.counts.refresh).toBe(0);
  });
});

test('an access token that a provider of OpenID Connect refuses at its user information endpoint is renewed once', async () => {
  const acme = await startVaultWorld({
    claimMappings: { provider: 'acme', from: 'userInfo', claims: [{ claim: 'name', as: 'login' }] },
  });
  try {
    const { tsid } = await acme.client.signIn({ acme: acme.as('nora') });
    let first: string | undefined;
    acme.stub.misbehave.set('userinfo', (request, response) => {
      first ??= request.headers.authorization;
      if (request.headers.authorization !== first) return Promise.resolve('as-usual');
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      return Promise.resolve('done');
    });
    expect((await acme.client.ask(connectionClaims, { tsid })).claims).toEqual({ login: 'nora' });
    expect(acme.stub.counts.refresh).toBe(1);
  } finally {
    await acme.close();
  }
});
