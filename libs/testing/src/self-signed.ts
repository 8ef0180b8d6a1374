import { generateKeyPairSync, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { der, ECDSA_SHA256, oid, pemOf, sequence, time } from './der.js';

const DAY_MS = 86_400_000;

/** A DNS name or an IPv4 address (RFC 5280 section 4.2.1.6). */
const alternative = (host: string): Buffer =>
  isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of its own authority (RFC 5280), so that a test can speak https without leaving the machine. */
export const selfSignedCertificate = (...hosts: readonly string[]): TestCertificate => certificateFor(hosts);

/** The same, and it has ended. */
export const expiredCertificate = (...hosts: readonly string[]): TestCertificate =>
  certificateFor(hosts, { endedMs: DAY_MS / 2 });

/** Of an authority that stands in between, whose own certificate nobody sends. */
export const unchainedCertificate = (...hosts: readonly string[]): TestCertificate =>
  certificateFor(hosts, { authority: 'An authority in between' });

/** Of an RSA key, as Entra wants it of its applications. */
export const rsaCertificate = (host: string): TestCertificate =>
  certificateFor([host], { authority: 'An authority', rsa: true });

/** @param endedMs how long ago @param authority by whose key it is signed; its own, where it is absent */
function certificateFor(
  hosts: readonly string[],
  { endedMs = -DAY_MS, authority, rsa = false }: CertificateOptions = {},
): TestCertificate {
  const names = hosts.length === 0 ? ['localhost'] : hosts;
  const { privateKey, publicKey } = rsa
    ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer =
    authority === undefined ? privateKey : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const subject = names[0] ?? '';
  const alternativeNames = sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(...names.map(alternative))));
  const isAuthority = sequence(oid(0x55, 0x1d, 0x13), der(0x04, sequence(der(0x01, Buffer.of(0xff)))));
  const content = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ECDSA_SHA256,
    commonName(authority ?? subject),
    sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() - endedMs))),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(alternativeNames, ...(authority === undefined ? [isAuthority] : []))),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', content, signer)]);
  return {
    cert: pemOf(sequence(content, ECDSA_SHA256, der(0x03, signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

interface CertificateOptions {
  readonly endedMs?: number;
  readonly authority?: string;
  readonly rsa?: boolean;
}

const commonName = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))));
