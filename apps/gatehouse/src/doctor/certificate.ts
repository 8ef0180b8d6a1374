import { connect, type PeerCertificate } from 'node:tls';
import { DAY_MS } from '@gatehouse/kernel/durations';
import type { DoctorFinding } from './finding.js';

const RENEW_DAYS = 14;

/** When the certificate at a URL ends. That it is trusted at all is found by asking there. */
export async function certificateFindings(
  about: string,
  url: string,
  withinMs: number,
): Promise<readonly DoctorFinding[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return [];
  const certificate = await peerCertificate(hostname, port === '' ? 443 : Number(port), withinMs);
  const endsAtMs = Date.parse(certificate?.valid_to ?? '');
  const days = Math.floor((endsAtMs - Date.now()) / DAY_MS);
  return Number.isNaN(days) || days >= RENEW_DAYS || days < 0
    ? []
    : [
        {
          name: 'certificate-ends-soon',
          about,
          cause: 'The certificate ends soon, and nothing has renewed it.',
          evidence: `It ends in ${days} days.`,
          fix: 'Look why it was not renewed; most tools do so 30 days before.',
        },
      ];
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
