import type * as Koffi from 'koffi';

/** Functions that are used: their places in CK_FUNCTION_LIST (PKCS #11 2.40, pkcs11f.h), and their parameters. */
const CALLS = {
  C_Initialize: [0, ['void *']],
  C_GetSlotList: [4, ['uchar', 'void *', 'void *']],
  C_GetTokenInfo: [6, ['ulong', 'void *']],
  C_OpenSession: [12, ['ulong', 'ulong', 'void *', 'void *', 'void *']],
  C_Login: [18, ['ulong', 'ulong', 'void *', 'ulong']],
  C_GetAttributeValue: [24, ['ulong', 'ulong', 'void *', 'ulong']],
  C_FindObjectsInit: [26, ['ulong', 'void *', 'ulong']],
  C_FindObjects: [27, ['ulong', 'void *', 'ulong', 'void *']],
  C_FindObjectsFinal: [28, ['ulong']],
  C_SignInit: [42, ['ulong', 'void *', 'ulong']],
  C_Sign: [43, ['ulong', 'void *', 'ulong', 'void *', 'void *']],
} as const satisfies Record<string, readonly [number, readonly string[]]>;

type Call = keyof typeof CALLS;

/** The list begins with its version, and then has pointers; CK_ULONG and pointers are words (Linux and macOS, 64 bits). */
export const WORD = 8;
const LIST_LENGTH = 68;

const NAMES: Readonly<Record<number, string>> = {
  0x02: 'CKR_HOST_MEMORY',
  0x05: 'CKR_GENERAL_ERROR',
  0x06: 'CKR_FUNCTION_FAILED',
  0x30: 'CKR_DEVICE_ERROR',
  0x32: 'CKR_DEVICE_REMOVED',
  0x60: 'CKR_KEY_HANDLE_INVALID',
  0x68: 'CKR_KEY_FUNCTION_NOT_PERMITTED',
  0x70: 'CKR_MECHANISM_INVALID',
  0x82: 'CKR_OBJECT_HANDLE_INVALID',
  0xa0: 'CKR_PIN_INCORRECT',
  0xa3: 'CKR_PIN_EXPIRED',
  0xa4: 'CKR_PIN_LOCKED',
  0xb3: 'CKR_SESSION_HANDLE_INVALID',
  0xe0: 'CKR_TOKEN_NOT_PRESENT',
  0xe1: 'CKR_TOKEN_NOT_RECOGNIZED',
  0x101: 'CKR_USER_NOT_LOGGED_IN',
};

/** What the library refused, by its own code. */
export class Pkcs11Refusal extends Error {
  constructor(
    call: Call,
    readonly code: number,
  ) {
    super(`${call} says ${NAMES[code] ?? `0x${code.toString(16)}`}`);
  }
}

/** A word of memory that the library writes into. */
export const word = (value = 0n): Buffer => {
  const memory = Buffer.alloc(WORD);
  memory.writeBigUInt64LE(value);
  return memory;
};

/** A library that speaks PKCS #11, called by its function list: the only symbol that each of them has. */
export class Pkcs11Library {
  private constructor(
    private readonly koffi: typeof Koffi,
    private readonly pointers: readonly bigint[],
  ) {}

  /** @throws when there is no library there, or it is none of PKCS #11. */
  static async load(module: string): Promise<Pkcs11Library> {
    const koffi = await import('koffi');
    const list = word();
    const getList = koffi.load(module).func('C_GetFunctionList', 'ulong', ['void *']) as (
      out: Buffer,
    ) => number;
    if (getList(list) !== 0) throw new Error('the library gives no list of its functions');
    const pointers = koffi.decode(
      list.readBigUInt64LE(),
      WORD,
      koffi.array('void *', LIST_LENGTH),
    ) as bigint[];
    return new Pkcs11Library(koffi, pointers);
  }

  /** @throws {Pkcs11Refusal} */
  call(name: Call, ...values: readonly (number | bigint | Buffer | null)[]): void {
    const [place, parameters] = CALLS[name];
    const type = this.koffi.proto('ulong', [...parameters]);
    const code = Number(this.koffi.call(this.pointers[place], type, ...values));
    if (code !== 0) throw new Pkcs11Refusal(name, code);
  }

  /** CK_ATTRIBUTE and CK_MECHANISM: a number, where its value is, and how long it is. The value has to be kept meanwhile. */
  triple(type: number, value: Buffer | null): Buffer {
    const at = value === null || value.length === 0 ? 0n : this.koffi.address(value);
    return Buffer.concat([word(BigInt(type)), word(at), word(BigInt(value?.length ?? 0))]);
  }
}
