import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '@gatehouse/persistence/database';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestDatabase, type TestDatabase } from '@gatehouse/testing/postgres';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { StubProvider } from '../testing/stub-provider.js';
import { startTestVault, type TestVault } from '../testing/test-vault.js';
import { oidcProvider } from '../testing/vault-config.js';
import { VerifyCustodyLog } from './verify-custody-log.js';

interface Row {
  readonly sequence: number;
  readonly tsid: string;
  readonly kind: string;
  readonly backend: string;
}

let database: TestDatabase;
let nats: TestNats;
let stub: StubProvider;
let vault: TestVault;
let rows: Database;
let tsid: string;

beforeAll(async () => {
  [database, nats, stub] = await Promise.all([startTestDatabase('token-vault'), startTestNats(), new StubProvider().start()]);
});

beforeEach(async () => {
  vault = await startTestVault({
    databaseUrl: database.url,
    nats,
    log: new SilentLog(),
    providers: [oidcProvider('acme', stub.issuer)],
    backends: { directory: { type: 'upstreamInject', providerName: 'acme' } },
  });
  rows = vault.app.get(Database);
  await tamper('delete from custody_log');
  ({ tsid } = await vault.client.signIn({ acme: (url) => stub.callbackQuery(url, 'alice') }));
  await Promise.all(Array.from({ length: 25 }, () => vault.client.inject(tsid, 'directory')));
  await vault.client.inject(tsid, 'directory');
}, 20_000);

afterAll(async () => {
  await Promise.all([stub.stop(), nats.close(), database.close()]);
});

const close = () => vault.close();

/** What somebody with the table's owner's rights can do. */
async function tamper(text: string): Promise<void> {
  await rows.transaction(async (tx) => {
    await tx.query({ name: 'off', text: 'alter table custody_log disable trigger all' });
    await tx.query({ name: `tamper ${text.slice(0, 40)}`, text });
    await tx.query({ name: 'on', text: 'alter table custody_log enable trigger all' });
  });
}

const verify = (...heads: Parameters<VerifyCustodyLog['run']>) => vault.app.get(VerifyCustodyLog).run(...heads);

describe('the custody log', () => {
  test('has one entry per release, without gaps and without the token, and verifies', async () => {
    const { rows: entries } = await rows.query<Row>({
      name: 'entries',
      text: 'select sequence, tsid, kind, backend from custody_log order by sequence',
    });
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
    expect(entries[0]).toMatchObject({ tsid, kind: 'inject', backend: 'directory' });
    const { rows: dump } = await rows.query({ name: 'dump', text: 'select custody_log::text from custody_log' });
    expect(JSON.stringify(dump)).not.toContain('access-alice');
    await expect(verify()).resolves.toMatchObject({ entries: 26, findings: [] });
    await close();
  });

  test('refuses to be changed, shortened or emptied', async () => {
    for (const text of ['update custody_log set backend = backend', 'delete from custody_log', 'truncate custody_log'])
      await expect(rows.query({ name: text, text })).rejects.toThrow('append-only');
    await close();
  });

  test.each([
    ['an entry that was removed', 'delete from custody_log where sequence = 7', { sequence: 7, problem: 'missing' }],
    ['an altered entry', `update custody_log set backend = 'tickets' where sequence = 9`, { sequence: 9, problem: 'altered' }],
    ['a changed time', `update custody_log set at = at + interval '1 second' where sequence = 3`, { sequence: 3, problem: 'altered' }],
    [
      'a removed entry whose followers were moved up',
      'delete from custody_log where sequence = 7; update custody_log set sequence = sequence - 1 where sequence > 7',
      { sequence: 7, problem: 'altered' },
    ],
  ])('shows %s', async (_name, text, finding) => {
    for (const statement of text.split(';')) await tamper(statement);
    const { findings } = await verify();
    expect(findings).toMatchObject([finding]);
    await close();
  });

  test('shows a lost end to whoever knows the head that was logged', async () => {
    const { rows: found } = await rows.query<{ replicaId: string }>({
      name: 'replica',
      text: 'select replica_id as "replicaId" from custody_log limit 1',
    });
    const replicaId = found[0]?.replicaId ?? '';
    await tamper('delete from custody_log where sequence > 20');
    await expect(verify()).resolves.toMatchObject({ findings: [] });
    await expect(verify([{ replicaId, sequence: 26 }])).resolves.toMatchObject({
      findings: [{ replicaId, sequence: 21, problem: 'missing' }],
    });
    await close();
  });

  test('that cannot be written releases nothing, and goes on afterwards in a new chain', async () => {
    await tamper('alter table custody_log rename to custody_log_away');
    await expect(vault.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'internal' });
    await rows.query({ name: 'back', text: 'alter table custody_log_away rename to custody_log' });
    await expect(vault.client.inject(tsid, 'directory')).resolves.toBeDefined();
    await expect(verify()).resolves.toMatchObject({ entries: 27, chains: 2, findings: [] });
    await close();
  });
});
