import { connect, TLSSocket, type PeerCertificate } from 'node:tls';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { safeConnector } from '@gatehouse/safe-fetch/safe-connector';
import type { Egress } from './asked.js';
import type { Check, DoctorFinding } from './finding.js';

const RENEW_DAYS = 14;

/** Whose certificate somebody else renews. */
interface Other {
  readonly kind: 'provider' | 'backend';
  readonly name: string;
  readonly url: string;
  readonly egress: Egress;
}

/** When the certificate at a public URL ends. That it is trusted at all is found by asking there. */
export async function certificateFindings(
  about: string,
  url: string,
  withinMs: number,
): Promise<readonly DoctorFinding[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return [];
  const certificate = await peerCertificate(hostname, port === '' ? 443 : Number(port), withinMs);
  return endsSoon(certificate).map((evidence) => ({
    name: 'certificate-ends-soon',
    about,
    cause: 'The certificate ends soon, and nothing has renewed it.',
    evidence,
    fix: 'Look why it was not renewed; most tools do so 30 days before.',
  }));
}

/** When those of providers and backends end, as the service that calls them sees them: trusted, and through its proxy. */
export const certificateChecks = (others: readonly Other[], withinMs: number): readonly Check[] =>
  others
    .filter(({ url }) => new URL(url).protocol === 'https:')
    .map(({ kind, name, url, egress }) => ({
      about: `${kind} ${name}`,
      run: async () =>
        endsSoon(await trustedCertificate(new URL(url), egress, withinMs)).map((evidence) => ({
          name: `${kind}-certificate-ends-soon`,
          about: `${kind} ${name}`,
          cause: 'Its certificate ends soon, and nothing has renewed it.',
          evidence,
          fix: `Tell whoever runs this ${kind}: nothing can be sent there without a good certificate.`,
        })),
    }));

function endsSoon(certificate: PeerCertificate | undefined): readonly string[] {
  const endsAtMs = Date.parse(certificate?.valid_to ?? '');
  const days = Math.floor((endsAtMs - Date.now()) / DAY_MS);
  return Number.isNaN(days) || days >= RENEW_DAYS || days < 0 ? [] : [`It ends in ${days} days.`];
}

async function peerCertificate(
  host: string,
  port: number,
  timeout: number,
): Promise<PeerCertificate | undefined> {
  return await new Promise((resolve) => {
    // Only its dates are read, and nothing is sent.
    const socket = connect({ host, port, servername: host, rejectUnauthorized: false, timeout });
    const end = (certificate?: PeerCertificate): void => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => end(socket.getPeerCertificate()));
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}

/** `undefined` when no connection can be made: other checks say why. */
async function trustedCertificate(
  { hostname, host, protocol, port }: URL,
  egress: Egress,
  connectTimeoutMs: number,
): Promise<PeerCertificate | undefined> {
  const connector = safeConnector(egress, { connectTimeoutMs });
  return await new Promise((resolve) => {
    connector({ hostname, host, protocol, port }, (...[, socket]) => {
      resolve(socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined);
      socket?.destroy();
    });
  });
}
