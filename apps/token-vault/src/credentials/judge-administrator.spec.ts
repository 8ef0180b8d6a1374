import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { accessJudge } from '@gatehouse/contracts/token-vault/access-judge';
import { newAttemptId } from '@gatehouse/kernel/ids';
import type { z } from 'zod';
import { send } from '../testing/stub-provider.js';
import { oidcProvider } from '../testing/vault-config.js';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

/** Who may administer: by policies of their own, and by those about sign-ins. */

const policy = (text: string) => ({ path: [], text });
const rules = (...policies: readonly string[]) =>
  ({
    provider: 'acme',
    from: 'idToken',
    policies: policies.map(policy),
    groupClaims: ['groups'],
    groupEntityType: 'Group',
  }) as const;
const ACCESS = rules('permit(principal in Group::"eng", action, resource);');
const ADMINISTRATORS = rules('permit(principal in Group::"ops", action == Action::"administer", resource);');

let world: VaultWorld;
/** It has no policies about administrators. */
let without: VaultWorld;
beforeAll(async () => {
  const providers = ({ issuer }: { readonly issuer: string }) => [oidcProvider('acme', issuer)];
  [world, without] = await Promise.all([
    startVaultWorld({ providers, access: ACCESS, administrators: ADMINISTRATORS }),
    startVaultWorld({ providers, access: ACCESS }),
  ]);
});
beforeEach(() => {
  world.stub.reset();
  without.stub.reset();
});
afterAll(async () => {
  await Promise.all([world.close(), without.close()]);
});

const ask = async (request: z.input<typeof accessJudge.request>, at = world) =>
  await at.client.ask(accessJudge, request);

/** Its provider is asked again after a while. */
async function age(accountId: string): Promise<void> {
  await world.rows.query({
    name: 'age-tokens-of-administrators',
    text: `update connections set access_obtained_at = now() - interval '1 minute' where account_id = $1`,
    values: [accountId],
  });
}

async function verdictOn(groups: readonly string[], action?: 'administer', at = world) {
  at.stub.claims = { groups: [...groups] };
  const attemptId = newAttemptId();
  await at.client.leg(attemptId, 'acme', at.as('alice'));
  const request = { of: 'attempt', attemptId, subject: 'stub-alice' } as const;
  return (await ask(action === undefined ? request : { ...request, action }, at)).verdict;
}

test('attack: who may sign in does not administer for that, and who may administer has to be let in as well', async () => {
  expect(await verdictOn(['eng'], 'administer')).toBe('refused');
  expect(await verdictOn(['ops'], 'administer')).toBe('refused');
  expect(await verdictOn(['eng', 'ops'], 'administer')).toBe('admitted');
  expect(await verdictOn(['eng'])).toBe('admitted');
});

test('attack: without policies about administrators nobody administers, whoever asks', async () => {
  await expect(verdictOn(['eng', 'ops'], 'administer', without)).rejects.toMatchObject({
    code: 'provider_unavailable',
  });
});

test('attack: a group that somebody lost while the provider is away: what it said in the last hour does not count', async () => {
  world.stub.claims = { groups: ['eng', 'ops'] };
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('bob') });
  expect(await ask({ of: 'session', tsid, action: 'administer' })).toEqual({ verdict: 'admitted' });
  world.stub.claims = { groups: ['eng'] };
  await age(accountId);
  expect((await ask({ of: 'session', tsid, action: 'administer' })).verdict).toBe('refused');
  world.stub.misbehave.set('token', (_request, response) => {
    send(response, 503, {});
    return Promise.resolve('done');
  });
  await age(accountId);
  await expect(ask({ of: 'session', tsid, action: 'administer' })).rejects.toMatchObject({
    code: 'provider_unavailable',
  });
  expect(await ask({ of: 'session', tsid })).toEqual({ verdict: 'admitted' });
});
