import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { until } from '@gatehouse/testing/until';
import { newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import type { Endpoint } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({ replicas: 2, backends: { repos: ACME_AND_OCTO.repos } });
});

beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});

afterAll(() => world.close());

const discard = (attemptId: string) => world.client.ask(attemptDiscard, { attemptId });
const begin = (attemptId: string) =>
  world.client.ask(connectionBegin, { attemptId, provider: 'acme', browserBinding: BROWSER });

async function atRest(what: 'pending_legs' | 'discarded_attempts'): Promise<number> {
  const { rows } = await world.rows.query<{ n: number }>({
    name: `count-${what}`,
    text: `select count(*)::int as n from ${what}`,
  });
  return rows[0]?.n ?? -1;
}

/** The provider answers only once the attempt has been discarded. */
function discardedWhileAt(endpoint: Endpoint, attemptId: string): void {
  world.stub.misbehave.set(endpoint, async () => {
    await discard(attemptId);
    return 'as-usual';
  });
}

describe('an answer that comes when its attempt was given up already', () => {
  test.each<[string, Endpoint, string]>([
    ['while the provider still had the code', 'token', 'acme'],
    ['while it was being validated', 'userinfo', 'octo'],
  ])('%s, is not staged, and its grant is given back once', async (_when, endpoint, provider) => {
    const attemptId = newAttemptId();
    discardedWhileAt(endpoint, attemptId);
    await expect(world.client.leg(attemptId, provider, world.as('late'))).rejects.toMatchObject({
      code: 'callback_unknown',
    });
    expect(await world.stagedCount()).toBe(0);
    expect(await world.revoked()).toHaveLength(1);
  });

  test('takes nothing from somebody who is connected as the same subject', async () => {
    const { tsid } = await world.client.signIn({ octo: world.as('alice') });
    for (const endpoint of ['token', 'userinfo'] as const) {
      const attemptId = newAttemptId();
      discardedWhileAt(endpoint, attemptId);
      await expect(world.client.leg(attemptId, 'octo', world.as('alice'))).rejects.toMatchObject({
        code: 'callback_unknown',
      });
      world.stub.misbehave.clear();
    }
    expect(await world.stagedCount()).toBe(0);
    expect(await world.revoked()).toEqual([]);
    await expect(world.client.inject(tsid, 'repos')).resolves.toBeDefined();
  });
});

/** Each index gives the answer another head start: so many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn();
}

test('whichever of forty answers and their discards come first, nothing stays staged and every grant is given back', async () => {
  const raced = async (index: number): Promise<void> => {
    const attemptId = newAttemptId();
    const { authorizationUrl } = await begin(attemptId);
    // Somebody of their own each: what one gives back is nobody else's.
    const query = world.stub.callbackQuery(authorizationUrl, `raced-${index}`);
    const discarded = turns(index).then(() => discard(attemptId));
    await Promise.allSettled([world.client.complete(query, { callback: 'acme' }), discarded]);
    await discarded;
  };
  // A few at a time, so that they meet one another and not the limits of a pool.
  for (let index = 0; index < 40; index += 4)
    await Promise.all([0, 1, 2, 3].map((offset) => raced(index + offset)));
  expect(await world.stagedCount()).toBe(0);
  expect(await atRest('pending_legs')).toBe(0);
  // A code that was never redeemed granted nothing; a revocation that took too long is sent again.
  await until(async () => new Set(await world.revoked()).size === world.stub.counts.code);
});

describe('an attempt that was given up', () => {
  test('begins no leg any more, even when the beginning was under way', async () => {
    const attemptId = newAttemptId();
    await discard(attemptId);
    await expect(begin(attemptId)).rejects.toMatchObject({ code: 'attempt_unknown' });
    expect(await atRest('pending_legs')).toBe(0);
  });

  test('opens no session any more', async () => {
    const { accountId } = await world.client.signIn({ acme: world.as('alice') });
    const [attemptId, tsid] = [newAttemptId(), newSessionId()];
    await discard(attemptId);
    await expect(
      world.client.ask(sessionOpen, { attemptId, tsid, accountId, providers: ['acme'], subjects: {} }),
    ).rejects.toMatchObject({ code: 'attempt_unknown' });
  });

  test('is forgotten when nothing of it can be under way any more', async () => {
    await discard(newAttemptId());
    expect(await atRest('discarded_attempts')).toBeGreaterThan(0);
    await world.rows.query({
      name: 'age-discarded',
      text: `update discarded_attempts set discarded_at = now() - interval '2 days'`,
    });
    await world.vault.app.get(Housekeeping).sweep();
    expect(await atRest('discarded_attempts')).toBe(0);
  });
});

test('an attempt whose user was away for so long that its answers were swept can still be finished', async () => {
  const attemptId = newAttemptId();
  await world.client.leg(attemptId, 'acme', world.as('alice'));
  await world.rows.query({
    name: 'age-staged',
    text: `update staged_connections set expires_at = now() - interval '1 second'`,
  });
  await world.vault.app.get(Housekeeping).sweep();
  expect(await world.stagedCount()).toBe(0);
  await expect(world.client.leg(attemptId, 'acme', world.as('alice'))).resolves.toMatchObject({
    outcome: 'completed',
  });
});
