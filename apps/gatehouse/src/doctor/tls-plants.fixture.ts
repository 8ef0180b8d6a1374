import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  expiredCertificate,
  selfSignedCertificate,
  unchainedCertificate,
  type TestCertificate,
} from '@gatehouse/testing/self-signed';
import type { Plant } from './doctor-world.fixture.js';
import { row, type Row } from './plants.fixture.js';

const servers: Server[] = [];

interface TlsPlant {
  readonly url: string;
  readonly caBundle: object;
}

const tlsAt = async (...hosts: readonly string[]): Promise<TlsPlant> =>
  await tlsWith(selfSignedCertificate(...hosts));

/** A server that has nothing but its certificate. */
async function tlsWith({ cert, key }: TestCertificate): Promise<TlsPlant> {
  const server = createServer({ cert, key }, (_request, response) => response.writeHead(404).end());
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-doctor-')), 'ca.pem');
  await writeFile(file, cert);
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, caBundle: { file } };
}

/** Its provider is there, and its own certificate is trusted. */
const trusting = ({ url, caBundle }: TlsPlant): Plant => ({
  changes: {
    'authServer.upstreamProviders.0.oidcConfig.issuerUrl': url,
    'authServer.upstreamProviders.0.caBundle': caBundle,
  },
});

const of = (plant: TlsPlant): Plant => ({
  changes: { 'authServer.upstreamProviders.0.oidcConfig.issuerUrl': plant.url },
});

/** What certificates can have against them. Those of tests end tomorrow. */
export const TLS_PLANTS: readonly Row[] = [
  row('a provider with a certificate of nobody', 'provider-certificate-untrusted', {
    plant: async () => of(await tlsAt('localhost')),
  }),
  row('a provider with a certificate for another name', 'provider-certificate-name', {
    plant: async () => trusting(await tlsAt('other.example')),
  }),
  row('a provider with a certificate that has ended', 'provider-certificate-expired', {
    plant: async () => trusting(await tlsWith(expiredCertificate('localhost'))),
  }),
  row('a provider whose certificate ends tomorrow', 'provider-certificate-ends-soon', {
    plant: async () => trusting(await tlsAt('localhost')),
  }),
  row('a provider that leaves out the certificates in between', 'provider-certificate-chain', {
    plant: async () => of(await tlsWith(unchainedCertificate('localhost'))),
  }),
  row('a backend whose certificate ends tomorrow', 'backend-certificate-ends-soon', {
    plant: async () => {
      const { url, caBundle } = await tlsAt('localhost');
      return { changes: { 'backends.0.url': `${url}/mcp`, 'backends.0.caBundle': caBundle } };
    },
  }),
  row('a public certificate that ends tomorrow', 'certificate-ends-soon', {
    plant: async () => ({ changes: { publicUrl: (await tlsAt('localhost')).url } }),
  }),
];

export function closeTlsPlants(): void {
  for (const server of servers) server.close();
}
