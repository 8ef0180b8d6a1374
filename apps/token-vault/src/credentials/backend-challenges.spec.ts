import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { callbackName } from '@gatehouse/config/urls/callbacks';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import type { BackendChallenge } from '@gatehouse/contracts/token-vault/backend-challenge';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { OboEndpoint } from '@gatehouse/testing/obo-endpoint';
import { send, StubProvider } from '../testing/stub-provider.js';
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

/** Comes back from a sign-in at a provider, with what is made of its answer. */
async function cameBack(
  accountId: string,
  bend: (answer: URLSearchParams) => void,
  provider: 'acme' | 'octo' = 'acme',
): Promise<unknown> {
  const leg = { attemptId: newAttemptId(), provider, browserBinding: BROWSER, accountId };
  const { authorizationUrl } = await world.client.ask(connectionBegin, leg);
  const answer = new URLSearchParams(world.stub.callbackQuery(authorizationUrl, 'alice'));
  bend(answer);
  const callback = callbackName(new URL(authorizationUrl).searchParams.get('redirect_uri') ?? '');
  return await world.client.complete(answer.toString(), callback === undefined ? {} : { callback });
}

const refusing = (error: string) => (answer: URLSearchParams) => {
  answer.delete('code');
  answer.set('error', error);
};

/** Tokens that are younger are not renewed, whatever a backend says. */
async function areOlder(): Promise<void> {
  const set = "obtained_at = now() - interval '1 minute'";
  await world.rows.query({ name: 'older-connections', text: `update connections set access_${set}` });
  await world.rows.query({ name: 'older-exchanged', text: `update exchanged_tokens set ${set}` });
}

describe('a provider that refuses a sign-in with what a backend wants', () => {
  test.each(['unmet_authentication_requirements', 'access_denied', 'invalid_request', 'server_error'])(
    'attack: by %s is asked without it the next time, so that no backend keeps its person from connecting; the next refusal says it again',
    async (error) => {
      const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
      const wanted = { ...CHALLENGE, acrValues: 'never', maxAgeSeconds: 0 };
      for (const { tsid } of [alice, bob])
        await expect(
          challenged(tsid, 'directory', await given(tsid, 'directory'), wanted),
        ).rejects.toMatchObject(NEEDS_USER);
      // What another provider refuses is no reason.
      await cameBack(alice.accountId, refusing(error), 'octo');
      expect((await asked(alice.accountId)).get('acr_values')).toBe('never');

      await expect(cameBack(alice.accountId, refusing(error))).resolves.toMatchObject({ outcome: 'refused' });
      const next = await asked(alice.accountId);
      expect(['claims', 'acr_values', 'max_age'].map((name) => next.get(name))).toEqual([null, null, null]);
      expect((await asked(bob.accountId)).get('acr_values')).toBe('never');

      const refused = await given(alice.tsid, 'directory');
      await expect(challenged(alice.tsid, 'directory', refused, wanted)).rejects.toMatchObject(NEEDS_USER);
      expect((await asked(alice.accountId)).get('acr_values')).toBe('never');
    },
  );

  test('attack: with an error page of its own, from which nobody comes back, is asked without it an hour later', async () => {
    const { tsid, accountId } = await signedIn('alice');
    const wanted = { ...CHALLENGE, acrValues: 'never', maxAgeSeconds: 0 };
    const challenge = async () =>
      await challenged(tsid, 'directory', await given(tsid, 'directory'), wanted).catch(() => 'challenged');
    const pass = async (minutes: number) =>
      await world.rows.query({
        name: 'challenge-pass',
        text: `update connections set challenged_at = challenged_at - $2 * interval '1 minute' where account_id = $1`,
        values: [accountId, minutes],
      });
    const wishes = async () => {
      const parameters = await asked(accountId);
      return ['claims', 'acr_values', 'max_age'].map((name) => parameters.get(name));
    };
    await challenge();
    await pass(50);
    expect((await wishes())[1]).toBe('never');
    await pass(11);
    expect(await wishes()).toEqual([null, null, null]);
    // Whoever still wants it says so again.
    await challenge();
    expect((await wishes())[1]).toBe('never');
  });

  test.each(['a refusal', 'a sign-in'])(
    'is asked, after %s, for what a replica of the release before notes without a time',
    async (after) => {
      const { tsid, accountId } = await signedIn('alice');
      const wanted = { ...CHALLENGE, acrValues: 'before' };
      await challenged(tsid, 'directory', await given(tsid, 'directory'), wanted).catch(() => 'challenged');
      await world.rows.query({
        name: 'challenge-long-ago',
        text: `update connections set challenged_at = now() - interval '2 days' where account_id = $1`,
        values: [accountId],
      });
      if (after === 'a refusal') await cameBack(accountId, refusing('access_denied'));
      else await signedIn('alice', accountId);
      await world.rows.query({
        name: 'challenge-of-before',
        text: `update connections set acr_challenge = 'after' where account_id = $1 and provider = 'acme'`,
        values: [accountId],
      });
      expect((await asked(accountId)).get('acr_values')).toBe('after');
    },
  );

  test('is asked for it again after an outage', async () => {
    const { tsid, accountId } = await signedIn('alice');
    const refused = await given(tsid, 'directory');
    await expect(challenged(tsid, 'directory', refused, CHALLENGE)).rejects.toMatchObject(NEEDS_USER);
    world.stub.misbehave.set('token', (_request, response) => send(response, 503, {}));
    await expect(cameBack(accountId, () => undefined)).resolves.toMatchObject({
      reason: 'provider_unavailable',
    });
    expect(await claimsSent(accountId)).toBe(CLAIMS);
  });
});

test.each([
  ['directory', { claims: '%%%' }],
  ['tickets', { claims: '%%%' }],
  ['repos', CHALLENGE],
] as const)(
  'attack: a backend (%s) whose challenge nobody can be asked for makes no token be renewed',
  async (backend, challenge) => {
    const { tsid } = await signedIn('alice');
    const ask = async (...said: [string?, BackendChallenge?]): Promise<string> => {
      const [refused, heard] = said;
      const { accessToken } =
        backend === 'tickets'
          ? await world.client.exchange(tsid, backend, {
              ...(refused === undefined ? {} : { refused }),
              ...(heard === undefined ? {} : { challenge: heard }),
            })
          : await world.client.inject(tsid, backend, refused, heard);
      return accessToken;
    };
    const token = await ask();
    await areOlder();
    expect(await ask(token, challenge)).toBe(token);
    expect(world.stub.counts.refresh).toBe(0);
    // Without one it would have been.
    expect(await ask(token)).not.toBe(token);
  },
);

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
