import { Inject, Injectable } from '@nestjs/common';
import type { IssuedToken, UpstreamInject } from '@gatehouse/config/model/outgoing-auth';
import { isIssuedToken } from '@gatehouse/config/model/token-subject';
import { MINUTE_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import type { BackendCredential, TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';

/** A backend, and what the asking proxy takes it for. */
export interface AskedBackend {
  readonly backend: string;
  /** Absent: a proxy of an earlier release. */
  readonly binding?: string | undefined;
}

/** For whom a credential is asked. */
interface AskedFor {
  readonly tsid?: string | undefined;
  readonly clientId?: string | undefined;
}

/**
 * For so long a proxy that has not taken up a new configuration gets what the one before says, and so does a call that it began
 * under that one.
 */
const KEEP_EARLIER_MS = MINUTE_MS;

interface Earlier {
  readonly strategy: BackendCredential;
  readonly untilMs: number;
}

/** Tells from the configuration how each backend's credential is made. */
@Injectable()
export class BackendStrategies {
  /** By backend and binding. */
  readonly #earlier = new Map<string, Earlier>();

  constructor(@Inject(CONFIG) private readonly config: TokenVaultPart) {}

  /** To be called before the exchange: what is different in the next configuration is still known for a while. */
  keep(next: Pick<TokenVaultPart, 'backendBindings'>, nowMs = Date.now()): void {
    for (const [key, { untilMs }] of this.#earlier) if (untilMs <= nowMs) this.#earlier.delete(key);
    for (const [backend, binding] of this.config.backendBindings) {
      const strategy = this.config.backendCredentials.get(backend);
      if (strategy !== undefined && next.backendBindings.get(backend) !== binding)
        this.#earlier.set(keyOf(backend, binding), { strategy, untilMs: nowMs + KEEP_EARLIER_MS });
    }
  }

  /** @throws {GatehouseError} `unknown_backend` also where the backend has another strategy; `configuration_differs` */
  inject(asked: AskedBackend): UpstreamInject {
    const strategy = this.#of(asked);
    if (strategy?.type !== 'upstreamInject') throw unknownBackend(asked);
    return strategy;
  }

  /** @throws {GatehouseError} `unknown_backend` also where the backend has another strategy; `configuration_differs` */
  issued(asked: AskedBackend): IssuedToken<Secret> {
    const strategy = this.#of(asked);
    if (strategy === undefined || !isIssuedToken(strategy)) throw unknownBackend(asked);
    return strategy;
  }

  /** @throws {GatehouseError} `request_invalid`: neither a session is named nor a client that may come for itself */
  admit({ tsid, clientId }: AskedFor): void {
    if (tsid === undefined && !this.config.machineClients.some((known) => known === clientId))
      throw new GatehouseError(
        'request_invalid',
        'there is neither a session nor a client that has no need of one',
      );
  }

  /** The backend's name for a metric's label. An unknown name must not add a series. */
  label(backend: string): string {
    return this.config.backendCredentials.has(backend) ? backend : 'unknown';
  }

  /** What would go elsewhere, or is meant otherwise there, is not given. */
  #of({ backend, binding }: AskedBackend): BackendCredential | undefined {
    const { backendCredentials, backendBindings } = this.config;
    if (binding === undefined || binding === backendBindings.get(backend))
      return backendCredentials.get(backend);
    const earlier = this.#earlier.get(keyOf(backend, binding));
    if (earlier !== undefined && Date.now() < earlier.untilMs) return earlier.strategy;
    throw new GatehouseError(
      'configuration_differs',
      `the proxy takes backend ${backend} for another one than this service`,
      { details: { backend } },
    );
  }
}

const keyOf = (backend: string, binding: string): string => `${backend}\n${binding}`;

const unknownBackend = ({ backend }: AskedBackend): GatehouseError =>
  new GatehouseError('unknown_backend', `no backend ${backend} is configured with that strategy`, {
    details: { backend },
  });
