import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { der, ECDSA_SHA256, oid, pemOf, sequence, time } from './der.js';
import type { TestCertificate } from './self-signed.js';

const DAY_MS = 86_400_000;

/** What a certificate says of its holder (RFC 5280). */
export interface Holder {
  readonly commonName: string;
  readonly organization?: string;
  readonly dns?: readonly string[];
  readonly uri?: string;
  readonly ip?: string;
  readonly email?: string;
  /** Extended key usage; `none` leaves it out. */
  readonly usage?: 'client' | 'server' | 'none';
  /** How long ago it ended; negative: in the future. */
  readonly endedMs?: number;
  /** How long ago it began. */
  readonly begunMs?: number;
  /** It can issue certificates itself. */
  readonly isAuthority?: boolean;
}

const USAGES = { client: 0x02, server: 0x01 } as const;

const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
const relative = (type: number, value: string): Buffer =>
  der(0x31, sequence(oid(0x55, 0x04, type), utf8(value)));

const nameOf = ({ commonName, organization }: Pick<Holder, 'commonName' | 'organization'>): Buffer =>
  sequence(...(organization === undefined ? [] : [relative(0x0a, organization)]), relative(0x03, commonName));

const extension = (id: Buffer, value: Buffer): Buffer => sequence(id, der(0x04, value));

function extensionsOf({ dns = [], uri, ip, email, usage = 'client', isAuthority = false }: Holder): Buffer[] {
  const alternatives = [
    ...dns.map((name) => der(0x82, Buffer.from(name))),
    ...(uri === undefined ? [] : [der(0x86, Buffer.from(uri))]),
    ...(ip === undefined || !isIPv4(ip) ? [] : [der(0x87, Buffer.from(ip.split('.').map(Number)))]),
    ...(email === undefined ? [] : [der(0x81, Buffer.from(email))]),
  ];
  return [
    ...(alternatives.length === 0 ? [] : [extension(oid(0x55, 0x1d, 0x11), sequence(...alternatives))]),
    ...(isAuthority ? [extension(oid(0x55, 0x1d, 0x13), sequence(der(0x01, Buffer.of(0xff))))] : []),
    ...(usage === 'none' || isAuthority
      ? []
      : [
          extension(
            oid(0x55, 0x1d, 0x25),
            sequence(oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, USAGES[usage])),
          ),
        ]),
  ];
}

/** An authority that issues certificates for clients, as an installation has one of its own. */
export class CertificateAuthority {
  readonly #name: Buffer;
  readonly #key: KeyObject;
  #issued = 1;

  private constructor(
    readonly certificate: TestCertificate,
    commonName: string,
    key: KeyObject,
  ) {
    this.#name = nameOf({ commonName });
    this.#key = key;
  }

  static make(commonName: string, more: Partial<Holder> = {}): CertificateAuthority {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const holder = { ...more, commonName, isAuthority: true };
    const made = certificateOf(holder, pair, {
      name: nameOf({ commonName }),
      key: pair.privateKey,
      number: 1,
    });
    return new CertificateAuthority(made, commonName, pair.privateKey);
  }

  issue(holder: Holder): TestCertificate {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return certificateOf(holder, pair, { name: this.#name, key: this.#key, number: (this.#issued += 1) });
  }

  /** An authority below this one. */
  below(commonName: string): CertificateAuthority {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issuer = { name: this.#name, key: this.#key, number: (this.#issued += 1) };
    const made = certificateOf({ commonName, isAuthority: true }, pair, issuer);
    return new CertificateAuthority(made, commonName, pair.privateKey);
  }
}

interface Issuer {
  readonly name: Buffer;
  readonly key: KeyObject;
  readonly number: number;
}

function certificateOf(
  holder: Holder,
  { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  issuer: Issuer,
): TestCertificate {
  const { endedMs = -DAY_MS, begunMs = DAY_MS } = holder;
  const extensions = extensionsOf(holder);
  const content = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(issuer.number)),
    ECDSA_SHA256,
    issuer.name,
    sequence(time(new Date(Date.now() - begunMs)), time(new Date(Date.now() - endedMs))),
    nameOf(holder),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', content, issuer.key)]);
  return {
    cert: pemOf(sequence(content, ECDSA_SHA256, der(0x03, signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** As reverse proxies pass it on (RFC 9440, section 2.1). */
export const passedOn = ({ cert }: Pick<TestCertificate, 'cert'>): string => `:${derBase64(cert)}:`;

/** What stands between the lines of a PEM file. */
export const derBase64 = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, '');
