import type { PartyEgress } from './egress-rules.js';

/** A signing key whose private part somebody else holds: it can be asked for signatures, and for nothing else. */
export type HeldKey =
  | { readonly holder: 'pkcs11'; readonly name: string; readonly key: Pkcs11Key }
  | { readonly holder: 'awsKms'; readonly name: string; readonly region: string };

/** A key of a PKCS #11 token; at least one of `object` and `id` is there. */
export interface Pkcs11Key {
  /** Label of the token (CKA_LABEL of the slot's token). Absent: there is one. */
  readonly token?: string;
  /** CKA_LABEL. */
  readonly object?: string;
  /** CKA_ID, as hex. */
  readonly id?: string;
}

/** How the keys are reached that are held elsewhere. */
export interface KeyHolders<S> {
  readonly pkcs11?: Pkcs11Module<S>;
  readonly awsKms?: AwsKms<S>;
}

export interface Pkcs11Module<S> {
  /** The library that speaks PKCS #11, a file of this machine. */
  readonly module: string;
  readonly pin: S;
  /** The whole environment of the process that loads it. */
  readonly environment: Readonly<Record<string, string>>;
  /** For one signature, and for finding the keys. */
  readonly timeoutMs: number;
}

export interface AwsKms<S> extends PartyEgress<S> {
  /** Absent: that of the key's region. */
  readonly endpoint?: string;
  readonly accessKeyId: S;
  readonly secretAccessKey: S;
  readonly sessionToken?: S;
  readonly timeoutMs: number;
}

export const KMS_KEY_ARN: RegExp =
  /^arn:aws[a-z-]*:kms:(?<region>[a-z0-9-]+):\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]{1,256}$/;

const PKCS11_SCHEME = 'pkcs11:';
/** Attributes that choose a key. Others of RFC 7512 would be ignored, so they are refused. */
const ATTRIBUTES: ReadonlySet<string> = new Set(['token', 'object', 'id', 'type']);

/** @returns the key; or why the text is none, as the end of a sentence. */
export function readPkcs11Uri(uri: string): Pkcs11Key | string {
  if (!uri.startsWith(PKCS11_SCHEME))
    return 'does not begin with pkcs11:, such as pkcs11:object=signing-2027.';
  const found = new Map<string, string>();
  for (const part of uri.slice(PKCS11_SCHEME.length).split(';')) {
    const [, name = '', value = ''] = /^([a-z0-9-]+)=([A-Za-z0-9\-._~:[\]@!$'()*+,=&%]+)$/.exec(part) ?? [];
    if (!ATTRIBUTES.has(name))
      return 'has an attribute other than token, object, id and type=private (the PIN stands in keyHolders.pkcs11).';
    if (found.has(name)) return `has ${name} twice.`;
    const bytes = percentDecoded(value);
    if (bytes === undefined) return `has a ${name} that is not percent-encoded as RFC 7512 says.`;
    found.set(name, name === 'id' ? bytes.toString('hex') : bytes.toString());
  }
  const [token, object, id] = [found.get('token'), found.get('object'), found.get('id')];
  if ((found.get('type') ?? 'private') !== 'private') return 'names something other than a private key.';
  if (object === undefined && id === undefined) return 'names no key: it needs object= or id=.';
  return {
    ...(token === undefined ? {} : { token }),
    ...(object === undefined ? {} : { object }),
    ...(id === undefined ? {} : { id }),
  };
}

function percentDecoded(value: string): Buffer | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) return undefined;
  const latin = value.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(latin, 'latin1');
}
