import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { send } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({ backends: { repos: ACME_AND_OCTO.repos } });
});

beforeEach(() => world.stub.reset());

afterAll(() => world.close());

const ALICE_AT_ACME = { acme: 'stub-alice' };

describe('a leg that was answered twice in one attempt (two tabs)', () => {
  test('is never adopted as another subject than the one that was recorded', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    await world.client.leg(attemptId, 'acme', world.as('bob'));
    const request = { attemptId, accountId, providers: ['acme'] };
    await expect(
      world.client.ask(sessionOpen, { ...request, tsid, subjects: ALICE_AT_ACME }),
    ).rejects.toMatchObject({ code: 'connection_missing', details: { provider: 'acme' } });
    await expect(
      world.client.ask(connectionAdopt, { attemptId, accountId, provider: 'acme', subject: 'stub-alice' }),
    ).rejects.toMatchObject({ code: 'attempt_unknown' });
    await expect(world.client.ask(connectionList, { accountId })).resolves.toEqual({ connections: [] });
  });

  test('and never because it was left over from somebody who was in the attempt before', async () => {
    const bob = await world.client.signIn({ acme: world.as('bob'), octo: world.as('bob') });
    const [attemptId, tsid] = [newAttemptId(), newSessionId()];
    await world.client.leg(attemptId, 'octo', world.as('alice'));
    await world.client.leg(attemptId, 'acme', world.as('bob'));
    await world.client.ask(sessionOpen, {
      attemptId,
      tsid,
      accountId: bob.accountId,
      providers: ['acme', 'octo'],
      subjects: { acme: 'stub-bob' },
    });
    await expect(world.client.inject(tsid, 'repos')).resolves.toMatchObject({
      accessToken: expect.stringMatching(/^access-bob/) as unknown as string,
    });
  });

  test('the answer that fails validation takes away nothing that came after it', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    let other = false;
    world.stub.misbehave.set('userinfo', async (_request, response) => {
      if (other) return 'as-usual';
      other = true;
      await world.client.leg(attemptId, 'octo', world.as('bob'));
      send(response, 200, { name: 'nobody' });
      return undefined;
    });
    await expect(world.client.leg(attemptId, 'octo', world.as('alice'))).resolves.toMatchObject({
      outcome: 'refused',
    });
    await expect(
      world.client.ask(sessionOpen, {
        attemptId,
        tsid,
        accountId,
        providers: ['octo'],
        subjects: { octo: 'stub-bob' },
      }),
    ).resolves.toEqual({ bound: ['octo'] });
  });

  test('an attempt that begins legs without end keeps the newest few only', async () => {
    const attemptId = newAttemptId();
    for (let begun = 0; begun < 12; begun += 1)
      await world.client.ask(connectionBegin, { attemptId, provider: 'acme', browserBinding: BROWSER });
    const { rows: found } = await world.rows.query<{ n: number }>({
      name: 'count-legs-of',
      text: 'select count(*)::int as n from pending_legs where attempt_id = $1',
      values: [attemptId],
    });
    expect(found[0]?.n).toBe(8);
  });
});
