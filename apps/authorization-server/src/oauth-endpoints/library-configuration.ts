import type { Client, Configuration, ClientMetadata, JWK, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { CLOCK_TOLERANCE_SECONDS, systemClock } from '@gatehouse/kernel/clock';
import { DAY_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { randomToken } from '@gatehouse/kernel/ids';
import { ATTEMPT_TTL_MS } from '../attempts/attempt.js';
import { clientNameProblem } from '../clients/client-name.js';
import { clientMetadataRule } from '../clients/client-metadata.js';
import { documentFetch, isAllowedHost } from '../clients/metadata-documents.client.js';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { cookieName } from '../http/cookies.js';
import { callerBehind } from '../http/caller.js';
import { RateLimiter } from '../http/rate-limit.js';
import type { CookieKeys } from '../signing-keys/cookie-keys.js';
import type { SigningKeys } from '../signing-keys/signing-keys.js';
import type { LibraryHooks } from './library-hooks.flow.js';
import { bindToBrowser, INTERACTION_COOKIE, RESUME_COOKIE } from './interaction-cookies.js';
import { signInPolicy } from './interaction-policy.js';
import type { TokenAccount } from './token-accounts.flow.js';

/** Grants end with their session; this is only a bound for the library. */
const GRANT_TTL_MS = 3_650 * DAY_MS;
/** Documents that are not in the cache, by the address that asks. */
const DOCUMENT_FETCHES = { burst: 60, perSecond: 2 };
const DOCUMENT_CACHE_SECONDS = { min: 60, max: 86_400 };

export interface LibraryParts {
  readonly config: AuthorizationServerPart;
  readonly signingKeys: SigningKeys;
  readonly cookieKeys: CookieKeys;
  readonly hooks: LibraryHooks;
}

const inSeconds = (durationMs: number): number => Math.max(1, Math.round(durationMs / SECOND_MS));

/** Nothing outlives the session that it is issued for. */
function secondsWithinSession(ctx: KoaContextWithOIDC, lifespanMs: number): number {
  const account: TokenAccount | undefined = ctx.oidc.entities.Account;
  const leftMs = (account?.sessionEndsAtMs ?? Infinity) - systemClock.nowMs();
  return Math.max(1, Math.floor(Math.min(lifespanMs, leftMs) / SECOND_MS));
}

/** Everything that oidc-provider is told. */
export function libraryConfiguration(parts: LibraryParts): Configuration {
  const { config, cookieKeys, hooks } = parts;
  const { urls } = hooks;
  return {
    adapter: hooks.adapter,
    findAccount: hooks.findAccount,
    renderError: hooks.renderError,
    // What one replica issued is looked at by another.
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    scopes: config.scopesSupported,
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    conformIdTokenClaims: false,
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      registration: '/oauth/register',
      revocation: '/oauth/revoke',
      jwks: '/.well-known/jwks.json',
      end_session: '/oauth/end-session',
    },
    cookies: {
      keys: [cookieKeys.derive('cookies').reveal()],
      names: {
        session: cookieName('gh-session', urls.isHttps),
        interaction: INTERACTION_COOKIE,
        resume: RESUME_COOKIE,
      },
      long: { httpOnly: true, sameSite: 'lax' },
      // Only we write and read these (interaction-cookies.ts), so there is nothing to sign.
      short: { httpOnly: true, sameSite: 'lax', signed: false },
    },
    extraParams: { scope: refuseUnknownScopes(config.scopesSupported) },
    interactions: {
      policy: signInPolicy(),
      url: (ctx, { uid }) => {
        bindToBrowser(ctx.res, ctx.req.headers.cookie, uid, hooks.attemptCookies);
        return urls.url(`/sign-in/${uid}`);
      },
    },
    ...clients(parts),
    ...tokens(parts),
    features: features(parts),
  };
}

function clients({ config, signingKeys }: LibraryParts): Configuration {
  const { clients: known, metadataDocuments } = config.clientRegistration;
  return {
    clients: known.map(preRegistered),
    extraClientMetadata: clientMetadataRule(config.clientRegistration),
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: signingKeys.signing.alg,
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    // Public clients in browsers call these endpoints with nothing but their own codes and tokens.
    clientBasedCORS: () => true,
    sectorIdentifierUriValidate: () => false,
    // The library's type is that of the global fetch, of which it uses this part.
    fetch: documentFetch(metadataDocuments) as unknown as NonNullable<Configuration['fetch']>,
  };
}

function tokens({ config: { tokenLifespans }, signingKeys, hooks }: LibraryParts): Configuration {
  return {
    jwks: { keys: signingKeys.all.map(({ privateJwk }) => JSON.parse(privateJwk.reveal()) as JWK) },
    enabledJWA: { idTokenSigningAlgValues: [...new Set(signingKeys.all.map((key) => key.alg))] },
    ttl: {
      AuthorizationCode: inSeconds(tokenLifespans.authCodeLifespanMs),
      AccessToken: (ctx) => secondsWithinSession(ctx, tokenLifespans.accessTokenLifespanMs),
      IdToken: inSeconds(tokenLifespans.accessTokenLifespanMs),
      RefreshToken: (ctx) => secondsWithinSession(ctx, tokenLifespans.refreshTokenLifespanMs),
      Session: inSeconds(tokenLifespans.refreshTokenLifespanMs),
      Interaction: inSeconds(ATTEMPT_TTL_MS),
      Grant: inSeconds(GRANT_TTL_MS),
    },
    // A session of ours ends tokens, not the browser's session.
    expiresWithSession: () => false,
    // Rotation is ours (RefreshTokenSeam).
    rotateRefreshToken: false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // A fresh grant per sign-in: what an earlier one was given never counts.
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : await ctx.oidc.provider.Grant.find(grantId);
    },
    // The grant's id is the session's id.
    extraTokenClaims: async (ctx, token) => {
      await hooks.refreshTokens.beforeSigning(ctx);
      return 'grantId' in token ? { tsid: token.grantId } : undefined;
    },
  };
}

function features({ config, signingKeys }: LibraryParts): NonNullable<Configuration['features']> {
  const { dynamic, initialAccessToken, metadataDocuments } = config.clientRegistration;
  const { alg, kid } = signingKeys.signing;
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    claimsParameter: { enabled: false },
    // On by default in the library: neither has a route here, nor a resource server that checks a proof.
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    registration: {
      enabled: dynamic !== 'off',
      initialAccessToken: dynamic === 'initialAccessToken' ? (initialAccessToken?.reveal() ?? true) : false,
      issueRegistrationAccessToken: false,
      // Never a URL: those are Client ID Metadata Documents.
      idFactory: () => randomToken(16),
      secretFactory: () => randomToken(),
    },
    ...(metadataDocuments.enabled
      ? {
          clientIdMetadataDocument: {
            enabled: true,
            ack: 'draft-02',
            allowFetch: documentFetchPolicy(config),
            allowClient: allowDocumentClient,
            cacheDuration: DOCUMENT_CACHE_SECONDS,
          },
        }
      : {}),
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => {
        const [only, ...others] = new Set(oneOf ?? []);
        if (only !== undefined) {
          if (others.length > 0) throw new errors.InvalidTarget('only one resource can be requested');
          return only;
        }
        if (config.resourceIndicator === 'required')
          throw new errors.InvalidTarget(`resource must be ${config.resourceUrl}`);
        return config.resourceUrl;
      },
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== config.resourceUrl)
          throw new errors.InvalidTarget(`resource must be ${config.resourceUrl}`);
        return {
          scope: config.scopesSupported.join(' '),
          audience: config.resourceUrl,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg, kid } },
        };
      },
    },
  };
}

/** Every endpoint that takes a client id can make us fetch, so what one address may cost others is bounded here. */
function documentFetchPolicy({ clientRegistration, trustedProxies }: AuthorizationServerPart) {
  const callerOf = callerBehind(trustedProxies);
  const fetches = new RateLimiter(DOCUMENT_FETCHES, systemClock);
  return (ctx: KoaContextWithOIDC | undefined, clientId: string): boolean => {
    if (!isAllowedHost(clientId, clientRegistration.metadataDocuments)) return false;
    // Our own pages look up a client that its request has named before; they come without a context.
    return ctx === undefined || fetches.waitSeconds(callerOf(ctx.req)) === 0;
  };
}

/** A name is refused with the reason, since it is the one thing here that its maker can get wrong without knowing. */
function allowDocumentClient(_ctx: KoaContextWithOIDC, { clientName }: Pick<Client, 'clientName'>): boolean {
  const problem = clientNameProblem(clientName);
  if (problem !== undefined) throw new errors.InvalidClientMetadata(problem);
  return true;
}

const refuseUnknownScopes =
  (supported: readonly string[]) =>
  (_ctx: unknown, scope: string | undefined): void => {
    const unknown = scope?.split(' ').find((one) => !supported.includes(one));
    if (unknown !== undefined)
      throw new errors.InvalidScope('a requested scope is not in scopes_supported', unknown);
  };

function preRegistered(
  client: AuthorizationServerPart['clientRegistration']['clients'][number],
): ClientMetadata {
  return {
    client_id: client.clientId,
    client_name: client.clientName,
    redirect_uris: [...client.redirectUris],
    ...(client.clientSecret === undefined
      ? {}
      : { client_secret: client.clientSecret.reveal(), token_endpoint_auth_method: 'client_secret_basic' }),
  };
}
