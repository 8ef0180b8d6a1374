import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import type { Plant } from './doctor-world.fixture.js';

const servers: Server[] = [];

export interface TlsPlant {
  readonly url: string;
  readonly caBundle: object;
}

export const tlsAt = async (...hosts: readonly string[]): Promise<TlsPlant> =>
  await tlsWith(selfSignedCertificate(...hosts));

/** A server that has nothing but its certificate. */
export async function tlsWith({ cert, key }: TestCertificate): Promise<TlsPlant> {
  const server = createServer({ cert, key }, (_request, response) => response.writeHead(404).end());
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-doctor-')), 'ca.pem');
  await writeFile(file, cert);
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, caBundle: { file } };
}

/** Its provider is there, and its own certificate is trusted. */
export const trusting = ({ url, caBundle }: TlsPlant): Plant => ({
  changes: {
    'authServer.upstreamProviders.0.oidcConfig.issuerUrl': url,
    'authServer.upstreamProviders.0.caBundle': caBundle,
  },
});

export function closeTlsPlants(): void {
  for (const server of servers) server.close();
}
