import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAccountId, newAttemptId } from '@gatehouse/kernel/ids';
import { LackingScopeStore } from '../connections/lacking-scope.store.js';
import { StepUp } from '../credentials/step-up.flow.js';
import type { ProviderRegistry } from '../providers/provider-registry.js';
import { mcpProvider } from '../testing/mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';
import { BROWSER } from '../testing/vault-client.js';

let world: McpWorld;

beforeAll(async () => {
  world = await startMcpWorld({
    replicas: 2,
    providers: ({ backend, lure }) => [
      mcpProvider('notes', backend),
      mcpProvider('pinned', lure, {}, { scopes: ['read'] }),
    ],
  });
});
beforeEach(() => resetStubs(world));
afterAll(() => world.close());

const signIn = async (accountId = newAccountId(), provider = 'notes') =>
  await world.client.signIn({ [provider]: world.asAtBackend('alice') }, accountId);

const askedOf = async (accountId: string | undefined, provider = 'notes'): Promise<readonly string[]> => {
  const { authorizationUrl } = await world.client.ask(connectionBegin, {
    attemptId: newAttemptId(),
    provider,
    browserBinding: BROWSER,
    ...(accountId === undefined ? {} : { accountId }),
  });
  return (new URL(authorizationUrl).searchParams.get('scope') ?? '').split(' ').toSorted();
};

// MCP 2025-11-25, authorization.
test('a person whose token has too few scopes is asked, and the next sign-in asks for what was granted and what was missed', async () => {
  const { tsid, accountId } = await signIn();
  const { accessToken } = await world.client.inject(tsid, 'notes');
  await expect(world.client.inject(tsid, 'notes', accessToken, 'notes write')).rejects.toThrow(
    /insufficient_scope/,
  );
  // The token is still good for everything else, and was not renewed.
  expect((await world.client.inject(tsid, 'notes')).accessToken).toBe(accessToken);
  await expect(world.client.inject(tsid, 'notes', accessToken, 'admin')).rejects.toThrow(
    /insufficient_scope/,
  );
  expect(await askedOf(accountId)).toEqual(['admin', 'notes', 'write']);

  const attemptId = newAttemptId();
  const { authorizationUrl } = await world.client.ask(connectionBegin, {
    attemptId,
    provider: 'notes',
    browserBinding: BROWSER,
    accountId,
  });
  await world.client.complete(await world.asAtBackend('alice')(authorizationUrl), { callback: 'notes' });
  const subject = `gatehouse:account:${accountId}`;
  await world.client.ask(connectionAdopt, { attemptId, accountId, provider: 'notes', subject });
  const after = await world.client.inject(tsid, 'notes');
  expect(world.authorization.introspect(after.accessToken)?.scope.split(' ').toSorted()).toEqual([
    'admin',
    'notes',
    'write',
  ]);
  // A call that was refused with the token of before gets the new one.
  expect((await world.client.inject(tsid, 'notes', accessToken, 'write')).accessToken).toBe(
    after.accessToken,
  );
  // It has all that the backend names: nothing is gained by asking again.
  expect((await world.client.inject(tsid, 'notes', after.accessToken, 'write')).accessToken).toBe(
    after.accessToken,
  );
  expect(await askedOf(accountId)).toEqual(['notes']);
});

// RFC 6749, section 6.
test('a refresh that says nothing of scopes leaves those that were granted, so what is missed is still missed', async () => {
  world.authorization.tokenAnswer = { scope: 'notes-light' };
  const { tsid, accountId } = await signIn();
  world.authorization.tokenAnswer = { scope: undefined };
  await world.expire(accountId);
  const { accessToken } = await world.client.inject(tsid, 'notes');
  world.authorization.tokenAnswer = {};
  await expect(world.client.inject(tsid, 'notes', accessToken, 'notes')).rejects.toThrow(
    /insufficient_scope/,
  );
  expect(await askedOf(accountId)).toEqual(['notes', 'notes-light']);
});

test('scopes that were missed are asked for within the hour: a provider that knows one of them not may send nobody back', async () => {
  const { tsid, accountId } = await signIn();
  const { accessToken } = await world.client.inject(tsid, 'notes');
  const misses = async (scope: string) =>
    await expect(world.client.inject(tsid, 'notes', accessToken, scope)).rejects.toThrow(
      /insufficient_scope/,
    );
  await misses('write');
  expect(await askedOf(accountId)).toEqual(['notes', 'write']);
  await world.rows.query({
    name: 'lacking-pass',
    text: `update connections set lacking_at = lacking_at - interval '61 minutes' where account_id = $1`,
    values: [accountId],
  });
  expect(await askedOf(accountId)).toEqual(['notes']);
  // What was noted before does not come back with what is missed now.
  await misses('admin');
  expect(await askedOf(accountId)).toEqual(['admin', 'notes']);
});

test('what a replica of the release before notes after a sign-in, without a time, is asked for', async () => {
  const accountId = newAccountId();
  const { tsid } = await signIn(accountId);
  const { accessToken } = await world.client.inject(tsid, 'notes');
  await expect(world.client.inject(tsid, 'notes', accessToken, 'write')).rejects.toThrow(
    /insufficient_scope/,
  );
  await world.rows.query({
    name: 'lacking-long-ago',
    text: `update connections set lacking_at = now() - interval '2 days' where account_id = $1`,
    values: [accountId],
  });
  await signIn(accountId);
  expect(await askedOf(accountId)).toEqual(['notes']);
  await world.rows.query({
    name: 'lacking-of-before',
    text: `update connections set lacking_scopes = '{admin}' where account_id = $1`,
    values: [accountId],
  });
  expect(await askedOf(accountId)).toEqual(['admin', 'notes']);
});

test('attack: what one person’s token lacks is asked of another person', async () => {
  const [alice, bob] = [await signIn(), await signIn()];
  const { accessToken } = await world.client.inject(alice.tsid, 'notes');
  await expect(world.client.inject(alice.tsid, 'notes', accessToken, 'write')).rejects.toThrow();
  expect(await askedOf(bob.accountId)).toEqual(['notes']);
  expect(await askedOf(undefined)).toEqual(['notes']);
});

test('attack: a backend names scopes that are none, or ever more of them', async () => {
  const { tsid, accountId } = await signIn();
  const { accessToken } = await world.client.inject(tsid, 'notes');
  const before = (await world.client.inject(tsid, 'notes', accessToken, 'a"b \u0000 ☃')).accessToken;
  expect(before).toBe(accessToken);
  for (let round = 0; round < 6; round += 1) {
    const scopes = Array.from({ length: 90 }, (_, index) => `scope-${round}-${index}-${'x'.repeat(30)}`).join(
      ' ',
    );
    await expect(world.client.inject(tsid, 'notes', accessToken, scopes)).rejects.toThrow(
      /insufficient_scope/,
    );
  }
  const asked = await askedOf(accountId);
  expect(asked.length).toBeLessThanOrEqual(101);
  expect(asked).toContain('notes');
});

test('attack: a backend gets more than the operator allows', async () => {
  const { tsid, accountId } = await signIn(newAccountId(), 'pinned');
  const { accessToken } = await world.client.inject(tsid, 'pinned');
  expect((await world.client.inject(tsid, 'pinned', accessToken, 'write')).accessToken).toBe(accessToken);
  expect(await askedOf(accountId, 'pinned')).toEqual(['read']);
});

test('attack: a backend makes people give it more at a provider that is not its own', async () => {
  const registry = { find: () => ({ protocol: { type: 'oidc' }, scopes: [] }) };
  const note = jest.fn<LackingScopeStore['note']>();
  const stepUp = new StepUp(
    registry as unknown as ProviderRegistry,
    { note } as never,
    {} as never,
    {} as never,
  );
  await stepUp.ask({ id: 'c', provider: 'acme' } as never, 'admin');
  expect(note).not.toHaveBeenCalled();
});
