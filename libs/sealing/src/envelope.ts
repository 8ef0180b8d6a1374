import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Secret } from '@gatehouse/kernel/secret';

const ALGORITHM = 'aes-256-gcm';
const FORMAT_VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/** A key-encryption key: `key` reveals 32 bytes as base64url. */
export interface KeyEncryptionKey {
  readonly id: string;
  readonly key: Secret;
}

/**
 * The owner of a sealed value. It is authenticated and not stored, so a value copied to another owner's row does not
 * open.
 */
export type Owner = readonly string[];

/**
 * The value cannot be opened: another owner, another key, or changed bytes. The error does not say which, on purpose.
 */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/**
 * Envelope encryption with AES-256-GCM (NIST SP 800-38D): a fresh data key per value, wrapped by the first
 * key-encryption key; any configured key opens. Owner and key id are additional data of both layers.
 */
export class Envelope {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #sealingKeyId: string;

  constructor(keys: readonly KeyEncryptionKey[]) {
    const [first] = keys;
    if (first === undefined) throw new Error('at least one key-encryption key is needed');
    this.#sealingKeyId = first.id;
    this.#keys = new Map(keys.map(({ id, key }) => [id, readKey(id, key)]));
  }

  seal(plaintext: string, owner: Owner): Buffer {
    const keyId = Buffer.from(this.#sealingKeyId);
    const dataKey = randomBytes(KEY_BYTES);
    try {
      const aad = additionalData(this.#sealingKeyId, owner);
      const wrapped = encrypt(this.#kek(this.#sealingKeyId), dataKey, aad);
      const body = encrypt(dataKey, Buffer.from(plaintext, 'utf8'), aad);
      return Buffer.concat([Buffer.of(FORMAT_VERSION, keyId.length), keyId, wrapped, body]);
    } finally {
      dataKey.fill(0);
    }
  }

  /** @throws {SealBroken} when the bytes were not sealed by one of the configured keys for exactly this owner. */
  open(sealed: Uint8Array, owner: Owner): string {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const idLength = bytes[1] ?? 0;
    const bodyAt = 2 + idLength + WRAPPED_KEY_BYTES;
    if (bytes[0] !== FORMAT_VERSION || bytes.length < bodyAt + NONCE_BYTES + TAG_BYTES)
      throw new SealBroken('not a sealed value');
    const keyId = bytes.toString('utf8', 2, 2 + idLength);
    const aad = additionalData(keyId, owner);
    try {
      const dataKey = decrypt(this.#kek(keyId), bytes.subarray(2 + idLength, bodyAt), aad);
      return decrypt(dataKey, bytes.subarray(bodyAt), aad).toString('utf8');
    } catch (cause) {
      throw new SealBroken('the sealed value does not open', { cause });
    }
  }

  #kek(id: string): Buffer {
    const key = this.#keys.get(id);
    if (key === undefined) throw new SealBroken('sealed with a key that is not configured');
    return key;
  }
}

function readKey(id: string, key: Secret): Buffer {
  const bytes = Buffer.from(key.reveal(), 'base64url');
  if (bytes.length !== KEY_BYTES) throw new Error(`key-encryption key ${id} must have ${KEY_BYTES} bytes`);
  return bytes;
}

/** Length-prefixed, so that ['a', 'bc'] and ['ab', 'c'] differ. */
function additionalData(keyId: string, owner: Owner): Buffer {
  const parts = [keyId, ...owner].flatMap((part) => {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

function encrypt(key: Buffer, plaintext: Buffer, aad: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, box: Buffer, aad: Buffer): Buffer {
  const decipher = createDecipheriv(ALGORITHM, key, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(aad)
    .setAuthTag(box.subarray(box.length - TAG_BYTES));
  return Buffer.concat([
    decipher.update(box.subarray(NONCE_BYTES, box.length - TAG_BYTES)),
    decipher.final(),
  ]);
}
