import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { distinguishedName, relativeName } from '@gatehouse/config/model/distinguished-name';
import { TLS_SUBJECT_NAMES, TLS_SUBJECTS, tlsSubjectProblem } from '@gatehouse/config/model/tls-subject';
import { sameContent } from '@gatehouse/kernel/same-content';

/** RFC 5280, section 4.2.1.12. */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

const EXACTLY = { subject: 'never', wildcards: false, partialWildcards: false } as const;

const BETWEEN = /(?<=-----END CERTIFICATE-----)/;

/** @param pem certificates, one after the other */
export const authoritiesIn = (pem: string): readonly X509Certificate[] =>
  pem
    .split(BETWEEN)
    .filter((one) => one.trim() !== '')
    .map((one) => new X509Certificate(one));

/**
 * Whether one of these authorities has issued the certificate itself, for a client (RFC 5280, section 6.1). Those that are known are
 * all trusted, so that there is no path to be found; one that has ended issues nothing more.
 */
export function isIssuedBy(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  nowMs: number,
): boolean {
  if (certificate.ca || !isForClients(certificate.keyUsage)) return false;
  return authorities.some(
    (authority) =>
      authority.ca &&
      authority.validFromDate.getTime() <= nowMs &&
      nowMs <= authority.validToDate.getTime() &&
      certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey),
  );
}

/** One that does not say what it is for is for everything. */
const isForClients = (purposes: readonly string[] | undefined): boolean =>
  purposes?.includes(CLIENT_AUTHENTICATION) ?? true;

/** Whether the certificate names whom its client has registered (RFC 8705, section 2.1.2). @param member of the registration */
export function certificateNames(certificate: X509Certificate, member: string, expected: string): boolean {
  const name = TLS_SUBJECT_NAMES.find((one) => TLS_SUBJECTS[one] === member);
  // What could be a pattern is none to the functions below, and is compared with nothing.
  if (name === undefined || tlsSubjectProblem(name, expected) !== undefined) return false;
  switch (name) {
    case 'subjectDn':
      return sameContent(distinguishedName(expected), subjectOf(certificate));
    case 'sanDns':
      return certificate.checkHost(expected, EXACTLY) !== undefined;
    case 'sanEmail':
      return certificate.checkEmail(expected, EXACTLY) !== undefined;
    case 'sanIp':
      return isIP(expected) !== 0 && certificate.checkIP(expected) !== undefined;
    case 'sanUri':
      return urisOf(certificate).includes(expected);
  }
}

/** As a distinguished name is compared. Node writes a line for each relative name, the first first. */
const subjectOf = ({ subject }: X509Certificate): readonly unknown[] =>
  subject.split('\n').reverse().map(relativeName);

/** Node puts what has a comma, a quote or a control character in it into quotes, as JSON. */
const ALTERNATIVE = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/gy;

function urisOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return [...subjectAltName.matchAll(ALTERNATIVE)].flatMap(([, kind, written = '']) => {
    if (kind !== 'URI') return [];
    return [written.startsWith('"') ? String(JSON.parse(written)) : written];
  });
}
