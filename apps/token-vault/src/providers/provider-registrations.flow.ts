import { Inject, Injectable } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Log } from '@gatehouse/observability/log';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { GatewayClient } from '../backend-oauth/gateway-client.js';
import type { IssuedTo } from '../backend-oauth/issued-to.js';
import { RegisteredClientStore } from '../backend-oauth/registered-client.store.js';
import { RegisteredClients } from '../backend-oauth/registered-clients.flow.js';
import { GrantOver, UnfitServer } from '../backend-oauth/unfit-server.js';
import { cleanedUrl } from './failure-reason.js';
import { askedFor, placeOf, registerAt } from './provider-registration.client.js';
import { asRegistered, type RegisteredProvider, type RegisteringProvider } from './registered-provider.js';

/** The metadata, and the registration. */
const REQUESTS = 2;

/** Providers at which this gateway registers itself, once for all replicas, and as which client it is known there. */
@Injectable()
export class ProviderRegistrations {
  constructor(
    private readonly clients: RegisteredClients,
    private readonly store: RegisteredClientStore,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'publicUrl' | 'issuer'>,
  ) {}

  /**
   * For a new sign-in: as the current client, which is registered if there is none.
   * @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured`, `busy`
   */
  async forSignIn(provider: RegisteringProvider): Promise<RegisteredProvider> {
    const client = await this.#current(provider);
    const { clientId } = client;
    return asRegistered(provider, client, { issuer: placeOf(provider), clientId, scopes: provider.scopes });
  }

  /**
   * For what was issued before: as the client of then, and no other.
   * @throws {GrantOver} when this gateway is not that client any more, or that place is not this provider's
   * @throws {GatehouseError} `provider_unavailable`
   */
  async asIssued(provider: RegisteringProvider, issuedTo: IssuedTo | undefined): Promise<RegisteredProvider> {
    if (issuedTo === undefined) throw new GrantOver('client_gone');
    const { issuer, clientId } = issuedTo;
    // RFC 9700 section 4.4: what one authorization server issued is not shown to another one.
    if (issuer !== placeOf(provider)) throw new GrantOver('issuer_changed');
    const client = await this.clients.ofId({ provider: provider.name, issuer }, clientId);
    if (client === undefined) throw new GrantOver('client_gone');
    return asRegistered(provider, client, issuedTo);
  }

  /** Whether a registration at this provider made, or had made, this gateway that client. */
  async isOurs(provider: RegisteringProvider, clientId: string): Promise<boolean> {
    const place = { provider: provider.name, issuer: placeOf(provider) };
    return (await this.clients.ofId(place, clientId)) !== undefined;
  }

  /** The same for a grant that is to be renewed. */
  async forGrant(provider: RegisteringProvider, issuedTo: IssuedTo | undefined): Promise<RegisteredProvider> {
    return await this.asIssued(provider, issuedTo);
  }

  /** @see RegisteredClients.refused */
  async clientRefused({ name }: RegisteringProvider, { issuer, clientId }: IssuedTo): Promise<boolean> {
    return await this.clients.refused({ provider: name, issuer }, clientId);
  }

  /** Says in the log why a registration failed. */
  async #current(provider: RegisteringProvider): Promise<GatewayClient> {
    const { name, redirectUri, timeoutMs } = provider;
    const { publicUrl } = this.config;
    const place = { provider: name, issuer: placeOf(provider) };
    try {
      await this.store.claim(place);
      return await this.clients.current({
        place,
        redirectUri,
        askedFor: askedFor(provider, publicUrl),
        patienceMs: REQUESTS * timeoutMs,
        register: async () => await registerAt(provider, this.config),
      });
    } catch (error) {
      const outage = OutboundFailure.in(error);
      if (!(error instanceof UnfitServer) && outage === undefined) throw error;
      const reason = error instanceof UnfitServer ? error.reason : (outage?.kind ?? '');
      const reference = newReference();
      this.log.warn('provider-registration-failed', {
        provider: name,
        reference,
        reason,
        ...(error instanceof UnfitServer ? { found: cleanedUrl(error.found), ...error.answer } : {}),
      });
      const isUnfit = error instanceof UnfitServer || outage?.kind === 'blocked';
      throw new GatehouseError(
        isUnfit ? 'provider_misconfigured' : 'provider_unavailable',
        `registration at ${name}: ${reason}`,
        { details: { provider: name, reference }, cause: error },
      );
    }
  }
}
