import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { Metrics } from '@gatehouse/observability/metrics';
import { newMessageKeyPair } from '@gatehouse/sealing/message-sealing';
import {
  verifyStored,
  type CustodyReport,
  type KnownHead,
} from '@gatehouse/persistence/custody-log/stored-log';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { ReleaseCredential } from '../credentials/release-credential.flow.js';
import { startVaultStores, type VaultStores } from '../testing/vault-stores.js';
import { CredentialMetrics } from '../credentials/credential-metrics.js';
import { CustodyKeys } from './custody-keys.js';
import { CustodyLog } from './custody-log.flow.js';
import { CustodyLogStore } from './custody-log.store.js';
import type { Release } from './release.js';

const ENTRIES = 26;

let stores: VaultStores;
let log: CustodyLog;
let verifier: { run(known?: readonly KnownHead[]): Promise<CustodyReport> };

beforeAll(async () => {
  stores = await startVaultStores();
  const store = new CustodyLogStore(stores.rows);
  const keys = new CustodyKeys(stores.config);
  verifier = { run: (known = []) => verifyStored(stores.rows, keys, { known }) };
  newLog = () => new CustodyLog(store, keys, systemClock, new SilentLog());
});

let newLog: () => CustodyLog;

beforeEach(async () => {
  await tamper('delete from custody_log');
  log = newLog();
  await Promise.all(Array.from({ length: ENTRIES - 1 }, () => log.append(release())));
  await log.append(release());
});

afterAll(() => stores.close());

const release = (): Release => ({
  kind: 'inject',
  tsid: randomUUID(),
  accountId: randomUUID(),
  backend: 'directory',
  provider: 'acme',
  connectionId: randomUUID(),
  token: 'the-access-token',
});

/** What somebody with the table's owner's rights can do. */
async function tamper(text: string): Promise<void> {
  await stores.rows.transaction(async (tx) => {
    await tx.query({ name: 'off', text: 'alter table custody_log disable trigger all' });
    for (const [index, statement] of text.split(';').entries())
      await tx.query({ name: `tamper ${index} ${statement.slice(-40)}`, text: statement });
    await tx.query({ name: 'on', text: 'alter table custody_log enable trigger all' });
  });
}

describe('the custody log', () => {
  test('whoever adds an entry hears where it is, also when many are written at once', async () => {
    const backends = Array.from({ length: 8 }, (_, index) => `backend-${index}`);
    const places = await Promise.all(
      backends.map(async (backend) => await log.append({ ...release(), backend })),
    );
    const { rows } = await stores.rows.query<{ place: string; backend: string }>({
      name: 'places',
      text: `select replica_id || ':' || sequence as place, backend from custody_log`,
    });
    const found = new Map(rows.map(({ place, backend }) => [place, backend]));
    expect(places.map((place) => found.get(place))).toEqual(backends);
  });

  test('has one entry per release, without gaps and without the token, and verifies', async () => {
    const { rows: entries } = await stores.rows.query<{ sequence: number; kind: string; backend: string }>({
      name: 'entries',
      text: 'select sequence, kind, backend from custody_log order by sequence',
    });
    expect(entries.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: ENTRIES }, (_, index) => index + 1),
    );
    expect(entries[0]).toMatchObject({ kind: 'inject', backend: 'directory' });
    const { rows: dump } = await stores.rows.query({
      name: 'dump',
      text: 'select custody_log::text from custody_log',
    });
    expect(JSON.stringify(dump)).not.toContain('the-access-token');
    await expect(verifier.run()).resolves.toEqual({ entries: ENTRIES, chains: 1, findings: [] });
  });

  test('of two replicas is two chains that do not wait for each other', async () => {
    await newLog().append(release());
    await expect(verifier.run()).resolves.toEqual({ entries: ENTRIES + 1, chains: 2, findings: [] });
  });

  test('refuses to be changed, shortened or emptied', async () => {
    for (const text of [
      'update custody_log set backend = backend',
      'delete from custody_log',
      'truncate custody_log',
    ])
      await expect(stores.rows.query({ name: text, text })).rejects.toThrow('append-only');
  });

  test.each([
    ['an entry that was removed', 'delete from custody_log where sequence = 7', 7, 'missing'],
    ['an altered entry', `update custody_log set backend = 'tickets' where sequence = 9`, 9, 'altered'],
    [
      'a changed time',
      `update custody_log set at = at + interval '1 second' where sequence = 3`,
      3,
      'altered',
    ],
    [
      'a removed entry whose followers were moved up',
      'delete from custody_log where sequence = 7;update custody_log set sequence = -sequence where sequence > 7;update custody_log set sequence = -sequence - 1 where sequence < 0',
      7,
      'altered',
    ],
    [
      'an entry that was made up without the key',
      `insert into custody_log select replica_id, sequence + 1, at, kind, tsid, account_id, backend, provider, connection_id, fingerprint, key_id, hash, hash from custody_log where sequence = ${ENTRIES}`,
      ENTRIES + 1,
      'altered',
    ],
  ])('shows %s', async (_name, text, sequence, problem) => {
    await tamper(text);
    const { findings } = await verifier.run();
    expect(findings).toMatchObject([{ sequence, problem }]);
  });

  test('shows a lost end to whoever knows the head that was logged', async () => {
    const { rows: found } = await stores.rows.query<{ replicaId: string }>({
      name: 'replica',
      text: 'select replica_id as "replicaId" from custody_log limit 1',
    });
    const replicaId = found[0]?.replicaId ?? '';
    await tamper('delete from custody_log where sequence > 20');
    await expect(verifier.run()).resolves.toMatchObject({ findings: [] });
    await expect(verifier.run([{ replicaId, sequence: ENTRIES }])).resolves.toMatchObject({
      findings: [{ replicaId, sequence: 21, problem: 'missing' }],
    });
  });

  test('that cannot be written releases nothing, and goes on afterwards in a new chain', async () => {
    const releases = new ReleaseCredential(log, new CredentialMetrics(new Metrics()), systemClock);
    const { publicKey } = await newMessageKeyPair();
    await stores.rows.query({ name: 'away', text: 'alter table custody_log rename to custody_log_away' });
    await expect(releases.run(release(), 1, publicKey)).rejects.toMatchObject({ code: 'internal' });
    await stores.rows.query({ name: 'back', text: 'alter table custody_log_away rename to custody_log' });
    await expect(releases.run(release(), 1, publicKey)).resolves.toBeDefined();
    await expect(verifier.run()).resolves.toEqual({ entries: ENTRIES + 1, chains: 2, findings: [] });
  });
});
