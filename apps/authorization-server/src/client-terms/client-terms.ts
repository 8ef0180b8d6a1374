import { Inject, Injectable } from '@nestjs/common';
import {
  limitedLifespans,
  NO_LIMITS,
  within,
  writtenLimits,
  type ClientLimits,
} from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { ADMINISTRATION_SCOPE } from '@gatehouse/config/model/administration';
import { SCOPES_OF_PEOPLE } from '@gatehouse/config/model/client-grants';
import { CONFIG } from '@gatehouse/service-process/injected';
import { administersWith } from './administering-client.js';
import { hasNoRegistration } from './registered-client.js';

type Rules = Pick<
  AuthorizationServerPart,
  'administration' | 'clientRegistration' | 'scopesSupported' | 'tokenLifespans'
>;

/** What holds for each client now, also for what was granted to it before. */
@Injectable()
export class ClientTerms {
  #given: ReadonlyMap<string, ClientLimits> = new Map();

  constructor(@Inject(CONFIG) private readonly config: Rules) {}

  /** Of a client of the configuration what stands there, and of another one what an administrator has set. */
  limitsOf(clientId: string | undefined): ClientLimits {
    const limits = writtenLimits(clientId, this.config) ?? this.#given.get(clientId ?? '') ?? NO_LIMITS;
    return administersWith(clientId, this.config) ? { ...limits, ...this.#administration } : limits;
  }

  /** How long its tokens live, and its sessions at most. */
  lifespansOf(clientId: string | undefined): Rules['tokenLifespans'] {
    const { tokenLifespans } = this.config;
    return { ...tokenLifespans, ...limitedLifespans(this.limitsOf(clientId), tokenLifespans) };
  }

  /** @param registered what it may ask for by its registration; `undefined`: whatever there is */
  scopesOf(clientId: string, registered: readonly string[] | undefined): readonly string[] | undefined {
    const { scopes } = this.limitsOf(clientId);
    return scopes === undefined ? registered : within(registered ?? this.#scopesSupported, scopes);
  }

  /** What a token of the client may hold: nothing but what administers has the scope of administrators. */
  scopesOfToken(clientId: string | undefined): readonly string[] {
    return within(this.#scopesSupported, this.limitsOf(clientId).scopes ?? this.config.scopesSupported);
  }

  hasNoRegistration(clientId: string): boolean {
    return hasNoRegistration(clientId, this.config);
  }

  get #scopesSupported(): readonly string[] {
    return [...this.config.scopesSupported, ADMINISTRATION_SCOPE];
  }

  /** Of a client with which people administer. */
  get #administration(): Required<Pick<ClientLimits, 'resources' | 'scopes'>> {
    const { administration, scopesSupported } = this.config;
    return {
      resources: administration === undefined ? [] : [administration.url],
      scopes: [...within(scopesSupported, SCOPES_OF_PEOPLE), ADMINISTRATION_SCOPE],
    };
  }

  /** @param given by the ids of clients; all that there are */
  give(given: ReadonlyMap<string, ClientLimits>): void {
    this.#given = given;
  }
}
