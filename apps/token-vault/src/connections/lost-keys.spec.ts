import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { attemptDiscard } from '@gatehouse/contracts/token-vault/attempt-discard';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { sha256 } from '@gatehouse/kernel/digest';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { Metrics } from '@gatehouse/observability/metrics';
import { send, StubProvider } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { oauth2Provider, oidcProvider, tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;
let sts: StubProvider;

beforeAll(async () => {
  sts = await new StubProvider().start();
  world = await startVaultWorld({
    backends: {
      ...ACME_AND_OCTO,
      tickets: tokenExchange(sts.issuer, { subjectProviderName: 'acme' }),
    },
  });
});

beforeEach(async () => {
  world.stub.reset();
  await world.clearLegs();
});

afterAll(async () => {
  await world.close();
  await sts.stop();
});

const statement = async (text: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  (await world.rows.query<Record<string, unknown>>({ name: `lost-keys-${sha256(text)}`, text })).rows;

/** The key that sealed the rows is not configured any more: its id, which stands before them, is another one. */
const lose = (table: string, column: string, where = 'true') =>
  statement(`update ${table} set ${column} = overlay(${column} placing 'lost'::bytea from 3 for 4)
             where ${column} is not null and ${where}`);
const giveBack = (table: string, column: string) =>
  statement(`update ${table} set ${column} = overlay(${column} placing 'test'::bytea from 3 for 4)
             where substring(${column} from 3 for 4) = 'lost'::bytea`);

/** How often operators were told. */
async function told(kind: string): Promise<number> {
  const text = await world.vault.app.get(Metrics).render();
  return Number(
    new RegExp(`^gatehouse_sealed_rows_set_aside_total\\{kind="${kind}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
  );
}

const connectionOf = async (accountId: string) =>
  (
    await statement(`select state, set_aside_at is not null as aside, encode(tokens, 'hex') as tokens, version
                    from connections where account_id = '${accountId}' and provider = 'acme'`)
  )[0];
const ofAccount = (accountId: string) => `account_id = '${accountId}'`;
const NEEDS_USER = { code: 'reauth_required', details: { provider: 'acme' } };

describe('a connection whose key is lost', () => {
  test('asks its user to sign in again, is kept, and is told of once', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    await lose('connections', 'tokens', ofAccount(accountId));
    const [before, toldBefore] = [await connectionOf(accountId), await told('connection')];
    for (let times = 0; times < 3; times += 1)
      await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject(NEEDS_USER);
    await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject(NEEDS_USER);
    expect(await connectionOf(accountId)).toEqual({ ...before, state: 'reauth_required', aside: true });
    expect(await told('connection')).toBe(toldBefore + 1);
    await expect(world.client.ask(connectionList, { accountId })).resolves.toMatchObject({
      connections: [{ provider: 'acme', state: 'reauth_required' }],
    });
    const again = await world.client.signIn({ acme: world.as('alice') }, accountId);
    for (const session of [tsid, again.tsid])
      await expect(world.client.inject(session, 'directory')).resolves.toBeDefined();
    expect(await connectionOf(accountId)).toMatchObject({ state: 'live', aside: false });
  });

  test('works again without its user once the key is back', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const { accessToken } = await world.client.inject(tsid, 'directory');
    await lose('connections', 'tokens', ofAccount(accountId));
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject(NEEDS_USER);
    await giveBack('connections', 'tokens');
    await expect(world.client.inject(tsid, 'directory')).resolves.toMatchObject({ accessToken });
    expect(await connectionOf(accountId)).toMatchObject({ state: 'live', aside: false });
  });

  test.each(['alice', 'bob'])('does not block a new sign-in that nobody asked for, as %s', async (login) => {
    const { accountId } = await world.client.signIn({ acme: world.as('alice') });
    await lose('connections', 'tokens', ofAccount(accountId));
    const { tsid } = await world.client.signIn({ acme: world.as(login) }, accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(await connectionOf(accountId)).toMatchObject({ state: 'live', aside: false });
  });

  test('is not refreshed, and a refresh whose answer does not open does not send the old token again', async () => {
    for (const [column, extra] of [
      ['tokens', ''],
      ['answer', ', answer = tokens'],
    ] as const) {
      const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
      await statement(
        `update connections set access_expires_at = now() - interval '1 second'${extra} where ${ofAccount(accountId)}`,
      );
      await lose('connections', column, ofAccount(accountId));
      for (let times = 0; times < 2; times += 1)
        await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject(NEEDS_USER);
      expect(world.stub.counts.refresh).toBe(0);
      expect(await connectionOf(accountId)).toMatchObject({ state: 'reauth_required', aside: true });
    }
  });

  test('can be disconnected', async () => {
    const { accountId } = await world.client.signIn({ acme: world.as('alice') });
    await lose('connections', 'tokens', ofAccount(accountId));
    await expect(world.client.ask(connectionRevoke, { accountId, provider: 'acme' })).resolves.toEqual({
      revoked: true,
    });
    expect(await connectionOf(accountId)).toBeUndefined();
  });

  test('is not truly lost to a refresh token that the provider has ended: that stays as it is', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    await statement(`update connections set state = 'reauth_required' where ${ofAccount(accountId)}`);
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject(NEEDS_USER);
    expect(await connectionOf(accountId)).toMatchObject({ state: 'reauth_required', aside: false });
  });
});

describe('what an attempt keeps, when its key is lost', () => {
  const SUBJECTS = { acme: 'stub-alice' };

  test('names the provider that has to be visited again, which then works', async () => {
    const [attemptId, accountId, tsid] = [newAttemptId(), newAccountId(), newSessionId()];
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    await lose('staged_connections', 'sealed');
    const toldBefore = await told('staged_connection');
    const open = () =>
      world.client.ask(sessionOpen, { attemptId, tsid, accountId, providers: ['acme'], subjects: SUBJECTS });
    const adopt = () =>
      world.client.ask(connectionAdopt, { attemptId, accountId, provider: 'acme', subject: 'stub-alice' });
    for (const take of [open, adopt])
      await expect(take()).rejects.toMatchObject({
        code: 'connection_missing',
        details: { provider: 'acme' },
      });
    expect(await told('staged_connection')).toBeGreaterThan(toldBefore);
    expect(await statement('select set_aside_at is not null as aside from staged_connections')).toEqual([
      { aside: true },
    ]);
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    await expect(open()).resolves.toEqual({ bound: ['acme'] });
  });

  test('does not keep the attempt from being given up', async () => {
    const attemptId = newAttemptId();
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    await lose('staged_connections', 'sealed');
    await expect(world.client.ask(attemptDiscard, { attemptId })).resolves.toEqual({ discarded: 1 });
    expect(await world.stagedCount()).toBe(0);
  });

  test('makes a leg that comes back fail, not the whole sign-in', async () => {
    const attemptId = newAttemptId();
    const { authorizationUrl } = await world.client.ask(connectionBegin, {
      attemptId,
      provider: 'acme',
      browserBinding: BROWSER,
    });
    await lose('pending_legs', 'secrets');
    const query = world.as('alice')(authorizationUrl);
    await expect(world.client.complete(query, { callback: 'acme' })).resolves.toEqual({
      outcome: 'refused',
      attemptId,
      provider: 'acme',
      reason: 'invalid_response',
    });
    await expect(world.client.leg(attemptId, 'acme', world.as('alice'))).resolves.toMatchObject({
      outcome: 'completed',
    });
  });
});

test('a token that was to be revoked and does not open blocks no other, and is revoked once its key is back', async () => {
  const revokeAs = async (login: string): Promise<void> => {
    const { accountId } = await world.client.signIn({ acme: world.as(login) });
    await world.client.ask(connectionRevoke, { accountId, provider: 'acme' });
  };
  world.stub.misbehave.set('revoke', (_request, response) => send(response, 503, {}));
  await revokeAs('alice');
  await world.revoked();
  world.stub.misbehave.clear();
  world.stub.revoked.length = 0;
  await lose('revocation_outbox', 'token');
  await statement('update revocation_outbox set next_attempt_at = now()');
  await revokeAs('bob');
  expect(await world.revoked()).toHaveLength(1);
  expect(
    await statement(
      'select token is not null as kept, set_aside_at is not null as aside from revocation_outbox where done_at is null',
    ),
  ).toEqual([{ kept: true, aside: true }]);
  await giveBack('revocation_outbox', 'token');
  await statement('update revocation_outbox set next_attempt_at = now() where done_at is null');
  expect(await world.revoked()).toHaveLength(2);
});

test('an exchanged token that does not open is exchanged anew', async () => {
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  const { accessToken } = await world.client.exchange(tsid, 'tickets');
  await lose('exchanged_tokens', 'token');
  const { accessToken: next } = await world.client.exchange(tsid, 'tickets');
  expect(next).not.toBe(accessToken);
});

test('a vault that lost its key altogether signs everybody in again', async () => {
  const own = await startVaultWorld({ backends: ACME_AND_OCTO });
  const { accountId, tsid } = await own.client.signIn({ acme: own.as('alice'), octo: own.as('alice') });
  await own.vault.close();
  const key = { id: 'next', key: new Secret(randomBytes(32).toString('base64url')) };
  const next = await own.startVault({
    providers: [oidcProvider('acme', own.stub.issuer), oauth2Provider('octo', own.stub.issuer)],
    backends: ACME_AND_OCTO,
    keyEncryptionKeys: [key],
  });
  await expect(next.client.inject(tsid, 'directory')).rejects.toMatchObject(NEEDS_USER);
  const again = await next.client.signIn({ acme: own.as('alice'), octo: own.as('alice') }, accountId);
  for (const backend of ['directory', 'repos'])
    for (const session of [tsid, again.tsid])
      await expect(next.client.inject(session, backend)).resolves.toBeDefined();
  await next.close();
  await own.close();
});
