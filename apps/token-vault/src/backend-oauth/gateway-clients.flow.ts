import { Inject, Injectable } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { upstreamClientMetadata } from '@gatehouse/config/urls/upstream-client';
import { CONFIG } from '@gatehouse/service-process/injected';
import { configuredClient, documentClient, wayOf, type GatewayClient } from './gateway-client.js';
import type { IssuedTo } from './issued-to.js';
import type { McpProvider } from './mcp-provider.js';
import { RegisteredClients } from './registered-clients.flow.js';
import { methodToRegister, type Registered } from './registration-answer.js';
import { register } from './registration.client.js';
import { isSameIssuer, type FitServer } from './server-metadata.js';
import { UnfitServer } from './unfit-server.js';

/** This gateway as client of backends' authorization servers: configured, described by its document, or registered once. */
@Injectable()
export class GatewayClients {
  constructor(
    private readonly registered: RegisteredClients,
    @Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'publicUrl'>,
  ) {}

  /**
   * The client with which a new sign-in begins.
   * @param scopes that may be asked for
   * @throws {UnfitServer}
   * @throws {OutboundFailure}
   * @throws {GatehouseError} `busy`
   */
  async current(provider: McpProvider, server: FitServer, scopes: readonly string[]): Promise<GatewayClient> {
    const way = wayOf(provider, server);
    if (way === undefined) throw new UnfitServer('no_registration', server.issuer);
    if (way.kind !== 'dynamic') return way.client;
    return await this.registered.current({
      place: { provider: provider.name, issuer: server.issuer },
      redirectUri: provider.redirectUri,
      patienceMs: provider.timeoutMs,
      register: async () => await this.#register(provider, server, scopes),
    });
  }

  /**
   * The client to which something was issued.
   * @returns `undefined` when it is this gateway's no more
   * @throws {GatehouseError} `provider_unavailable` while its row does not open: with its key it does again
   */
  async issued(
    provider: McpProvider,
    { issuer, clientId }: Pick<IssuedTo, 'issuer' | 'clientId'>,
  ): Promise<GatewayClient | undefined> {
    const { protocol } = provider;
    const isConfigured = protocol.issuer !== undefined && isSameIssuer(protocol.issuer, issuer);
    if (clientId === provider.clientId && isConfigured) return configuredClient(provider);
    if (clientId === protocol.clientMetadataUrl) return documentClient(clientId);
    return await this.registered.ofId({ provider: provider.name, issuer }, clientId);
  }

  /** @see RegisteredClients.refused */
  async refused(provider: McpProvider, { issuer, clientId }: IssuedTo): Promise<boolean> {
    return await this.registered.refused({ provider: provider.name, issuer }, clientId);
  }

  async #register(provider: McpProvider, server: FitServer, scopes: readonly string[]): Promise<Registered> {
    const { registration_endpoint: url, token_endpoint_auth_methods_supported: methods, issuer } = server;
    if (url === undefined) throw new UnfitServer('no_registration', issuer);
    const { redirectUri, name } = provider;
    return await register({
      url,
      issuer,
      metadata: {
        ...upstreamClientMetadata({ publicUrl: this.config.publicUrl, provider: name, redirectUri }),
        token_endpoint_auth_method: methodToRegister(methods),
        ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      },
      rules: provider,
    });
  }
}
