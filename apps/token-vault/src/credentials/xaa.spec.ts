import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { Secret } from '@gatehouse/kernel/secret';
import { printFigure } from '@gatehouse/testing/figures';
import { AssertingIdp, AssertionTarget, type Bent } from '@gatehouse/testing/id-jag-pair';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { decodeJwt } from 'jose';
import { xaa } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const RESOURCE = 'https://tickets.example/mcp';

let world: VaultWorld;
let idp: AssertingIdp;
let target: AssertionTarget;
const log = new KeptLog();

const partyOf = ({ tokenUrl, clientId, clientSecret }: AssertingIdp | AssertionTarget) => ({
  tokenUrl,
  clientId,
  clientSecret: new Secret(clientSecret),
  tokenEndpointAuthMethod: 'client_secret_basic' as const,
});

beforeAll(async () => {
  idp = await new AssertingIdp().start();
  target = await new AssertionTarget(idp).start();
  const wanted = { targetAudience: target.origin, targetResource: RESOURCE, scopes: ['tickets:read'] };
  const unknown = { ...partyOf(idp), clientSecret: new Secret('another-secret') };
  world = await startVaultWorld({
    replicas: 2,
    log,
    backends: {
      tickets: xaa(partyOf(idp), partyOf(target), wanted),
      'at-stranger': xaa(unknown, partyOf(target), wanted),
      'without-id-token': xaa(partyOf(idp), partyOf(target), { ...wanted, subjectProviderName: 'octo' }),
    },
  });
  const { issuer } = world.stub;
  idp.trusts = { issuer, jwksUrl: `${issuer}/jwks` };
});

beforeEach(async () => {
  world.stub.reset();
  idp.bent = {};
  for (const party of [idp, target]) {
    party.instead = undefined;
    party.requests.length = 0;
  }
  await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
});

afterAll(async () => {
  await world.close();
  await Promise.all([idp.stop(), target.stop()]);
});

const signedIn = async (login: string) => await world.client.signIn({ acme: world.as(login) });
const ask = async (tsid: string, backend = 'tickets') => await world.client.exchange(tsid, backend);

/** What was asked for since the last reset: of the identity provider, and of the target. */
const asked = () => [idp.requests.length, target.requests.length];

/** The provider gives an id_token that has ended, whenever it signs one. */
const givesEnded = (): void => {
  const now = Math.floor(Date.now() / 1_000);
  world.stub.claims = { iat: now - 40, exp: now + 4 };
};

describe('cross-application access', () => {
  test('gives each person a token of the target, for their own id_token, and sends what is configured', async () => {
    for (const login of ['alice', 'bob']) {
      const { tsid } = await signedIn(login);
      const { accessToken, connection } = await ask(tsid);
      expect(await target.claimsOf(accessToken)).toMatchObject({
        sub: `stub-${login}`,
        resource: RESOURCE,
        scope: 'tickets:read',
      });
      expect(connection).toBeDefined();
    }
    const [first] = idp.requests;
    expect(Object.fromEntries(first ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: expect.any(String) as unknown as string,
      audience: target.origin,
      resource: RESOURCE,
      scope: 'tickets:read',
    });
    expect(decodeJwt(first?.get('subject_token') ?? '').sub).toBe('stub-alice');
    expect([...(target.requests[0]?.keys() ?? [])].sort()).toEqual(['assertion', 'grant_type']);
  });

  test('asks once for forty callers on two replicas, and keeps the result for its person alone', async () => {
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(alice.tsid)));
    expect(asked()).toEqual([1, 1]);
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
    const other = await ask(bob.tsid);
    expect(other.accessToken).not.toBe(answers[0]?.accessToken);
    expect(asked()).toEqual([2, 2]);
    printFigure('xaa: 40 calls of one person at 2 replicas, 1 assertion and 1 token');
  });

  test('renews an id_token that has ended, before it is shown to anybody', async () => {
    givesEnded();
    const { tsid, accountId } = await signedIn('alice');
    world.stub.claims = {};
    await world.rows.query({
      name: 'age-connection',
      text: `update connections set access_obtained_at = now() - interval '1 minute' where account_id = $1`,
      values: [accountId],
    });
    const { accessToken } = await ask(tsid);
    expect(await target.claimsOf(accessToken)).toMatchObject({ sub: 'stub-alice' });
    expect([world.stub.counts.refresh, ...asked()]).toEqual([1, 1, 1]);
  });
});

describe('a person is asked to connect, and nobody is shown anything,', () => {
  test('when the id_token has ended and the provider renews none', async () => {
    world.stub.givesRefreshToken = false;
    givesEnded();
    const { tsid } = await signedIn('alice');
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'reauth_required', details: { provider: 'acme' } });
    expect(asked()).toEqual([0, 0]);
  });

  test('when a renewal brings an id_token that has ended, too', async () => {
    givesEnded();
    const { tsid, accountId } = await signedIn('alice');
    await world.rows.query({
      name: 'age-connection',
      text: `update connections set access_obtained_at = now() - interval '1 minute' where account_id = $1`,
      values: [accountId],
    });
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'reauth_required' });
    expect(asked()).toEqual([0, 0]);
  });

  test('when there is no id_token', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice'), octo: world.as('alice') });
    await expect(ask(tsid, 'without-id-token')).rejects.toMatchObject({
      code: 'reauth_required',
      details: { provider: 'octo' },
    });
  });

  test('when the connection is gone, cached or not; a closed session gets nothing', async () => {
    const { tsid, accountId } = await signedIn('alice');
    await ask(tsid);
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'connection_missing' });
    await world.client.ask(sessionClose, { tsid });
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'session_closed' });
  });

  test.each(['interaction_required', 'login_required', 'insufficient_user_authentication'])(
    'when the identity provider or the target wants to see them: %s',
    async (error) => {
      const { tsid } = await signedIn('alice');
      for (const party of [idp, target]) {
        party.instead = [400, { error }];
        await expect(ask(tsid)).rejects.toMatchObject({
          code: 'reauth_required',
          details: { provider: 'acme' },
        });
        party.instead = undefined;
      }
      await expect(ask(tsid)).resolves.toBeDefined();
    },
  );
});

/** With the target's name, which is known only now. */
const forTarget = (bent: Bent): Bent => {
  const aud = bent.claims?.aud;
  const named = [aud].flat().map((one) => (one === 'TARGET' ? target.origin : one));
  return aud === undefined ? bent : { ...bent, claims: { aud: named as string[] } };
};

describe('an assertion is not shown to the target', () => {
  const rows: readonly (readonly [string, Bent])[] = [
    ['that names another server', { claims: { aud: 'https://elsewhere.example' } }],
    ['that another server takes as well', { claims: { aud: ['TARGET', 'https://elsewhere.example'] } }],
    ['that is not for the resource', { claims: { resource: 'https://other.example/mcp' } }],
    ['that names no resource', { claims: { resource: undefined } }],
    ['that is for another client', { claims: { client_id: 'somebody-else' } }],
    ['that is another kind of JWT', { typ: 'JWT' }],
    ['that is none', { answer: { access_token: 'opaque' } }],
    [
      'that is called an access token',
      { answer: { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' } },
    ],
    ['whose kind is not said', { answer: { issued_token_type: undefined } }],
    ['that is called a bearer token', { answer: { token_type: 'Bearer' } }],
  ];
  test.each(rows)('%s', async (_name, bent) => {
    const { tsid } = await signedIn('alice');
    idp.bent = forTarget(bent);
    await expect(ask(tsid)).rejects.toMatchObject({
      code: 'exchange_refused',
      details: { backend: 'tickets' },
    });
    expect(asked()).toEqual([1, 0]);
    idp.bent = {};
    await expect(ask(tsid)).resolves.toBeDefined();
  });

  const fit: readonly (readonly [string, Bent])[] = [
    ['whose audience is a list of the one', { claims: { aud: ['TARGET'] } }],
    [
      'for several resources, the wanted one among them',
      { claims: { resource: ['https://a.example', RESOURCE] } },
    ],
    ['of a type in small letters', { answer: { token_type: 'n_a' } }],
  ];
  test.each(fit)('but one %s is', async (_name, bent) => {
    const { tsid } = await signedIn('alice');
    idp.bent = forTarget(bent);
    await expect(ask(tsid)).resolves.toBeDefined();
  });
});

describe('a party that', () => {
  test.each([
    ['says no', 400, { error: 'access_denied' }, 'exchange_refused'],
    ['does not know the target', 400, { error: 'invalid_target' }, 'exchange_refused'],
    ['does not know us', 401, { error: 'invalid_client' }, 'exchange_refused'],
    ['is broken', 503, {}, 'exchange_unavailable'],
    ['is busy', 429, { error: 'slow_down' }, 'exchange_unavailable'],
    ['answers garbage', 200, { hello: 'world' }, 'exchange_unavailable'],
  ])('%s is told apart, and asked again the next time', async (_name, status, body, code) => {
    const { tsid } = await signedIn('alice');
    for (const party of [idp, target]) {
      party.instead = [status, body];
      await expect(ask(tsid)).rejects.toMatchObject({ code, details: { backend: 'tickets' } });
      party.instead = undefined;
    }
    await expect(ask(tsid)).resolves.toBeDefined();
  });

  test('refuses the id_token gets a newer one, once', async () => {
    const { tsid, accountId } = await signedIn('alice');
    await world.rows.query({
      name: 'age-refreshed',
      text: `update connections set connected_at = now() - interval '1 minute' where account_id = $1`,
      values: [accountId],
    });
    idp.instead = [400, { error: 'invalid_grant' }];
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'exchange_refused' });
    expect([world.stub.counts.refresh, ...asked()]).toEqual([1, 2, 0]);
  });

  test('takes an assertion for used up is not asked again for the same person in a row', async () => {
    const { tsid } = await signedIn('alice');
    target.instead = [400, { error: 'invalid_grant' }];
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'exchange_refused' });
    expect([world.stub.counts.refresh, ...asked()]).toEqual([0, 1, 1]);
  });

  test('does not take our secret refuses, and no line of the log holds a secret, an id_token or an assertion', async () => {
    const { tsid } = await signedIn('alice');
    await expect(ask(tsid, 'at-stranger')).rejects.toMatchObject({ code: 'exchange_refused' });
    const { accessToken } = await ask(tsid);
    target.instead = [400, { error: 'invalid_grant', error_description: 'no' }];
    await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'exchange_refused' });
    const said = log.lines.join('\n');
    const secrets = [
      idp.clientSecret,
      target.clientSecret,
      'another-secret',
      accessToken,
      ...idp.requests.map((form) => form.get('subject_token')),
      ...target.requests.map((form) => form.get('assertion')),
    ];
    for (const secret of secrets) expect(said).not.toContain(secret ?? 'nothing was sent');
    expect(log.of('token-exchange-failed')).toContainEqual(
      expect.objectContaining({ backend: 'tickets', reason: 'oauth_error (target)' }),
    );
  });
});
