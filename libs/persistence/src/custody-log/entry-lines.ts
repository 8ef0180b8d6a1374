import { z } from 'zod';
import type { CustodyEntry } from './custody-entry.js';

const line = z.strictObject({
  replicaId: z.string(),
  sequence: z.int().positive(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  kind: z.string(),
  tsid: z.string(),
  accountId: z.string(),
  backend: z.string(),
  provider: z.string().nullable(),
  connectionId: z.string().nullable(),
  fingerprint: z.string(),
  keyId: z.string(),
  previousHash: z.string(),
  hash: z.string(),
});

/** One entry of an archive: a line of JSON, its members in the order of {@link CustodyEntry}. */
export const entryLine = (entry: CustodyEntry): string =>
  JSON.stringify({
    replicaId: entry.replicaId,
    sequence: entry.sequence,
    at: entry.at.toISOString(),
    kind: entry.kind,
    tsid: entry.tsid,
    accountId: entry.accountId,
    backend: entry.backend,
    provider: entry.provider,
    connectionId: entry.connectionId,
    fingerprint: entry.fingerprint,
    keyId: entry.keyId,
    previousHash: entry.previousHash,
    hash: entry.hash,
  });

/** @returns `undefined` for what is no entry. */
export function readEntryLine(text: string): CustodyEntry | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
