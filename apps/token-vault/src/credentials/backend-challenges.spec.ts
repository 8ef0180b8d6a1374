import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { OboEndpoint } from '@gatehouse/testing/obo-endpoint';
import { StubProvider } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { obo, tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

/** As Entra's backends want them. */
const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const CHALLENGE = { claims: base64(CLAIMS) };

let world: VaultWorld;
let entra: OboEndpoint;
let sts: StubProvider;
const log = new KeptLog();

beforeAll(async () => {
  entra = await new OboEndpoint().start();
  sts = await new StubProvider().start();
  world = await startVaultWorld({
    replicas: 2,
    log,
    backends: {
      ...ACME_AND_OCTO,
      tickets: obo(entra.tokenUrl),
      exchanged: tokenExchange(sts.issuer, { subjectProviderName: 'acme' }),
    },
  });
  entra.userInfoUrl = `${world.stub.issuer}/userinfo`;
});

beforeEach(() => {
  world.stub.reset();
  log.lines.length = 0;
});

afterAll(async () => {
  await world.close();
  await Promise.all([entra.stop(), sts.stop()]);
});

const signedIn = async (login: string, accountId?: string) =>
  await world.client.signIn({ acme: world.as(login), octo: world.as(login) }, accountId);

/** Parameters of the request with which a person is sent to a provider again. */
async function asked(accountId: string, provider = 'acme', more: object = {}): Promise<URLSearchParams> {
  const leg = { attemptId: newAttemptId(), provider, browserBinding: BROWSER, accountId, ...more };
  const { authorizationUrl } = await world.client.ask(connectionBegin, leg);
  return new URL(authorizationUrl).searchParams;
}

const claimsSent = async (accountId: string, provider = 'acme'): Promise<string | null> =>
  (await asked(accountId, provider)).get('claims');

type Way = 'directory' | 'tickets';

/** What a backend of that strategy was given. */
const given = async (tsid: string, way: Way): Promise<string> =>
  (await (way === 'tickets' ? world.client.exchange(tsid, way) : world.client.inject(tsid, way))).accessToken;

const challenged = async (tsid: string, way: Way, refused: string, challenge: BackendChallenge) =>
  await (way === 'tickets'
    ? world.client.exchange(tsid, way, { refused, challenge })
    : world.client.inject(tsid, way, refused, challenge));

const NEEDS_USER = { code: 'reauth_required', details: { provider: 'acme' } };

describe.each(['directory', 'tickets'] as const)('what the backend %s wants to see', (way) => {
  test('goes along with the next sign-in of its person at the provider of its token, and is forgotten with it', async () => {
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
    const refused = await given(alice.tsid, way);
    await expect(challenged(alice.tsid, way, refused, CHALLENGE)).rejects.toMatchObject(NEEDS_USER);
    expect([
      await claimsSent(alice.accountId),
      await claimsSent(alice.accountId, 'octo'),
      await claimsSent(bob.accountId),
    ]).toEqual([CLAIMS, null, null]);
    // The connection works elsewhere, and nothing is renewed for it.
    await expect(world.client.inject(alice.tsid, 'directory')).resolves.toBeDefined();
    expect(world.stub.counts.refresh).toBe(0);

    await world.client.signIn({ acme: world.as('alice') }, alice.accountId);
    expect(await claimsSent(alice.accountId)).toBeNull();
    const token = await given(alice.tsid, way);
    expect(token).not.toBe(refused);
    // A call that was refused with the token of before gets the new one, at whichever replica.
    for (let time = 0; time < 4; time += 1)
      expect((await challenged(alice.tsid, way, refused, CHALLENGE)).accessToken).toBe(token);
    expect(await claimsSent(alice.accountId)).toBeNull();
  });

  test('is in one line of the log, with its number and without a word of it', async () => {
    const { tsid } = await signedIn('alice');
    const refused = await given(tsid, way);
    log.lines.length = 0;
    const error: unknown = await challenged(tsid, way, refused, CHALLENGE).catch((thrown: unknown) => thrown);
    const { reference } = (error as { details: { reference: string } }).details;
    expect(log.of('sign-in-challenged')).toMatchObject([{ backend: way, provider: 'acme', reference }]);
    for (const word of ['acrs', CHALLENGE.claims, refused]) expect(log.lines.join('\n')).not.toContain(word);
  });

  // RFC 9470, section 4.
  test('may be how and how recently they signed in: that is asked for beside what their client asks for', async () => {
    const { tsid, accountId } = await signedIn('alice');
    const wanted = { acrValues: 'gold silver', maxAgeSeconds: 60 };
    await expect(challenged(tsid, way, await given(tsid, way), wanted)).rejects.toMatchObject(NEEDS_USER);
    const alone = await asked(accountId);
    expect([alone.get('acr_values'), alone.get('max_age'), alone.get('claims')]).toEqual([
      'gold silver',
      '60',
      null,
    ]);
    const beside = await asked(accountId, 'acme', { acrValues: 'mine', maxAgeSeconds: 5 });
    expect([beside.get('acr_values'), beside.get('max_age')]).toEqual(['mine gold silver', '5']);
    await world.client.signIn({ acme: world.as('alice') }, accountId);
    const after = await asked(accountId);
    expect([after.get('acr_values'), after.get('max_age')]).toEqual([null, null]);
  });

  test.each([
    ['no JSON', base64('acrs=c1')],
    ['a list', base64('[1]')],
    ['nothing', base64('{}')],
    ['a text', base64('{"access_token":"c1"}')],
    ['nothing of the token', base64('{"access_token":{}}')],
    [
      'what the person’s profile says',
      base64('{"userinfo":{"email":null},"id_token":{"phone_number":null}}'),
    ],
    ['one without end', base64(JSON.stringify({ access_token: { x: 'x'.repeat(4_200) } }))],
    ['one that a URL makes too long', base64(JSON.stringify({ access_token: { x: "'".repeat(2_000) } }))],
    ['no base64', '%%%'],
  ])(
    'attack: claims that are %s are handed to nobody, and nobody is asked to sign in',
    async (_name, claims) => {
      const { tsid, accountId } = await signedIn('alice');
      const refused = await given(tsid, way);
      await expect(challenged(tsid, way, refused, { claims })).resolves.toBeDefined();
      expect(await claimsSent(accountId)).toBeNull();
    },
  );

  test('attack: beside what the token is to say, nothing that the backend writes reaches the provider', async () => {
    const { tsid, accountId } = await signedIn('alice');
    const claims = JSON.stringify({
      access_token: { acrs: { value: 'c1' } },
      userinfo: { email: { essential: true } },
      id_token: { sub: { value: 'stub-bob' } },
    });
    await expect(challenged(tsid, way, await given(tsid, way), { claims })).rejects.toMatchObject(NEEDS_USER);
    expect(await claimsSent(accountId)).toBe('{"access_token":{"acrs":{"value":"c1"}}}');
  });

  test('attack: a context with line breaks or other signs goes into no URL', async () => {
    const { tsid, accountId } = await signedIn('alice');
    for (const acrValues of ['gold\r\nx', 'gold\u0000', ' gold', '☃'])
      await expect(challenged(tsid, way, await given(tsid, way), { acrValues })).resolves.toBeDefined();
    expect((await asked(accountId)).get('acr_values')).toBeNull();
  });

  test('attack: a challenge for a token that nobody has now, of another person or made up, changes nothing', async () => {
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
    const ofBob = await given(bob.tsid, way);
    const own = await given(alice.tsid, way);
    for (const refused of [ofBob, 'made-up'])
      expect((await challenged(alice.tsid, way, refused, CHALLENGE)).accessToken).toBe(own);
    expect([await claimsSent(alice.accountId), await claimsSent(bob.accountId)]).toEqual([null, null]);
  });
});

test('attack: what the backend of another exchange wants to see, the subject’s provider is not asked for', async () => {
  const { tsid, accountId } = await signedIn('alice');
  const { accessToken: refused } = await world.client.exchange(tsid, 'exchanged');
  await expect(
    world.client.exchange(tsid, 'exchanged', { refused, challenge: CHALLENGE }),
  ).resolves.toBeDefined();
  expect(await claimsSent(accountId)).toBeNull();
});

test('attack: a provider that knows no such requests is sent none, and nobody signs in there again and again', async () => {
  const { tsid, accountId } = await signedIn('alice');
  const { accessToken: refused } = await world.client.inject(tsid, 'repos');
  await expect(world.client.inject(tsid, 'repos', refused, CHALLENGE)).resolves.toBeDefined();
  expect(await claimsSent(accountId, 'octo')).toBeNull();
});
