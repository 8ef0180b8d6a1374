import { Inject, Injectable } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { CONFIG } from '@gatehouse/service-process/injected';
import { BackendDiscovery, type Demand } from './backend-discovery.client.js';
import { wayOf, type GatewayClient } from './gateway-client.js';
import { GatewayClients } from './gateway-clients.flow.js';
import { isForBackend, type IssuedForBackend, type IssuedTo } from './issued-to.js';
import { ownerOf } from './issuer-owners.js';
import type { McpProvider } from './mcp-provider.js';
import { RegisteredClientStore } from './registered-client.store.js';
import type { ResolvedProvider } from './resolved-provider.js';
import { requestedScopes } from './requested-scopes.js';
import { isSameIssuer, type FitServer } from './server-metadata.js';
import { GrantOver, UnfitServer } from './unfit-server.js';

/** A backend that lists more is not taken at its word. */
const MAX_SERVERS = 4;
/** In all its time: a backend that names ever new ones fills no table. */
const MAX_ISSUERS = 20;

/** Backends that demand their own OAuth: which authorization server they mean, and this gateway as its client. */
@Injectable()
export class BackendOAuth {
  constructor(
    private readonly discovery: BackendDiscovery,
    private readonly clients: GatewayClients,
    private readonly store: RegisteredClientStore,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'upstreamProviders' | 'issuer'>,
  ) {}

  /**
   * For a new sign-in: as the backend says now.
   * @param stepUp scopes that the person has, and those that the backend missed
   * @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured`
   */
  async forSignIn(provider: McpProvider, stepUp: readonly string[]): Promise<ResolvedProvider> {
    return await this.#said(provider, async () => {
      const demand = await this.discovery.demandNow(provider);
      const server = await this.#choose(provider, demand);
      const scopes = requestedScopes({
        configured: provider.scopes,
        challenged: demand.challengedScope,
        ofResource: demand.scopesSupported,
        stepUp,
        ofServer: server.scopes_supported,
      });
      const registrable = [
        ...new Set([...scopes, ...(provider.scopes.length > 0 ? [] : (demand.scopesSupported ?? []))]),
      ];
      const client = await this.clients.current(provider, server, registrable);
      const { resource } = demand;
      return resolved(provider, server, client, {
        issuer: server.issuer,
        clientId: client.clientId,
        resource,
        scopes,
      });
    });
  }

  /**
   * For what was issued before: the issuer and the client of then, and no others.
   * @throws {GrantOver} when this gateway is not that client any more
   * @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured`
   */
  async asIssued(provider: McpProvider, issuedTo: IssuedTo | undefined): Promise<ResolvedProvider> {
    if (issuedTo === undefined || !isForBackend(issuedTo)) throw new GrantOver('client_gone');
    return await this.#said(provider, async () => {
      const client = await this.clients.issued(provider, issuedTo);
      if (client === undefined) throw new GrantOver('client_gone');
      const server = await this.discovery.server(provider, issuedTo.issuer);
      return resolved(provider, server, client, issuedTo);
    });
  }

  /** The same for a grant that is to be renewed. @throws {GrantOver} also when the backend has another authorization server */
  async forGrant(provider: McpProvider, issuedTo: IssuedTo | undefined): Promise<ResolvedProvider> {
    const before = await this.asIssued(provider, issuedTo);
    if (!(await this.#stillNames(provider, before.issuedTo.issuer))) throw new GrantOver('issuer_changed');
    return before;
  }

  /** The token endpoint said `invalid_client`. @returns whether the grants of this client are over */
  async clientRefused(provider: McpProvider, issuedTo: IssuedTo): Promise<boolean> {
    return await this.clients.refused(provider, issuedTo);
  }

  /** While the backend cannot be asked, or what it says does not fit, its grants stay as they are. */
  async #stillNames(provider: McpProvider, issuer: string): Promise<boolean> {
    const { issuer: pinned } = provider.protocol;
    if (pinned !== undefined) return isSameIssuer(pinned, issuer);
    try {
      const { authorizationServers, isAssumed } = await this.discovery.demand(provider);
      // A document that is away for a moment names no other server.
      if (isAssumed === true || authorizationServers.length === 0) return true;
      return authorizationServers.some((one) => isSameIssuer(one, issuer));
    } catch (error) {
      if (error instanceof UnfitServer || OutboundFailure.in(error) !== undefined) return true;
      throw error;
    }
  }

  /** The first one that fits (RFC 9728 section 7.6 leaves the choice to the client). */
  async #choose(provider: McpProvider, { authorizationServers }: Demand): Promise<FitServer> {
    const { issuer: pinned } = provider.protocol;
    const named = authorizationServers.slice(0, MAX_SERVERS);
    const candidates = pinned === undefined ? named : named.filter((one) => isSameIssuer(one, pinned));
    let unfit = new UnfitServer('no_authorization_server', pinned ?? provider.protocol.url);
    for (const issuer of candidates) {
      try {
        this.#refuseForeign(provider, issuer, []);
        const server = await this.discovery.serverNow(provider, issuer);
        const place = { provider: provider.name, issuer: server.issuer };
        // The one that the configuration names is always heard.
        const most = pinned === undefined ? MAX_ISSUERS : undefined;
        const before = await this.store.claim(place, most);
        if (before === undefined) throw new UnfitServer('too_many_issuers', issuer);
        this.#refuseForeign(provider, server.issuer, before);
        if (wayOf(provider, server) === undefined) throw new UnfitServer('no_registration', issuer);
        this.discovery.remember(provider, issuer, server);
        return server;
      } catch (error) {
        // An outage of the first is no reason to go to another one.
        if (!(error instanceof UnfitServer)) throw error;
        unfit = error;
      }
    }
    throw unfit;
  }

  /**
   * @param before providers that used it before this one did
   * @throws {UnfitServer}
   */
  #refuseForeign(provider: McpProvider, issuer: string, before: readonly string[]): void {
    const { issuer: own, upstreamProviders } = this.config;
    if (own !== undefined && isSameIssuer(own, issuer))
      throw new UnfitServer('authorization_server_of_another', issuer);
    const others = upstreamProviders.filter(({ name }) => name !== provider.name);
    if (ownerOf(issuer, provider, others, before) !== undefined)
      throw new UnfitServer('authorization_server_of_another', issuer);
  }

  /** Says in the log why a backend's OAuth cannot be used. */
  async #said<Value>(provider: McpProvider, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      const outage = OutboundFailure.in(error);
      if (!(error instanceof UnfitServer) && outage === undefined) throw error;
      const { name, protocol } = provider;
      const reason = error instanceof UnfitServer ? error.reason : (outage?.kind ?? '');
      const found = error instanceof UnfitServer ? place(error.found) : undefined;
      const reference = newReference();
      this.log.warn('backend-oauth-unusable', {
        provider: name,
        reference,
        backend: protocol.backend,
        reason,
        ...(found === undefined ? {} : { found }),
        ...(error instanceof UnfitServer ? error.answer : {}),
      });
      const isUnfit = error instanceof UnfitServer || outage?.kind === 'blocked';
      throw new GatehouseError(
        isUnfit ? 'provider_misconfigured' : 'provider_unavailable',
        `OAuth of ${protocol.backend}: ${reason}`,
        {
          details: { provider: name, reference },
          cause: error,
        },
      );
    }
  }
}

/** A client without a secret of its own has the method `none`: no other client's secret is sent in its place. */
const resolved = (
  provider: McpProvider,
  server: FitServer,
  client: GatewayClient,
  issuedTo: IssuedForBackend,
): ResolvedProvider => ({ ...provider, ...client, scopes: issuedTo.scopes, server, issuedTo });

/** A URL without what could be a secret. What is no URL is a word of ours. */
function place(found: string | undefined): string | undefined {
  const url = URL.parse(found ?? '');
  return url === null ? found : `${url.origin}${url.pathname}`.slice(0, 200);
}
