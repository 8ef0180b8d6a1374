import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { OboEndpoint } from '@gatehouse/testing/obo-endpoint';
import { BROWSER } from '../testing/vault-client.js';
import { obo, tokenExchange } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

/** As Entra writes it. */
const CHALLENGE = '{"access_token":{"capolids":{"essential":true,"values":["policy-of-the-backend"]}}}';

let world: VaultWorld;
let entra: OboEndpoint;
const log = new KeptLog();

beforeAll(async () => {
  entra = await new OboEndpoint().start();
  world = await startVaultWorld({
    replicas: 2,
    log,
    backends: {
      tickets: obo(entra.tokenUrl),
      exchanged: tokenExchange('', { tokenUrl: entra.tokenUrl, subjectProviderName: 'acme' }),
    },
  });
  entra.userInfoUrl = `${world.stub.issuer}/userinfo`;
});

beforeEach(() => {
  world.stub.reset();
  entra.instead = undefined;
});

afterAll(async () => {
  await world.close();
  await entra.stop();
});

const signedIn = async (login: string) =>
  await world.client.signIn({ acme: world.as(login), octo: world.as(login) });

/** `claims` of the request with which a person is sent to a provider again. */
async function claimsSent(accountId: string, provider = 'acme'): Promise<string | null> {
  const leg = { attemptId: newAttemptId(), provider, browserBinding: BROWSER, accountId };
  const { authorizationUrl } = await world.client.ask(connectionBegin, leg);
  return new URL(authorizationUrl).searchParams.get('claims');
}

const refusedWith = async (tsid: string, claims: unknown, backend = 'tickets'): Promise<void> => {
  entra.instead = [400, { error: 'interaction_required', claims }];
  await expect(world.client.exchange(tsid, backend)).rejects.toMatchObject({ code: 'reauth_required' });
  entra.instead = undefined;
};

test('a claims challenge goes along with the next sign-in of its person at the subject’s provider, and the exchange succeeds after it', async () => {
  const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
  await refusedWith(alice.tsid, CHALLENGE);
  expect([
    await claimsSent(alice.accountId),
    await claimsSent(alice.accountId, 'octo'),
    await claimsSent(bob.accountId),
  ]).toEqual([CHALLENGE, null, null]);

  await world.client.signIn({ acme: world.as('alice') }, alice.accountId);
  expect(entra.subjectOf((await world.client.exchange(alice.tsid, 'tickets')).accessToken)).toBe(
    'stub-alice',
  );
  expect(await claimsSent(alice.accountId)).toBeNull();
  // The line that says why is there, without what was asked for.
  expect(log.of('token-exchange-failed')).not.toEqual([]);
  expect(log.lines.join('\n')).not.toContain('policy-of-the-backend');
});

test('the newest challenge counts', async () => {
  const { tsid, accountId } = await signedIn('alice');
  await refusedWith(tsid, '{"access_token":{"acrs":{"value":"c1"}}}');
  await refusedWith(tsid, CHALLENGE);
  expect(await claimsSent(accountId)).toBe(CHALLENGE);
});

test.each([
  ['no JSON', 'acrs=c1'],
  ['a list', '[1]'],
  ['a text', '"c1"'],
  ['nothing', '{}'],
  ['an object that is no text', { access_token: {} }],
  ['one without end', JSON.stringify({ access_token: 'x'.repeat(4_096) })],
  ['one that is three times as long in a URL', JSON.stringify({ access_token: "'".repeat(4_000) })],
  ['one that a URL makes too long', JSON.stringify({ access_token: '"'.repeat(1_000) })],
])(
  'attack: a challenge that is %s is handed to nobody, and the person is asked to connect all the same',
  async (_name, claims) => {
    const { tsid, accountId } = await signedIn('alice');
    await refusedWith(tsid, claims);
    expect(await claimsSent(accountId)).toBeNull();
  },
);

test('attack: what another endpoint than that of on-behalf-of wants to see, the provider is not asked for', async () => {
  const { tsid, accountId } = await signedIn('alice');
  await refusedWith(tsid, CHALLENGE, 'exchanged');
  expect(await claimsSent(accountId)).toBeNull();
});
