import { Injectable } from '@nestjs/common';
import type { IssuedToken, TokenExchange } from '@gatehouse/config/model/outgoing-auth';
import type { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { outcomeOfResponse, type ExchangeOutcome } from './exchange-outcome.js';
import { TokenEndpointClient, type TokenGrant } from './token-endpoint.client.js';

/** Has a token issued for one backend, as its strategy says. */
@Injectable()
export class IssueClient {
  constructor(private readonly endpoints: TokenEndpointClient) {}

  /** @param subjectToken absent where the gateway asks for itself */
  async issue(strategy: IssuedToken<Secret>, subjectToken: string | undefined): Promise<ExchangeOutcome> {
    switch (strategy.type) {
      case 'tokenExchange':
        return await this.endpoints.ask(strategy, exchangeGrant(strategy, subjectToken), outcomeOfResponse);
      case 'clientCredentials':
        return await this.endpoints.ask(
          strategy,
          { grantType: 'client_credentials', parameters: targetOf(strategy) },
          outcomeOfResponse,
        );
    }
  }
}

/** RFC 8693 section 2.1. */
const exchangeGrant = (strategy: TokenExchange<Secret>, subjectToken: string | undefined): TokenGrant => ({
  grantType: TOKEN_EXCHANGE_GRANT,
  parameters: {
    subject_token: subjectToken,
    subject_token_type: TOKEN_TYPES[strategy.subjectTokenType],
    requested_token_type: TOKEN_TYPES.access_token,
    ...targetOf(strategy),
  },
});

const targetOf = ({
  audience,
  resource,
  scopes,
}: Pick<TokenExchange<Secret>, 'audience' | 'resource' | 'scopes'>): TokenGrant['parameters'] => ({
  audience,
  resource,
  scope: scopes.length === 0 ? undefined : scopes.join(' '),
});
