import { Inject, Injectable } from '@nestjs/common';
import { limitsOf } from '@gatehouse/config/model/client-limits';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { Provider } from 'oidc-provider';
import type { OwnAccessToken } from './own-access-tokens.flow.js';
import { SCOPE_OF_CLAIM } from './requested-claims.js';

/** What a person let a client have of them, claim by claim (OpenID Connect Core, section 5.5). */
@Injectable()
export class GrantedClaims {
  constructor(
    private readonly provider: Provider,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'clientRegistration'>,
  ) {}

  /** Of the client to which the person signed in: whoever acts for them there has a token of the same session. */
  async of({ tsid, client_id: clientId, act }: OwnAccessToken): Promise<readonly string[]> {
    if (tsid === undefined || act !== undefined) return [];
    const grant = await this.provider.Grant.find(tsid);
    if (grant?.clientId !== clientId) return [];
    const { scopes } = limitsOf(clientId, this.config);
    return Object.entries(SCOPE_OF_CLAIM)
      .filter(([claim, scope]) => grant.getOIDCClaims().includes(claim) && scopes?.includes(scope) !== false)
      .map(([claim]) => claim);
  }
}
