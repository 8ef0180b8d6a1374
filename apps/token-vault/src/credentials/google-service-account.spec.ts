import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { newAccountId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { printFigure } from '@gatehouse/testing/figures';
import { GoogleTokenEndpoint } from '@gatehouse/testing/google-token-endpoint';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { googleServiceAccount } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { cacheEntry } from './cache-entry.js';

const READER = 'reader@acme.iam.gserviceaccount.com';
const OTHER = 'other@acme.iam.gserviceaccount.com';
const DRIVE = 'https://www.googleapis.com/auth/drive.readonly';
const DELETES = 'https://www.googleapis.com/auth/drive';
const SERVICE = 'https://reports-abc.a.run.app';

let world: VaultWorld;
let google: GoogleTokenEndpoint;
let key = '';
const log = new KeptLog();

/** With the key of one account. */
const backendsOf = (serviceAccountKey: string) => {
  const account = { serviceAccountKey: new Secret(serviceAccountKey) };
  const { tokenUrl } = google;
  return {
    files: googleServiceAccount(tokenUrl, { ...account, scopes: [DRIVE] }),
    reports: googleServiceAccount(tokenUrl, { ...account, audience: SERVICE }),
    tools: googleServiceAccount(tokenUrl, {
      ...account,
      scopes: [DRIVE],
      toolScopes: [{ tools: ['delete_*'], scopes: [DELETES] }],
    }),
    walled: googleServiceAccount(tokenUrl, { ...account, scopes: [DRIVE], allowPrivateIps: false }),
  };
};

beforeAll(async () => {
  google = await new GoogleTokenEndpoint().start();
  key = google.accountKey(READER);
  world = await startVaultWorld({ replicas: 2, log, backends: backendsOf(key) });
});
beforeEach(async () => {
  Object.assign(google, { instead: undefined, seconds: 3_600, beside: {} });
  google.deleted.clear();
  google.requests.length = 0;
  google.assertions.length = 0;
  log.lines.length = 0;
  await world.rows.query({ name: 'forget-issued', text: 'delete from exchanged_tokens' });
});
afterAll(async () => {
  await world.close();
  await google.stop();
});

const signedIn = async (login: string) => await world.client.signIn({ acme: world.as(login) });

// RFC 7523, section 3; Google, Using OAuth 2.0 for Server to Server Applications.
describe('a token of a Google service account', () => {
  test('is an access token with the configured scopes, for an assertion that its key signed', async () => {
    const { tsid } = await signedIn('alice');
    const { accessToken, connection } = await world.client.exchange(tsid, 'files');
    expect(google.introspect(accessToken)).toEqual({ email: READER, scope: DRIVE });
    expect(connection).toBeUndefined();
    const [claims] = google.assertions;
    expect(claims).toEqual({
      iss: READER,
      scope: DRIVE,
      aud: google.tokenUrl,
      iat: expect.any(Number),
      exp: (claims?.iat ?? 0) + 3_600,
    });
  });

  test('is an id_token for one audience, kept until it says that it ends', async () => {
    const { tsid } = await signedIn('alice');
    const { accessToken } = await world.client.exchange(tsid, 'reports');
    expect(await google.claimsOf(accessToken, SERVICE)).toMatchObject({ email: READER });
    expect(google.assertions).toMatchObject([{ target_audience: SERVICE }]);
    expect(google.assertions[0]).not.toHaveProperty('scope');
    expect((await world.client.exchange(tsid, 'reports')).accessToken).toBe(accessToken);
    const { rows } = await world.rows.query<{ seconds: number }>({
      name: 'lifetime',
      text: `select extract(epoch from expires_at - obtained_at)::int as seconds from exchanged_tokens where backend = 'reports'`,
    });
    expect(Math.abs((rows[0]?.seconds ?? 0) - 3_600)).toBeLessThan(120);
  });

  test('is an id_token whose own end counts, not that of an access token beside it', async () => {
    google.beside = { access_token: 'another-token', expires_in: 1, token_type: 'Bearer' };
    const { tsid } = await signedIn('alice');
    const { accessToken } = await world.client.exchange(tsid, 'reports');
    expect(await google.claimsOf(accessToken, SERVICE)).toMatchObject({ email: READER });
    expect((await world.client.exchange(tsid, 'reports')).accessToken).toBe(accessToken);
    expect(google.requests).toHaveLength(1);
  });

  test('is asked for with nothing of any person: no subject, and no token', async () => {
    const { tsid } = await signedIn('alice');
    await world.client.exchange(tsid, 'files');
    expect([...(google.requests[0]?.keys() ?? [])].sort()).toEqual(['assertion', 'grant_type']);
    expect(google.assertions[0]).not.toHaveProperty('sub');
  });

  test('is asked for once, for forty callers of two persons on two replicas; each release is noted for its person', async () => {
    const people = await Promise.all([signedIn('alice'), signedIn('bob')]);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => world.client.exchange(people[index % 2]?.tsid ?? '', 'files')),
    );
    expect(google.requests).toHaveLength(1);
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1);
    const { rows } = await world.rows.query<{ account: string; n: number }>({
      name: 'released-for',
      text: `select account_id as account, count(*)::int as n from custody_log
             where backend = 'files' and provider is null and account_id = any($1) group by 1`,
      values: [people.map(({ accountId }) => accountId)],
    });
    // A request whose answer did not come in time is asked again, and noted again.
    const noted = new Map(rows.map(({ account, n }) => [account, n]));
    for (const { accountId } of people) expect(noted.get(accountId)).toBeGreaterThanOrEqual(20);
    printFigure(
      `googleServiceAccount: 40 calls of 2 persons at 2 replicas, ${google.requests.length} request`,
    );
  });

  test('has more scopes for calls of some tools, and no other call gets that one', async () => {
    const { tsid } = await signedIn('alice');
    const usual = await world.client.exchange(tsid, 'tools');
    const deleting = await world.client.exchange(tsid, 'tools', { tool: 'delete_file' });
    const again = await world.client.exchange(tsid, 'tools', { tool: 'read_file' });
    expect(google.introspect(usual.accessToken)?.scope).toBe(DRIVE);
    expect(google.introspect(deleting.accessToken)?.scope).toBe(`${DRIVE} ${DELETES}`);
    expect(again.accessToken).toBe(usual.accessToken);
  });

  test('is asked for anew when it has ended, and when a backend refuses it, but not while it is a moment old', async () => {
    const { tsid } = await signedIn('alice');
    const first = await world.client.exchange(tsid, 'files');
    const young = await world.client.exchange(tsid, 'files', { refused: first.accessToken });
    expect(young.accessToken).toBe(first.accessToken);
    await world.rows.query({
      name: 'age-issued',
      text: `update exchanged_tokens set obtained_at = now() - interval '1 minute'`,
    });
    const other = await world.client.exchange(tsid, 'files', { refused: first.accessToken });
    expect(other.accessToken).not.toBe(first.accessToken);
    await world.rows.query({
      name: 'end-issued',
      text: `update exchanged_tokens set expires_at = now() - interval '1 second'`,
    });
    expect((await world.client.exchange(tsid, 'files')).accessToken).not.toBe(other.accessToken);
  });

  test('of another account is never taken for it: a new key of the same account changes nothing, that of another one does', () => {
    const subject = { accountId: newAccountId(), id: ['gateway'] };
    const keyOf = (file: string) => cacheEntry('files', backendsOf(file).files, subject).key;
    expect(keyOf(google.accountKey(OTHER))).not.toBe(keyOf(key));
    expect(keyOf(google.accountKey(OTHER))).toBe(keyOf(google.accountKey(OTHER)));
  });

  test('is given to no session that is closed, although it is cached', async () => {
    const { tsid } = await signedIn('alice');
    await world.client.exchange(tsid, 'files');
    await world.client.ask(sessionClose, { tsid });
    await expect(world.client.exchange(tsid, 'files')).rejects.toMatchObject({ code: 'session_closed' });
  });
});

describe('an endpoint that', () => {
  const BODY = { access_token: 'a', token_type: 'Bearer', expires_in: 3_600 };

  test.each<[string, string, number, object, string]>([
    ['does not know the key', 'files', 400, { error: 'invalid_grant' }, 'exchange_refused'],
    ['does not give these scopes', 'files', 400, { error: 'invalid_scope' }, 'exchange_refused'],
    ['has the account switched off', 'files', 401, { error: 'invalid_client' }, 'exchange_refused'],
    ['wants a person', 'files', 400, { error: 'interaction_required' }, 'exchange_refused'],
    ['is broken', 'files', 500, {}, 'exchange_unavailable'],
    ['is busy', 'files', 429, {}, 'exchange_unavailable'],
    ['answers garbage', 'files', 200, { hello: 'world' }, 'exchange_unavailable'],
    ['gives an access token in the place of an id_token', 'reports', 200, BODY, 'exchange_unavailable'],
  ])(
    '%s is told apart, asks nobody to sign in, and is asked again the next time',
    async (_what, backend, status, body, code) => {
      const { tsid } = await signedIn('alice');
      google.instead = [status, body];
      await expect(world.client.exchange(tsid, backend)).rejects.toMatchObject({
        code,
        details: { backend },
      });
      google.instead = undefined;
      await expect(world.client.exchange(tsid, backend)).resolves.toBeDefined();
    },
  );

  test('has deleted the key leaves one line of the log with its words, and no assertion and no key', async () => {
    const { tsid } = await signedIn('alice');
    google.deleted.add(READER);
    await expect(world.client.exchange(tsid, 'files')).rejects.toMatchObject({ code: 'exchange_refused' });
    expect(log.of('token-exchange-failed')).toMatchObject([
      { backend: 'files', errorCode: 'exchange_refused', status: 400, upstreamError: 'invalid_grant' },
    ]);
    const assertions = google.requests.map((form) => form.get('assertion') ?? '');
    const { private_key: pem } = JSON.parse(key) as { private_key: string };
    const lines = log.lines.join('\n');
    for (const hidden of [...assertions, pem.split('\n')[1] ?? '']) {
      expect(hidden).not.toBe('');
      expect(lines).not.toContain(hidden);
    }
  });
});

test('a token endpoint at a private address that the configuration does not allow is never asked', async () => {
  const { tsid } = await signedIn('alice');
  await expect(world.client.exchange(tsid, 'walled')).rejects.toMatchObject({
    details: { backend: 'walled' },
  });
  expect(google.requests).toEqual([]);
});
