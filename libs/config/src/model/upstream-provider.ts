import type { PartyEgress } from './egress-rules.js';
import type { McpProtocol } from './mcp-protocol.js';

export const PROVIDER_REQUIREMENTS = ['required', 'optional', 'onDemand'] as const;
export type ProviderRequirement = (typeof PROVIDER_REQUIREMENTS)[number];

export const TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
type TokenEndpointAuthMethod = (typeof TOKEN_ENDPOINT_AUTH_METHODS)[number];

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
  /** Empty for an `mcp` provider whose client is not configured: it describes or registers itself. */
  readonly clientId: string;
  /** Absent: a public client. */
  readonly clientSecret?: S;
  /** Absent: chosen from what the provider's discovery document offers. */
  readonly tokenEndpointAuthMethod?: TokenEndpointAuthMethod;
  readonly scopes: readonly string[];
  readonly additionalAuthorizationParams: Readonly<Record<string, string>>;
  /** How a person chooses an account when they connect again. Absent: as the configured prompt, or the protocol, has it. */
  readonly reconnectPrompt?: ReconnectPrompt;
  /** `<issuer>/oauth/callback/<name>`, unless the configuration names another one. */
  readonly redirectUri: string;
  /** For one request to the provider. */
  readonly timeoutMs: number;
}

/** How a provider is found, and how it says who signed in. */
export type ProviderProtocol = OidcProtocol | OAuth2Protocol | McpProtocol;

export interface OidcProtocol {
  readonly type: 'oidc';
  /** Its discovery document, its id_tokens and the `iss` of its callbacks name it, byte for byte. */
  readonly issuer: string;
  /** Top-level string claim of the id_token that is the subject. */
  readonly subjectClaim: string;
}

export interface OAuth2Protocol {
  readonly type: 'oauth2';
  /** Present: what the provider sends as `iss` with every answer (RFC 9207). */
  readonly issuer?: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  readonly userInfo: UserInfo;
}

export interface UserInfo {
  readonly endpointUrl: string;
  readonly additionalHeaders: Readonly<Record<string, string>>;
  /** For each, the first field that holds a non-empty value wins. */
  readonly fieldMapping: {
    readonly subjectFields: readonly string[];
    readonly nameFields: readonly string[];
    readonly emailFields: readonly string[];
  };
}
