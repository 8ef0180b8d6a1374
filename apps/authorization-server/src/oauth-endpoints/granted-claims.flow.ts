import { Injectable } from '@nestjs/common';
import { Provider } from 'oidc-provider';
import { ClientTerms } from '../client-terms/client-terms.js';
import type { OwnAccessToken } from './own-access-tokens.flow.js';
import { SCOPE_OF_CLAIM } from './requested-claims.js';

/** What a person let a client have of them, claim by claim (OpenID Connect Core, section 5.5). */
@Injectable()
export class GrantedClaims {
  constructor(
    private readonly provider: Provider,
    private readonly terms: ClientTerms,
  ) {}

  /** Of the client to which the person signed in: whoever acts for them there has a token of the same session. */
  async of({ tsid, client_id: clientId, act }: OwnAccessToken): Promise<readonly string[]> {
    if (tsid === undefined || act !== undefined) return [];
    const grant = await this.provider.Grant.find(tsid);
    if (grant?.clientId !== clientId) return [];
    const { scopes } = this.terms.limitsOf(clientId);
    return Object.entries(SCOPE_OF_CLAIM)
      .filter(([claim, scope]) => grant.getOIDCClaims().includes(claim) && scopes?.includes(scope) !== false)
      .map(([claim]) => claim);
  }
}
