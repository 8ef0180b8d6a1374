import { randomBytes } from 'node:crypto';
import type { ListenAddress, ListenAddresses } from '@gatehouse/config/model/listen-addresses';
import { CLAIMED_CALLER, PROBE_HEADER } from '@gatehouse/kernel/doctor-probe';
import { asked, objectOf, type Party } from './asked.js';
import type { DoctorFinding } from './finding.js';

interface Front {
  readonly issuer: string;
  /** What goes through whatever stands in front. */
  readonly metadataUrl: string;
  readonly listener: ListenAddresses;
}

/**
 * What a proxy in front says of callers, as it arrives: a request to the public URL is marked, and the internal listener of the authorization
 * server is asked how it came. Where that listener is not reachable from here, or another replica got the request, nothing can be told.
 */
export async function forwardedFindings(
  { issuer, metadataUrl, listener }: Front,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  const { protocol, port } = new URL(issuer);
  const isDirect = protocol === 'http:' && Number(port) === listener.port;
  if (isDirect) return [];
  const mark = randomBytes(32).toString('base64url');
  const headers = { [PROBE_HEADER]: mark, 'x-forwarded-for': CLAIMED_CALLER };
  if (!(await asked(party, { url: metadataUrl, headers })).ok) return [];
  const status = await asked(party, { url: `http://${addressOf(listener.internal)}/status` });
  if (!status.ok || status.response.status !== 200) return [];
  const { forwardedFor, believed } = membersOf(membersOf(objectOf(status.response)?.['probes'])[mark]);
  const finding = (name: string, cause: string, evidence: string, fix: string): readonly DoctorFinding[] => [
    { name, about: party.about, cause, evidence, fix },
  ];
  if (forwardedFor === 'none')
    return finding(
      'forwarded-for-missing',
      'What stands in front does not say who calls: limits count all callers as one.',
      'A request arrives without X-Forwarded-For.',
      'Let it append the caller’s address to X-Forwarded-For (docs/reverse-proxy.md).',
    );
  if (believed === true && forwardedFor === 'as_sent')
    return finding(
      'forwarded-for-made-up',
      'Callers say themselves who they are, and are believed: limits hold nobody.',
      `X-Forwarded-For: ${CLAIMED_CALLER} of a caller arrives as it was sent, from a trusted proxy.`,
      'Let the proxy in front append the caller’s address to X-Forwarded-For, and write only such proxies into authServer.trustedProxies.',
    );
  // Without TLS in front, a port may lead straight here.
  if (believed === false && forwardedFor === 'as_sent' && protocol === 'https:')
    return finding(
      'forwarded-for-missing',
      'What stands in front does not say who calls: limits count all callers as one.',
      'It passes on the X-Forwarded-For that a caller made up, and adds nothing. To trust it would make every limit worthless.',
      'Let it append the caller’s address to X-Forwarded-For, and only then write it into authServer.trustedProxies (docs/reverse-proxy.md).',
    );
  if (believed === false && forwardedFor === 'changed')
    return finding(
      'forwarded-for-not-believed',
      'What stands in front is not believed when it says who calls: limits count all callers as one.',
      'A request arrives with X-Forwarded-For, from an address that is not in trustedProxies.',
      'Write the address of that proxy into authServer.trustedProxies.',
    );
  return [];
}

const membersOf = (value: unknown): Partial<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? value : {};

/** An address that stands for all of them is reached at the loopback one. */
function addressOf({ host, port }: ListenAddress): string {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${here.includes(':') ? `[${here}]` : here}:${port}`;
}
