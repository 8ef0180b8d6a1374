import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';
import { readServiceAccountKey } from './service-account-key.js';

export type Checked =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

/** The kinds of secrets, each with its own check. Messages never repeat the value. */
export type SecretKind = keyof typeof KINDS;

const KEY_BYTES = 32;
const MIN_SHARED_SECRET_LENGTH = 32;
const MIN_RSA_BITS = 2048;
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

const refuse = (message: string): Checked => ({ ok: false, message });

const KINDS = {
  clientSecret: visibleText,
  sharedSecret,
  /** It is sent as a header of its own, where blanks at its ends would be lost (RFC 9110 section 5.5). */
  sharedHeaderSecret: (value: string): Checked =>
    /[^\x21-\x7e]/.test(value)
      ? refuse('holds a blank or a character that is not ASCII: it is sent in a header.')
      : sharedSecret(value),
  headerValue: (value: string): Checked =>
    /^[\t\x20-\x7e\x80-\xff]+$/.test(value)
      ? { ok: true, value }
      : refuse('holds a character that a header value may not have (RFC 9110 section 5.5).'),
  /** RFC 6750 section 2.1. */
  bearerToken: (value: string): Checked =>
    /^[A-Za-z0-9._~+/-]+=*$/.test(value)
      ? { ok: true, value }
      : refuse('holds a character that a bearer token may not have (RFC 6750 section 2.1).'),
  /** May have several lines: keys in PEM form are given to programs so. */
  environmentValue: (value: string): Checked =>
    value.includes('\0') ? refuse('contains a NUL character.') : { ok: true, value },
  /** Public, and referred to in the same way. */
  caBundle,
  proxyCredentials: (value: string): Checked =>
    /^[^:\p{Cc}]+:\P{Cc}*$/u.test(value)
      ? { ok: true, value }
      : refuse('does not have the form user:password.'),
  keyEncryptionKey,
  serviceAccountKey: (value: string): Checked => {
    const read = readServiceAccountKey(value);
    return typeof read === 'string' ? refuse(read) : { ok: true, value };
  },
  signingKey,
  postgresUrl,
  natsCredentials: (value: string): Checked =>
    /^[^:\s]+:\S+$/.test(value) ? { ok: true, value } : refuse('does not have the form user:password.'),
} as const satisfies Record<string, (value: string) => Checked>;

/** Checks a secret's value and brings it into the form that the model promises. */
export const checkSecret = (kind: SecretKind, value: string): Checked => KINDS[kind](value);

/** The two halves of `natsCredentials`; a password may hold colons, a user may not. */
export function natsUser(credentials: Secret): { readonly user: string; readonly password: Secret } {
  const text = credentials.reveal();
  const colon = text.indexOf(':');
  return { user: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

/** A secret that two parties know; long enough not to be guessed. */
function sharedSecret(value: string): Checked {
  return value.length < MIN_SHARED_SECRET_LENGTH
    ? refuse(`is shorter than ${MIN_SHARED_SECRET_LENGTH} characters.`)
    : visibleText(value);
}

function visibleText(value: string): Checked {
  return /\p{Cc}/u.test(value)
    ? refuse('contains a control character or several lines.')
    : { ok: true, value };
}

/** 32 bytes as hex (64 characters), base64 or base64url; normalised to base64url. */
function keyEncryptionKey(value: string): Checked {
  const bytes = /^[0-9a-f]{64}$/i.test(value)
    ? Buffer.from(value, 'hex')
    : /^([A-Za-z0-9+/]+|[A-Za-z0-9_-]+)=?$/.test(value)
      ? Buffer.from(value, 'base64')
      : undefined;
  if (bytes?.length !== KEY_BYTES)
    return refuse('is not 32 bytes as base64, base64url or hex. Make one with: openssl rand -base64 32');
  return new Set(bytes).size === 1
    ? refuse('is the same byte 32 times, not a key.')
    : { ok: true, value: bytes.toString('base64url') };
}

function signingKey(value: string): Checked {
  let key: KeyObject;
  try {
    key = createPrivateKey(value);
  } catch {
    return refuse('is not an unencrypted private key in PEM form.');
  }
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return modulusLength < MIN_RSA_BITS
        ? refuse(`is an RSA key of fewer than ${MIN_RSA_BITS} bits.`)
        : { ok: true, value };
    case 'ec':
      return CURVES.includes(namedCurve)
        ? { ok: true, value }
        : refuse('is a key on a curve other than P-256, P-384 and P-521.');
    case 'ed25519':
      return { ok: true, value };
    default:
      return refuse('is a key of a type that cannot sign tokens: use RSA, P-256, P-384, P-521 or Ed25519.');
  }
}

function postgresUrl(value: string): Checked {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^postgres(ql)?:$/.test(url.protocol) && url.hostname !== ''
    ? { ok: true, value }
    : refuse('is not a URL such as postgresql://user:password@host:5432/database.');
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function caBundle(value: string): Checked {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value))
    return refuse('holds a private key: certificates only.');
  const certificates = value.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return refuse('holds no certificate in PEM form.');
  for (const certificate of certificates)
    try {
      new X509Certificate(certificate);
    } catch {
      return refuse('holds a certificate that cannot be read.');
    }
  return { ok: true, value: certificates.join('\n') };
}
