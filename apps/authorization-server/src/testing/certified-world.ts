import { CertificateAuthority } from '@gatehouse/testing/certificate-authority';
import { CertifyingProxy, PROXY_ADDRESS } from '@gatehouse/testing/certifying-proxy';
import { certifiedFetch } from '@gatehouse/testing/certified-fetch';
import { selfSignedCertificate, type TestCertificate } from '@gatehouse/testing/self-signed';
import { Secret } from '@gatehouse/kernel/secret';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { FormAnswer } from './proving-client.js';
import { startServiceWorld, type ServiceWorld } from './service-world.js';
import type { TestService } from './test-service.js';

type Clients = AuthorizationServerPart['clientRegistration']['clients'];

/** Two replicas of this service, each behind a reverse proxy that ends TLS and passes certificates on. */
export class CertifiedWorld {
  private constructor(
    readonly world: ServiceWorld,
    readonly authority: CertificateAuthority,
    private readonly replicas: readonly [TestService, TestService],
    private readonly proxies: readonly [CertifyingProxy, CertifyingProxy],
    readonly server: TestCertificate,
  ) {}

  get service(): TestService {
    return this.replicas[0];
  }

  get replica(): TestService {
    return this.replicas[1];
  }

  static async start(
    clients: Clients = [],
    protection: Partial<AuthorizationServerPart['requestProtection']> = {},
  ): Promise<CertifiedWorld> {
    const world = await startServiceWorld();
    const authority = CertificateAuthority.make('Clients of Acme');
    const { config } = world.service;
    const overrides = {
      trustedProxies: [PROXY_ADDRESS],
      requestProtection: {
        ...config.requestProtection,
        ...protection,
        mtls: {
          header: 'client-cert',
          encoding: 'rfc9440',
          certificateAuthorities: new Secret(authority.certificate.cert),
          endpointAliasBaseUrl: 'https://mtls.example',
        },
      },
      clientRegistration: { ...config.clientRegistration, clients },
    } as const;
    const service = await world.startAnother(overrides);
    const replica = await world.startAnother({ ...overrides, issuer: service.issuer });
    const server = selfSignedCertificate('localhost', '127.0.0.1');
    const before = async ({ config: { listen } }: TestService): Promise<CertifyingProxy> =>
      await CertifyingProxy.start({ certificate: server, port: listen.port });
    const proxies = [await before(service), await before(replica)] as const;
    return new CertifiedWorld(world, authority, [service, replica], proxies, server);
  }

  /** Where clients with certificates reach a replica. */
  originOf(at: TestService): string {
    return this.proxies[at === this.replica ? 1 : 0].origin;
  }

  /** Posts a form over TLS. @param certificate that is shown; none where it is absent */
  async post(
    path: string,
    fields: Readonly<Record<string, string>>,
    certificate?: TestCertificate,
    {
      at = this.service,
      headers = {},
    }: { at?: TestService; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<FormAnswer> {
    const response = await certifiedFetch(certificate, this.server)(this.originOf(at) + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });
    const text = await response.text();
    const body = text.startsWith('{') ? (JSON.parse(text) as FormAnswer['body']) : {};
    return { status: response.status, headers: response.headers, body };
  }

  /** Whether the client is taken for the one that it says it is: nothing but its token is wrong then. */
  async authenticates(
    clientId: string,
    certificate?: TestCertificate,
    more: { at?: TestService; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<boolean> {
    const fields = { grant_type: 'refresh_token', refresh_token: 'made-up', client_id: clientId };
    const { status, body } = await this.post('/oauth/token', fields, certificate, more);
    const said = `${status} ${String(body['error'])}`;
    if (said === '400 invalid_grant') return true;
    if (said === '401 invalid_client') return false;
    throw new Error(`neither taken nor refused: ${said} ${String(body['error_description'])}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map(async (proxy) => await proxy.close()));
    await this.world.close();
  }
}
