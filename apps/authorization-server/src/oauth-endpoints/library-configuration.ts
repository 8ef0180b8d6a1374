import type { Client, Configuration, ClientMetadata, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { CLOCK_TOLERANCE_SECONDS, type Clock } from '@gatehouse/kernel/clock';
import { DAY_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { sha256 } from '@gatehouse/kernel/digest';
import { randomToken } from '@gatehouse/kernel/ids';
import { REQUEST_TTL_MS } from '../attempts/attempt.js';
import type { ClientDocuments } from '../clients/client-documents.flow.js';
import { configuredGrants, SIGN_IN_GRANTS } from '../clients/client-grants.js';
import { clientNameProblem } from '../clients/client-name.js';
import { ASKED_ID_TOKEN_ALG, clientMetadataRule } from '../clients/client-metadata.js';
import { BACKCHANNEL_LOGOUT_URI } from '../clients/logout-uris.js';
import { isAllowedHost } from '../clients/allowed-host.js';
import type { ClientKeySets } from '../clients/client-key-sets.flow.js';
import { configuredProofs } from '../clients/client-proofs.js';
import type { SigningAlgorithm } from '@gatehouse/config/model/client-registration';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { ClientTerms } from '../client-terms/client-terms.js';
import { cookieName } from '../http/cookies.js';
import type { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import { callerBehind } from '@gatehouse/service-process/trusted-proxies';
import { IssuerUrls } from '../http/issuer-urls.js';
import { RateLimiter } from '../http/rate-limit.js';
import type { CookieKeys } from '../signing-keys/cookie-keys.js';
import type { SigningKeys } from '../signing-keys/signing-keys.js';
import type { WatchSigningKeys } from '../signing-keys/watch-signing-keys.job.js';
import type { Introspection } from './introspection.flow.js';
import {
  clientProofFeatures,
  clientProofSettings,
  identityTokenAlgorithms,
} from './client-proof-settings.js';
import { claimsParameter } from './claims-parameter.js';
import { deviceCodeSeconds, deviceFeature, deviceRoutes } from './device-settings.js';
import { libraryFetch } from './library-fetch.js';
import type { LibraryHooks } from './library-hooks.flow.js';
import { EXTERNAL_SIGNING, librarySigningKeys } from './library-signing-keys.js';
import { checkLimits, unnamedResource } from './limited-clients.js';
import { INTERACTION_COOKIE, RESUME_COOKIE } from './interaction-cookies.js';
import { givesOwnTokens, isResource, mayActClaim, scopesOfToken } from './own-tokens-of-clients.js';
import type { RevokeAccessToken } from './revoke-access-token.flow.js';
import { signInPolicy } from './interaction-policy.js';
import { SILENT } from './silent-requests.js';
import type { TokenAccount } from './token-accounts.flow.js';
import { delegationClaims } from './acting.js';
import type { ExchangeToken } from './exchange-token.flow.js';
import type { RedeemAssertion } from './redeem-assertion.flow.js';
import type { UsedProofs } from './used-proofs.store.js';

/** A grant ends with its session. The library needs some bound. */
const GRANT_TTL_MS = 3_650 * DAY_MS;
/** Fetches of documents that are not in the cache, for each address that asks. */
const DOCUMENT_FETCHES = { burst: 60, perSecond: 2 };
const DOCUMENT_CACHE_SECONDS = { min: 60, max: 86_400 };

export interface LibraryParts {
  readonly config: AuthorizationServerPart;
  readonly terms: Pick<ClientTerms, 'limitsOf' | 'lifespansOf' | 'scopesOfToken'>;
  readonly signingKeys: SigningKeys;
  readonly watch: Pick<WatchSigningKeys, 'isBlind'>;
  readonly cookieKeys: CookieKeys;
  readonly hooks: LibraryHooks;
  readonly clock: Clock;
  readonly certificates: Pick<ClientCertificates, 'of'>;
  readonly revocation: Pick<RevokeAccessToken, 'afterLibrary'>;
  readonly introspection: Pick<Introspection, 'isOffered' | 'allowedPolicy' | 'afterLibrary' | 'signingKey'>;
  readonly documents: Pick<ClientDocuments, 'fetch' | 'isPinned' | 'areAnnounced'>;
  readonly keySets: Pick<ClientKeySets, 'fetch'>;
  readonly usedProofs: Pick<UsedProofs, 'replaceIn'>;
  readonly tokenExchange: Pick<ExchangeToken, 'registerIn'>;
  readonly assertions: Pick<RedeemAssertion, 'areTaken' | 'registerIn'>;
}

const inSeconds = (durationMs: number): number => Math.max(1, Math.round(durationMs / SECOND_MS));

/** A token does not outlive its session. */
function secondsWithinSession(ctx: KoaContextWithOIDC, lifespanMs: number, clock: Clock): number {
  const account: TokenAccount | undefined = ctx.oidc.entities.Account;
  const leftMs = (account?.sessionEndsAtMs ?? Infinity) - clock.nowMs();
  return Math.max(1, Math.floor(Math.min(lifespanMs, leftMs) / SECOND_MS));
}

/**
 * Gateways below paths of one host share its cookies, because `__Host-` cookies have the path `/`. Each has a name of its
 * own, so that none of them signs people out of another one.
 */
const sessionCookie = (basePath: string): string =>
  basePath === '' ? 'gh-session' : `gh-session-${sha256(basePath).slice(0, 8)}`;

/** The whole configuration of oidc-provider. */
export function libraryConfiguration(parts: LibraryParts): Configuration {
  const { config, cookieKeys, hooks } = parts;
  const { isHttps, basePath } = new IssuerUrls(config);
  const proofs = clientProofSettings(parts);
  return {
    adapter: hooks.adapter,
    findAccount: hooks.findAccount,
    renderError: hooks.renderError,
    // One replica checks what another one issued.
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    scopes: config.scopesSupported,
    claims: { openid: ['sub', 'sid', 'acr', 'amr'], profile: ['name'], email: ['email'] },
    responseTypes: ['code'],
    extraParams: [SILENT],
    allowOmittingSingleRegisteredRedirectUri: false,
    conformIdTokenClaims: false,
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      pushed_authorization_request: '/oauth/par',
      registration: '/oauth/register',
      revocation: '/oauth/revoke',
      introspection: '/oauth/introspect',
      jwks: '/.well-known/jwks.json',
      end_session: '/oauth/end-session',
      ...deviceRoutes,
    },
    cookies: {
      keys: [cookieKeys.derive('cookies').reveal()],
      names: {
        session: cookieName(sessionCookie(basePath), isHttps),
        interaction: INTERACTION_COOKIE,
        resume: RESUME_COOKIE,
      },
      long: { httpOnly: true, sameSite: 'lax' },
      // Only we write and read these (interaction-cookies.ts), so they need no signature.
      short: { httpOnly: true, sameSite: 'lax', signed: false },
    },
    interactions: {
      policy: signInPolicy(),
      url: hooks.interactionUrl,
    },
    ...clients(parts),
    ...tokens(parts),
    ...proofs,
    enabledJWA: { ...proofs.enabledJWA, idTokenSigningAlgValues: identityTokenAlgorithms(parts) },
    features: { ...features(parts), ...clientProofFeatures(parts), ...deviceFeature(config) },
  };
}

function clients({ config, signingKeys, documents, keySets }: LibraryParts): Configuration {
  const { clients: known } = config.clientRegistration;
  const algorithms = identityTokenAlgorithms({ config, signingKeys });
  return {
    clients: known.map((client) => preRegistered(client, algorithms)),
    extraClientMetadata: clientMetadataRule({
      ...config,
      ...config.clientRegistration,
      idTokenAlgs: algorithms,
      // A reload changes what calls need.
      get requiredScopes() {
        return config.requiredScopes;
      },
    }),
    clientDefaults: {
      grant_types: [...SIGN_IN_GRANTS],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: signingKeys.signing.alg,
    },
    // Which origins may read the responses is written over them (create-provider.ts).
    clientBasedCORS: () => true,
    sectorIdentifierUriValidate: () => false,
    // The library's type is the global fetch. It uses this part of it.
    fetch: libraryFetch(documents.fetch, keySets.fetch) as unknown as NonNullable<Configuration['fetch']>,
  };
}

function tokens({ config, terms, signingKeys, hooks, clock }: LibraryParts): Configuration {
  const { tokenLifespans } = config;
  return {
    jwks: { keys: librarySigningKeys(signingKeys) },
    ttl: {
      AuthorizationCode: inSeconds(tokenLifespans.authCodeLifespanMs),
      AccessToken: (ctx, { clientId }) =>
        secondsWithinSession(ctx, terms.lifespansOf(clientId).accessTokenLifespanMs, clock),
      ClientCredentials: (_ctx, { clientId }) => inSeconds(terms.lifespansOf(clientId).accessTokenLifespanMs),
      DeviceCode: deviceCodeSeconds(config),
      IdToken: (_ctx, _token, { clientId }) => inSeconds(terms.lifespansOf(clientId).accessTokenLifespanMs),
      RefreshToken: (ctx, { clientId }) =>
        secondsWithinSession(ctx, terms.lifespansOf(clientId).refreshTokenLifespanMs, clock),
      Session: inSeconds(tokenLifespans.refreshTokenLifespanMs),
      Interaction: inSeconds(REQUEST_TTL_MS),
      Grant: inSeconds(GRANT_TTL_MS),
    },
    // Tokens end with their session, not with the browser session.
    expiresWithSession: () => false,
    // Rotation is ours (RefreshTokenSeam).
    rotateRefreshToken: false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Each sign-in has its own grant. An earlier one never counts.
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : await ctx.oidc.provider.Grant.find(grantId);
    },
    extraTokenClaims: async (ctx, token) => {
      const claims = await hooks.extraTokenClaims(ctx, token);
      return claims && { ...claims, ...mayActClaim(token.clientId, config), ...delegationClaims(token) };
    },
  };
}

function features({
  config,
  terms,
  signingKeys,
  documents,
  introspection,
  clock,
}: LibraryParts): NonNullable<Configuration['features']> {
  const { dynamic, initialAccessToken } = config.clientRegistration;
  return {
    devInteractions: { enabled: false },
    externalSigningSupport: EXTERNAL_SIGNING,
    clientCredentials: { enabled: givesOwnTokens(config) },
    // Ours (UserInfoController).
    userinfo: { enabled: false },
    // For what clients register. The pages are ours (logout/), and the library's have no route here.
    rpInitiatedLogout: { enabled: true },
    claimsParameter: claimsParameter(config),
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    // Where nobody may ask, its route is not led here (IntrospectionController).
    introspection: { enabled: true, allowedPolicy: introspection.allowedPolicy },
    registration: {
      enabled: dynamic !== 'off',
      initialAccessToken: dynamic === 'initialAccessToken' ? (initialAccessToken?.reveal() ?? true) : false,
      issueRegistrationAccessToken: true,
      // An id is never a URL: a URL means a Client ID Metadata Document.
      idFactory: () => randomToken(16),
      secretFactory: () => randomToken(),
    },
    // A client whose response is lost would be locked out by a token that changes (ADR 81).
    registrationManagement: { enabled: dynamic !== 'off', rotateRegistrationAccessToken: false },
    ...clientDocuments(config, documents, clock),
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, { clientId }, oneOf) => {
        const [only, ...others] = new Set(oneOf ?? []);
        if (only !== undefined) {
          if (others.length > 0) throw new errors.InvalidTarget('only one resource can be requested');
          return only;
        }
        return unnamedResource(terms.limitsOf(clientId), config);
      },
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, { clientId }) => {
        // A token has one audience, and a grant is for one resource: what is for several is good at each of them.
        if (new Set([ctx.oidc.params?.['resource'] ?? resource].flat()).size !== 1)
          throw new errors.InvalidTarget('only one resource can be requested');
        // Which others there are is nobody's business who does not know one.
        if (!isResource(ctx, resource, config))
          throw new errors.InvalidTarget(`resource must be ${config.resourceUrl}`);
        checkLimits(terms.limitsOf(clientId), resource);
        return {
          scope: scopesOfToken(ctx, resource, config, terms.scopesOfToken(clientId)).join(' '),
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: signingKeys.signing.alg } },
        };
      },
    },
  };
}

function clientDocuments(
  config: AuthorizationServerPart,
  documents: LibraryParts['documents'],
  clock: Clock,
): Pick<NonNullable<Configuration['features']>, 'clientIdMetadataDocument'> {
  if (config.clientRegistration.metadataDocuments.enabled === false) return {};
  return {
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      allowFetch: documentFetchPolicy(config, documents, clock),
      allowClient: allowDocumentClient,
      cacheDuration: DOCUMENT_CACHE_SECONDS,
    },
  };
}

/** Every endpoint that takes a client id can cause a fetch. So the fetches that one address causes are limited. */
function documentFetchPolicy(
  { clientRegistration, trustedProxies }: AuthorizationServerPart,
  documents: LibraryParts['documents'],
  clock: Clock,
) {
  const callerOf = callerBehind(trustedProxies);
  const fetches = new RateLimiter(DOCUMENT_FETCHES, clock);
  return (ctx: KoaContextWithOIDC | undefined, clientId: string): boolean => {
    if (documents.isPinned(clientId)) return true;
    if (!isAllowedHost(clientId, clientRegistration.metadataDocuments)) return false;
    // Without a context our own pages ask, for a client that an accepted request has named.
    return ctx === undefined || fetches.waitSeconds(callerOf(ctx.req)) === 0;
  };
}

/** The reason is told, because its developer cannot know this rule about names. */
function allowDocumentClient(_ctx: KoaContextWithOIDC, { clientName }: Pick<Client, 'clientName'>): boolean {
  const problem = clientNameProblem(clientName);
  if (problem !== undefined) throw new errors.InvalidClientMetadata(problem);
  return true;
}

/** @throws when it wants an algorithm that no signing key has. */
function preRegistered(
  client: AuthorizationServerPart['clientRegistration']['clients'][number],
  algorithms: readonly SigningAlgorithm[],
): ClientMetadata {
  const { idTokenSignedResponseAlg: alg } = client;
  if (alg !== undefined && !algorithms.includes(alg))
    throw new Error(
      `authServer.clientRegistration.clients: ${client.clientId} wants ${alg}, and there is no signing key for it (authServer.signingKeys)`,
    );
  return {
    ...(alg === undefined ? {} : { [ASKED_ID_TOKEN_ALG]: alg }),
    client_id: client.clientId,
    client_name: client.clientName,
    redirect_uris: [...client.redirectUris],
    ...configuredGrants(client),
    post_logout_redirect_uris: [...(client.postLogoutRedirectUris ?? [])],
    ...(client.backchannelLogoutUri === undefined
      ? {}
      : { [BACKCHANNEL_LOGOUT_URI]: client.backchannelLogoutUri }),
    ...configuredProofs(client),
    ...(client.clientSecret === undefined
      ? {}
      : { client_secret: client.clientSecret.reveal(), token_endpoint_auth_method: 'client_secret_basic' }),
  };
}
