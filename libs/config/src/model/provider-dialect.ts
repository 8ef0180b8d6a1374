/** Spellings of the credentials of `client_secret_basic`. */
export const BASIC_CREDENTIALS = ['formEncoded', 'plain'] as const;
export const SCOPE_SEPARATORS = ['space', 'comma'] as const;
export const PKCE_METHODS = ['S256', 'off'] as const;
export const TOKEN_REQUEST_FORMATS = ['form', 'json'] as const;

/** Members of a token answer (RFC 6749 section 5.1) that a provider may keep elsewhere, as they are configured. */
export const MAPPED_MEMBERS = {
  accessToken: 'access_token',
  refreshToken: 'refresh_token',
  expiresIn: 'expires_in',
  idToken: 'id_token',
  scope: 'scope',
  tokenType: 'token_type',
} as const;
export type MappedMember = keyof typeof MAPPED_MEMBERS;

/** Paths into a token answer, such as `authed_user.access_token`. */
export type TokenResponseMapping = Readonly<Partial<Record<MappedMember, string>>>;

/** What a provider does otherwise than RFC 6749 says, or leaves open. */
export interface ProviderDialect {
  /** RFC 6749 section 2.3.1 says form-encoded; some providers read what comes. */
  readonly basicCredentials: (typeof BASIC_CREDENTIALS)[number];
  /** RFC 7636. `off`: the provider refuses what it does not know, or takes a client that uses it for a public one. */
  readonly pkce: (typeof PKCE_METHODS)[number];
  /** Name of the authorization request's parameter for the scopes. */
  readonly scopeParameter: string;
  /** RFC 6749 section 3.3 says a space. */
  readonly scopeSeparator: (typeof SCOPE_SEPARATORS)[number];
  /** Sent with each refresh. Empty: no scope is sent, which RFC 6749 section 6 takes for the scopes of the grant. */
  readonly refreshScope: readonly string[];
  /** RFC 6749 section 4.1.3 says a form. */
  readonly tokenRequestFormat: (typeof TOKEN_REQUEST_FORMATS)[number];
  readonly tokenRequestHeaders: Readonly<Record<string, string>>;
  readonly tokenResponseMapping: TokenResponseMapping;
}

/** A provider that keeps to the letter. */
export const STANDARD_DIALECT: ProviderDialect = {
  basicCredentials: 'formEncoded',
  pkce: 'S256',
  scopeParameter: 'scope',
  scopeSeparator: 'space',
  refreshScope: [],
  tokenRequestFormat: 'form',
  tokenRequestHeaders: {},
  tokenResponseMapping: {},
};
