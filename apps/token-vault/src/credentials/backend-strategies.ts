import { Inject, Injectable } from '@nestjs/common';
import type { IssuedToken, UpstreamInject } from '@gatehouse/config/model/outgoing-auth';
import { isIssuedToken } from '@gatehouse/config/model/token-subject';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';

/** Tells from the configuration how each backend's credential is made. */
@Injectable()
export class BackendStrategies {
  constructor(@Inject(CONFIG) private readonly config: TokenVaultPart) {}

  /** @throws {GatehouseError} `unknown_backend` also where the backend has another strategy */
  inject(backend: string): UpstreamInject {
    const strategy = this.config.backendCredentials.get(backend);
    if (strategy?.type !== 'upstreamInject') throw unknownBackend(backend);
    return strategy;
  }

  /** @throws {GatehouseError} `unknown_backend` also where the backend has another strategy */
  issued(backend: string): IssuedToken<Secret> {
    const strategy = this.config.backendCredentials.get(backend);
    if (strategy === undefined || !isIssuedToken(strategy)) throw unknownBackend(backend);
    return strategy;
  }

  /** The backend's name for a metric's label. An unknown name must not add a series. */
  label(backend: string): string {
    return this.config.backendCredentials.has(backend) ? backend : 'unknown';
  }
}

const unknownBackend = (backend: string): GatehouseError =>
  new GatehouseError('unknown_backend', `no backend ${backend} is configured with that strategy`, {
    details: { backend },
  });
