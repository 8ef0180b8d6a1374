import { ID_TOKEN_SIGNERS } from '../model/upstream-provider.js';
import { checkedBlock, choice, text } from './fields.js';
import { isOneClient, openIdDcrConfig } from './own-registration-fields.js';
import {
  clientAssertionAudience,
  clientFields,
  scopes,
  tokenEndpointAuthMethod,
} from './provider-client-fields.js';

export const oidcConfig = checkedBlock(
  'For `type: oidc`: a provider with OpenID Connect discovery.',
  {
    issuerUrl: text('url', 'Issuer; compared exactly with the discovery document and the id_token.'),
    issuerTemplate: text(
      'issuerTemplate',
      'For a provider of many tenants, whose discovery document has this in the place of the issuer: an id_token must name it with its own `tid` for `{tenantid}`. Everybody of every tenant can sign in.',
    ).exactOptional(),
    ...clientFields,
    clientId: clientFields.clientId.exactOptional(),
    dcrConfig: openIdDcrConfig.exactOptional(),
    scopes: scopes('Scopes to ask for; must contain `openid`.').default(['openid', 'offline_access']),
    subjectClaim: text(
      'claimName',
      'Top-level text claim of the id_token that identifies the person.',
    ).default('sub'),
    idTokenSignedWith: choice(
      ID_TOKEN_SIGNERS,
      '`keySet`: a key that the provider publishes. `clientSecret`: the client secret (HS256), for a provider that has no other way; whoever knows the secret can then make id_tokens.',
    ).default('keySet'),
    tokenEndpointAuthMethod: tokenEndpointAuthMethod(
      '`private_key_jwt` with a `clientKey`, else from the discovery document',
    ),
    clientAssertionAudience: clientAssertionAudience('`issuer`'),
  },
  isOneClient,
);
