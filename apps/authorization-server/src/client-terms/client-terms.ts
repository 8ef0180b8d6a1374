import { Inject, Injectable } from '@nestjs/common';
import {
  limitedLifespans,
  NO_LIMITS,
  within,
  writtenLimits,
  type ClientLimits,
} from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { hasNoRegistration } from './registered-client.js';

type Rules = Pick<AuthorizationServerPart, 'clientRegistration' | 'scopesSupported' | 'tokenLifespans'>;

/** What holds for each client now, also for what was granted to it before. */
@Injectable()
export class ClientTerms {
  #given: ReadonlyMap<string, ClientLimits> = new Map();

  constructor(@Inject(CONFIG) private readonly config: Rules) {}

  /** Of a client of the configuration what stands there, and of another one what an administrator has set. */
  limitsOf(clientId: string | undefined): ClientLimits {
    return writtenLimits(clientId, this.config) ?? this.#given.get(clientId ?? '') ?? NO_LIMITS;
  }

  /** How long its tokens live, and its sessions at most. */
  lifespansOf(clientId: string | undefined): Rules['tokenLifespans'] {
    const { tokenLifespans } = this.config;
    return { ...tokenLifespans, ...limitedLifespans(this.limitsOf(clientId), tokenLifespans) };
  }

  /** @param registered what it may ask for by its registration; `undefined`: whatever there is */
  scopesOf(clientId: string, registered: readonly string[] | undefined): readonly string[] | undefined {
    const { scopes } = this.limitsOf(clientId);
    return scopes === undefined ? registered : within(registered ?? this.config.scopesSupported, scopes);
  }

  hasNoRegistration(clientId: string): boolean {
    return hasNoRegistration(clientId, this.config);
  }

  /** @param given by the ids of clients; all that there are */
  give(given: ReadonlyMap<string, ClientLimits>): void {
    this.#given = given;
  }
}
