import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { printFigure } from '@gatehouse/testing/figures';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { awsError, StsEndpoint } from '@gatehouse/testing/sts-endpoint';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { awsBackends, role } from './aws-sts.fixture.js';

let world: VaultWorld;
let sts: StsEndpoint;
const log = new KeptLog();

beforeAll(async () => {
  sts = await new StsEndpoint().start();
  world = await startVaultWorld({
    replicas: 2,
    log,
    backends: awsBackends(sts.stsUrl),
  });
  const { issuer } = world.stub;
  sts.trusts = { issuer, jwksUrl: `${issuer}/jwks`, audience: 'gatehouse' };
});

beforeEach(async () => {
  world.stub.reset();
  Object.assign(sts, { instead: undefined, secondsAtMost: Infinity });
  sts.requests.length = 0;
  sts.denied.clear();
  await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
});

afterAll(async () => {
  await world.close();
  await sts.stop();
});

const signedIn = async (login: string, claims: Record<string, unknown> = {}) => {
  world.stub.claims = claims;
  return await world.client.signIn({ acme: world.as(login) });
};
const ask = async (tsid: string, backend = 'everybody') => await world.client.exchange(tsid, backend);
const given = async (tsid: string, backend?: string) => {
  const { signingKey, accessToken } = await ask(tsid, backend);
  const found = sts.issued.get(signingKey?.id ?? '');
  expect([signingKey?.secret, accessToken]).toEqual([found?.secretAccessKey, found?.sessionToken]);
  return found;
};

describe('temporary credentials', () => {
  test('are those of the person, for their own id_token, and what is configured is asked for', async () => {
    for (const login of ['alice', 'bob']) {
      const { tsid } = await signedIn(login);
      const subject = `stub-${login}`;
      expect(await given(tsid)).toMatchObject({ subject, sessionName: subject, roleArn: role('Everybody') });
    }
    expect(Object.fromEntries(sts.requests[0] ?? [])).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role('Everybody'),
      RoleSessionName: 'stub-alice',
      DurationSeconds: '3600',
      WebIdentityToken: expect.stringMatching(/^eyJ/) as unknown as string,
    });
  });

  test('are asked for once for forty callers of one person on two replicas', async () => {
    const { tsid } = await signedIn('alice');
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(tsid)));
    expect(sts.requests).toHaveLength(1);
    expect(new Set(answers.map(({ signingKey }) => signingKey?.secret)).size).toBe(1);
    printFigure('awsSts: 40 calls of one person at 2 replicas, 1 request');
  });

  test('of one person are never those of another, however many ask at once', async () => {
    const people = await Promise.all(['alice', 'bob', 'carol'].map(async (login) => await signedIn(login)));
    const found = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => await given(people[index % 3]?.tsid ?? '')),
    );
    expect(found.map((one) => one?.subject)).toEqual(
      Array.from({ length: 30 }, (_, index) => `stub-${['alice', 'bob', 'carol'][index % 3]}`),
    );
    expect(sts.requests).toHaveLength(3);
  });

  test('are got anew when they have ended, and when a backend refused them', async () => {
    const { tsid } = await signedIn('alice');
    sts.secondsAtMost = 0;
    await ask(tsid);
    sts.secondsAtMost = 3_600;
    const second = await ask(tsid);
    expect(sts.requests).toHaveLength(2);
    const refused = { refused: second.accessToken };
    // Younger ones are not got anew, however often a backend refuses them.
    expect((await world.client.exchange(tsid, 'everybody', refused)).accessToken).toBe(second.accessToken);
    await world.rows.query({
      name: 'issued-earlier',
      text: `update exchanged_tokens set obtained_at = now() - interval '1 minute'`,
    });
    const third = await world.client.exchange(tsid, 'everybody', refused);
    expect([third.accessToken === second.accessToken, sts.requests.length]).toEqual([false, 3]);
  });

  test('are asked for with an id_token that lives: an ended one is renewed first', async () => {
    const { tsid, accountId } = await signedIn('alice', { exp: Math.floor(Date.now() / 1_000) + 3 });
    world.stub.claims = {};
    await world.expire(accountId);
    await ask(tsid);
    expect(world.stub.counts.refresh).toBe(1);
  });
});

describe('the role', () => {
  test.each([
    [['writers', 'admins', 'readers'], 'mapped', 'Admin'],
    [['readers', 'writers'], 'mapped', 'Writer'],
    [['readers'], 'mapped', 'Reader'],
    ['readers', 'mapped', 'Reader'],
    [['strangers'], 'fallback', 'Everybody'],
    [undefined, 'fallback', 'Everybody'],
    [['readers'], 'fallback', 'Reader'],
  ])('of whoever is in %j is, at %s, %s', async (groups, backend, name) => {
    const { tsid } = await signedIn('alice', groups === undefined ? {} : { groups });
    expect((await given(tsid, backend))?.roleArn).toBe(role(name));
  });

  test.each([
    [{ groups: ['admins'] }, 'Admin'],
    [{ groups: ['admins', 'guests'] }, 'Everybody'],
    [{ level: 3 }, 'Ops'],
    [{ level: 1, team: ['ops-eu'] }, 'Ops'],
    [{}, 'Everybody'],
    [{ groups: ['"admins" in claims.groups'] }, 'Everybody'],
    [{ constructor: ['admins'], claims: { groups: ['admins'] } }, 'Everybody'],
    // A pattern that takes other engines for ever.
    [{ email: `${'a'.repeat(60)}!` }, 'Everybody'],
  ])('of whoever has %j is, by expressions, %s', async (claims, name) => {
    const { tsid } = await signedIn('alice', claims);
    expect((await given(tsid, 'expressed'))?.roleArn).toBe(role(name));
  });

  test.each([
    ['a list that is one text', { groups: 'admins' }],
    ['a number that is a text', { level: '3' }],
    ['what is no condition', { level: 2, team: [] }],
  ])('is not that of a later mapping where an earlier one cannot be answered: %s', async (_what, claims) => {
    const { tsid } = await signedIn('alice', claims);
    await expect(ask(tsid, 'expressed')).rejects.toMatchObject({ code: 'role_missing' });
    expect(sts.requests).toHaveLength(0);
    expect(log.lines.join()).toMatch(/roleMappings\[\d\]\.matcher cannot be answered/);
  });

  test('is not chosen by an expression over groups that stand elsewhere', async () => {
    const { tsid } = await signedIn('alice', { hasgroups: true });
    await expect(ask(tsid, 'expressed')).rejects.toMatchObject({ code: 'role_missing' });
  });

  test('can stand at a path', async () => {
    const { tsid } = await signedIn('alice', { realm: { roles: ['admins'] } });
    expect((await given(tsid, 'nested'))?.roleArn).toBe(role('Admin'));
  });

  test.each([
    ['is in no group', {}],
    ['is in none that has a role', { groups: ['Readers', 'readers ', 'read', 'readers,admins'] }],
    ['says a list in one text', { groups: 'readers admins' }],
    ['is in so many that they stand elsewhere', { _claim_names: { groups: 'src1' } }],
  ])('is refused by name to whoever %s, and nobody is asked', async (_name, claims) => {
    const { tsid } = await signedIn('alice', claims);
    await expect(ask(tsid, 'mapped')).rejects.toMatchObject({ code: 'role_missing' });
    expect(sts.requests).toHaveLength(0);
  });

  test('is not the one of everybody for somebody whose groups stand elsewhere', async () => {
    const { tsid } = await signedIn('alice', { _claim_names: { groups: 'src1' } });
    await expect(ask(tsid, 'fallback')).rejects.toMatchObject({ code: 'role_missing' });
  });
});

describe('the name of the session', () => {
  test.each([
    ['alice@acme.example', 'alice@acme.example'],
    [42_000, '42000'],
  ])('is the claim, where AWS takes it: %s', async (upn, name) => {
    const { tsid } = await signedIn('alice', { upn });
    expect((await given(tsid, 'named'))?.sessionName).toBe(name);
  });

  test('is another one for each person where AWS does not take the claim, and cannot be chosen by anybody', async () => {
    const names = new Set<string | undefined>();
    const claims = ['auth0|alice', 'auth0/alice', 'auth0-alice', 'a', 'ü'.repeat(80), `${'x'.repeat(64)}y`];
    for (const upn of claims)
      names.add((await given((await signedIn('alice', { upn })).tsid, 'named'))?.sessionName);
    expect(names.size).toBe(claims.length);
    const [made = ''] = names;
    expect(made).toMatch(/^=auth0-alice=[\w-]{22}$/);
    const thief = await given((await signedIn('mallory', { upn: made })).tsid, 'named');
    expect(thief?.sessionName).not.toBe(made);
  });

  test('is missed by name', async () => {
    const { tsid } = await signedIn('alice');
    await expect(ask(tsid, 'named')).rejects.toMatchObject({ code: 'exchange_refused' });
  });
});

describe('the person is asked to connect', () => {
  test('when the connection is gone, although credentials are cached', async () => {
    const { tsid, accountId } = await signedIn('alice');
    await ask(tsid);
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
    await expect(ask(tsid)).rejects.toMatchObject({
      code: 'connection_missing',
      details: { provider: 'acme' },
    });
  });

  test.each(['ExpiredTokenException', 'IDPRejectedClaim'])(
    'when AWS says %s, and no newer token is to be had',
    async (code) => {
      const { tsid } = await signedIn('alice');
      world.stub.misbehave.set('token', (_request, response) => {
        response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
      });
      await world.rows.query({
        name: 'age',
        text: `update connections set access_obtained_at = now() - interval '1 hour'`,
      });
      sts.instead = awsError(400, code);
      await expect(ask(tsid)).rejects.toMatchObject({
        code: 'reauth_required',
        details: { provider: 'acme' },
      });
    },
  );
});

describe('AWS that', () => {
  test.each([
    ['denies the role', awsError(403, 'AccessDenied'), 'exchange_refused'],
    ['knows no such provider', awsError(400, 'InvalidIdentityToken'), 'exchange_refused'],
    ['finds the duration too long', awsError(400, 'ValidationError'), 'exchange_refused'],
    ['has no such region', awsError(403, 'RegionDisabledException'), 'exchange_refused'],
    ['throttles', awsError(400, 'Throttling'), 'exchange_unavailable'],
    ['throttles by status', awsError(429, 'Whatever'), 'exchange_unavailable'],
    ['cannot reach the provider', awsError(400, 'IDPCommunicationError'), 'exchange_unavailable'],
    ['is away', awsError(503, 'ServiceUnavailable'), 'exchange_unavailable'],
    ['fails', awsError(500, 'InternalFailure'), 'exchange_unavailable'],
    ['redirects', [302, ''], 'exchange_unavailable'],
    ['answers a page', [404, '<html><p>no</html>'], 'exchange_unavailable'],
    ['answers nothing', [200, ''], 'exchange_unavailable'],
    ['answers JSON', [200, '{"Credentials":{}}'], 'exchange_unavailable'],
    ['answers half', [200, '<AssumeRoleWithWebIdentityResponse>'], 'exchange_unavailable'],
    ['answers another call', [200, '<GetCallerIdentityResponse/>'], 'exchange_unavailable'],
    ['answers too much', [200, `<a>${'x'.repeat(100_000)}</a>`], 'exchange_unavailable'],
    ['answers a tower', [200, '<a>'.repeat(10_000)], 'exchange_unavailable'],
  ] as const)('%s is told apart, and asked again the next time', async (_name, answer, code) => {
    const { tsid } = await signedIn('alice');
    sts.instead = answer;
    await expect(ask(tsid)).rejects.toMatchObject({ code });
    sts.instead = undefined;
    await expect(ask(tsid)).resolves.toBeDefined();
  });

  test('cannot be reached is said to be away', async () => {
    const { tsid } = await signedIn('alice');
    await expect(ask(tsid, 'away')).rejects.toMatchObject({ code: 'exchange_unavailable' });
  });

  test.each([
    ['declares entities', (xml: string) => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml}`],
    [
      'says a key twice',
      (xml: string) => xml.replace('<AccessKeyId>', '<AccessKeyId>ASIA1</AccessKeyId><AccessKeyId>'),
    ],
    [
      'puts a line break into a token',
      (xml: string) => xml.replace('<SessionToken>', '<SessionToken>a&#13;&#10;x: y'),
    ],
    [
      'says no end',
      (xml: string) => xml.replace(/<Expiration>.*<\/Expiration>/, '<Expiration>soon</Expiration>'),
    ],
    ['leaves the secret out', (xml: string) => xml.replace(/<SecretAccessKey>.*<\/SecretAccessKey>/, '')],
  ])('%s is not believed', async (_name, bend) => {
    const { tsid } = await signedIn('alice');
    sts.bend = bend;
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'exchange_unavailable' });
    sts.bend = undefined;
    await expect(ask(tsid)).resolves.toBeDefined();
  });

  test('takes only tokens for a client that it knows: an opaque access token is refused', async () => {
    const { tsid } = await signedIn('alice');
    await expect(ask(tsid, 'opaque')).rejects.toMatchObject({ code: 'exchange_refused' });
  });
});

test('no line of the log holds a key, a session token or a web identity token', async () => {
  const { tsid } = await signedIn('alice');
  const { accessToken, signingKey } = await ask(tsid);
  const [request] = sts.requests;
  const shown = request?.get('WebIdentityToken') ?? 'nothing was sent';
  await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
  sts.instead = awsError(403, 'AccessDenied', `${shown} is not trusted`);
  await expect(ask(tsid)).rejects.toMatchObject({ code: 'exchange_refused' });
  expect(log.of('token-exchange-failed')).toContainEqual(
    expect.objectContaining({ backend: 'everybody', upstreamError: 'AccessDenied' }),
  );
  const said = log.lines.join('\n');
  for (const secret of [accessToken, signingKey?.secret, signingKey?.id, shown])
    expect(said).not.toContain(secret ?? 'nothing was given');
});

test('nothing of them lies in the database as it is', async () => {
  const { tsid } = await signedIn('alice');
  const { accessToken, signingKey } = await ask(tsid);
  const { rows } = await world.rows.query<{ text: string }>({
    name: 'read-issued',
    text: `select t::text || encode(t.token, 'escape') as text from exchanged_tokens t`,
  });
  expect(rows).toHaveLength(1);
  for (const secret of [accessToken, signingKey?.secret ?? '', signingKey?.id ?? ''])
    expect(rows[0]?.text).not.toContain(secret);
});
