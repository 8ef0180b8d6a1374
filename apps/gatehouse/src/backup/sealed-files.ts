import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { isOutage } from '@gatehouse/kernel/outage';
import pg from 'pg';
import { Cannot } from '../cannot.js';
import { measuring } from '../measuring.js';
import { isSystemError } from '../reason.js';
import type { BackupFile } from './manifest.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** 128 MiB and about half a second: for who guesses passphrases, each guess costs as much. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

/** What a passphrase stands for: one key for the files, one for the manifest. */
export interface SealingKeys {
  readonly files: Buffer;
  readonly manifest: Buffer;
}

export const newSalt = (): string => randomBytes(24).toString('base64url');

export function sealingKeys(passphrase: string, salt: string): SealingKeys {
  const derived = scryptSync(passphrase.normalize('NFC'), Buffer.from(salt, 'base64url'), 64, SCRYPT);
  return { files: derived.subarray(0, 32), manifest: derived.subarray(32) };
}

/** The files of one backup: packed, sealed where there are keys, and for nobody else's eyes. */
export class SealedFiles {
  constructor(
    readonly folder: string,
    private readonly keys: SealingKeys | undefined,
  ) {}

  /** Writes one file onto the disk. @param name below the folder, without what packing and sealing add. */
  async write(name: string, from: Readable): Promise<BackupFile> {
    const file = `${name}.gz${this.keys === undefined ? '' : '.sealed'}`;
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const measure = measuring();
    const to = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
    const seal = this.keys === undefined ? [] : [sealing(this.keys.files, file)];
    await pipeline([from, createGzip(), ...seal, measure.stream, to]);
    return { file, ...measure.read() };
  }

  /** Whether the file is as the manifest has it; @throws {Cannot} when it is not. */
  async verify({ file, bytes, sha256 }: BackupFile): Promise<void> {
    const path = join(this.folder, file);
    const there = await stat(path).catch(() => undefined);
    if (there === undefined) throw damaged(this.folder, file, 'is missing');
    if (there.size !== bytes) throw damaged(this.folder, file, 'has another length than the manifest says');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    if (hash.digest('base64url') !== sha256)
      throw damaged(this.folder, file, 'has another checksum than the manifest says');
  }

  /** Unpacks one file to a stream. @throws {Cannot} when it does not open; by then some of it was written. */
  async read({ file, bytes }: BackupFile, to: Writable): Promise<void> {
    const path = join(this.folder, file);
    const packed = await this.#packed(path, file, bytes);
    await pipeline([...packed, createGunzip(), to]).catch((error: unknown) => {
      const isOfTheTarget = error instanceof pg.DatabaseError || isOutage(error) || isSystemError(error);
      throw isOfTheTarget ? error : damaged(this.folder, file, 'does not open');
    });
  }

  async #packed(
    path: string,
    file: string,
    bytes: number,
  ): Promise<(NodeJS.ReadableStream | NodeJS.ReadWriteStream)[]> {
    if (this.keys === undefined) return [createReadStream(path)];
    const end = bytes - TAG_BYTES;
    if (end < IV_BYTES) throw damaged(this.folder, file, 'is too short');
    const handle = await open(path, 'r');
    try {
      const [iv, tag] = [Buffer.alloc(IV_BYTES), Buffer.alloc(TAG_BYTES)];
      await handle.read(iv, 0, IV_BYTES, 0);
      await handle.read(tag, 0, TAG_BYTES, end);
      const decipher = createDecipheriv(ALGORITHM, this.keys.files, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(file));
      decipher.setAuthTag(tag);
      const sealed = end === IV_BYTES ? [] : [createReadStream(path, { start: IV_BYTES, end: end - 1 })];
      return [...sealed, decipher];
    } finally {
      await handle.close();
    }
  }
}

const damaged = (folder: string, file: string, what: string): Cannot =>
  new Cannot(
    `The backup is damaged: ${join(folder, file)} ${what}. Nothing was restored. Use another copy of it, or another backup.`,
    'noInput',
  );

/** Seals what passes: initialisation vector, text, tag. The name of the file is sealed in, so that no file stands for another. */
function sealing(key: Buffer, file: string): Transform {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(file));
  let hasBegun = false;
  const begin = (): Buffer => {
    if (hasBegun) return Buffer.alloc(0);
    hasBegun = true;
    return iv;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.concat([begin(), cipher.update(chunk)]));
    },
    flush(done) {
      done(null, Buffer.concat([begin(), cipher.final(), cipher.getAuthTag()]));
    },
  });
}
