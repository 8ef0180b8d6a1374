import { DURATION_BOUNDS } from '../model/bounds.js';
import { endpointClient, requestTimeout } from './endpoint-client-fields.js';
import { block, egress, list, secret, text } from './fields.js';
import { tokenDestination } from './token-destination-fields.js';
import { toolScopes } from './tool-scopes-fields.js';

export const MAX_OBO_SCOPES = 20;

export const obo = block(
  'For `type: obo`: on-behalf-of, as Microsoft Entra has it. The person’s access token for this gateway is exchanged for one for the backend.',
  {
    tenantId: text('identifier', 'Tenant of the application; either this or `tokenUrl`.').exactOptional(),
    authority: text('url', 'With `tenantId`: origin of the cloud.', {
      derived: '`https://login.microsoftonline.com`',
    }).exactOptional(),
    tokenUrl: text('url', 'Token endpoint, in the place of `tenantId`.').exactOptional(),
    clientId: text('identifier', 'Application (client) id; the person’s token has to be for it.'),
    clientSecret: endpointClient.clientSecret,
    clientKey: secret(
      'RSA private key (PEM) of the certificate, in the place of `clientSecret`: nothing secret is sent (RFC 7523).',
    ).exactOptional(),
    clientCertificate: secret(
      'Certificate (PEM) that the application has in Entra; needs `clientKey`. Public, and referred to like a secret.',
    ).exactOptional(),
    audience: text(
      'identifier',
      'Application ID URI of the backend: scopes without one are its own; without `scopes` it is asked for `.default`.',
    ).exactOptional(),
    scopes: list(text('scope', 'One scope.'), `Scopes to ask for; ${MAX_OBO_SCOPES} at most.`).default([]),
    toolScopes,
    subjectTokenProviderName: text('identifier', 'Provider whose access token of the person is shown.', {
      derived: 'the one provider, where there is one',
    }).exactOptional(),
    cacheSkew: text(
      'duration',
      `A token that lives no longer than this is got anew; ${DURATION_BOUNDS.cacheSkew.text}.`,
    ).default('0s'),
    timeout: requestTimeout('request'),
    ...tokenDestination,
    ...egress,
  },
);
