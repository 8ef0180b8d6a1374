import { createHash, createHmac } from 'node:crypto';
import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import { z } from 'zod';

export const BACKUP_FORMAT = 'gatehouse-backup/1';
export const MANIFEST_FILE = 'manifest.json';

const BACKED_UP = ['authorization-server', 'token-vault'] as const;
export type BackedUp = (typeof BACKED_UP)[number];

const name = z.string().regex(/^[a-z0-9_]{1,63}$/);
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const file = z.strictObject({
  /** Below the folder of the backup: no way leads out of it. */
  file: z.string().regex(/^[a-z0-9_-]+\/[a-z0-9_-]+(\.copy)?\.gz(\.sealed)?$/),
  /** Of the file as it lies there. */
  bytes: z.int().nonnegative(),
  sha256: digest,
});

const table = file.extend({
  name,
  columns: z.array(name).min(1).max(200),
  rows: z.int().nonnegative(),
});

const database = z.strictObject({
  service: z.enum(BACKED_UP),
  postgres: z.string().max(200),
  /** In the order in which they were applied. */
  migrations: z.array(z.strictObject({ name, checksum: z.string().regex(/^[0-9a-f]{64}$/) })).max(1_000),
  tables: z.array(table).max(1_000),
});

const kept = file.extend({
  /** From the folder of the configuration; no way leads out of it. */
  path: z.string().refine((path) => isBelow(path), 'leads elsewhere'),
});

const body = z.strictObject({
  format: z.literal(BACKUP_FORMAT),
  made: z.iso.datetime(),
  /** Version of Gatehouse that made it. */
  gatehouse: z.string().max(100),
  /** Name of the gateway. */
  gateway: z.string().max(200),
  /** Absent: files are not encrypted. */
  sealing: z.strictObject({ kdf: z.literal('scrypt'), salt: z.string().min(16).max(100) }).optional(),
  /** What opens the rows: each is needed for a restore. */
  keys: z
    .array(
      z.strictObject({
        of: z.enum(BACKED_UP),
        id: z.string().min(1).max(200),
        fingerprint: z.string().max(100),
      }),
    )
    .max(200),
  databases: z.array(database).min(1).max(BACKED_UP.length),
  /** Keys of `gatehouse up`. */
  state: file.optional(),
  /** The configuration and the files of its secrets. */
  files: z.array(kept).max(1_000),
});
const manifest = body.extend({ mac: digest });

export type BackupFile = Readonly<z.output<typeof file>>;
export type BackupTable = Readonly<z.output<typeof table>>;
export type BackupDatabase = Readonly<z.output<typeof database>>;
export type KeptFile = Readonly<z.output<typeof kept>>;
export type ManifestBody = Readonly<z.output<typeof body>>;
export type BackupManifest = Readonly<z.output<typeof manifest>>;

export function isBelow(path: string): boolean {
  return (
    path !== '' && !path.startsWith('/') && path.split(/[\\/]/).every((step) => step !== '' && step !== '..')
  );
}

/** Names a key and tells nothing of it: it is 32 random bytes. */
export const fingerprintOf = (key: string): string =>
  createHash('sha256').update(`gatehouse-backup-key\0${key}`).digest('base64url').slice(0, 22);

/** Under a MAC where there is a passphrase; else under a checksum, which finds damage and no malice. */
const macOf = (text: string, key: Buffer | undefined): string =>
  (key === undefined ? createHash('sha256') : createHmac('sha256', key)).update(text).digest('base64url');

export const writeManifest = (written: ManifestBody, key: Buffer | undefined): string => {
  const whole = body.parse(written);
  return `${JSON.stringify({ ...whole, mac: macOf(JSON.stringify(whole), key) }, undefined, 1)}\n`;
};

/** @returns undefined for what is no manifest of a backup. */
export function parseManifest(text: string): BackupManifest | undefined {
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether it is as it was written. */
export function isAuthentic({ mac, ...written }: BackupManifest, key: Buffer | undefined): boolean {
  return equalsInConstantTime(macOf(JSON.stringify(body.parse(written)), key), mac);
}
