import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import type { SessionId } from '@gatehouse/kernel/ids';
import { Outbox } from '../outbox/outbox.flow.js';
import { SubjectTokens } from '../credentials/subject-tokens.flow.js';
import { startRefreshWorld, type RefreshWorld } from '../testing/refresh-world.js';
import { someUuid } from '../testing/vault-client.js';
import { oidcProvider } from '../testing/vault-config.js';
import { RefreshEndings } from './refresh-endings.flow.js';
import { RefreshStore } from './refresh.store.js';

let world: RefreshWorld;

beforeAll(async () => {
  world = await startRefreshWorld();
});

beforeEach(async () => {
  await world.rows.query({ name: 'clear-outbox', text: 'delete from revocation_outbox' });
  world.stub.reset();
});

afterAll(() => world.close());

const startAnother = () =>
  world.startVault({ providers: [oidcProvider('acme', world.stub.issuer)], backends: {} });

/** A fresh process that cannot have the provider's keys keeps the answer and comes no further, like one that dies there. */
async function answeredAndNotPublished() {
  const expired = await world.expired();
  const another = await startAnother();
  world.stub.misbehave.set('jwks', (request) => request.socket.destroy());
  const subjects = another.app.get(SubjectTokens);
  const { connection } = await subjects.bound(expired.tsid as SessionId, 'acme');
  await expect(subjects.tokens(connection)).rejects.toMatchObject({ code: 'provider_unavailable' });
  await another.close();
  expect(await world.rowOf(expired.accountId)).toMatchObject({ state: 'live', version: 1, answered: true });
  world.stub.misbehave.clear();
  return expired;
}

async function workOffRevocations(): Promise<readonly string[]> {
  const outbox = world.vault.app.get(Outbox);
  outbox.wake();
  await outbox.settled();
  return world.stub.revoked;
}

describe('a replica that died', () => {
  test('after the provider had answered: the kept answer is used, and nothing is redeemed again', async () => {
    const { tsid, accountId } = await answeredAndNotPublished();
    await world.wakeUp(accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(world.stub.counts.refresh).toBe(1);
    expect(await world.rowOf(accountId)).toMatchObject({ version: 2, answered: false });
  });

  test('after the provider had answered, and then somebody else signs in: the kept grant is given back, too', async () => {
    const { tsid, accountId } = await answeredAndNotPublished();
    await world.client.signIn({ acme: world.as('bob') }, accountId);
    // The refresh token that was published and the one that replaced it.
    expect(new Set(await workOffRevocations()).size).toBe(2);
    expect((await world.client.inject(tsid, 'directory')).accessToken).toMatch(/^access-bob-/);
  });

  test('while it held the lease: the others wait for its end, then one of them redeems', async () => {
    const { tsid, accountId } = await world.expired();
    const { rows } = await world.rows.query<{ until: Date }>({
      name: 'lease-of-the-dead',
      text: `update connections set lease_owner = gen_random_uuid(), lease_until = now() + interval '700 milliseconds',
               refresh_started_at = now() where account_id = $1 returning lease_until as until`,
      values: [accountId],
    });
    const redeemed: unknown[] = [];
    world.stub.misbehave.set('token', async () => {
      const { rows: now } = await world.rows.query({
        name: 'lease-has-ended',
        text: 'select now() >= $1 as ended',
        values: [rows[0]?.until],
      });
      redeemed.push(...now);
      return 'as-usual';
    });
    await Promise.all(Array.from({ length: 10 }, () => world.client.inject(tsid, 'directory')));
    expect(redeemed).toEqual([{ ended: true }]);
  });
});

describe('while a refresh is on its way', () => {
  /** The provider has it in its hands, and answers when it is told to. */
  const begun = async (tsid: string) => {
    const entered = Promise.withResolvers<undefined>();
    const told = Promise.withResolvers<undefined>();
    world.stub.misbehave.set('token', async (_request, _response, form) => {
      if (form.get('grant_type') === 'refresh_token') {
        entered.resolve(undefined);
        await told.promise;
      }
      return 'as-usual';
    });
    const late = world.client.inject(tsid, 'directory');
    await entered.promise;
    return { late, answer: () => told.resolve(undefined) };
  };

  test('a new sign-in wins: the late answer does not write over its tokens', async () => {
    const { tsid, accountId } = await world.expired();
    const { late, answer } = await begun(tsid);
    await world.client.signIn({ acme: world.as('bob') }, accountId);
    answer();
    await expect(late).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-bob/) as unknown as string,
    });
    await expect(world.client.inject(tsid, 'directory')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-bob/) as unknown as string,
    });
  });

  test('a sign-in that carries the old refresh token over does not lose the one that replaces it', async () => {
    const { tsid, accountId } = await world.expired();
    const { late, answer } = await begun(tsid);
    world.stub.givesRefreshToken = false;
    await world.client.signIn({ acme: world.as('alice') }, accountId);
    world.stub.givesRefreshToken = true;
    answer();
    await late;
    world.stub.misbehave.clear();
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(await world.rowOf(accountId)).toMatchObject({ state: 'live' });
  });

  test('a revocation wins: the connection stays gone, and the tokens that arrive late are given back', async () => {
    const { tsid, accountId } = await world.expired();
    const { late, answer } = await begun(tsid);
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
    answer();
    await expect(late).rejects.toMatchObject({ code: 'connection_missing' });
    await expect(world.client.ask(connectionList, { accountId })).resolves.toEqual({ connections: [] });
    expect(await workOffRevocations()).toHaveLength(2);
  });
});

test('a loser whose token was refused does not throw away the answer that the winner has just kept', async () => {
  const { accountId } = await world.expired();
  const { id } = await world.rowOf(accountId);
  const store = world.vault.app.get(RefreshStore);
  const loser = await store.acquire(id, 1, 60_000);
  if (loser === undefined) throw new Error('no lease');
  const winner = { ...loser.lease, owner: someUuid() };
  expect(await store.keepAnswer(winner, Buffer.from('the only answer'))).toBe(true);
  await expect(
    world.vault.app.get(RefreshEndings).unrenewable(loser.lease, loser.connection),
  ).resolves.toEqual({ outcome: 'superseded' });
  expect(await world.rowOf(accountId)).toMatchObject({ state: 'live', answered: true, leased: false });
});
