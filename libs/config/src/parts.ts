import type { Secret } from '@gatehouse/kernel/secret';
import { natsUser } from './secrets/secret-kinds.js';
import type { WayOut } from './model/egress-rules.js';
import { openedTelemetry } from './opened-telemetry.js';
import { openedIntrospection, openedParty, openedWayOut } from './opened-egress.js';
import { openedProvider, openedRegistration } from './opened-parties.js';
import { certificateHeader, openedProtection } from './opened-protection.js';
import { openedKeyHolders } from './opened-key-holders.js';
import { openedStrategy } from './opened-strategy.js';
import type { ConfiguredSecret } from './model/configured-secret.js';
import {
  accessRules,
  accessView,
  administrationView,
  type AccessView,
  type AdministrationView,
} from './access-parts.js';
import type { AccessRules } from './model/access.js';
import type { ClaimMappings } from './model/claim-mappings.js';
import { machineClientsIn, type MachineClients } from './model/client-grants.js';
import type { Aggregation } from './model/aggregation.js';
import type { AuthServer } from './model/auth-server.js';
import type { CallPolicies } from './model/call-policies.js';
import type { Backend } from './model/backend.js';
import { bindingIn, bindingsIn, programBindingIn } from './backend-bindings.js';
import type { PartialFailureMode } from './model/failure-handling.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { IncomingAuth } from './model/incoming-auth.js';
import type { KeyEncryptionKey } from './model/key-encryption-key.js';
import type { ListenAddresses, ProxyAddresses } from './model/listen-addresses.js';
import {
  strategyOf,
  type HeaderInjection,
  type IssuedToken,
  type OutgoingStrategy,
  type Unauthenticated,
  type UpstreamInject,
} from './model/outgoing-auth.js';
import type { CertificateHeader, DpopRules } from './model/request-protection.js';
import type { RateLimiting } from './model/rate-limits.js';
import type { RequestLimits } from './model/request-limits.js';
import type { ResumptionBounds } from './model/resumption-bounds.js';
import type { Telemetry } from './model/telemetry.js';
import type { ConfiguredView } from './model/views.js';
import { isIssuedToken, providersOf } from './model/token-subject.js';
import { scopeUses, type ScopeUses } from './model/scope-uses.js';
import type { ProviderProtocol, UpstreamProvider, UpstreamProviderFacts } from './model/upstream-provider.js';
import { issuedTokenView, type IssuedTokenView } from './issued-token-view.js';
import { injectedOf, userSecretsOf, type UserSecretView } from './user-secret-parts.js';
import { partBackends } from './part-backends.js';
import { mcpEndpoints } from './urls/mcp-endpoints.js';

/** How one service reaches the bus; each has a user of its own. */
export interface NatsAccess {
  readonly servers: readonly string[];
  readonly user: string;
  readonly password: Secret;
  /** The keys that prove requests to the vault; empty for a service that neither sends nor takes such requests. */
  readonly requestKeys: readonly KeyEncryptionKey<Secret>[];
}

interface CommonPart {
  readonly name: string;
  readonly publicUrl: string;
  /** The MCP endpoint and RFC 8707 resource. */
  readonly resourceUrl: string;
  readonly nats: NatsAccess;
  readonly shutdownDelayMs: number;
  readonly shutdownTimeoutMs: number;
  readonly telemetry: Telemetry<Secret>;
  /** How its collector is reached; absent: directly. */
  readonly telemetryWayOut?: WayOut<Secret>;
  readonly listen: GatehouseModel['listen']['tokenVault'];
}

/** What the authorization server may know of a provider: no credential of any kind. */
interface ProviderView extends UpstreamProviderFacts {
  readonly type: ProviderProtocol['type'];
  readonly scopes: readonly string[];
  /** Names of the backends whose strategy needs this provider, in order. */
  readonly backends: readonly string[];
}

/** What the authorization server may see: no upstream client secret, no key of the vault. */
export interface AuthorizationServerPart
  extends CommonPart, Omit<AuthServer<Secret>, 'upstreamProviders' | 'access' | 'administration'> {
  /** The vault decides. Absent: nobody is asked. */
  readonly access?: AccessView;
  readonly administration?: AdministrationView;
  readonly allowedOrigins: readonly string[];
  readonly wayOut: WayOut<Secret>;
  /** The resources that tokens are issued for, each with itself as the audience; `resourceUrl` is the first. */
  readonly resourceUrls: readonly string[];
  /** By resource: the backends behind each that is not the whole gateway. */
  readonly partBackends: ReadonlyMap<string, readonly string[]>;
  /** What the gateway asks of every token, or for some calls: no client can do without it. */
  readonly requiredScopes: readonly string[];
  /** What calls need scopes for. */
  readonly scopeUses: ScopeUses;
  readonly upstreamProviders: readonly ProviderView[];
  /** What people enter on the connections page. */
  readonly userSecrets: readonly UserSecretView[];
  readonly listen: ListenAddresses;
  /** Postgres connection URL. */
  readonly databaseUrl: Secret;
}

/** How the vault makes the credential of one backend. */
export type BackendCredential = UpstreamInject | IssuedToken<Secret>;

/** What the vault may see: provider credentials and its keys; nothing of the authorization server's. */
export interface TokenVaultPart extends CommonPart, MachineClients {
  /** Issuer of the callers' tokens; absent with anonymous callers. */
  readonly issuer?: string;
  readonly upstreamProviders: readonly UpstreamProvider<Secret>[];
  /** Who signs people in; absent with callers of somebody else. */
  readonly primaryUpstreamProvider?: string;
  /** What people enter: kept as connections are, and asked of no provider. */
  readonly userSecrets: readonly Omit<UserSecretView, 'backends'>[];
  /** With the provider that says them. */
  readonly claimMappings?: ClaimMappings & { readonly provider: string };
  /** Absent: it decides about nobody. */
  readonly access?: AccessRules;
  /** Who may administer. Absent: no person. */
  readonly administrators?: AccessRules;
  /** By backend name; a backend that needs no credential of the vault is not in it. */
  readonly backendCredentials: ReadonlyMap<string, BackendCredential>;
  /** {@link bindingIn} of each backend. */
  readonly backendBindings: ReadonlyMap<string, string>;
  readonly keyEncryptionKeys: readonly KeyEncryptionKey<Secret>[];
  /** Postgres connection URL. */
  readonly databaseUrl: Secret;
}

export type ProxyStrategy = Unauthenticated | HeaderInjection<Secret> | UpstreamInject | IssuedTokenView;

/** The proxy knows where the bridge serves a program, and nothing of the program. */
export interface ProxyBackend extends Omit<Backend<Secret>, 'stdio'> {
  readonly passthroughHeaders: readonly string[];
  readonly strategy: ProxyStrategy;
  /** {@link bindingIn} */
  readonly binding: string;
  /** Present where the bridge is asked. */
  readonly bridge?: {
    readonly secret?: Secret;
    /** {@link programBindingIn} */
    readonly program: string;
  };
}

/** What the proxy may see: no database, no key, no provider credential. */
export interface VmcpProxyPart extends CommonPart {
  readonly trustedHosts: readonly string[];
  /** Whose word on callers' certificates is taken. */
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly listen: ProxyAddresses;
  readonly incomingAuth: IncomingAuth<Secret>;
  /** Absent: every caller may do everything. */
  readonly callPolicies?: CallPolicies;
  /** Absent when an external issuer is trusted: then there is nothing to connect. */
  readonly authServer?: MachineClients & {
    readonly issuer: string;
    readonly upstreamProviders: readonly UpstreamProviderFacts[];
    readonly dpop: DpopRules;
    /** Absent: no certificate of a caller is looked at. */
    readonly mtls?: CertificateHeader;
  };
  readonly backends: readonly ProxyBackend[];
  readonly aggregation: Aggregation;
  readonly views: readonly ConfiguredView[];
  readonly partialFailureMode: PartialFailureMode;
  readonly limits: RequestLimits;
  readonly rateLimiting: RateLimiting;
  /** How long an event stream to a client may be silent. */
  readonly streamKeepAliveMs: number;
  readonly resumption: ResumptionBounds;
}

/** The authorization server's part. The model must have been loaded for it, and must have an `authServer`. */
export function authorizationServerPart(model: GatehouseModel): AuthorizationServerPart {
  const { authServer } = model;
  const database = model.postgres.authorizationServer;
  if (authServer === undefined || database === undefined)
    throw new Error('This configuration trusts an external issuer: it has no authorization server.');
  const { upstreamProviders, assertionIssuers, access, administration, ...rest } = authServer;
  const { signingKeys, keyHolders, keyEncryptionKeys, clientRegistration } = rest;
  return {
    ...rest,
    ...(access === undefined ? {} : { access: accessView(access) }),
    ...(administration === undefined ? {} : { administration: administrationView(administration) }),
    ...common(model, model.listen.authorizationServer),
    allowedOrigins: model.allowedOrigins,
    wayOut: openedWayOut(model.wayOut),
    resourceUrls: mcpEndpoints(model.resourceUrl, model.backends, model.views).map(
      ({ resourceUrl }) => resourceUrl,
    ),
    partBackends: partBackends(model),
    requiredScopes: [
      ...(model.incomingAuth.type === 'oidc' ? model.incomingAuth.oidc.scopes : []),
      ...scopeUses(model.backends).keys(),
    ],
    scopeUses: scopeUses(model.backends),
    nats: provenAccess(model),
    signingKeys: signingKeys.map((key) => ('holder' in key ? key : key.secret)),
    keyHolders: openedKeyHolders(keyHolders, model),
    keyEncryptionKeys: opened(keyEncryptionKeys),
    clientRegistration: openedRegistration(clientRegistration),
    requestProtection: openedProtection(rest.requestProtection),
    assertionIssuers: assertionIssuers.map((issuer) => openedParty(issuer, model)),
    upstreamProviders: upstreamProviders.map((provider) => ({
      name: provider.name,
      requirement: provider.requirement,
      type: provider.protocol.type,
      scopes: provider.scopes,
      backends: backendsThatNeed(model, provider.name),
    })),
    userSecrets: userSecretsOf(model),
    databaseUrl: database.url.secret,
  };
}

/** The token vault's part. The model must have been loaded for it. */
export function tokenVaultPart(model: GatehouseModel): TokenVaultPart {
  const backendCredentials = new Map<string, BackendCredential>();
  for (const { name } of model.backends) {
    const strategy = strategyOf(model.outgoingAuth, name);
    const made = isIssuedToken(strategy) ? openedStrategy(strategy, model) : injectedOf(strategy);
    if (made !== undefined) backendCredentials.set(name, made);
  }
  return {
    ...common(model, model.listen.tokenVault),
    nats: provenAccess(model),
    ...(model.incomingAuth.type === 'oidc' ? { issuer: model.incomingAuth.oidc.issuer } : {}),
    upstreamProviders: (model.authServer?.upstreamProviders ?? []).map((provider) =>
      openedParty(openedProvider(provider), model),
    ),
    ...(model.authServer && { primaryUpstreamProvider: model.authServer.primaryUpstreamProvider }),
    ...(model.authServer?.claimMappings === undefined
      ? {}
      : {
          claimMappings: {
            ...model.authServer.claimMappings,
            provider: model.authServer.primaryUpstreamProvider,
          },
        }),
    ...accessRules(model),
    userSecrets: userSecretsOf(model),
    backendCredentials,
    backendBindings: bindingsIn(model),
    machineClients: model.authServer === undefined ? [] : machineClientsIn(model.authServer),
    keyEncryptionKeys: opened(model.vault.keyEncryptionKeys),
    databaseUrl: model.postgres.tokenVault.url.secret,
  };
}

/** The proxy's part. The model must have been loaded for it. */
export function vmcpProxyPart(model: GatehouseModel): VmcpProxyPart {
  const { authServer } = model;
  return {
    ...common(model, model.listen.proxy),
    trustedHosts: model.trustedHosts,
    trustedProxies: model.trustedProxies,
    allowedOrigins: model.allowedOrigins,
    incomingAuth: openedIncomingAuth(model),
    ...(model.callPolicies === undefined ? {} : { callPolicies: model.callPolicies }),
    ...(authServer === undefined
      ? {}
      : {
          authServer: {
            issuer: authServer.issuer,
            dpop: authServer.requestProtection.dpop,
            ...certificateHeader(authServer.requestProtection),
            machineClients: machineClientsIn(authServer),
            upstreamProviders: authServer.upstreamProviders.map(({ name, requirement }) => ({
              name,
              requirement,
            })),
          },
        }),
    backends: model.backends.map(({ stdio, ...backend }) => ({
      ...openedParty(backend, model),
      passthroughHeaders: backend.passthroughHeaders ?? (stdio === undefined ? model.passthroughHeaders : []),
      ...(stdio === undefined ? {} : bridged(model, programBindingIn(model, backend, stdio))),
      strategy: proxyStrategy(strategyOf(model.outgoingAuth, backend.name)),
      binding: bindingIn(model, backend),
    })),
    aggregation: model.aggregation,
    views: model.views,
    partialFailureMode: model.operational.partialFailureMode,
    limits: model.limits,
    rateLimiting: model.rateLimiting,
    streamKeepAliveMs: model.streamKeepAliveMs,
    resumption: model.resumption,
  };
}

/** The bridge is a part of this installation: no proxy that leads out of it sees the secret. */
const bridged = (
  { bridge: { secret }, wayOut }: GatehouseModel,
  program: string,
): Pick<ProxyBackend, 'bridge' | 'wayOut'> => ({
  bridge: { program, ...(secret === undefined ? {} : { secret: secret.secret }) },
  wayOut: { noProxy: ['*'], refusesPrivateAddresses: wayOut.refusesPrivateAddresses },
});

/** Names of the backends whose credential comes from a provider, in configured order. */
const backendsThatNeed = (model: GatehouseModel, providerName: string): readonly string[] =>
  model.backends
    .filter(({ name }) => providersOf(strategyOf(model.outgoingAuth, name)).includes(providerName))
    .map(({ name }) => name);

const common = <Listen extends CommonPart['listen']>(model: GatehouseModel, listen: Listen) => ({
  name: model.name,
  publicUrl: model.publicUrl,
  resourceUrl: model.resourceUrl,
  nats: natsAccess(model),
  shutdownDelayMs: model.shutdownDelayMs,
  shutdownTimeoutMs: model.shutdownTimeoutMs,
  telemetry: openedTelemetry(model.telemetry),
  telemetryWayOut: openedWayOut(model.wayOut),
  listen,
});

/** The same for the two services between which requests are proven. */
const provenAccess = (model: GatehouseModel): NatsAccess => ({
  ...natsAccess(model),
  requestKeys: opened(model.vault.requestKeys),
});

/** How the service whose part was loaded reaches the bus. */
export function natsAccess({ nats }: GatehouseModel): NatsAccess {
  return { servers: nats.servers, ...natsUser(nats.credentials.secret), requestKeys: [] };
}

function proxyStrategy(strategy: OutgoingStrategy<ConfiguredSecret>): ProxyStrategy {
  switch (strategy.type) {
    case 'unauthenticated':
    case 'upstreamInject':
    case 'userHeader':
      return injectedOf(strategy) ?? { type: 'unauthenticated' };
    case 'headerInjection':
      return { ...strategy, headerValue: strategy.headerValue.secret };
    case 'tokenExchange':
    case 'clientCredentials':
    case 'googleServiceAccount':
    case 'xaa':
    case 'obo':
    case 'awsSts':
      return issuedTokenView(strategy);
  }
}

function openedIncomingAuth(model: GatehouseModel): IncomingAuth<Secret> {
  const { incomingAuth } = model;
  return incomingAuth.type === 'anonymous'
    ? incomingAuth
    : { ...incomingAuth, oidc: openedIntrospection(openedParty(incomingAuth.oidc, model)) };
}

const opened = (keys: readonly KeyEncryptionKey<ConfiguredSecret>[]): readonly KeyEncryptionKey<Secret>[] =>
  keys.map(({ id, key }) => ({ id, key: key.secret }));
