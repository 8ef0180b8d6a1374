import type { PartyEgress } from './egress-rules.js';
import type { McpProtocol } from './mcp-protocol.js';
import type { OwnRegistration } from './own-registration.js';
import type { ProviderDialect } from './provider-dialect.js';

export const PROVIDER_REQUIREMENTS = ['required', 'optional', 'onDemand'] as const;
export type ProviderRequirement = (typeof PROVIDER_REQUIREMENTS)[number];

export const TOKEN_ENDPOINT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const;
export type TokenEndpointAuthMethod = (typeof TOKEN_ENDPOINT_AUTH_METHODS)[number];

export const ASSERTION_AUDIENCES = ['issuer', 'tokenEndpoint'] as const;
export const USER_INFO_METHODS = ['GET', 'POST'] as const;
export const ID_TOKEN_SIGNERS = ['keySet', 'clientSecret'] as const;

export const RECONNECT_PROMPTS = ['login', 'select_account', 'none'] as const;
type ReconnectPrompt = (typeof RECONNECT_PROMPTS)[number];

/** What every service may know of a provider. */
export interface UpstreamProviderFacts {
  readonly name: string;
  readonly requirement: ProviderRequirement;
}

/** One identity provider, with what Gatehouse needs to be its OAuth client. */
export interface UpstreamProvider<S> extends UpstreamProviderFacts, PartyEgress<S> {
  readonly protocol: ProviderProtocol;
  /** Empty where no client is configured: an `mcp` provider's is described or registered, others have a `registration`. */
  readonly clientId: string;
  /** Of an `oauth2` or `oidc` provider. */
  readonly registration?: OwnRegistration<S>;
  /** Absent: a public client, or one that proves itself with its key. */
  readonly clientSecret?: S;
  /** The private key of `private_key_jwt` (RFC 7523 section 2.2). */
  readonly clientKey?: ClientKey<S>;
  /** Absent: chosen from what the provider's discovery document offers. */
  readonly tokenEndpointAuthMethod?: TokenEndpointAuthMethod;
  readonly scopes: readonly string[];
  readonly additionalAuthorizationParams: Readonly<Record<string, string>>;
  /** How a person chooses an account when they connect again. Absent: as the configured prompt, or the protocol, has it. */
  readonly reconnectPrompt?: ReconnectPrompt;
  readonly dialect: ProviderDialect;
  /** `<issuer>/oauth/callback/<name>`, unless the configuration names another one. */
  readonly redirectUri: string;
  /** For one request to the provider. */
  readonly timeoutMs: number;
}

export interface ClientKey<S> {
  /** PEM. */
  readonly key: S;
  /** The `kid` of assertions. */
  readonly id?: string;
  /** What assertions name as `aud`. */
  readonly audience: (typeof ASSERTION_AUDIENCES)[number];
}

/** How a provider is found, and how it says who signed in. */
export type ProviderProtocol = OidcProtocol | OAuth2Protocol | McpProtocol;

export interface OidcProtocol {
  readonly type: 'oidc';
  /** Its discovery document, its id_tokens and the `iss` of its callbacks name it, byte for byte. */
  readonly issuer: string;
  /**
   * For a provider of many tenants: what its discovery document names in the place of an issuer, with `{tenantid}`. Its
   * id_tokens name this with their own `tid`.
   */
  readonly issuerTemplate?: string;
  /** Top-level string claim of the id_token that is the subject. */
  readonly subjectClaim: string;
  /** `clientSecret`: HS256, with the client secret as the key (OpenID Connect Core section 10.1). */
  readonly idTokenSignedWith: (typeof ID_TOKEN_SIGNERS)[number];
}

export interface OAuth2Protocol {
  readonly type: 'oauth2';
  /** Present: what the provider sends as `iss` with every answer (RFC 9207). */
  readonly issuer?: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly refreshEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly identity: IdentitySource;
}

/** Where a plain OAuth 2 provider says who signed in. */
export type IdentitySource = UserInfo | IdentityFromToken | IdentityFromIdToken;

export interface UserInfo {
  readonly from: 'userInfo';
  readonly endpointUrl: string;
  readonly method: (typeof USER_INFO_METHODS)[number];
  /** JSON. */
  readonly body?: string;
  readonly additionalHeaders: Readonly<Record<string, string>>;
  readonly fieldMapping: FieldMapping;
}

/** In the token answer, beside the tokens. */
interface IdentityFromToken {
  readonly from: 'tokenResponse';
  readonly fieldMapping: FieldMapping;
}

/** In an id_token of the token answer. */
interface IdentityFromIdToken {
  readonly from: 'idToken';
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly fieldMapping: FieldMapping;
}

/**
 * For each, the first field that holds a non-empty value wins. A field is a name, a path (`data.gid`), or several paths that
 * identify a person together (`team.id+user.id`).
 */
export interface FieldMapping {
  readonly subjectFields: readonly string[];
  readonly nameFields: readonly string[];
  readonly emailFields: readonly string[];
}
