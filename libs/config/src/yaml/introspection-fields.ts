import { block, secret, text } from './fields.js';

/** How the issuer is asked about a token that is no JWT (RFC 7662). */
export const introspection = block(
  'How the issuer is asked about tokens that are no JWTs (RFC 7662); left out: every token has to be a signed JWT. Not with `authServer`.',
  {
    url: text('url', 'Introspection endpoint of the issuer.'),
    clientId: text('identifier', 'Client id that the endpoint knows this gateway by.'),
    clientSecret: secret('Secret of that client, sent by `client_secret_basic`.'),
  },
);
