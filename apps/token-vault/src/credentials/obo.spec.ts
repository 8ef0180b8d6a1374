import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { Secret } from '@gatehouse/kernel/secret';
import { printFigure } from '@gatehouse/testing/figures';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { OboEndpoint } from '@gatehouse/testing/obo-endpoint';
import { rsaCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import { decodeJwt } from 'jose';
import { obo } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;
let entra: OboEndpoint;
const log = new KeptLog();
const [known, unknown] = [rsaCertificate('gatehouse'), rsaCertificate('gatehouse')];
const proven = ({ key }: TestCertificate, { cert }: TestCertificate) =>
  ({
    clientKey: new Secret(key),
    clientCertificate: new Secret(cert),
    tokenEndpointAuthMethod: 'private_key_jwt',
  }) as const;

beforeAll(async () => {
  entra = await new OboEndpoint().start();
  world = await startVaultWorld({
    replicas: 2,
    log,
    backends: {
      tickets: obo(entra.tokenUrl),
      skewed: obo(entra.tokenUrl, { cacheSkewMs: 300_000 }),
      certified: obo(entra.tokenUrl, proven(known, known)),
      uncertified: obo(entra.tokenUrl, proven(unknown, unknown)),
      forged: obo(entra.tokenUrl, proven(unknown, known)),
      stranger: obo(entra.tokenUrl, { clientSecret: new Secret('another-secret') }),
    },
  });
  entra.certificates.push(known.cert);
  entra.userInfoUrl = `${world.stub.issuer}/userinfo`;
});

beforeEach(async () => {
  world.stub.reset();
  Object.assign(entra, { instead: undefined, seconds: 3_600 });
  entra.requests.length = 0;
  await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
});

afterAll(async () => {
  await world.close();
  await entra.stop();
});

const signedIn = async (login: string) => await world.client.signIn({ acme: world.as(login) });
const ask = async (tsid: string, backend = 'tickets') => await world.client.exchange(tsid, backend);

describe('on-behalf-of', () => {
  test('gives each person a token of their own, for their own access token, and sends what is configured', async () => {
    for (const login of ['alice', 'bob']) {
      const { tsid } = await signedIn(login);
      expect(entra.subjectOf((await ask(tsid)).accessToken)).toBe(`stub-${login}`);
    }
    expect(Object.fromEntries(entra.requests[0] ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      assertion: expect.stringMatching(/^access-alice-/) as unknown as string,
      scope: 'api://tickets/.default',
      client_id: 'gatehouse-obo',
      client_secret: 'obo-secret',
    });
  });

  test('asks once for forty callers on two replicas', async () => {
    const { tsid } = await signedIn('alice');
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(tsid)));
    expect(entra.requests).toHaveLength(1);
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
    printFigure('obo: 40 calls of one person at 2 replicas, 1 request');
  });

  test('refreshes an access token that has ended before it is shown', async () => {
    const { tsid, accountId } = await signedIn('alice');
    await world.expire(accountId);
    await ask(tsid);
    expect([world.stub.counts.refresh, entra.requests.length]).toEqual([1, 1]);
  });

  test('stops using a token `cacheSkew` before its end, and halfway where it is shorter than that', async () => {
    const { tsid } = await signedIn('alice');
    for (const [seconds, left] of [
      [3_600, 3_300],
      [200, 100],
    ] as const) {
      entra.seconds = seconds;
      await ask(tsid, 'skewed');
      const { rows } = await world.rows.query<{ seconds: number }>({
        name: 'issued-life',
        text: `delete from exchanged_tokens where backend = 'skewed'
               returning extract(epoch from expires_at - obtained_at)::float as seconds`,
      });
      expect(Math.abs((rows[0]?.seconds ?? 0) - left)).toBeLessThan(20);
    }
  });
});

// Entra: certificate credentials (`x5t#S256`, PS256).
describe('with a certificate', () => {
  test('the client proves itself with a signature: no secret is sent, and no assertion twice', async () => {
    for (const login of ['alice', 'bob']) {
      const { tsid } = await signedIn(login);
      expect(entra.subjectOf((await ask(tsid, 'certified')).accessToken)).toBe(`stub-${login}`);
    }
    const asserted = entra.requests.map((form) => form.get('client_assertion') ?? '');
    expect(new Set(asserted.map((one) => decodeJwt(one).jti)).size).toBe(2);
    expect(entra.requests.some((form) => form.has('client_secret'))).toBe(false);
  });

  test('forty calls on two replicas ask once', async () => {
    const { tsid } = await signedIn('alice');
    await Promise.all(Array.from({ length: 40 }, () => ask(tsid, 'certified')));
    expect(entra.requests).toHaveLength(1);
  });

  test.each(['uncertified', 'forged'])(
    'attack: one that the application does not have, or a key of another one, gets nothing (%s), and nobody is asked to sign in',
    async (backend) => {
      const { tsid } = await signedIn('alice');
      await expect(ask(tsid, backend)).rejects.toMatchObject({ code: 'exchange_refused' });
      expect(world.stub.counts.refresh).toBe(0);
      expect(log.lines.join('\n')).not.toContain(entra.requests[0]?.get('client_assertion') ?? 'none');
    },
  );
});

describe('the person is asked to connect', () => {
  test.each([
    ['interaction_required', { error: 'interaction_required', claims: '{"access_token":{}}' }],
    ['a claims challenge', { error: 'invalid_grant', suberror: 'consent_required' }],
    ['a second factor', { error: 'invalid_grant', suberror: 'interaction_required', claims: '{}' }],
  ])('when Entra wants to see them: %s', async (_name, body) => {
    const { tsid } = await signedIn('alice');
    entra.instead = [400, body];
    await expect(ask(tsid)).rejects.toMatchObject({
      code: 'reauth_required',
      details: { provider: 'acme' },
    });
    entra.instead = undefined;
    await expect(ask(tsid)).resolves.toBeDefined();
  });

  test('when the connection is gone, although a token is cached', async () => {
    const { tsid, accountId } = await signedIn('alice');
    await ask(tsid);
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
    await expect(ask(tsid)).rejects.toMatchObject({ code: 'connection_missing' });
  });
});

describe('an endpoint that', () => {
  test.each([
    ['does not know the client', 401, { error: 'invalid_client' }, 'exchange_refused'],
    ['does not know the scopes', 400, { error: 'invalid_scope' }, 'exchange_refused'],
    ['is broken', 503, {}, 'exchange_unavailable'],
    ['is busy', 429, { error: 'slow_down' }, 'exchange_unavailable'],
    ['gives a proof-of-possession token', 200, { access_token: 'a', token_type: 'pop' }, 'exchange_refused'],
    ['answers garbage', 200, { hello: 'world' }, 'exchange_unavailable'],
  ])('%s is told apart, and asked again the next time', async (_name, status, body, code) => {
    const { tsid } = await signedIn('alice');
    entra.instead = [status, body];
    await expect(ask(tsid)).rejects.toMatchObject({ code });
    entra.instead = undefined;
    await expect(ask(tsid)).resolves.toBeDefined();
  });

  test('does not take our secret refuses, and no line of the log holds a secret or an assertion', async () => {
    const { tsid } = await signedIn('alice');
    await expect(ask(tsid, 'stranger')).rejects.toMatchObject({ code: 'exchange_refused' });
    const { accessToken } = await ask(tsid);
    const said = log.lines.join('\n');
    const secrets = ['obo-secret', 'another-secret', accessToken, entra.requests[0]?.get('assertion')];
    for (const secret of secrets) expect(said).not.toContain(secret ?? 'nothing was sent');
    expect(log.of('token-exchange-failed')).toContainEqual(expect.objectContaining({ backend: 'stranger' }));
  });
});
