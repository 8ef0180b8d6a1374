import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROFILE_NAMES, type ProfileName } from '@gatehouse/config/model/profile-names';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { DOCUMENTED_OAUTH } from './testing/documented-oauth.js';
import { DOCUMENTED_OPENID } from './testing/documented-openid.js';
import { movedTo, profiledProvider } from './testing/profiled-provider.js';
import { SimulatedProvider, type Documented } from './testing/simulated-provider.js';
import { startVaultWorld, type VaultWorld } from './testing/vault-world.js';

const DOCUMENTED: Readonly<Record<ProfileName, Documented>> = { ...DOCUMENTED_OPENID, ...DOCUMENTED_OAUTH };

const simulated = new Map<ProfileName, SimulatedProvider>();
let world: VaultWorld;

const simulationOf = (name: ProfileName): SimulatedProvider => {
  const simulation = simulated.get(name);
  if (simulation === undefined) throw new Error('not started');
  return simulation;
};

beforeAll(async () => {
  await Promise.all(
    PROFILE_NAMES.map(async (name) => {
      simulated.set(name, await new SimulatedProvider(DOCUMENTED[name]).start());
    }),
  );
  world = await startVaultWorld({
    providers: () =>
      PROFILE_NAMES.map((name) =>
        movedTo(simulationOf(name).issuer, profiledProvider(name, DOCUMENTED[name].written)),
      ),
    backends: Object.fromEntries(
      PROFILE_NAMES.map((name) => [`at-${name}`, { type: 'upstreamInject', providerName: name }]),
    ),
  });
});

afterAll(async () => {
  await world.close();
  await Promise.all([...simulated.values()].map((simulation) => simulation.stop()));
});

describe.each(PROFILE_NAMES)('provider: %s, at a provider that behaves as it is documented', (name) => {
  const documented = DOCUMENTED[name];
  const alice = (url: string) => simulationOf(name).callbackQuery(url, 'alice');
  const signIn = (accountId?: string) => world.client.signIn({ [name]: alice }, accountId);
  const credential = async (tsid: string) => (await world.client.inject(tsid, `at-${name}`)).accessToken;

  test('a person signs in, and is who the documentation says', async () => {
    expect(await world.client.leg(newAttemptId(), name, alice)).toMatchObject({
      outcome: 'completed',
      identity: { subject: documented.subject('alice') },
    });
  });

  test('calls get a credential that is renewed once it has expired, and again', async () => {
    const { tsid, accountId } = await signIn();
    const tokens = [await credential(tsid)];
    while (tokens.length < 3) {
      await world.expire(accountId);
      tokens.push(await credential(tsid));
    }
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(token).toMatch(/^access-alice-/);
  });

  test('a grant that is lost asks the person, who connects again', async () => {
    const { tsid, accountId } = await signIn();
    simulationOf(name).endAllGrants();
    await world.expire(accountId);
    await expect(lost(() => credential(tsid), accountId)).resolves.toBe('reauth_required');
    const again = await signIn(accountId);
    expect(await credential(again.tsid)).toMatch(/^access-alice-/);
  });

  test('an ended connection is given back where the provider offers that', async () => {
    const simulation = simulationOf(name);
    const { accountId } = await signIn();
    await world.client.ask(connectionRevoke, { accountId, provider: name });
    await world.settled();
    expect(simulation.counts.revoke > 0).toBe(documented.revoke !== undefined);
  });
});

/** What a caller is told of a lost grant, at the latest when the provider was asked a second time. */
async function lost(call: () => Promise<string>, accountId: string): Promise<unknown> {
  for (const attempt of [1, 2]) {
    const code = await call().then(
      () => 'released',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
    if (code !== 'provider_unavailable' || attempt === 2) return code;
    await world.rows.query({
      name: 'rest-is-over',
      text: 'update connections set next_attempt_at = null where account_id = $1',
      values: [accountId],
    });
  }
  return undefined;
}
