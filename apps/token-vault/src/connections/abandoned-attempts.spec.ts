import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { until } from '@gatehouse/testing/until';
import { newAccountId, newAttemptId, newSessionId, type AttemptId } from '@gatehouse/kernel/ids';
import { Housekeeping } from '../housekeeping/housekeeping.job.js';
import { mcpProvider } from '../testing/mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';
import type { Endpoint } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { StagedConnectionStore } from './staged-connection.store.js';

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

const ageStaged = async (): Promise<void> => {
  await world.rows.query({
    name: 'age-staged',
    text: `update staged_connections set expires_at = now() - interval '1 second'`,
  });
};

async function atRest(
  what: 'pending_legs' | 'discarded_attempts' | 'revocation_outbox',
  { rows: database }: Pick<VaultWorld, 'rows'> = world,
): Promise<number> {
  const { rows } = await database.query<{ n: number }>({
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

describe('a grant that nobody may end', () => {
  test('of a second tab, which is being judged when the first one finds its answer replaced, is left alone', async () => {
    const attemptId = newAttemptId();
    const [secondKept, firstEnded] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let second: Promise<unknown> | undefined;
    world.stub.misbehave.set('userinfo', async () => {
      if (second === undefined) {
        second = world.client.leg(attemptId, 'octo', world.as('tabs'));
        await secondKept.promise;
      } else {
        secondKept.resolve('kept');
        await firstEnded.promise;
      }
      return 'as-usual';
    });
    await expect(world.client.leg(attemptId, 'octo', world.as('tabs'))).rejects.toMatchObject({
      code: 'callback_unknown',
    });
    firstEnded.resolve('ended');
    await expect(second).resolves.toMatchObject({ outcome: 'completed' });
    expect(await atRest('revocation_outbox')).toBe(0);
  });

  test('since the process died before it judged the answer, is left alone when the attempt ends', async () => {
    const staged = world.vault.app.get(StagedConnectionStore);
    const keep = async (): Promise<AttemptId> => {
      const attemptId = newAttemptId();
      const answer = { body: JSON.stringify({ access_token: 'a', refresh_token: 'r' }), receivedAtMs: 0 };
      await staged.keep({ attemptId, provider: 'acme' }, null, answer);
      return attemptId;
    };
    await keep();
    await ageStaged();
    await world.vault.app.get(Housekeeping).sweep();
    await discard(await keep());
    expect(await world.stagedCount()).toBe(0);
    expect(await atRest('revocation_outbox')).toBe(0);
  });
});

describe('where nobody says who the person is, a grant that came to nothing', () => {
  let mcp: McpWorld;
  beforeAll(async () => {
    mcp = await startMcpWorld({ providers: ({ backend }) => [mcpProvider('notes', backend)] });
  });
  beforeEach(async () => {
    resetStubs(mcp);
    await mcp.clearLegs();
    await mcp.rows.query({ name: 'nobody-connected', text: 'delete from connections' });
  });
  afterAll(() => mcp.close());

  /** A leg that is finished, and then given up. */
  async function abandon(accountId?: string): Promise<void> {
    const attemptId = newAttemptId();
    const { authorizationUrl } = await mcp.client.ask(connectionBegin, {
      attemptId,
      provider: 'notes',
      browserBinding: BROWSER,
      ...(accountId === undefined ? {} : { accountId }),
    });
    await mcp.client.complete(await mcp.asAtBackend('alice')(authorizationUrl), { callback: 'notes' });
    await mcp.client.ask(attemptDiscard, { attemptId });
  }

  test('is left alone when anybody is connected there: it may be the grant of that connection', async () => {
    await mcp.client.signIn({ notes: mcp.asAtBackend('alice') });
    await abandon();
    expect(await atRest('revocation_outbox', mcp)).toBe(0);
  });

  test('is left alone when it is the account’s, which is connected under another subject', async () => {
    const { accountId } = await mcp.client.signIn({ notes: mcp.asAtBackend('alice') });
    await abandon(accountId);
    expect(await atRest('revocation_outbox', mcp)).toBe(0);
  });

  test('is left alone when somebody is about to be connected', async () => {
    await mcp.client.leg(newAttemptId(), 'notes', mcp.asAtBackend('alice'));
    await abandon();
    expect(await atRest('revocation_outbox', mcp)).toBe(0);
  });

  test('is given back when nobody else is connected there, or the account is known and is not', async () => {
    await abandon();
    expect(await atRest('revocation_outbox', mcp)).toBe(1);
    await mcp.client.signIn({ notes: mcp.asAtBackend('bob') });
    await abandon(newAccountId());
    expect(await atRest('revocation_outbox', mcp)).toBe(2);
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
  await ageStaged();
  await world.vault.app.get(Housekeeping).sweep();
  expect(await world.stagedCount()).toBe(0);
  await expect(world.client.leg(attemptId, 'acme', world.as('alice'))).resolves.toMatchObject({
    outcome: 'completed',
  });
});
