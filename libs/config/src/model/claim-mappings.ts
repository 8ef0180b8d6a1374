/** Claims of the primary provider that Gatehouse's access tokens carry as well. */
export interface ClaimMappings {
  /** Where the provider says them: in its id_tokens, or at its user information endpoint. */
  readonly from: (typeof CLAIM_SOURCES)[number];
  readonly claims: readonly MappedClaim[];
}

export interface MappedClaim {
  /** As the provider calls it: a name, or a path (`realm_access.roles`). */
  readonly claim: string;
  /** As the access token calls it. */
  readonly as: string;
  /** Patterns; of texts, only those that match one of them. Absent: all. */
  readonly values?: readonly string[];
}

export const CLAIM_SOURCES = ['idToken', 'userInfo'] as const;

export const MAX_MAPPED_CLAIMS = 16;
/** A token is a header of each request. */
export const MAX_MAPPED_BYTES = 4_096;
export const MAX_CLAIM_VALUES = 200;
export const MAX_CLAIM_CHARACTERS = 256;

/**
 * Claims that mean something of themselves in an access token, or to whoever exchanges it: RFC 7519 section 4.1, RFC 9068 section
 * 2.2, RFC 8693 section 4, RFC 7800, RFC 9396, OpenID Connect Core section 2, and ours.
 */
export const OWN_CLAIMS: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  ...[
    'client_id',
    'scope',
    'scp',
    'azp',
    'auth_time',
    'acr',
    'amr',
    'nonce',
    'sid',
    'at_hash',
    'c_hash',
    's_hash',
  ],
  ...[
    'act',
    'may_act',
    'cnf',
    'authorization_details',
    'events',
    'toe',
    'txn',
    'typ',
    'token_type',
    'active',
  ],
  ...['tsid'],
]);
