import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { SignJWT } from 'jose';
import { send, StubProvider } from '../testing/stub-provider.js';
import { ISSUER, clientCredentials, tokenExchange } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { externalAccount } from './external-account.js';

/** There is no authServer: callers come with tokens of an issuer of somebody else. */
let world: VaultWorld;
let sts: StubProvider;
const log = new KeptLog();

beforeAll(async () => {
  sts = await new StubProvider().start();
  world = await startVaultWorld({
    replicas: 2,
    log,
    providers: () => [],
    backends: {
      tickets: tokenExchange(sts.issuer, { subjectFromCaller: true }),
      acting: tokenExchange(sts.issuer, {
        subjectFromCaller: true,
        actor: { from: 'clientCredentials', token: 'access_token', scopes: [] },
      }),
      self: tokenExchange(sts.issuer, { audience: 'self' }),
      itself: clientCredentials(sts.issuer, { audience: 'self' }),
    },
  });
});

beforeEach(() => {
  sts.reset();
});

afterAll(async () => {
  await world.close();
  await sts.stop();
});

let tokens = 0;

interface Presented {
  readonly subjectToken: string;
  readonly verified: { readonly subject: string; readonly expiresAtMs: number };
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** A new token of somebody, as the proxy hands it on. */
async function signed(subject: string, claims: Record<string, unknown> = {}): Promise<Presented> {
  tokens += 1;
  const exp = inSeconds(300);
  const subjectToken = await new SignJWT({ iss: ISSUER, sub: subject, jti: `${tokens}`, exp, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode('the proxy has verified the signature'));
  return { subjectToken, verified: { subject, expiresAtMs: exp * 1_000 } };
}

function opaque(subject: string, seconds = 300): Presented {
  tokens += 1;
  const verified = { subject, expiresAtMs: inSeconds(seconds) * 1_000 };
  return { subjectToken: `opaque-${tokens}`, verified };
}

const exchange = async (presented: Partial<Presented>, backend = 'tickets', refused?: string) =>
  await world.client.exchange({}, backend, { ...presented, ...(refused === undefined ? {} : { refused }) });

const REFUSED = { code: 'request_invalid' };

describe('a token of an external issuer', () => {
  // RFC 8693, section 2.1.
  test('is the subject of the exchange, as it came, and what comes of it is cached for all replicas', async () => {
    for (const presented of [await signed('alice'), opaque('alice')]) {
      sts.reset();
      const released = await Promise.all(Array.from({ length: 12 }, () => exchange(presented)));
      expect(new Set(released.map(({ accessToken }) => accessToken)).size).toBe(1);
      expect(sts.counts.exchange).toBe(1);
      expect(Object.fromEntries(sts.exchangeRequests[0] ?? [])).toMatchObject({
        subject_token: presented.subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: 'tickets',
      });
    }
  });

  test('may have the gateway act for its person', async () => {
    const presented = await signed('alice');
    await exchange(presented, 'acting');
    const form = sts.exchangeRequests.find((one) => one.has('subject_token'));
    expect(form?.get('subject_token')).toBe(presented.subjectToken);
    expect(form?.get('actor_token')).toMatch(/^exchanged-/);
  });

  test('that a backend refuses what came of it is exchanged again, once that is no moment old', async () => {
    const presented = await signed('alice');
    const { accessToken } = await exchange(presented);
    await world.rows.query({
      name: 'age-external',
      text: `update exchanged_tokens set obtained_at = now() - interval '1 minute'`,
    });
    expect((await exchange(presented, 'tickets', accessToken)).accessToken).not.toBe(accessToken);
  });

  test('is noted in the custody log under an id made of issuer and subject, without a session', async () => {
    const { subjectToken, verified } = await signed('carol');
    const { accessToken } = await exchange({ subjectToken, verified });
    const { rows } = await world.rows.query<{ tsid: string; account: string }>({
      name: 'released-to-external',
      text: 'select tsid, account_id as account from custody_log where account_id = $1',
      values: [externalAccount(ISSUER, 'carol')],
    });
    expect(rows).toEqual([
      { tsid: '00000000-0000-0000-0000-000000000000', account: externalAccount(ISSUER, 'carol') },
    ]);
    for (const secret of [subjectToken, accessToken]) expect(log.lines.join('\n')).not.toContain(secret);
  });

  test('bounds what is exchanged for it: that is used no longer than the token lives', async () => {
    sts.accessTokenSeconds = 3_600;
    for (const presented of [await signed('alice', { exp: inSeconds(30) }), opaque('alice', 30)]) {
      const { useUntilMs } = await exchange(presented);
      expect(useUntilMs).toBeLessThanOrEqual(inSeconds(31) * 1_000);
    }
  });

  test.each([
    ['a signed one', async () => await signed('alice', { exp: inSeconds(-1) })],
    ['an opaque one', async () => await Promise.resolve(opaque('alice', -1))],
  ])('that has ended is shown to nobody, and its client is told to renew it: %s', async (_which, ended) => {
    await expect(exchange(await ended())).rejects.toMatchObject({ code: 'token_invalid' });
    expect(sts.counts.exchange).toBe(0);
    expect(log.of('caller-not-exchanged').at(-1)).toMatchObject({ reason: 'the subject token has ended' });
  });

  test('that the endpoint refuses, while it lives, is no reason to sign in again and again', async () => {
    sts.misbehave.set('token', (_request, response) => send(response, 400, { error: 'invalid_grant' }));
    await expect(exchange(await signed('alice'))).rejects.toMatchObject({ code: 'exchange_refused' });
  });
});

test('attack: what was exchanged for one person’s token, or for another token of the same person, is given for no other', async () => {
  const presented = [
    await signed('alice'),
    await signed('alice'),
    await signed('bob'),
    opaque('alice'),
    opaque('bob'),
  ];
  const released = await Promise.all(presented.map((one) => exchange(one)));
  expect(new Set(released.map(({ accessToken }) => accessToken)).size).toBe(presented.length);
  expect(sts.exchangeRequests.map((form) => form.get('subject_token')).toSorted()).toEqual(
    presented.map(({ subjectToken }) => subjectToken).toSorted(),
  );
  // At whichever replica it is asked for again.
  for (let time = 0; time < 4; time += 1)
    for (const [index, one] of presented.entries())
      expect((await exchange(one)).accessToken).toBe(released[index]?.accessToken);
  expect(sts.counts.exchange).toBe(presented.length);
});

test('attack: a proxy that was taken over gets nothing for a name without the token, nor for a token under another name', async () => {
  const [alice, bob] = [await signed('alice'), await signed('bob')];
  await exchange(alice);
  sts.reset();
  const wrong: readonly Partial<Presented>[] = [
    { subjectToken: bob.subjectToken, verified: alice.verified },
    { subjectToken: alice.subjectToken },
    { verified: alice.verified },
    await signed('alice', { iss: 'https://another-issuer.example' }),
    await signed('alice', { sub: 'bob' }),
  ];
  for (const presented of wrong) await expect(exchange(presented)).rejects.toMatchObject(REFUSED);
  expect(sts.counts.exchange).toBe(0);
  // Alice's name beside a made-up token: it is asked for with that token, and has nothing of hers.
  const madeUp = { subjectToken: 'made-up', verified: alice.verified };
  await exchange(madeUp);
  expect(sts.exchangeRequests.map((form) => form.get('subject_token'))).toEqual(['made-up']);
});

test('attack: a caller without a session gets none of what is for sessions: no token of the gateway, and none for a token of its own authorization server', async () => {
  const presented = await signed('alice', { tsid: '5b0c9d7e-7d0c-4a54-8f43-6e8d53cf0b11' });
  for (const backend of ['self', 'itself'])
    await expect(exchange(presented, backend)).rejects.toMatchObject(REFUSED);
  expect(sts.counts.exchange).toBe(0);
});

test('attack: a row of another caller does not open, whoever puts it in the place of one’s own', async () => {
  const [alice, bob] = [await signed('alice'), await signed('bob')];
  const { accessToken } = await exchange(alice);
  await exchange(bob);
  await world.rows.query({
    name: 'swap-external',
    text: `update exchanged_tokens set token = (select token from exchanged_tokens where account_id = $1 limit 1) where account_id = $2`,
    values: [externalAccount(ISSUER, 'alice'), externalAccount(ISSUER, 'bob')],
  });
  expect((await exchange(bob)).accessToken).not.toBe(accessToken);
});

test('the id of a person of an external issuer is a UUID of version 8, another one for each issuer and subject', () => {
  const ids = [
    externalAccount('https://a.example', 'x'),
    externalAccount('https://a.example', 'y'),
    externalAccount('https://b.example', 'x'),
  ];
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(3);
  expect(externalAccount('https://a.example', 'x')).toBe(ids[0]);
});
