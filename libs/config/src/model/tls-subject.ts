import { isIP } from 'node:net';
import { DNS_LABEL } from '@gatehouse/kernel/dns-label';
import type { TlsSubject } from './client-keys.js';
import { distinguishedName } from './distinguished-name.js';

/** What the configuration calls them, and a registration (RFC 8705, section 2.1.2). */
export const TLS_SUBJECTS: Readonly<Record<keyof TlsSubject, string>> = {
  subjectDn: 'tls_client_auth_subject_dn',
  sanDns: 'tls_client_auth_san_dns',
  sanUri: 'tls_client_auth_san_uri',
  sanIp: 'tls_client_auth_san_ip',
  sanEmail: 'tls_client_auth_san_email',
};

export const TLS_SUBJECT_NAMES = Object.keys(TLS_SUBJECTS) as readonly (keyof TlsSubject)[];

const MAX_CHARACTERS = 1_024;
const MAX_HOST_CHARACTERS = 253;

const isHost = (value: string): boolean =>
  value.length <= MAX_HOST_CHARACTERS &&
  value
    .toLowerCase()
    .split('.')
    .every((label) => DNS_LABEL.test(label));

/** What a certificate can name. A pattern would stand for whoever gets a certificate of that authority. */
const FORMS: Readonly<
  Record<keyof TlsSubject, { readonly isOne: (value: string) => boolean; readonly what: string }>
> = {
  subjectDn: {
    isOne: (value) => distinguishedName(value) !== undefined,
    what: 'a distinguished name such as CN=desk,O=Acme (RFC 4514), without values in quotes or as hex',
  },
  sanDns: { isOne: isHost, what: 'a host name' },
  sanUri: { isOne: (value) => URL.canParse(value), what: 'a URI' },
  sanIp: { isOne: (value) => isIP(value) !== 0, what: 'an IP address' },
  sanEmail: { isOne: (value) => /^[^\s@]+@[^\s@]+$/.test(value), what: 'an email address' },
};

/** @returns why nothing can be compared with it, as the end of a sentence. */
export function tlsSubjectProblem(name: keyof TlsSubject, value: unknown): string | undefined {
  const { isOne, what } = FORMS[name];
  return typeof value === 'string' && value.length <= MAX_CHARACTERS && isOne(value)
    ? undefined
    : `must be ${what}`;
}
