import type { Pkcs11Key } from '@gatehouse/config/model/held-keys';
import type { HeldAlgorithm } from './held-key.js';
import { WORD, word, type Pkcs11Library } from './pkcs11-library.js';
import type { Pkcs11PublicKey } from './pkcs11-messages.js';

const SERIAL_SESSION = 4n;
const USER = 1;
const TOKEN_INFO_BYTES = 256;
const FLAGS_AT = 96;
const TOKEN_INITIALIZED = 0x400n;
const LABEL_BYTES = 32;
const MAX_SLOTS = 1_024;

const PUBLIC_KEY = 2n;
const PRIVATE_KEY = 3n;
const ATTRIBUTE = { class: 0, label: 3, keyType: 0x100, id: 0x102 } as const;
const MODULUS = 0x120;
const PUBLIC_EXPONENT = 0x122;
const EC_PARAMS = 0x180;
const EC_POINT = 0x181;
const KEY_TYPES: ReadonlyMap<bigint, 'RSA' | 'EC'> = new Map([
  [0n, 'RSA'],
  [3n, 'EC'],
]);
const MAX_ATTRIBUTE_BYTES = 1_024;
const MAX_SIGNATURE_BYTES = 1_024;

const MECHANISMS: Readonly<Record<HeldAlgorithm, number>> = { ES256: 0x1041, RS256: 0x1 };
/** DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2): with CKM_RSA_PKCS the caller makes it. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** The tokens of one library, each with a session whose user has logged in. */
export class Pkcs11Tokens {
  /** By slot: a login is of the token, whatever a key calls it (PKCS #11, section 5.6). */
  readonly #sessions = new Map<bigint, bigint>();
  readonly #slots = new Map<string | undefined, bigint>();
  readonly #privateKeys = new Map<string, bigint>();
  /** A PIN that was refused is not shown again: tokens count. */
  #refused: Error | undefined;

  constructor(
    private readonly library: Pkcs11Library,
    private readonly pin: string,
  ) {
    library.call('C_Initialize', null);
  }

  publicKey(key: Pkcs11Key): Pkcs11PublicKey {
    const session = this.#session(key.token);
    const object = this.#find(session, key, PUBLIC_KEY);
    const type = KEY_TYPES.get(this.#attribute(session, object, ATTRIBUTE.keyType).readBigUInt64LE());
    switch (type) {
      case 'RSA':
        return {
          type,
          modulus: this.#attribute(session, object, MODULUS),
          exponent: this.#attribute(session, object, PUBLIC_EXPONENT),
        };
      case 'EC':
        return {
          type,
          parameters: this.#attribute(session, object, EC_PARAMS),
          point: this.#attribute(session, object, EC_POINT),
        };
      case undefined:
        throw new Error('it is neither RSA nor EC');
    }
  }

  sign(key: Pkcs11Key, alg: HeldAlgorithm, digest: Uint8Array): Buffer {
    const session = this.#session(key.token);
    const name = JSON.stringify(key);
    const object = this.#privateKeys.get(name) ?? this.#find(session, key, PRIVATE_KEY);
    this.#privateKeys.set(name, object);
    const data = alg === 'RS256' ? Buffer.concat([DIGEST_INFO, digest]) : Buffer.from(digest);
    const [signature, length] = [Buffer.alloc(MAX_SIGNATURE_BYTES), word(BigInt(MAX_SIGNATURE_BYTES))];
    this.library.call('C_SignInit', session, this.library.triple(MECHANISMS[alg], null), object);
    this.library.call('C_Sign', session, data, data.length, signature, length);
    return signature.subarray(0, Number(length.readBigUInt64LE()));
  }

  #session(token: string | undefined): bigint {
    const slot = this.#slots.get(token) ?? this.#slot(token);
    this.#slots.set(token, slot);
    const known = this.#sessions.get(slot);
    if (known !== undefined) return known;
    const session = word();
    this.library.call('C_OpenSession', slot, SERIAL_SESSION, null, null, session);
    const handle = session.readBigUInt64LE();
    this.#logIn(handle);
    this.#sessions.set(slot, handle);
    return handle;
  }

  #logIn(session: bigint): void {
    if (this.#refused !== undefined) throw this.#refused;
    const pin = Buffer.from(this.pin);
    try {
      this.library.call('C_Login', session, USER, pin, pin.length);
    } catch (error) {
      this.#refused = error as Error;
      throw error;
    }
  }

  #slot(token: string | undefined): bigint {
    const [slots, count] = [Buffer.alloc(MAX_SLOTS * WORD), word(BigInt(MAX_SLOTS))];
    this.library.call('C_GetSlotList', 1, slots, count);
    const found: bigint[] = [];
    for (let at = 0; at < Number(count.readBigUInt64LE()); at += 1) {
      const [slot, info] = [slots.readBigUInt64LE(at * WORD), Buffer.alloc(TOKEN_INFO_BYTES)];
      this.library.call('C_GetTokenInfo', slot, info);
      const isInitialized = (info.readBigUInt64LE(FLAGS_AT) & TOKEN_INITIALIZED) !== 0n;
      const label = info.subarray(0, LABEL_BYTES).toString().trimEnd();
      if (isInitialized && (token === undefined || label === token)) found.push(slot);
    }
    const [slot, another] = found;
    if (slot === undefined) throw new Error('there is no such token');
    if (another !== undefined) throw new Error('several tokens are meant: name one (token=)');
    return slot;
  }

  #find(session: bigint, { object, id }: Pkcs11Key, kind: bigint): bigint {
    const values: readonly (readonly [number, Buffer])[] = [
      [ATTRIBUTE.class, word(kind)],
      ...(object === undefined ? [] : ([[ATTRIBUTE.label, Buffer.from(object)]] as const)),
      ...(id === undefined ? [] : ([[ATTRIBUTE.id, Buffer.from(id, 'hex')]] as const)),
    ];
    const template = Buffer.concat(values.map(([type, value]) => this.library.triple(type, value)));
    const [handles, count] = [Buffer.alloc(2 * WORD), word()];
    this.library.call('C_FindObjectsInit', session, template, values.length);
    this.library.call('C_FindObjects', session, handles, 2, count);
    this.library.call('C_FindObjectsFinal', session);
    const part = kind === PRIVATE_KEY ? 'private' : 'public';
    const found = Number(count.readBigUInt64LE());
    if (found === 0) throw new Error(`the token has no ${part} key of that name`);
    if (found > 1) throw new Error(`the token has several ${part} keys of that name: add id=`);
    return handles.readBigUInt64LE();
  }

  #attribute(session: bigint, object: bigint, type: number): Buffer {
    const value = Buffer.alloc(MAX_ATTRIBUTE_BYTES);
    const template = this.library.triple(type, value);
    this.library.call('C_GetAttributeValue', session, object, template, 1);
    return value.subarray(0, Number(template.readBigUInt64LE(2 * WORD)));
  }
}
