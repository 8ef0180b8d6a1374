import { DURATION_BOUNDS } from '../model/bounds.js';
import { ENDPOINT_AUTH_METHODS } from '../model/endpoint-client.js';
import { tokenDestination } from './token-destination-fields.js';
import { block, choice, egress, list, secret, text } from './fields.js';
import { toolScopes } from './tool-scopes-fields.js';

/** How the gateway proves itself at one token endpoint, apart from its `clientId`. */
export const endpointClient = {
  clientSecret: secret(
    'Client secret; needs `clientId`. Left out, and no key: a public client.',
  ).exactOptional(),
  clientKey: secret(
    'Private key (PEM) for `private_key_jwt` (RFC 7523): RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519.',
  ).exactOptional(),
  clientKeyId: text('keyId', 'The `kid` that the endpoint knows the key by.').exactOptional(),
  clientAssertionAudience: text('url', 'What assertions of `private_key_jwt` name as `aud`.', {
    derived: 'the token endpoint',
  }).exactOptional(),
  tokenEndpointAuthMethod: choice(ENDPOINT_AUTH_METHODS, 'How the client proves itself.', {
    derived: '`private_key_jwt` with a `clientKey`, else `client_secret_basic`',
  }).exactOptional(),
};

/** What the token is asked for. */
export const tokenTarget = {
  audience: text('identifier', 'Logical name of the backend at the endpoint.').exactOptional(),
  resource: text('url', 'URL of the backend at the endpoint (RFC 8707).').exactOptional(),
  scopes: list(text('scope', 'One scope.'), 'Scopes to ask for.').default([]),
  toolScopes,
};

export const requestTimeout = (of: string) =>
  text('duration', `For one ${of}; ${DURATION_BOUNDS.providerRequest.text}.`).default('10s');

export const clientCredentials = block(
  'For `type: clientCredentials` (RFC 6749 section 4.4): a token of the gateway itself, the same for all callers.',
  {
    tokenUrl: text('url', 'Token endpoint.'),
    clientId: text('identifier', 'Client id at that endpoint.'),
    ...endpointClient,
    ...tokenTarget,
    timeout: requestTimeout('request'),
    ...tokenDestination,
    ...egress,
  },
);
