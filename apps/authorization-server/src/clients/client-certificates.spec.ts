import { X509Certificate } from 'node:crypto';
import { CertificateAuthority, type Holder } from '@gatehouse/testing/certificate-authority';
import { selfSignedCertificate } from '@gatehouse/testing/self-signed';
import { describe, expect, test } from '@jest/globals';
import { authoritiesIn, certificateNames, isIssuedBy } from './client-certificates.js';

/** Whom a certificate names, and who has issued it (RFC 8705, section 2.1; RFC 5280). */

const ours = CertificateAuthority.make('Clients of Acme');
const read = ({ cert }: { readonly cert: string }): X509Certificate => new X509Certificate(cert);
const issued = (holder: Partial<Holder>): X509Certificate =>
  read(ours.issue({ commonName: 'desk', ...holder }));
const authorities = authoritiesIn(ours.certificate.cert);
const isOurs = (certificate: X509Certificate, known = authorities): boolean =>
  isIssuedBy(certificate, known, Date.now());

describe('who has issued it', () => {
  test('an authority that is known has, also one of several', () => {
    const other = CertificateAuthority.make('Others').certificate.cert;
    expect(isOurs(issued({}))).toBe(true);
    expect(isOurs(issued({ usage: 'none' }))).toBe(true);
    expect(isOurs(issued({}), authoritiesIn(`${other}${ours.certificate.cert}`))).toBe(true);
  });

  test('one below a known authority, where it is named itself', () => {
    const below = ours.below('Clients of Acme, north');
    const certificate = read(below.issue({ commonName: 'desk' }));
    expect(isOurs(certificate)).toBe(false);
    expect(isOurs(certificate, authoritiesIn(below.certificate.cert))).toBe(true);
  });

  test.each<[string, () => X509Certificate]>([
    [
      'of an unknown authority',
      () => read(CertificateAuthority.make('Others').issue({ commonName: 'desk' })),
    ],
    [
      'of an authority that calls itself as ours does',
      () => read(CertificateAuthority.make('Clients of Acme').issue({ commonName: 'desk' })),
    ],
    ['of its own', () => read(selfSignedCertificate('desk'))],
    ['of a server, which any host of the installation has', () => issued({ usage: 'server' })],
    ['of an authority, which could issue itself anything', () => read(ours.below('desk').certificate)],
    ['of the authority itself', () => read(ours.certificate)],
  ])('attack: a certificate %s is not enough', (_whose, certificate) => {
    expect(isOurs(certificate())).toBe(false);
  });

  test('attack: an authority that has ended issues nothing more', () => {
    const ended = CertificateAuthority.make('Clients of Acme', { endedMs: 60_000 });
    expect(isOurs(read(ended.issue({ commonName: 'desk' })), authoritiesIn(ended.certificate.cert))).toBe(
      false,
    );
  });

  test('attack: a certificate of somebody who is no authority, and is among them', () => {
    const leaf = ours.issue({ commonName: 'not an authority' });
    expect(isOurs(issued({}), authoritiesIn(leaf.cert))).toBe(false);
  });
});

describe('whom it names', () => {
  const certificate = issued({
    organization: 'Acme, "Inc" + Sons',
    dns: ['desk.acme.example', '*.wild.example', 'a.example, URI:https://evil.example'],
    uri: 'spiffe://acme.example/desk,west',
    ip: '192.0.2.7',
    email: 'desk@acme.example',
  });

  test.each([
    ['subject_dn', 'CN=desk,O=Acme\\, \\"Inc\\" \\+ Sons'],
    ['subject_dn', 'cn = desk , 2.5.4.10=Acme\\2C \\22Inc\\22 \\2B Sons'],
    ['san_dns', 'desk.acme.example'],
    ['san_dns', 'DESK.acme.example'],
    ['san_uri', 'spiffe://acme.example/desk,west'],
    ['san_ip', '192.0.2.7'],
    ['san_email', 'desk@acme.example'],
  ])('%s %s', (member, expected) => {
    expect(certificateNames(certificate, `tls_client_auth_${member}`, expected)).toBe(true);
  });

  test.each([
    // Another order, a part, other capitals, more.
    ['subject_dn', 'O=Acme\\, \\"Inc\\" \\+ Sons,CN=desk'],
    ['subject_dn', 'CN=desk'],
    ['subject_dn', 'CN=Desk,O=Acme\\, \\"Inc\\" \\+ Sons'],
    ['subject_dn', 'CN=desk+O=Acme\\, \\"Inc\\" \\+ Sons'],
    ['subject_dn', ''],
    ['san_dns', 'other.acme.example'],
    ['san_dns', '.acme.example'],
    ['san_dns', 'host.wild.example'],
    ['san_dns', '*.wild.example'],
    ['san_dns', 'desk'],
    ['san_dns', 'a.example'],
    ['san_uri', 'https://evil.example'],
    ['san_uri', 'spiffe://acme.example/desk'],
    ['san_ip', '192.0.2.8'],
    ['san_ip', 'desk.acme.example'],
    ['san_email', 'other@acme.example'],
    ['san_email', 'acme.example'],
    ['unknown', 'desk'],
  ])('attack: %s %s names somebody else', (member, expected) => {
    expect(certificateNames(certificate, `tls_client_auth_${member}`, expected)).toBe(false);
  });

  test('attack: a certificate without alternative names does not name its common name as a host', () => {
    const bare = issued({ commonName: 'desk.acme.example' });
    for (const member of ['san_dns', 'san_uri', 'san_ip', 'san_email'])
      expect(certificateNames(bare, `tls_client_auth_${member}`, 'desk.acme.example')).toBe(false);
  });

  test('attack: a line break in a name does not begin another one', () => {
    const tricky = issued({ commonName: 'desk\nO=Acme' });
    expect(certificateNames(tricky, 'tls_client_auth_subject_dn', 'O=Acme,CN=desk')).toBe(false);
    expect(certificateNames(tricky, 'tls_client_auth_subject_dn', 'CN=desk\\0AO=Acme')).toBe(true);
  });
});
