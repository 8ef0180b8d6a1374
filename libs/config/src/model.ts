import type { ConfiguredSecret } from './configured-secret.js';

/**
 * The parsed, resolved configuration. It knows nothing of the form it was written in, so that another form (the
 * Kubernetes manifests) can build the same model. `S` is how a secret is held: {@link ConfiguredSecret} in the model
 * that every service loads, `Secret` in the part that one service may see (see `parts.ts`).
 */
export interface GatehouseModel {
  /** DNS label; names database rows, NATS subjects and metrics of this gateway. */
  readonly name: string;
  /** Origin that people type into their client, without a trailing slash. */
  readonly publicUrl: string;
  /** The MCP endpoint and RFC 8707 resource: `<publicUrl>/mcp`. */
  readonly resourceUrl: string;
  /** Absent when an external issuer is trusted. */
  readonly authServer?: AuthServer<ConfiguredSecret>;
  readonly incomingAuth: IncomingAuth;
  readonly backends: readonly Backend[];
  readonly outgoingAuth: OutgoingAuth<ConfiguredSecret>;
  readonly aggregation: Aggregation;
  readonly vault: {
    readonly keyEncryptionKeys: readonly KeyEncryptionKey<ConfiguredSecret>[];
    /** What the authorization server proves with that a request to the vault is its own. Empty without `authServer`. */
    readonly requestKeys: readonly KeyEncryptionKey<ConfiguredSecret>[];
  };
  readonly postgres: {
    /** Present with `authServer`. */
    readonly authorizationServer?: { readonly url: ConfiguredSecret };
    readonly tokenVault: {
      readonly url: ConfiguredSecret;
      /** For `gatehouse migrate` and `gatehouse audit` alone; no service reads it. */
      readonly ownerUrl?: ConfiguredSecret;
    };
  };
  readonly nats: {
    readonly servers: readonly string[];
    readonly credentials: ConfiguredSecret;
    /** For `gatehouse migrate` alone; no service reads it. */
    readonly provisioningCredentials: ConfiguredSecret;
    readonly streamReplicas: number;
  };
  /** How long a starting service waits for what it depends on. */
  readonly startTimeoutMs: number;
  /** How long a service that is asked to stop still takes what is new. */
  readonly shutdownDelayMs: number;
  /** How long after that it finishes what it has begun. */
  readonly shutdownTimeoutMs: number;
  readonly limits: RequestLimits;
  readonly listen: {
    readonly proxy: ListenAddresses;
    readonly authorizationServer: ListenAddresses;
    /** Nobody but its operators has anything to ask it over HTTP. */
    readonly tokenVault: Pick<ListenAddresses, 'internal'>;
  };
}

/** Where clients and browsers come, and where a service tells its operators how it is. */
export interface ListenAddresses extends ListenAddress {
  readonly internal: ListenAddress;
}

/** What the proxy takes of its clients. */
export interface RequestLimits {
  /** Of the body of one request. */
  readonly requestBytes: number;
  /** Of the bodies of all requests together that one person has at one replica. */
  readonly requestBytesPerPerson: number;
  /** Of backends' answers that are kept until all of each has come and the client has taken it. */
  readonly answerBytesPerPerson: number;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `key` reveals base64url of exactly 32 bytes, whatever encoding was written. The first of a list seals, all open. */
export interface KeyEncryptionKey<S> {
  readonly id: string;
  readonly key: S;
}

export interface AuthServer<S> {
  /** Exactly as written: compared byte for byte (RFC 8414 section 3.3). No trailing slash. */
  readonly issuer: string;
  /** Only `authorization_endpoint` moves there. */
  readonly authorizationEndpointBaseUrl?: string;
  /** Name of the provider that decides who the user is; resolved, so never absent. */
  readonly primaryUpstreamProvider: string;
  readonly insecureAllowHttp: boolean;
  /** Addresses and CIDR networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly tokenLifespans: TokenLifespans;
  /** PEM private keys; the first signs, all are published. Empty: made once and kept in the database, sealed. */
  readonly signingKeys: readonly S[];
  /** For what the authorization server seals at rest (its own signing and cookie keys). */
  readonly keyEncryptionKeys: readonly KeyEncryptionKey<S>[];
  readonly clientRegistration: ClientRegistration<S>;
  readonly scopesSupported: readonly string[];
  /** Added to what every client may ask for; a subset of `scopesSupported`. */
  readonly baselineClientScopes: readonly string[];
  /** `required`: an authorization request without the RFC 8707 `resource` parameter is refused. */
  readonly resourceIndicator: 'required' | 'optional';
  /** What a new sign-in does with a live connection of the same account: use it, ask first, or visit the provider again. */
  readonly connectionReuse: 'always' | 'confirm' | 'never';
  /** In the order in which they are visited. */
  readonly upstreamProviders: readonly UpstreamProvider<S>[];
}

interface TokenLifespans {
  readonly accessTokenLifespanMs: number;
  readonly refreshTokenLifespanMs: number;
  readonly authCodeLifespanMs: number;
  /** Nothing that comes from one sign-in outlives it. */
  readonly sessionLifespanMs: number;
}

export interface ClientRegistration<S> {
  /** RFC 7591. With `initialAccessToken`, `initialAccessToken` is present. */
  readonly dynamic: 'open' | 'initialAccessToken' | 'off';
  readonly initialAccessToken?: S;
  readonly metadataDocuments: MetadataDocuments;
  /** Beside those that have a period or are known; without their colons. */
  readonly redirectSchemes: readonly string[];
  readonly clients: readonly PreRegisteredClient<S>[];
}

/** Client ID Metadata Documents. */
export interface MetadataDocuments {
  readonly enabled: boolean;
  /** Host names in lower case; `*` alone means every host, `*.example.org` every host below it. */
  readonly allowedHosts: readonly string[];
  /** Also fetch from private and loopback addresses (development). */
  readonly allowPrivateIps: boolean;
}

interface PreRegisteredClient<S> {
  readonly clientId: string;
  readonly clientName: string;
  readonly redirectUris: readonly string[];
  /** Absent: a public client. */
  readonly clientSecret?: S;
}

/**
 * Where outbound requests to one party may go. When every URL written for that party is on localhost both are true
 * without being written, since that is what was asked for.
 */
export interface EgressRules {
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
}

export type ProviderRequirement = 'required' | 'optional' | 'onDemand';
type TokenEndpointAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'none';

export interface UpstreamProviderFacts {
  readonly name: string;
  readonly requirement: ProviderRequirement;
}

interface UpstreamProviderCommon extends UpstreamProviderFacts, EgressRules {
  /** `<issuer>/oauth/callback/<name>`, unless another one is written. */
  readonly redirectUri: string;
  /** For one request to the provider. */
  readonly timeoutMs: number;
}

export interface OidcProvider<S> extends UpstreamProviderCommon {
  readonly type: 'oidc';
  readonly oidcConfig: {
    readonly issuerUrl: string;
    readonly clientId: string;
    readonly clientSecret?: S;
    readonly scopes: readonly string[];
    /** Top-level string claim of the id_token that is the subject. */
    readonly subjectClaim: string;
    /** Absent: chosen from what the provider's discovery document offers. */
    readonly tokenEndpointAuthMethod?: TokenEndpointAuthMethod;
    readonly additionalAuthorizationParams: Readonly<Record<string, string>>;
  };
}

export interface OAuth2Provider<S> extends UpstreamProviderCommon {
  readonly type: 'oauth2';
  readonly oauth2Config: {
    /** Present: what the provider sends as `iss` with every answer (RFC 9207). */
    readonly issuer?: string;
    readonly authorizationEndpoint: string;
    readonly tokenEndpoint: string;
    readonly revocationEndpoint?: string;
    readonly clientId: string;
    readonly clientSecret?: S;
    readonly scopes: readonly string[];
    readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod;
    readonly additionalAuthorizationParams: Readonly<Record<string, string>>;
    readonly userInfo: UserInfo;
  };
}

export type UpstreamProvider<S> = OidcProvider<S> | OAuth2Provider<S>;

/** What `iss` of the provider's callbacks has to be, where that is known. */
export const issuerOf = (provider: UpstreamProvider<unknown>): string | undefined =>
  provider.type === 'oidc' ? provider.oidcConfig.issuerUrl : provider.oauth2Config.issuer;

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

export interface IncomingOidc {
  readonly type: 'oidc';
  readonly oidc: {
    readonly issuer: string;
    readonly audience: string;
    readonly resourceUrl: string;
    /** What the protected-resource metadata and the challenge name. */
    readonly scopes: readonly string[];
    /** Where the keys are fetched; absent: found through the issuer's metadata. */
    readonly jwksUrl?: string;
  } & EgressRules;
}

/** Development only: every caller is the same person. */
interface IncomingAnonymous {
  readonly type: 'anonymous';
}

export type IncomingAuth = IncomingOidc | IncomingAnonymous;

export interface Backend extends EgressRules {
  readonly name: string;
  readonly url: string;
  readonly transport: 'streamable-http';
  /** For one call. */
  readonly timeoutMs: number;
  readonly limits: BackendLimits;
}

/** How much of a backend runs at once, at one replica of the proxy. */
export interface BackendLimits {
  /** Waiting for their answer. */
  readonly calls: number;
  readonly callsPerPerson: number;
  /** Answers that go on as event streams. */
  readonly streams: number;
  readonly streamsPerPerson: number;
}

export interface OutgoingAuth<S> {
  readonly source: 'inline';
  /** For every backend that `backends` does not name. */
  readonly default: OutgoingStrategy<S>;
  /** By backend name, as written; see {@link strategyOf} for what applies to a backend. */
  readonly backends: ReadonlyMap<string, OutgoingStrategy<S>>;
}

export interface Unauthenticated {
  readonly type: 'unauthenticated';
}

export interface HeaderInjection<S> {
  readonly type: 'headerInjection';
  readonly headerName: string;
  readonly headerValue: S;
}

export interface UpstreamInject {
  readonly type: 'upstreamInject';
  readonly providerName: string;
}

/** RFC 8693. */
export interface TokenExchange<S> extends EgressRules {
  readonly type: 'tokenExchange';
  readonly tokenUrl: string;
  readonly clientId?: string;
  /** Absent with a `clientId`: a public client, `client_id` goes in the body. */
  readonly clientSecret?: S;
  readonly tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post';
  readonly audience?: string;
  readonly resource?: string;
  readonly scopes: readonly string[];
  readonly subjectTokenType: SubjectTokenType;
  /** Absent: the subject is the caller's Gatehouse token. */
  readonly subjectProviderName?: string;
  readonly timeoutMs: number;
}

export type SubjectTokenType = 'access_token' | 'id_token' | 'jwt';

export type OutgoingStrategy<S> = Unauthenticated | HeaderInjection<S> | UpstreamInject | TokenExchange<S>;

export interface Aggregation {
  readonly conflictResolution: 'prefix' | 'priority' | 'manual';
  readonly conflictResolutionConfig: {
    /** `{workload}` stands for the backend's name; the tool's name is appended. */
    readonly prefixFormat: string;
    readonly priorityOrder: readonly string[];
  };
  readonly tools: readonly WorkloadTools[];
}

export interface WorkloadTools {
  readonly workload: string;
  /** Names as the backend gives them; absent: every tool. */
  readonly filter?: readonly string[];
  /** By the name that the backend gives. */
  readonly overrides: ReadonlyMap<string, ToolOverride>;
}

interface ToolOverride {
  readonly name?: string;
  readonly description?: string;
}

/** The strategy that applies to a backend: its own, else the default. */
export const strategyOf = <S>(outgoingAuth: OutgoingAuth<S>, backendName: string): OutgoingStrategy<S> =>
  outgoingAuth.backends.get(backendName) ?? outgoingAuth.default;
