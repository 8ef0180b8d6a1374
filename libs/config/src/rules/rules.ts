import { MAX_AUTHORIZATION_PARAMS } from '../model/bounds.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { Finding } from '../findings/problems.js';
import { access } from './access.js';
import { addresses } from './addresses.js';
import { assertionIssuers } from './assertion-issuers.js';
import { administration } from './administration.js';
import { aggregation } from './aggregation.js';
import { atLeastOneBackend } from './at-least-one-backend.js';
import { authServerForProviders } from './auth-server-for-providers.js';
import { authorizationParams } from './authorization-params.js';
import { backendLimits } from './backend-limits.js';
import { callbacks } from './callbacks.js';
import { claimMappings } from './claim-mappings.js';
import { clientGrants } from './client-grants.js';
import { clientLimits } from './client-limits.js';
import { clientProofs, securityProfile } from './client-proofs.js';
import { clientRegistration } from './client-registration.js';
import { databases } from './databases.js';
import { deviceFlow } from './device-flow.js';
import { externalIssuer } from './external-issuer.js';
import { failureHandling } from './failure-handling.js';
import { headerInjection } from './header-injection.js';
import { heldKeys } from './held-keys.js';
import { incomingAuthAgrees } from './incoming-auth-agrees.js';
import { issuerUrls } from './issuer-urls.js';
import { knownBackends } from './known-backends.js';
import { knownProviders } from './known-providers.js';
import { mcpProviders } from './mcp-providers.js';
import { mistakenUrls } from './mistaken-urls.js';
import { mutualTls } from './mutual-tls.js';
import { outboundUrls } from './outbound-urls.js';
import { passthroughHeaders } from './passthrough-headers.js';
import { ownRegistrations } from './own-registrations.js';
import { ownUrls } from './own-urls.js';
import { placeholders } from './placeholders.js';
import { policies } from './policies.js';
import { primaryProvider } from './primary-provider.js';
import { providerClients } from './provider-clients.js';
import { providerDialects } from './provider-dialects.js';
import { providerScopes } from './provider-scopes.js';
import { rateLimits } from './rate-limits.js';
import type { DemandedRule } from './rule.js';
import { scopesOfCalls } from './scopes-of-calls.js';
import { sealingKeys } from './sealing-keys.js';
import { serviceAccounts } from './service-accounts.js';
import { sessionForExchange } from './session-for-exchange.js';
import { shownNames } from './shown-names.js';
import { sizeBounds } from './size-bounds.js';
import { stdioPrograms } from './stdio.js';
import { STRATEGY_RULES } from './strategy-rules.js';
import { supportedScopes } from './supported-scopes.js';
import { telemetry } from './telemetry.js';
import { timeBounds } from './time-bounds.js';
import { tokenDestinations } from './token-destinations.js';
import { uniqueNames } from './unique-names.js';
import { userInfo } from './user-info.js';
import { userSecrets } from './user-secrets.js';
import { views } from './views.js';

/** Every rule across fields, in the order of the documentation, with what it demands. */
export const RULES: readonly DemandedRule[] = [
  {
    demands: 'Client ids and audiences are no placeholders such as `<YOUR_CLIENT_ID>`.',
    rule: placeholders,
  },
  { demands: 'There is at least one backend.', rule: atLeastOneBackend },
  { demands: 'No two names of one kind are equal or differ only by case.', rule: uniqueNames },
  { demands: 'Pages call no two providers, and no two backends, by one name.', rule: shownNames },
  {
    demands: '`upstreamInject` and `subjectProviderName` need `authServer`.',
    rule: authServerForProviders,
  },
  { demands: 'Every provider that is named exists.', rule: knownProviders },
  { demands: 'The primary provider is `required`.', rule: primaryProvider },
  {
    demands:
      '`claimMappings` name one to sixteen claims, each differently, none as a claim of the authorization server itself; the primary provider says them where `from` says.',
    rule: claimMappings,
  },
  {
    demands:
      'Policies of `access` can be parsed, name and compare only what there is, and permit somebody; the primary provider says what they look at where `from` says.',
    rule: access,
  },
  {
    demands:
      'A provider of type `mcp` names a backend, is not the primary one, has an `issuer` for its `clientId`, and its tokens go to its backend alone.',
    rule: mcpProviders,
  },
  {
    demands:
      'With `authServer`, `incomingAuth` is of type `oidc`; its issuer equals that of `authServer`, its audience and resource equal `<publicUrl>/mcp`, byte for byte.',
    rule: incomingAuthAgrees,
  },
  {
    demands:
      'Callers that are service accounts come without `authServer`, scopes and introspection, and with tokens for another audience than the API server’s. An account is named as Kubernetes names it, with its namespace. `clusterAuthFolder` is an absolute path, and its token and authorities are for https alone.',
    rule: serviceAccounts,
  },
  {
    demands:
      'Without `authServer`, `incomingAuth` names the issuer; anonymous callers have no token to exchange.',
    rule: externalIssuer,
  },
  {
    demands:
      '`tokenExchange`, `clientCredentials` and `googleServiceAccount` need `authServer`. `tokenExchange` and `awsSts` with `subjectFromCaller` need an external issuer instead.',
    rule: sessionForExchange,
  },
  {
    demands:
      'Issuers have no query, fragment or trailing slash, and are https except on localhost or with `insecureAllowHttp`.',
    rule: issuerUrls,
  },
  {
    demands:
      'An issuer is not the URL of its discovery document, and an endpoint not that of a metadata document. No URL has a placeholder, and `publicUrl` names no address that is for listening only.',
    rule: mistakenUrls,
  },
  {
    demands:
      'No backend is the gateway itself or another part of it, and neither a provider nor the endpoint of a token exchange is its own authorization server.',
    rule: ownUrls,
  },
  {
    demands:
      'A `redirectUri` is `<issuer>/oauth/callback` or one step below it. Of providers that share one, each `oauth2` one has an `issuer`, and none of them that of another.',
    rule: callbacks,
  },
  {
    demands:
      'Requests leave over https and to public addresses, except where all URLs of that party are on localhost or its opt-outs are set.',
    rule: outboundUrls,
  },
  { demands: 'Every backend that is named exists.', rule: knownBackends },
  {
    demands:
      'Traces leave over https, except to localhost or with `insecureAllowHttp`, with headers that are the exporter’s to set left to it; audited arguments are of some tool and have names.',
    rule: telemetry,
  },
  {
    demands: 'The conflict resolution has the fields that it needs, and every override has an effect.',
    rule: aggregation,
  },
  {
    demands:
      'A view has backends, its patterns are about them and about nothing that `aggregation` hides, and no two MCP endpoints are at one path.',
    rule: views,
  },
  ...STRATEGY_RULES,
  {
    demands:
      '`tokenEndpointAuthMethod` agrees with whether there is a client secret or a client key; id_tokens that are signed with the client secret need one.',
    rule: providerClients,
  },
  {
    demands:
      'A provider with `dcrConfig` has no client secret or key beside it and does with PKCE; `discoveryUrl` is where metadata can be, and a software statement is a JWT. One of OpenID Connect has one issuer, and published keys.',
    rule: ownRegistrations,
  },
  {
    demands:
      'Headers of token requests carry no credentials; only a client with a secret or key goes without PKCE; `tokenResponseMapping` has an `accessToken`; an id_token names the issuer that the provider’s answers name.',
    rule: providerDialects,
  },
  { demands: 'An oidc provider is asked for `openid`.', rule: providerScopes },
  {
    demands: 'Baseline scopes and the scopes of `incomingAuth` are supported ones; `openid` is supported.',
    rule: supportedScopes,
  },
  {
    demands:
      'Policies can be parsed, and name and compare only what there is; a `forbid` asks with `has` for what may be absent. With `authz` there is at least one policy.',
    rule: policies,
  },
  {
    demands: 'Rate limits have names of their own, times within their bounds, and count something.',
    rule: rateLimits,
  },
  {
    demands: 'Scopes of tools name tools, and callers have tokens to have them in.',
    rule: scopesOfCalls,
  },
  {
    demands: 'An injected header is not hop-by-hop, framing, `Host` or `Mcp-*` (`Authorization` is allowed).',
    rule: headerInjection,
  },
  {
    demands:
      'A token goes into a header that is not hop-by-hop, framing, `Cookie`, `Host` or `Mcp-*`; `allowedHosts` name the host of every backend that gets it.',
    rule: tokenDestinations,
  },
  {
    demands:
      'Of callers’ headers, none is a credential, is set by HTTP, MCP, a proxy or a strategy, or goes nowhere; callers can be told apart.',
    rule: passthroughHeaders,
  },
  {
    demands:
      'A secret that people enter needs `authServer`, has a name that no provider has and one label, and goes into a header like a token’s.',
    rule: userSecrets,
  },
  {
    demands: `At most ${MAX_AUTHORIZATION_PARAMS} additional authorization parameters, none of them set by the protocol. A \`reconnectPrompt\` does not join a \`prompt\` of \`none\`.`,
    rule: authorizationParams,
  },
  {
    demands:
      'Userinfo headers carry no credentials, a body goes with POST, and at least one field identifies the person.',
    rule: userInfo,
  },
  { demands: 'Life spans and timeouts are within their bounds.', rule: timeBounds },
  {
    demands:
      'A probe of a backend is over before the next one; health checks and circuits have times within their bounds.',
    rule: failureHandling,
  },
  { demands: 'Limits of a backend for one person are at most those for all.', rule: backendLimits },
  {
    demands:
      'A backend with a `command` needs `bridge.secret`, and `tokenEnv` where its strategy gives a token; no variable of it has two values.',
    rule: stdioPrograms,
  },
  {
    demands: 'Limits are within their bounds, and let each person send at least one request.',
    rule: sizeBounds,
  },
  {
    demands:
      'At least one way to register a client is on; redirect URIs have no `*`, and are https, on localhost, or of an allowed private-use scheme.',
    rule: clientRegistration,
  },
  {
    demands:
      'A pre-registered client authenticates in one way, by keys that can be used; only one that authenticates may leave PKCE out.',
    rule: clientProofs,
  },
  {
    demands:
      '`mtls` needs `authServer.trustedProxies` and `trustedProxies`, and a header of its own. Only with it clients have certificates; `tlsClientAuth` names one thing, and needs `certificateAuthorities`.',
    rule: mutualTls,
  },
  {
    demands: '`clientCredentials`, `tokenExchange` and `identityAssertions` need clients that authenticate.',
    rule: clientGrants,
  },
  {
    demands:
      '`limits` of a pre-registered client name what there is, last no longer than `tokenLifespans`, and leave what `clientCredentials`, `tokenExchange` and `identityAssertions` give.',
    rule: clientLimits,
  },
  {
    demands:
      '`administration` is at an origin of its own, https except on localhost. A client gets tokens for it, and no others; their scope is in no other token.',
    rule: administration,
  },
  {
    demands:
      'Each issuer of assertions is written once and is not the gateway’s own; clients name those that are written.',
    rule: assertionIssuers,
  },
  {
    demands:
      '`deviceFlow` of a client needs `authServer.deviceFlow`, which does not go with `securityProfile: fapi2`.',
    rule: deviceFlow,
  },
  {
    demands:
      'With `securityProfile: fapi2` requests are pushed, tokens are bound, codes live for 60 s at most, and every pre-registered client has keys and uses PKCE.',
    rule: securityProfile,
  },
  {
    demands:
      'Each service that seals has keys of its own: neither one value nor one reference is for two (one path may be another file in each container).',
    rule: sealingKeys,
  },
  {
    demands:
      'A signing key that is held elsewhere is named once and has its holder in `keyHolders`; a holder has a key.',
    rule: heldKeys,
  },
  { demands: 'Each service has a database role of its own, and `ownerUrl` is another one.', rule: databases },
  { demands: 'There is a NATS server, and no two listeners are on one port.', rule: addresses },
];

export const ruleFindings = (model: GatehouseModel): readonly Finding[] =>
  RULES.flatMap(({ rule, demands }) => rule(model).map((finding) => ({ ...finding, rule: demands })));
