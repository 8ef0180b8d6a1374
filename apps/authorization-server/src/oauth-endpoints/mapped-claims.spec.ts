import 'reflect-metadata';
import { Metrics } from '@gatehouse/observability/metrics';
import { until } from '@gatehouse/testing/until';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { refreshTokenOf, REFUSED, tsidOf, type SessionRow } from '../testing/rotation-world.js';
import { SUCCESSOR_SWEEP } from '../refresh-tokens/refresh-token.store.js';
import { CloseSession } from '../sessions/close-session.flow.js';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import type { StandInVault } from '../testing/stand-in-vault.js';
import type { TestService } from '../testing/test-service.js';

let world: ServiceWorld;
let service: TestService;
let vault: StandInVault;

shareWorld(startServiceWorld, async (started) => {
  world = started;
  service = await world.startAnother({
    claimMappings: { from: 'userInfo', claims: [{ claim: 'groups', as: 'groups' }] },
  });
  ({ vault } = service);
});
beforeEach(() => {
  vault.claims = { groups: ['eng'] };
  vault.claimsAsked.length = 0;
  vault.held = Promise.resolve();
});

const AWAY = { status: 503, error: 'temporarily_unavailable' };
let people = 0;

async function code(): Promise<{ clientId: string; value: string; verifier: string }> {
  const clientId = await service.register();
  const { url, verifier } = service.authorizeUrl(clientId);
  const result = await service.signIn(service.browser(), url, `member-${(people += 1)}`);
  return { clientId, value: result.get('code') ?? '', verifier };
}

async function closeReason(tsid: string): Promise<string | null | undefined> {
  const { rows } = await world.rows.query<Pick<SessionRow, 'close_reason'>>({
    name: 'reason',
    text: 'select close_reason from sessions where tsid = $1',
    values: [tsid],
  });
  return rows[0]?.close_reason;
}

/** As if whatever was used had been used long ago. */
async function letGraceEnd(tsid: string): Promise<void> {
  await world.rows.query({
    name: 'age-uses',
    text: `update oidc_records set consumed_at = consumed_at - interval '11 seconds' where grant_id = $1`,
    values: [tsid],
  });
}

/** The provider is asked because of this request, and takes its time until it is told to answer. Others are answered at once. */
async function waiting<Answer>(ask: () => Promise<Answer>): Promise<() => Promise<Answer>> {
  const provider = Promise.withResolvers<undefined>();
  vault.held = provider.promise;
  const before = vault.claimsAsked.length;
  const answer = ask();
  await until(() => vault.claimsAsked.length > before);
  vault.held = Promise.resolve();
  return async () => {
    provider.resolve(undefined);
    return await answer;
  };
}

const alarms = async (): Promise<number> => {
  const metrics = await service.app.get(Metrics).render();
  return [...metrics.matchAll(/^gatehouse_token_theft_alarms_total\{.*\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
};

test('a client whose provider is away at its sign-in comes back with the same code: it is no thief', async () => {
  const before = await alarms();
  const { clientId, value, verifier } = await code();
  vault.claims = 'provider_unavailable';
  for (let again = 0; again < 3; again += 1)
    expect(await service.redeem(clientId, value, verifier)).toMatchObject(AWAY);
  vault.claims = { groups: ['eng'] };
  const answer = await service.redeem(clientId, value, verifier);
  expect(answer.status).toBe(200);
  expect(decodeJwt(answer.access_token ?? '')).toMatchObject({ groups: ['eng'] });
  expect(await closeReason(tsidOf(answer))).toBeNull();
  expect(await alarms()).toBe(before);
});

test('the provider is asked once for each code, and not by whoever has no right to it', async () => {
  const { clientId, value, verifier } = await code();
  const thief = await service.register();
  for (const [id, secret] of [
    [clientId, 'x'.repeat(43)],
    [thief, verifier],
  ] as const)
    expect(await service.redeem(id, value, secret)).toMatchObject(REFUSED);
  expect(vault.claimsAsked).toEqual([]);
  const answer = await service.redeem(clientId, value, verifier);
  expect(answer.status).toBe(200);
  expect(vault.claimsAsked).toEqual([tsidOf(answer)]);
});

test('one code redeemed ten times at once gives one token, also when its provider is asked each time', async () => {
  const { clientId, value, verifier } = await code();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => service.redeem(clientId, value, verifier)),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ error }) => error === 'invalid_grant')).toHaveLength(9);
});

test('a code of somebody who has to sign in again is refused, and not called an outage', async () => {
  const { clientId, value, verifier } = await code();
  vault.claims = 'reauth_required';
  expect(await service.redeem(clientId, value, verifier)).toMatchObject(REFUSED);
});

test('a stolen code raises the alarm while the provider is away, and nobody is asked about its person', async () => {
  const { clientId, value, verifier } = await code();
  const tsid = tsidOf(await service.redeem(clientId, value, verifier));
  await letGraceEnd(tsid);
  vault.claims = 'provider_unavailable';
  vault.claimsAsked.length = 0;
  expect(await service.redeem(clientId, value, verifier)).toMatchObject(REFUSED);
  expect(await closeReason(tsid)).toBe('refresh_token_replayed');
  expect(vault.claimsAsked).toEqual([]);
});

test('a stolen refresh token raises the alarm while the provider is away, and nobody is asked about its person', async () => {
  const before = await alarms();
  const { clientId, answer } = await service.tokens(`member-${(people += 1)}`);
  const [tsid, first] = [tsidOf(answer), refreshTokenOf(answer)];
  expect((await service.refresh(clientId, first)).status).toBe(200);
  await letGraceEnd(tsid);
  vault.claims = 'provider_unavailable';
  vault.claimsAsked.length = 0;
  expect(await service.refresh(clientId, first)).toMatchObject(REFUSED);
  expect(await closeReason(tsid)).toBe('refresh_token_replayed');
  expect(vault.claimsAsked).toEqual([]);
  expect(await alarms()).toBe(before + 1);
});

test('a refresh token is not used up while the provider is away, and its successor is given once it is back', async () => {
  const { clientId, answer } = await service.tokens(`member-${(people += 1)}`);
  vault.claims = 'provider_unavailable';
  for (let again = 0; again < 3; again += 1)
    expect(await service.refresh(clientId, refreshTokenOf(answer))).toMatchObject(AWAY);
  vault.claims = { groups: ['support'] };
  const renewed = await service.refresh(clientId, refreshTokenOf(answer));
  expect(decodeJwt(renewed.access_token ?? '')).toMatchObject({ groups: ['support'] });
  expect(refreshTokenOf(renewed)).not.toBe(refreshTokenOf(answer));
});

describe('while the provider takes its time', () => {
  interface Member {
    readonly clientId: string;
    readonly tsid: string;
    readonly first: string;
  }

  async function member(): Promise<Member> {
    const { clientId, answer } = await service.tokens(`member-${(people += 1)}`);
    return { clientId, tsid: tsidOf(answer), first: refreshTokenOf(answer) };
  }

  const refreshed = async ({ clientId, first }: Member): Promise<string> =>
    refreshTokenOf(await service.refresh(clientId, first));

  /** As if the provider had taken so long that the housekeeping came by. */
  async function longerThanGrace(tsid: string): Promise<void> {
    await letGraceEnd(tsid);
    await world.rows.query(SUCCESSOR_SWEEP);
  }

  test('a client that repeats a refresh in time is no thief, however long the provider takes for that one', async () => {
    const before = await alarms();
    const one = await member();
    const successor = await refreshed(one);
    const told = await waiting(() => service.refresh(one.clientId, one.first));
    await longerThanGrace(one.tsid);
    expect(refreshTokenOf(await told())).toBe(successor);
    expect(await closeReason(one.tsid)).toBeNull();
    expect(await alarms()).toBe(before);
  });

  test('a client that refreshes twice at once is no thief when one of both waits for longer than the other', async () => {
    const before = await alarms();
    const one = await member();
    const told = await waiting(() => service.refresh(one.clientId, one.first));
    const successor = await refreshed(one);
    await longerThanGrace(one.tsid);
    expect(refreshTokenOf(await told())).toBe(successor);
    expect(await closeReason(one.tsid)).toBeNull();
    expect(await alarms()).toBe(before);
  });

  test('whoever waits gets no successor that has been used meanwhile, and is no thief for that', async () => {
    const before = await alarms();
    const one = await member();
    const successor = await refreshed(one);
    const told = await waiting(() => service.refresh(one.clientId, one.first));
    const next = await refreshed({ ...one, first: successor });
    expect(await told()).toMatchObject(REFUSED);
    expect(await closeReason(one.tsid)).toBeNull();
    expect(refreshTokenOf(await service.refresh(one.clientId, next))).toBeDefined();
    expect(await alarms()).toBe(before);
  });

  test.each(['an unused', 'a used'])(
    '%s token whose session ends meanwhile is answered no more',
    async (which) => {
      const one = await member();
      if (which === 'a used') await refreshed(one);
      const told = await waiting(() => service.refresh(one.clientId, one.first));
      await service.app.get(CloseSession, { strict: false }).close(one.tsid, 'signed_out');
      expect(await told()).toMatchObject(REFUSED);
    },
  );

  test('a code that came in time is redeemed, although its time is over when the provider has answered', async () => {
    const { clientId, value, verifier } = await code();
    const told = await waiting(() => service.redeem(clientId, value, verifier));
    await world.rows.query({
      name: 'expire-codes-of',
      text: `update oidc_records set expires_at = now() where model = 'AuthorizationCode' and grant_id = $1`,
      values: [vault.claimsAsked.at(-1)],
    });
    expect((await told()).status).toBe(200);
  });
});
