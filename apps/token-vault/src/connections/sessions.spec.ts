import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionAdopt } from '@gatehouse/contracts/token-vault/connection-adopt';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { newAccountId, newAttemptId, newSessionId } from '@gatehouse/kernel/ids';
import { send } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({ backends: ACME_AND_OCTO });
});

beforeEach(() => world.stub.reset());

afterAll(() => world.close());

const ALICE_AT_ACME = { acme: 'stub-alice' };

describe('opening a session', () => {
  test('changes nothing at all when one of its providers is not connected', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    const request = { attemptId, tsid, accountId, subjects: ALICE_AT_ACME };
    await expect(
      world.client.ask(sessionOpen, { ...request, providers: ['acme', 'octo'] }),
    ).rejects.toMatchObject({
      code: 'connection_missing',
      details: { provider: 'octo' },
    });
    await expect(world.client.ask(connectionList, { accountId })).resolves.toEqual({ connections: [] });
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'session_closed' });
    // What was staged is still there for the next try.
    await expect(world.client.ask(sessionOpen, { ...request, providers: ['acme'] })).resolves.toEqual({
      bound: ['acme'],
    });
  });

  test('twice with the same request gives the same answer, ten times at once too', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    const open = () =>
      world.client.ask(sessionOpen, {
        attemptId,
        tsid,
        accountId,
        providers: ['acme'],
        subjects: ALICE_AT_ACME,
      });
    const answers = await Promise.all(Array.from({ length: 10 }, open));
    expect(answers).toEqual(Array(10).fill({ bound: ['acme'] }));
    await expect(
      world.client.ask(sessionOpen, {
        attemptId,
        tsid,
        accountId: newAccountId(),
        providers: [],
        subjects: {},
      }),
    ).rejects.toMatchObject({ code: 'request_invalid' });
  });

  test('after it was closed is refused, even when the closing overtook the opening', async () => {
    const [attemptId, tsid, accountId] = [newAttemptId(), newSessionId(), newAccountId()];
    await expect(world.client.ask(sessionClose, { tsid })).resolves.toEqual({ closed: false });
    await world.client.leg(attemptId, 'acme', world.as('alice'));
    await expect(
      world.client.ask(sessionOpen, {
        attemptId,
        tsid,
        accountId,
        providers: ['acme'],
        subjects: ALICE_AT_ACME,
      }),
    ).rejects.toMatchObject({ code: 'session_closed' });
  });

  test('once it is closed, nothing says whose it was', async () => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    await expect(world.client.ask(sessionClose, { tsid })).resolves.toEqual({ closed: true });
    await expect(world.client.ask(sessionClose, { tsid })).resolves.toEqual({ closed: false });
    const { rows } = await world.rows.query({
      name: 'spec-closed-session',
      text: `select account_id, primary_provider, primary_subject, provider_session, signed_in_at, closed_at is not null as closed
        from sessions where tsid = $1`,
      values: [tsid],
    });
    expect(rows).toEqual([
      {
        account_id: null,
        primary_provider: null,
        primary_subject: null,
        provider_session: null,
        signed_in_at: null,
        closed: true,
      },
    ]);
  });

  test('never adopts a leg that was begun for another account', async () => {
    const [attemptId, victim, thief] = [newAttemptId(), newAccountId(), newAccountId()];
    const { authorizationUrl } = await world.client.ask(connectionBegin, {
      attemptId,
      provider: 'octo',
      browserBinding: BROWSER,
      accountId: victim,
    });
    await world.client.complete(world.as('alice')(authorizationUrl), { callback: 'octo' });
    await expect(
      world.client.ask(sessionOpen, {
        attemptId,
        tsid: newSessionId(),
        accountId: thief,
        providers: [],
        subjects: { octo: 'stub-alice' },
      }),
    ).rejects.toMatchObject({ code: 'attempt_unknown' });
    await expect(
      world.client.ask(connectionAdopt, {
        attemptId,
        accountId: thief,
        provider: 'octo',
        subject: 'stub-alice',
      }),
    ).rejects.toMatchObject({
      code: 'attempt_unknown',
    });
    await expect(
      world.client.ask(connectionAdopt, {
        attemptId,
        accountId: victim,
        provider: 'octo',
        subject: 'stub-alice',
      }),
    ).resolves.toEqual({
      adopted: true,
    });
  });
});

describe('two sessions of one account', () => {
  test('share one connection; closing one leaves the other working', async () => {
    const first = await world.client.signIn({ acme: world.as('alice') });
    const second = await world.client.signIn({ acme: world.as('alice') }, first.accountId);
    const { connections } = await world.client.ask(connectionList, { accountId: first.accountId });
    expect(connections).toHaveLength(1);
    expect((await world.client.inject(first.tsid, 'directory')).accessToken).toBe(
      (await world.client.inject(second.tsid, 'directory')).accessToken,
    );
    await expect(world.client.ask(sessionClose, { tsid: first.tsid })).resolves.toEqual({ closed: true });
    await expect(world.client.inject(first.tsid, 'directory')).rejects.toMatchObject({
      code: 'session_closed',
    });
    await expect(world.client.inject(second.tsid, 'directory')).resolves.toBeDefined();
  });

  test('use what the account connected before without asking the provider again', async () => {
    const { accountId } = await world.client.signIn({ acme: world.as('alice') });
    const redeemed = world.stub.counts.code;
    const tsid = newSessionId();
    await expect(
      world.client.ask(sessionOpen, {
        attemptId: newAttemptId(),
        tsid,
        accountId,
        providers: ['acme'],
        subjects: {},
      }),
    ).resolves.toEqual({ bound: ['acme'] });
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(world.stub.counts.code).toBe(redeemed);
  });

  test('both see a provider that is connected later', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    await expect(world.client.inject(tsid, 'repos')).rejects.toMatchObject({ code: 'connection_missing' });
    const attemptId = newAttemptId();
    await world.client.leg(attemptId, 'octo', world.as('alice'));
    const adopt = () =>
      world.client.ask(connectionAdopt, { attemptId, accountId, provider: 'octo', subject: 'stub-alice' });
    await expect(adopt()).resolves.toEqual({ adopted: true });
    // The reply may be lost.
    await expect(adopt()).resolves.toEqual({ adopted: true });
    await expect(world.client.inject(tsid, 'repos')).resolves.toBeDefined();
  });
});

describe('signing in again at a provider', () => {
  test('that gives no refresh token this time keeps the one it had', async () => {
    const { accountId, tsid } = await world.client.signIn({ acme: world.as('alice') });
    world.stub.givesRefreshToken = false;
    await world.client.signIn({ acme: world.as('alice') }, accountId);
    world.stub.givesRefreshToken = true;
    await world.expire(accountId);
    await expect(world.client.inject(tsid, 'directory')).resolves.toBeDefined();
    expect(world.stub.counts.refresh).toBe(1);
    expect(await world.revoked()).toEqual([]);
  });

  test('as somebody else replaces the connection and gives the other grant back', async () => {
    const { accountId, tsid } = await world.client.signIn({ acme: world.as('alice') });
    await world.client.signIn({ acme: world.as('bob') }, accountId);
    const { connections } = await world.client.ask(connectionList, { accountId });
    expect(connections).toMatchObject([{ provider: 'acme', subject: 'stub-bob' }]);
    expect((await world.client.inject(tsid, 'directory')).accessToken).toMatch(/^access-bob-/);
    expect(await world.revoked()).toHaveLength(1);
  });
});

describe('revoking a connection', () => {
  test('ends it here at once and at the provider for sure, however often that fails first', async () => {
    const { accountId, tsid } = await world.client.signIn({ acme: world.as('alice') });
    let failures = 2;
    world.stub.misbehave.set('revoke', (_request, response) => {
      failures -= 1;
      if (failures < 0) return 'as-usual';
      send(response, 503, {});
      return undefined;
    });
    await expect(world.client.ask(connectionRevoke, { accountId, provider: 'acme' })).resolves.toEqual({
      revoked: true,
    });
    await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({
      code: 'connection_missing',
    });
    await expect(world.client.ask(connectionRevoke, { accountId, provider: 'acme' })).resolves.toEqual({
      revoked: false,
    });
    for (let round = 0; round < 3; round += 1) {
      await world.revoked();
      await world.rows.query({ name: 'due', text: 'update revocation_outbox set next_attempt_at = now()' });
    }
    expect(await world.revoked()).toHaveLength(1);
    const { rows: left } = await world.rows.query({
      name: 'left',
      text: 'select 1 from revocation_outbox where token is not null',
    });
    expect(left).toEqual([]);
  });

  test('of a provider that nobody configured is told apart from one that is not connected', async () => {
    const accountId = newAccountId();
    await expect(world.client.ask(connectionRevoke, { accountId, provider: 'acme' })).resolves.toEqual({
      revoked: false,
    });
    await expect(world.client.ask(connectionRevoke, { accountId, provider: 'nobody' })).rejects.toMatchObject(
      {
        code: 'unknown_provider',
      },
    );
  });
});

describe('somebody who can write to the database', () => {
  test('gains nothing by copying another account’s tokens into a row of their own: it does not open', async () => {
    const victim = await world.client.signIn({ acme: world.as('alice') });
    const thief = await world.client.signIn({ acme: world.as('mallory') });
    await world.rows.query({
      name: 'copy-tokens',
      text: `update connections set tokens = (select tokens from connections where account_id = $1) where account_id = $2`,
      values: [victim.accountId, thief.accountId],
    });
    await expect(world.client.inject(thief.tsid, 'directory')).rejects.toMatchObject({
      code: 'reauth_required',
    });
    await expect(world.client.inject(victim.tsid, 'directory')).resolves.toBeDefined();
  });

  test('gains nothing by binding another account’s connection to a session of their own', async () => {
    const victim = await world.client.signIn({ acme: world.as('alice') });
    const thief = await world.client.signIn({ octo: world.as('mallory') });
    await world.rows.query({
      name: 'bind-foreign',
      text: 'insert into session_connections select $1, id from connections where account_id = $2',
      values: [thief.tsid, victim.accountId],
    });
    await expect(world.client.inject(thief.tsid, 'directory')).rejects.toMatchObject({
      code: 'connection_missing',
    });
  });
});
