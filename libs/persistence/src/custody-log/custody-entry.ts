/** A release as it stands in the log. */
export interface CustodyEntry {
  readonly replicaId: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly at: Date;
  readonly kind: string;
  readonly tsid: string;
  readonly accountId: string;
  readonly backend: string;
  readonly provider: string | null;
  readonly connectionId: string | null;
  readonly fingerprint: string;
  readonly keyId: string;
  readonly previousHash: string;
  readonly hash: string;
}

/**
 * Account and session of a release to a client that came for itself: no account and no session has this id (RFC 9562, section 5.9).
 */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** What the first entry of a chain follows. */
export const CHAIN_START = 'start';

/** A JSON array: unambiguous, and in one order. */
export const canonicalEntry = (entry: Omit<CustodyEntry, 'hash'>): string =>
  JSON.stringify([
    entry.previousHash,
    entry.replicaId,
    entry.sequence,
    entry.at.getTime(),
    entry.kind,
    entry.tsid,
    entry.accountId,
    entry.backend,
    entry.provider,
    entry.connectionId,
    entry.fingerprint,
    entry.keyId,
  ]);

/** Columns of the table, under the names of {@link CustodyEntry}. */
export const ENTRY_COLUMNS = `replica_id as "replicaId", sequence, at, kind, tsid, account_id as "accountId", backend, provider,
  connection_id as "connectionId", fingerprint, key_id as "keyId", previous_hash as "previousHash", hash`;
