import { TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { endpointClient, requestTimeout } from './endpoint-client-fields.js';
import { block, choice, egress, list, text } from './fields.js';
import { tokenDestination } from './token-destination-fields.js';
import { toolScopes } from './tool-scopes-fields.js';

/** For `type: xaa`; the names are those of the seed system, and those of a client with the server in front. */
export const xaa = block(
  'For `type: xaa`: cross-application access. The identity provider gives an assertion for the person’s id_token, and the backend’s authorization server a token for that.',
  {
    idpTokenUrl: text('url', 'Token endpoint of the identity provider.'),
    idpClientId: text('identifier', 'Client id at the identity provider.'),
    idpClientSecret: endpointClient.clientSecret,
    idpClientKey: endpointClient.clientKey,
    idpClientKeyId: endpointClient.clientKeyId,
    idpClientAssertionAudience: endpointClient.clientAssertionAudience,
    idpTokenEndpointAuthMethod: endpointClient.tokenEndpointAuthMethod,
    targetTokenUrl: text('url', 'Token endpoint of the backend’s authorization server.'),
    targetClientId: text('identifier', 'Client id at the backend’s authorization server.'),
    targetClientSecret: endpointClient.clientSecret,
    targetClientKey: endpointClient.clientKey,
    targetClientKeyId: endpointClient.clientKeyId,
    targetClientAssertionAudience: endpointClient.clientAssertionAudience,
    targetTokenEndpointAuthMethod: endpointClient.tokenEndpointAuthMethod,
    targetAudience: text(
      'identifier',
      'Issuer of the backend’s authorization server. The assertion has to name it, and nobody else.',
    ),
    targetResource: text(
      'url',
      'URL of the backend (RFC 8707). The assertion has to name it.',
    ).exactOptional(),
    scopes: list(text('scope', 'One scope.'), 'Scopes to ask for.').default([]),
    toolScopes,
    subjectProviderName: text('identifier', 'Provider whose id_token of the person is shown.', {
      derived: 'the one provider, where there is one',
    }).exactOptional(),
    subjectTokenType: choice(
      ['id_token', TOKEN_TYPES.id_token],
      'Which token of the person is shown; there is one choice.',
      { aliases: { [TOKEN_TYPES.id_token]: 'id_token' } },
    ).default('id_token'),
    timeout: requestTimeout('request of the two'),
    ...tokenDestination,
    ...egress,
  },
);
