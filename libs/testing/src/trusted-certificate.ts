import tls from 'node:tls';
import type { TestCertificate } from './self-signed.js';

/**
 * Every connection of this process trusts the certificate, until what is returned is called. Specs share a process: of two certificates
 * that have one name, the first would be taken for the other's authority, and nobody could connect.
 */
export function trust({ cert }: Pick<TestCertificate, 'cert'>): () => void {
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, cert]);
  return () => tls.setDefaultCACertificates(before);
}
