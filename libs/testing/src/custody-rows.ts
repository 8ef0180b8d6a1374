import { randomBytes, randomUUID } from 'node:crypto';
import type { Secret } from '@gatehouse/kernel/secret';
import { CHAIN_START, type CustodyEntry } from '@gatehouse/persistence/custody-log/custody-entry';
import type { CustodyKey } from '@gatehouse/persistence/custody-log/custody-key';
import pg from 'pg';

/** A chain as one vault process writes it, with an entry at each of these times. */
export function chainAt(key: CustodyKey, times: readonly Date[]): readonly CustodyEntry[] {
  const replicaId = randomUUID();
  let previousHash = CHAIN_START;
  return times.map((at, index) => {
    const entry = {
      replicaId,
      sequence: index + 1,
      at,
      kind: 'inject',
      tsid: randomUUID(),
      accountId: randomUUID(),
      backend: 'directory',
      provider: 'acme',
      connectionId: randomUUID(),
      fingerprint: key.fingerprint(randomBytes(8).toString('hex')),
      keyId: key.id,
      previousHash,
    };
    previousHash = key.hash(entry);
    return { ...entry, hash: previousHash };
  });
}

/** Writes entries as the vault's role does. */
export async function insertEntries(url: Secret, entries: readonly CustodyEntry[]): Promise<void> {
  const writer = await custodyWriter(url);
  try {
    await writer.insert(entries);
  } finally {
    await writer.close();
  }
}

/** The same over a connection that is kept. */
export async function custodyWriter(url: Secret): Promise<{
  insert(entries: readonly CustodyEntry[]): Promise<void>;
  close(): Promise<void>;
}> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    options: '-c search_path=token_vault',
  });
  await client.connect();
  return {
    insert: async (entries) => {
      await client.query({ name: 'insert', text: INSERT, values: [JSON.stringify(entries)] });
    },
    close: async () => {
      await client.end();
    },
  };
}

const INSERT = `insert into custody_log (replica_id, sequence, at, kind, tsid, account_id, backend, provider, connection_id,
    fingerprint, key_id, previous_hash, hash)
  select * from json_to_recordset($1) as e("replicaId" uuid, sequence int, at timestamptz, kind text, tsid uuid,
    "accountId" uuid, backend text, provider text, "connectionId" uuid, fingerprint text, "keyId" text, "previousHash" text,
    hash text)`;
