/** Token type identifiers by their short names (RFC 8693 section 3). */
export const TOKEN_TYPES = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  id_token: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  /** draft-ietf-oauth-identity-assertion-authz-grant section 4.3. */
  id_jag: 'urn:ietf:params:oauth:token-type:id-jag',
} as const;

/** Those that a person's token may have. */
export type TokenType = 'access_token' | 'id_token' | 'jwt';

/** The grant type of a token exchange (RFC 8693 section 2.1). */
export const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The grant type of an assertion (RFC 7523 section 2.1). */
export const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
