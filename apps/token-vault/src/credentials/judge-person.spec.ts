import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { send } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const policy = (text: string) => ({ path: [], text });
const ACCESS = {
  provider: 'acme',
  from: 'idToken',
  policies: [
    policy('permit(principal in Group::"eng", action, resource);'),
    policy(
      '@id("closed") @reason("Ask for a new account.") forbid(principal in Group::"closed", action, resource);',
    ),
  ],
  groupClaims: ['groups'],
  groupEntityType: 'Group',
} as const;

let world: VaultWorld;
const log = new KeptLog();
beforeAll(async () => {
  world = await startVaultWorld({
    log,
    providers: ({ issuer }) => [oidcProvider('acme', issuer), oauth2Provider('octo', issuer)],
    access: ACCESS,
  });
});
beforeEach(() => world.stub.reset());
afterAll(() => world.close());

const ask = async (request: z.input<typeof accessJudge.request>, at = world) =>
  await at.client.ask(accessJudge, request);
const ofSession = async (tsid: string, at = world) => await ask({ of: 'session', tsid }, at);

/** Somebody comes back from the provider, and has no connection yet. */
async function arrived(login: string, provider = 'acme', at = world): Promise<string> {
  const attemptId = newAttemptId();
  await at.client.leg(attemptId, provider, at.as(login));
  return attemptId;
}

async function age(accountId: string, minutes: number): Promise<void> {
  await world.rows.query({
    name: 'age-tokens',
    text: `update connections set access_obtained_at = now() - $2 * interval '1 minute' where account_id = $1`,
    values: [accountId, minutes],
  });
}

function goAway(): void {
  world.stub.misbehave.set('token', (_request, response) => {
    send(response, 503, {});
    return Promise.resolve('done');
  });
}

const secondsAgo = (seconds: number): number => Math.floor(Date.now() / 1_000) - seconds;
const ADMITTED = { verdict: 'admitted' };

test('who has just come back is judged before they are connected, and nothing is taken away from the attempt by that', async () => {
  world.stub.claims = { groups: ['eng'] };
  const attemptId = await arrived('alice');
  const request = { of: 'attempt', attemptId, subject: 'stub-alice' } as const;
  expect(await ask(request)).toEqual(ADMITTED);
  expect(await ask(request)).toEqual(ADMITTED);
  expect(world.stub.counts.refresh).toBe(0);
});

test('who is refused is told a number and the operator’s words, and the log says by which policy; no claim is in either', async () => {
  world.stub.claims = { groups: ['eng', 'closed', 'secret-project'] };
  const attemptId = await arrived('bob');
  const refused = await ask({ of: 'attempt', attemptId, subject: 'stub-bob' });
  expect(refused).toMatchObject({ verdict: 'refused', reason: 'Ask for a new account.' });
  const { reference } = refused as { reference: string };
  expect(log.of('access-refused')).toContainEqual(
    expect.objectContaining({ provider: 'acme', forbiddenBy: 'closed', reference }),
  );
  expect(log.lines.join('\n')).not.toContain('secret-project');
});

test('nothing is kept of whoever is refused: the attempt is discarded, and the provider gets its grant back', async () => {
  world.stub.claims = { groups: [] };
  const before = await world.stagedCount();
  const attemptId = await arrived('carol');
  expect(await ask({ of: 'attempt', attemptId, subject: 'stub-carol' })).toMatchObject({
    verdict: 'refused',
  });
  await world.client.ask(attemptDiscard, { attemptId });
  expect(await world.stagedCount()).toBe(before);
  expect(await world.revoked()).toHaveLength(1);
  const { rows } = await world.rows.query({
    name: 'connections-of',
    text: `select 1 from connections where subject = 'stub-carol'`,
  });
  expect(rows).toEqual([]);
});

test('attack: what a second provider says of somebody lets nobody in', async () => {
  world.stub.claims = { groups: [] };
  world.stub.misbehave.set('userinfo', (_request, response) => {
    send(response, 200, { id: 'stub-mallory', name: 'm', groups: ['eng'] });
    return Promise.resolve('done');
  });
  const attemptId = newAttemptId();
  await world.client.leg(attemptId, 'acme', world.as('mallory'));
  await world.client.leg(attemptId, 'octo', world.as('mallory'));
  expect(await ask({ of: 'attempt', attemptId, subject: 'stub-mallory' })).toMatchObject({
    verdict: 'refused',
  });
});

test('attack: another attempt, another subject or another provider’s answer is nobody who could be let in', async () => {
  world.stub.claims = { groups: ['eng'] };
  const mine = await arrived('dave');
  const atSecond = await arrived('dave', 'octo');
  for (const request of [
    { attemptId: mine, subject: 'stub-erin' },
    { attemptId: newAttemptId(), subject: 'stub-dave' },
    { attemptId: atSecond, subject: 'stub-dave' },
  ])
    await expect(ask({ of: 'attempt', ...request })).rejects.toMatchObject({ code: 'connection_missing' });
});

describe('a session', () => {
  test('attack: whose group was taken away does not go on refreshing', async () => {
    world.stub.claims = { groups: ['eng'] };
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('frank') });
    expect(await ofSession(tsid)).toEqual(ADMITTED);
    world.stub.claims = { groups: ['former'] };
    await age(accountId, 1);
    expect(await ofSession(tsid)).toMatchObject({ verdict: 'refused' });
    expect(world.stub.counts.refresh).toBe(1);
  });

  test('while the provider is away counts as it was for an hour; a new sign-in by the same connection does not', async () => {
    world.stub.claims = { groups: ['eng'] };
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('gina') });
    goAway();
    await age(accountId, 58);
    expect(await ofSession(tsid)).toEqual(ADMITTED);
    await expect(ask({ of: 'account', accountId })).rejects.toMatchObject({ code: 'provider_unavailable' });
    await age(accountId, 61);
    await expect(ofSession(tsid)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  test('attack: does not live on an id_token of its sign-in where the provider never gives a newer one', async () => {
    world.stub.givesRefreshToken = false;
    world.stub.claims = { groups: ['eng'], iat: secondsAgo(3_500) };
    const young = await world.client.signIn({ acme: world.as('hal') });
    expect(await ofSession(young.tsid)).toEqual(ADMITTED);
    world.stub.claims = { groups: ['eng'], iat: secondsAgo(3_700) };
    const old = await world.client.signIn({ acme: world.as('ivy') });
    await expect(ofSession(old.tsid)).rejects.toMatchObject({ code: 'reauth_required' });
    await expect(ask({ of: 'account', accountId: old.accountId })).rejects.toMatchObject({
      code: 'reauth_required',
    });
  });

  test('attack: a new id_token of somebody else lets nobody in', async () => {
    world.stub.claims = { groups: [] };
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('jane') });
    await age(accountId, 1);
    world.stub.claims = { sub: 'stub-admin', groups: ['eng'] };
    const outcome = await ofSession(tsid).catch((error: unknown) => error);
    expect(outcome).not.toEqual(ADMITTED);
  });

  test('that is not open is nobody’s', async () => {
    await expect(ofSession(randomUUID())).rejects.toMatchObject({ code: 'session_closed' });
  });
});

test('an account whose connection is used again is judged by what is said now', async () => {
  world.stub.claims = { groups: ['eng'] };
  const { accountId } = await world.client.signIn({ acme: world.as('kim') });
  expect(await ask({ of: 'account', accountId })).toEqual(ADMITTED);
  world.stub.claims = { groups: [] };
  await age(accountId, 1);
  expect(await ask({ of: 'account', accountId })).toMatchObject({ verdict: 'refused' });
  await expect(ask({ of: 'account', accountId: randomUUID() })).rejects.toMatchObject({
    code: 'connection_missing',
  });
});

test('attack: claims that nobody understands let nobody in, and are no refusal either', async () => {
  world.stub.claims = { groups: [['eng']] };
  const attemptId = await arrived('lou');
  await expect(ask({ of: 'attempt', attemptId, subject: 'stub-lou' })).rejects.toMatchObject({
    code: 'provider_misconfigured',
  });
  expect(log.of('access-not-judged')).toContainEqual(expect.objectContaining({ claim: 'groups' }));
});

test('a vault without policies lets nobody in', async () => {
  const other = await startVaultWorld();
  try {
    const { tsid } = await other.client.signIn({ acme: other.as('max') });
    await expect(ofSession(tsid, other)).rejects.toMatchObject({ code: 'provider_unavailable' });
  } finally {
    await other.close();
  }
});

describe('at a provider whose access tokens are opaque and whose user information endpoint alone says groups', () => {
  let octo: VaultWorld;
  beforeAll(async () => {
    octo = await startVaultWorld({ access: { ...ACCESS, provider: 'octo', from: 'userInfo' } });
  });
  beforeEach(() => octo.stub.reset());
  afterAll(() => octo.close());

  const saying = (login: string, groups: unknown, status = 200): void => {
    octo.stub.misbehave.set('userinfo', (_request, response) => {
      send(response, status, { id: `stub-${login}`, name: login, groups });
      return Promise.resolve('done');
    });
  };

  test('it is asked at the sign-in and for each token (toolhive#5146, #6424)', async () => {
    saying('nora', ['eng']);
    const attemptId = await arrived('nora', 'octo', octo);
    expect(await ask({ of: 'attempt', attemptId, subject: 'stub-nora' }, octo)).toEqual(ADMITTED);
    const { tsid } = await octo.client.signIn({ octo: octo.as('nora') });
    expect(await ofSession(tsid, octo)).toEqual(ADMITTED);
    saying('nora', ['former']);
    expect(await ofSession(tsid, octo)).toMatchObject({ verdict: 'refused' });
  });

  test('attack: while it does not answer, or answers about somebody else, nobody is let in', async () => {
    saying('olga', ['eng']);
    const attemptId = await arrived('olga', 'octo', octo);
    for (const [login, status] of [
      ['olga', 500],
      ['admin', 200],
    ] as const) {
      saying(login, ['eng'], status);
      await expect(ask({ of: 'attempt', attemptId, subject: 'stub-olga' }, octo)).rejects.toMatchObject({
        code: 'provider_unavailable',
      });
    }
  });
});
