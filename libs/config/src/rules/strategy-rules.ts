import { awsSts } from './aws-sts.js';
import { endpointClients } from './endpoint-clients.js';
import { googleServiceAccount } from './google-service-account.js';
import { obo } from './obo.js';
import { tokenExchange } from './token-exchange.js';
import type { DemandedRule } from './rule.js';
import { toolScopes } from './tool-scopes.js';
import { xaa } from './xaa.js';

/** What strategies demand whose credential an endpoint issues, in the order of the documentation. */
export const STRATEGY_RULES: readonly DemandedRule[] = [
  {
    demands: 'An exchanged `id_token` needs a `subjectProviderName` of type oidc.',
    rule: tokenExchange,
  },
  {
    demands:
      '`obo` says whose token is shown where there are several providers, has a `tenantId` or a `tokenUrl`, and asks for 1 to 20 scopes.',
    rule: obo,
  },
  {
    demands: '`googleServiceAccount` has scopes, or an audience, and not both.',
    rule: googleServiceAccount,
  },
  {
    demands: '`awsSts` says whose token is shown and for which role, and signs requests of HTTP.',
    rule: awsSts,
  },
  {
    demands:
      '`xaa` says whose id_token is shown where there are several providers, and that one issues id_tokens.',
    rule: xaa,
  },
  {
    demands:
      '`toolScopes` of a strategy have tools, and scopes that not every call asks for; not beside `.default` of Entra.',
    rule: toolScopes,
  },
  {
    demands:
      'A client of a strategy’s token endpoint has an id for its secret or key, has one of the two at most, and its method uses it; `clientCredentials`, `xaa` and `obo` have one.',
    rule: endpointClients,
  },
];
