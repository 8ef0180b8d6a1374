import { Inject, Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { leadOrFollow } from '@gatehouse/kernel/lead-or-follow';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { CLOCK } from '@gatehouse/service-process/injected';
import { keepBeating, succeeds } from '../leases/beats.job.js';
import { conditionOf, storedClient, type GatewayClient } from './gateway-client.js';
import {
  RegisteredClientStore,
  type ClientPlace,
  type RegistrationLease,
  type StoredClient,
} from './registered-client.store.js';
import type { Registered } from './registration-answer.js';
import { UnfitServer } from './unfit-server.js';

/** A follower waits this much longer than the registration may take. */
const FOLLOW_MARGIN_MS = 2 * SECOND_MS;

/** Where a client is wanted, what it has to be, and how it is made. */
interface WantedClient {
  readonly place: ClientPlace;
  readonly redirectUri: string;
  /** Digest of what is asked for; left out: a client that is there is not looked at for that. */
  readonly askedFor?: string;
  /** For all requests of a registration. */
  readonly patienceMs: number;
  readonly register: () => Promise<Registered>;
}

/** The clients that authorization servers registered for this gateway: one at each place, made once over all replicas. */
@Injectable()
export class RegisteredClients {
  readonly #registrations = new SingleFlight<string, StoredClient>();

  constructor(
    private readonly store: RegisteredClientStore,
    private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The client with which a new sign-in begins.
   * @throws {UnfitServer}
   * @throws {OutboundFailure}
   * @throws {GatehouseError} `busy`
   */
  async current(wanted: WantedClient): Promise<GatewayClient> {
    const { place, redirectUri, askedFor } = wanted;
    const { version, current } = await this.store.find(place);
    const condition = conditionOf(current, redirectUri, this.clock.nowMs(), askedFor);
    if (current !== undefined && condition === 'good') return storedClient(current);
    const registering = this.#registrations.run(
      [place.provider, place.issuer, redirectUri, askedFor ?? ''].join(' '),
      () => this.#leadOrFollow(wanted, version),
    );
    if (current === undefined || condition === 'unusable') return storedClient(await registering);
    return await this.#orBefore(registering, current, place);
  }

  /**
   * A client to which something was issued; not only the current one.
   * @returns `undefined` when it is this gateway's no more
   * @throws {GatehouseError} `provider_unavailable` while its row does not open: with its key it does again
   */
  async ofId(place: ClientPlace, clientId: string): Promise<GatewayClient | undefined> {
    const stored = await this.store.ofId(place, clientId);
    if (stored === 'sealed')
      throw new GatehouseError('provider_unavailable', 'the registered client does not open', {
        details: { provider: place.provider },
      });
    return stored && storedClient(stored);
  }

  /**
   * The issuer said `invalid_client`. A registered client is given up, so that the next sign-in registers a new one.
   * @returns whether it was a registered one: then the grants that it has are over
   */
  async refused(place: ClientPlace, clientId: string): Promise<boolean> {
    const retired = await this.store.retire(place, clientId);
    if (retired) this.log.warn('upstream-client-refused', { ...place });
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

  async #leadOrFollow(wanted: WantedClient, seenVersion: number): Promise<StoredClient> {
    const { place, patienceMs } = wanted;
    return await leadOrFollow({
      acquire: () => this.store.acquire(place, seenVersion),
      lead: (lease) => this.#register(wanted, lease),
      look: async () => {
        const { version, current } = await this.store.find(place);
        return version > seenVersion ? current : undefined;
      },
      patienceMs: patienceMs + FOLLOW_MARGIN_MS,
      busy: 'another replica still registers this gateway',
    });
  }

  /** @returns `undefined` when the lease was lost meanwhile. */
  async #register(
    { place, redirectUri, register }: WantedClient,
    lease: RegistrationLease,
  ): Promise<StoredClient | undefined> {
    const stop = keepBeating(async () => {
      await succeeds(this.store.renew(lease));
    });
    try {
      const registered = await register().finally(stop);
      // Some servers answer how long a secret lives. It would be over already, and each sign-in that somebody begins would register one more client.
      if ((registered.secretExpiresAtMs ?? Infinity) <= this.clock.nowMs())
        throw new UnfitServer('registration_unfit', 'client_secret_expires_at');
      if (!(await this.store.publish(lease, redirectUri, registered))) return undefined;
      this.log.info('upstream-client-registered', { ...place });
      return { ...registered, redirectUri, registeredAtMs: this.clock.nowMs() };
    } catch (error) {
      await this.store.release(lease);
      throw error;
    }
  }
}
