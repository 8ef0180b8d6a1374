import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionList } from '@gatehouse/contracts/token-vault/connection-list';
import { connectionRevoke } from '@gatehouse/contracts/token-vault/connection-revoke';
import { secretEnter } from '@gatehouse/contracts/token-vault/secret-enter';
import { sessionClose } from '@gatehouse/contracts/token-vault/session-close';
import { startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

const KEY = 'sk-live-0123456789abcdef';
let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld({
    replicas: 2,
    userSecrets: [{ name: 'jira', label: 'Jira API token' }],
    backends: {
      issues: {
        type: 'upstreamInject',
        providerName: 'jira',
        header: { headerName: 'X-Api-Key', scheme: '' },
      },
      repos: { type: 'upstreamInject', providerName: 'octo' },
    },
  });
});
afterAll(() => world.close());

const enter = async (accountId: string, secret: unknown, name = 'jira') =>
  await world.client.ask(secretEnter, {
    accountId,
    name,
    sealedSecret: await world.client.sealForVault({ secret }),
  });
const signIn = async (login: string, accountId?: string) =>
  await world.client.signIn({ acme: world.as(login) }, accountId);
const released = async (tsid: string) => (await world.client.inject(tsid, 'issues')).accessToken;

describe('a secret that a person entered', () => {
  test('is released to their open sessions at once, whichever replica is asked, and to later ones', async () => {
    const { tsid, accountId } = await signIn('alice');
    await expect(released(tsid)).rejects.toMatchObject({
      code: 'connection_missing',
      details: { provider: 'jira', secret: 'Jira API token' },
    });
    await enter(accountId, KEY);
    for (let time = 0; time < 4; time += 1) expect(await released(tsid)).toBe(KEY);
    const later = await signIn('alice', accountId);
    expect(await released(later.tsid)).toBe(KEY);
    await enter(accountId, 'another-key');
    for (const session of [tsid, later.tsid]) expect(await released(session)).toBe('another-key');
  });

  test('is each person’s own', async () => {
    const [alice, bob] = [await signIn('alice'), await signIn('bob')];
    await enter(alice.accountId, 'of-alice');
    await expect(released(bob.tsid)).rejects.toMatchObject({ code: 'connection_missing' });
    await enter(bob.accountId, 'of-bob');
    expect([await released(alice.tsid), await released(bob.tsid)]).toEqual(['of-alice', 'of-bob']);
  });

  test('is listed without itself, and is gone when it is removed: nothing of it is kept to be revoked', async () => {
    const { tsid, accountId } = await signIn('carol');
    await enter(accountId, KEY);
    const { connections } = await world.client.ask(connectionList, { accountId });
    expect(connections.map(({ provider }) => provider).toSorted()).toEqual(['acme', 'jira']);
    expect(JSON.stringify(connections)).not.toContain(KEY);
    const before = await outboxed();
    expect(await world.client.ask(connectionRevoke, { accountId, provider: 'jira' })).toEqual({
      revoked: true,
    });
    expect(await outboxed()).toBe(before);
    await expect(released(tsid)).rejects.toMatchObject({ code: 'connection_missing' });
    expect(await world.revoked()).not.toContain(KEY);
  });

  test('that a backend refused is asked for again, however new it is; a replaced one is not', async () => {
    const { tsid, accountId } = await signIn('dora');
    await enter(accountId, 'wrong');
    await released(tsid);
    await expect(world.client.inject(tsid, 'issues', 'wrong')).rejects.toMatchObject({
      code: 'reauth_required',
      details: { provider: 'jira', secret: 'Jira API token' },
    });
    await enter(accountId, 'right');
    expect((await world.client.inject(tsid, 'issues', 'wrong')).accessToken).toBe('right');
  });

  test('is entered in the custody log whenever it is released, as a fingerprint', async () => {
    const { tsid, accountId } = await signIn('erin');
    await enter(accountId, KEY);
    await released(tsid);
    const { rows } = await world.rows.query<{ backend: string; provider: string; row: string }>({
      name: 'custody-of-secret',
      text: 'select backend, provider, c::text as row from custody_log c where tsid = $1',
      values: [tsid],
    });
    expect(rows).toMatchObject([{ backend: 'issues', provider: 'jira' }]);
    expect(rows[0]?.row).not.toContain(KEY);
  });
});

describe('attacks on secrets of people', () => {
  test('a closed session gets none', async () => {
    const { tsid, accountId } = await signIn('frank');
    await enter(accountId, KEY);
    await world.client.ask(sessionClose, { tsid });
    await expect(released(tsid)).rejects.toMatchObject({ code: 'session_closed' });
  });

  test('a name that meant a provider in an earlier configuration gives no token of that provider to a backend, and the other way round', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('hana'), octo: world.as('hana') });
    await enter(accountId, KEY);
    const subjects = async (jira: string, octo: string) =>
      await world.rows.query({
        name: 'earlier-meaning',
        text: `update connections set subject = case provider when 'jira' then $2 else $3 end
               where account_id = $1 and provider in ('jira', 'octo')`,
        values: [accountId, jira, octo],
      });
    await subjects('hana at a provider jira', accountId);
    await expect(released(tsid)).rejects.toMatchObject({ code: 'connection_missing' });
    await expect(world.client.inject(tsid, 'repos')).rejects.toMatchObject({ code: 'connection_missing' });
    // What was entered is shown to no provider either.
    const before = await outboxed();
    await world.client.ask(connectionRevoke, { accountId, provider: 'octo' });
    expect(await outboxed()).toBe(before);
  });

  test('a row that is moved to another account does not open', async () => {
    const [alice, mallory] = [await signIn('gina'), await signIn('mallory')];
    await enter(alice.accountId, KEY);
    await enter(mallory.accountId, 'of-mallory');
    await world.rows.query({
      name: 'steal-secret',
      text: `update connections m set tokens = a.tokens from connections a
             where m.account_id = $1 and m.provider = 'jira' and a.account_id = $2 and a.provider = 'jira'`,
      values: [mallory.accountId, alice.accountId],
    });
    await expect(released(mallory.tsid)).rejects.toMatchObject({ code: 'reauth_required' });
    // Whoever enters theirs again has it.
    await enter(mallory.accountId, 'again');
    expect(await released(mallory.tsid)).toBe('again');
  });

  test('no column holds it in clear', async () => {
    const { accountId } = await signIn('henry');
    await enter(accountId, KEY);
    const { rows } = await world.rows.query<{ row: string }>({
      name: 'all-of-secret',
      text: `select c::text as row from connections c where account_id = $1`,
      values: [accountId],
    });
    for (const { row } of rows) {
      expect(row).not.toContain(KEY);
      expect(row).not.toContain(Buffer.from(KEY).toString('hex'));
    }
  });

  test('it cannot be entered for a provider, or for a name that is not configured', async () => {
    const { accountId } = await signIn('ida');
    for (const name of ['acme', 'octo', 'nothing'])
      await expect(enter(accountId, KEY, name)).rejects.toMatchObject({ code: 'unknown_provider' });
  });

  test.each([
    ['nothing', ''],
    ['a line break and another header', 'key\r\nX-Admin: 1'],
    ['a line break alone', 'key\nmore'],
    ['a NUL', 'key\0'],
    ['letters of other alphabets', 'ключ'],
    ['blanks around it', ' key '],
    ['more than fits into a header', 'x'.repeat(4_097)],
    ['something that is no text', 7],
  ])('%s is no secret: the vault takes no one’s word for it', async (_what, secret) => {
    const { accountId } = await signIn('jack');
    await expect(enter(accountId, secret)).rejects.toMatchObject({ code: 'request_invalid' });
  });
});

async function outboxed(): Promise<number> {
  const { rows } = await world.rows.query<{ n: number }>({
    name: 'count-revocations',
    text: 'select count(*)::int as n from revocation_outbox',
  });
  return rows[0]?.n ?? -1;
}
