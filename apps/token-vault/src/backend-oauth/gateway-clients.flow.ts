import { Inject, Injectable } from '@nestjs/common';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { leadOrFollow } from '@gatehouse/kernel/lead-or-follow';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { CLOCK, CONFIG } from '@gatehouse/service-process/injected';
import { keepBeating, succeeds } from '../leases/beats.job.js';
import {
  conditionOf,
  configuredClient,
  documentClient,
  storedClient,
  wayOf,
  type GatewayClient,
} from './gateway-client.js';
import type { IssuedTo } from './issued-to.js';
import type { McpProvider } from './mcp-provider.js';
import {
  RegisteredClientStore,
  type ClientPlace,
  type RegistrationLease,
  type StoredClient,
} from './registered-client.store.js';
import { register } from './registration.client.js';
import { isSameIssuer, type FitServer } from './server-metadata.js';
import { UnfitServer } from './unfit-server.js';

/** A follower waits this much longer than the registration may take. */
const FOLLOW_MARGIN_MS = 2 * SECOND_MS;

/** Where something is to be registered, and what for. */
interface Wanted {
  readonly provider: McpProvider;
  readonly server: FitServer;
  readonly scopes: readonly string[];
  readonly place: ClientPlace;
}

/** This gateway as client of backends' authorization servers: configured, described by its document, or registered once. */
@Injectable()
export class GatewayClients {
  readonly #registrations = new SingleFlight<string, StoredClient>();

  constructor(
    private readonly store: RegisteredClientStore,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<TokenVaultPart, 'publicUrl'>,
    @Inject(CLOCK) private readonly clock: Clock,
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
    const place = { provider: provider.name, issuer: server.issuer };
    const { version, current } = await this.store.find(place);
    const condition = conditionOf(current, provider.redirectUri, this.clock.nowMs());
    if (current !== undefined && condition === 'good') return storedClient(current);
    const registering = this.#registrations.run(`${place.provider} ${place.issuer}`, () =>
      this.#leadOrFollow({ provider, server, scopes, place }, version),
    );
    if (current === undefined || condition === 'unusable') return storedClient(await registering);
    return await this.#orBefore(registering, current, place);
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
    const stored = await this.store.ofId({ provider: provider.name, issuer }, clientId);
    if (stored === 'sealed')
      throw new GatehouseError('provider_unavailable', 'the registered client does not open', {
        details: { provider: provider.name },
      });
    return stored && storedClient(stored);
  }

  /**
   * The issuer said `invalid_client`. A registered client is given up, so that the next sign-in registers a new one.
   * @returns whether it was a registered one: then the grants that it has are over
   */
  async refused(provider: McpProvider, { issuer, clientId }: IssuedTo): Promise<boolean> {
    const retired = await this.store.retire({ provider: provider.name, issuer }, clientId);
    if (retired) this.log.warn('upstream-client-refused', { provider: provider.name, issuer });
    return retired;
  }

  /** What still works is not given up because a new one cannot be had at this moment. */
  async #orBefore(
    registering: Promise<StoredClient>,
    before: StoredClient,
    place: ClientPlace,
  ): Promise<GatewayClient> {
    try {
      return storedClient(await registering);
    } catch (error) {
      this.log.failure('upstream-client-not-renewed', error, { ...place });
      return storedClient(before);
    }
  }

  async #leadOrFollow(wanted: Wanted, seenVersion: number): Promise<StoredClient> {
    const { provider, place } = wanted;
    return await leadOrFollow({
      acquire: () => this.store.acquire(place, seenVersion),
      lead: (lease) => this.#register(wanted, lease),
      look: async () => {
        const { version, current } = await this.store.find(place);
        return version > seenVersion ? current : undefined;
      },
      patienceMs: provider.timeoutMs + FOLLOW_MARGIN_MS,
      busy: 'another replica still registers this gateway',
    });
  }

  /** @returns `undefined` when the lease was lost meanwhile. */
  async #register(
    { provider, server, scopes, place }: Wanted,
    lease: RegistrationLease,
  ): Promise<StoredClient | undefined> {
    const stop = keepBeating(async () => {
      await succeeds(this.store.renew(lease));
    });
    try {
      const registered = await register(provider, server, scopes, this.config.publicUrl).finally(stop);
      if (!(await this.store.publish(lease, provider.redirectUri, registered))) return undefined;
      this.log.info('upstream-client-registered', { ...place });
      return { ...registered, redirectUri: provider.redirectUri, registeredAtMs: this.clock.nowMs() };
    } catch (error) {
      await this.store.release(lease);
      throw error;
    }
  }
}
