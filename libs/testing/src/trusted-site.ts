import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { freePort } from './free-port.js';
import { selfSignedCertificate } from './self-signed.js';
import { trust } from './trusted-certificate.js';

export interface TrustedSite {
  readonly origin: string;
  /** Nobody trusts its certificate any more. */
  close(): void;
}

/** Somebody's https server on localhost, which every connection of this process trusts until it is closed. */
export async function startTrustedSite(answer: RequestListener): Promise<TrustedSite> {
  const certificate = selfSignedCertificate();
  const distrust = trust(certificate);
  const port = await freePort();
  const server = createServer(certificate, answer);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `https://localhost:${port}`,
    close() {
      distrust();
      server.closeAllConnections();
      server.close();
    },
  };
}
