import { requestTimeout } from './endpoint-client-fields.js';
import { block, egress, list, secret, text } from './fields.js';
import { tokenDestination } from './token-destination-fields.js';
import { toolScopes } from './tool-scopes-fields.js';

export const GOOGLE_TOKEN_URL = 'https://oauth2.googleapis.com/token';

const NO_DELEGATION =
  'nothing: the token is the service account’s own, and no person is impersonated (domain-wide delegation); a person’s own token comes from upstreamInject at provider: google';

export const googleServiceAccount = block(
  'For `type: googleServiceAccount`: a token of a Google service account, the same for all callers. Its key signs a JWT (RFC 7523 section 2.1), for which Google gives an access token (`scopes`) or an id_token (`audience`).',
  {
    serviceAccountKey: secret('The JSON file that Google gives out as the key of the service account.'),
    scopes: list(text('scope', 'One scope.'), 'Scopes of an access token.').default([]),
    toolScopes,
    audience: text(
      'identifier',
      'In the place of `scopes`: whom an id_token is for, such as the URL of a service on Cloud Run.',
    ).exactOptional(),
    tokenUrl: text('url', 'Token endpoint; what assertions name as `aud`.', {
      derived: `\`${GOOGLE_TOKEN_URL}\``,
    }).exactOptional(),
    timeout: requestTimeout('request'),
    ...tokenDestination,
    ...egress,
  },
  {
    mistakes: {
      subject: NO_DELEGATION,
      sub: NO_DELEGATION,
      subjectprovidername: NO_DELEGATION,
      delegates: NO_DELEGATION,
      key: 'serviceAccountKey: { file: /path }',
      keyfile: 'serviceAccountKey: { file: /path }',
      credentials: 'serviceAccountKey: { file: /path }',
      targetaudience: 'audience',
      target_audience: 'audience',
    },
  },
);
