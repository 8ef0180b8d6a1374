import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { providerHealth, type ProviderView } from '@gatehouse/contracts/token-vault/provider-health';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { until } from '@gatehouse/testing/until';
import { send } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { ProviderHealth } from './provider-health.flow.js';
import { ProviderHealthStore } from './provider-health.store.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({ backends: ACME_AND_OCTO, replicas: 2 });
});
beforeEach(() => world.stub.reset());
afterAll(() => world.close());

const healthOf = async (name: string): Promise<ProviderView> => {
  const { providers } = await world.client.ask(providerHealth, {});
  expect(providers.map(({ provider }) => provider)).toEqual(['acme', 'octo']);
  return providers.find(({ provider }) => provider === name) ?? { provider: name, state: 'unknown' };
};

/** It is written beside the answer, and by whichever replica asked. */
async function becomes(name: string, state: ProviderView['state']): Promise<ProviderView> {
  await until(async () => (await healthOf(name)).state === state);
  return await healthOf(name);
}

/** A refresh of somebody at acme, now. */
async function refreshed({ tsid, accountId }: { readonly tsid: string; readonly accountId: string }) {
  await world.rows.query({
    name: 'spec-refresh-now',
    text: `update connections set access_expires_at = now() - interval '1 second', next_attempt_at = null,
      lease_owner = null, lease_until = null where account_id = $1`,
    values: [accountId],
  });
  return await world.client.inject(tsid, 'directory');
}

const begun = async (provider: string): Promise<string> => {
  const leg = { attemptId: newAttemptId(), provider, browserBinding: BROWSER };
  return (await world.client.ask(connectionBegin, leg)).authorizationUrl;
};

const REFUSED = { code: 'provider_unavailable' };

/** A replica that has failed asks again after a while, and until then it refuses by itself. */
async function refusedUntil(
  session: Parameters<typeof refreshed>[0],
  found: (view: ProviderView) => boolean,
): Promise<ProviderView> {
  let view = await healthOf('acme');
  await until(async () => {
    await expect(refreshed(session)).rejects.toMatchObject(REFUSED);
    view = await healthOf('acme');
    return found(view);
  });
  return view;
}

async function signedIn() {
  let session = { tsid: '', accountId: '' };
  await until(async () => {
    session = await world.client.signIn({ acme: world.as('alice') }).catch(() => session);
    return session.tsid !== '';
  });
  return session;
}

const refreshedAgain = async (session: Parameters<typeof refreshed>[0]): Promise<void> => {
  await until(
    async () =>
      await refreshed(session).then(
        () => true,
        () => false,
      ),
  );
};

test('a provider is unknown until it is needed, then works, is unavailable, or needs somebody to look into it', async () => {
  expect(await healthOf('acme')).toEqual({ provider: 'acme', state: 'unknown' });
  world.stub.misbehave.set('discovery', (_request, response) => send(response, 500, {}));
  await expect(begun('acme')).rejects.toMatchObject(REFUSED);
  const unfound = await becomes('acme', 'unavailable');
  expect(unfound).toEqual({
    provider: 'acme',
    state: 'unavailable',
    sinceMs: expect.any(Number),
    failure: { kind: 'http_error', status: 500, atMs: expect.any(Number) },
  });

  world.stub.reset();
  const session = await signedIn();
  const working = await becomes('acme', 'working');
  expect(working).toMatchObject({ sinceMs: expect.any(Number), answeredAtMs: expect.any(Number) });
  expect(working.sinceMs).toBeGreaterThan(unfound.sinceMs ?? Infinity);

  world.stub.misbehave.set('token', (_request, response) =>
    send(response, 503, { words: 'of the provider' }),
  );
  const away = await refusedUntil(session, ({ failure }) => failure?.status === 503);
  expect(away.state).toBe('unavailable');
  expect(away.failure).toEqual({ kind: 'http_error', status: 503, atMs: expect.any(Number) });
  expect(away.sinceMs).toBeGreaterThan(working.sinceMs ?? 0);

  world.stub.misbehave.set('token', (_request, response) =>
    send(response, 401, { error: 'invalid_client', error_description: 'words of the provider' }),
  );
  const failing = await refusedUntil(session, ({ state }) => state === 'failing');
  expect(failing.failure).toMatchObject({ kind: 'oauth_error', status: 401 });
  // It has not worked in between.
  expect(failing.sinceMs).toBe(away.sinceMs);
  expect(JSON.stringify([away, failing])).not.toContain('words');

  world.stub.reset();
  await refreshedAgain(session);
  const again = await becomes('acme', 'working');
  expect(again.sinceMs).toBeGreaterThan(failing.failure?.atMs ?? Infinity);
  // What went wrong last stays there to be read.
  expect(again.failure).toBeDefined();
  expect(await healthOf('octo')).toEqual({ provider: 'octo', state: 'unknown' });
});

test('one that cannot be reached at all is unavailable, and works again once it can', async () => {
  const session = await signedIn();
  await world.stub.stop();
  try {
    const { state } = await refusedUntil(session, ({ failure }) => failure?.kind === 'unreachable');
    expect(state).toBe('unavailable');
  } finally {
    await world.stub.start();
  }
  await refreshedAgain(session);
  await becomes('acme', 'working');
});

test('attack: a person cannot say that a provider fails, by what their browser brings or by somebody else’s code', async () => {
  await world.client.signIn({ octo: world.as('alice') });
  const before = await becomes('octo', 'working');
  for (const answer of ['error=server_error', 'error=temporarily_unavailable', 'error=invalid_request']) {
    const state = new URL(await begun('octo')).searchParams.get('state') ?? '';
    await world.client.complete(`${answer}&state=${state}`, {}).catch(() => undefined);
  }
  const guessed = await world.client.leg(newAttemptId(), 'octo', (url) =>
    world.stub.callbackQuery(url, 'mallory').replace(/code=[^&]+/, 'code=guessed'),
  );
  expect(guessed).toMatchObject({ outcome: 'refused' });
  for (const replica of world.vault.replicas) await replica.get(ProviderHealth).settled();
  const after = await healthOf('octo');
  expect(after).toMatchObject({ state: 'working', sinceMs: before.sinceMs });
  expect(after.failure).toBeUndefined();
});

test('what one replica found out earlier and writes later changes nothing', async () => {
  const [one, other] = world.vault.replicas.map((replica) => replica.get(ProviderHealthStore));
  await world.rows.query({
    name: 'spec-health-anew',
    text: `update provider_health set answered_at = null, failed_at = null, failure = null where provider = 'octo'`,
    values: [],
  });
  const failed = { kind: 'failed', failure: 'http_error', status: 502, passing: true } as const;
  await one?.note('octo', { kind: 'answered' }, 60_000);
  await one?.note('octo', failed, 30_000);
  const away = await healthOf('octo');
  expect(away).toMatchObject({ state: 'unavailable', failure: { status: 502 } });
  await other?.note('octo', { kind: 'answered' }, 40_000);
  expect(await healthOf('octo')).toMatchObject({ state: 'unavailable', sinceMs: away.sinceMs });
  await one?.note('octo', { kind: 'answered' }, 10_000);
  const working = await healthOf('octo');
  expect(working.state).toBe('working');
  await other?.note('octo', { ...failed, status: 503 }, 20_000);
  expect(await healthOf('octo')).toMatchObject({ state: 'working', sinceMs: working.sinceMs });
});
