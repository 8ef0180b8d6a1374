import type { EventEmitter } from 'node:events';
import { isGone } from '@gatehouse/observability/gone-client.filter';
import type { Log } from '@gatehouse/observability/log';
import type { Metrics } from '@gatehouse/observability/metrics';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { ASKED_ID_TOKEN_ALG } from '../clients/client-metadata.js';
import { Cors } from '../http/cors.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { KEY_SET_MAX_AGE_MS } from '../signing-keys/rotation-plan.js';
import { withoutInteractionCookies } from './interaction-cookies.js';
import { libraryConfiguration, type LibraryParts } from './library-configuration.js';
import { checkHintsWith } from './library-signing-keys.js';
import { nameMissingClient, STRUCTURED_TOKEN } from './client-refusals.js';
import { publishedMetadata } from './discovery.js';
import { deviceRoutes, POLL_INTERVAL_MS } from './device-settings.js';
import { answerBlind, answerOutage, whereKeysSign } from './outage-answer.js';
import { refusalReference } from './refusal-reference.js';

const METADATA_MAX_AGE_SECONDS = 3_600;
const KEY_SET_MAX_AGE_SECONDS = KEY_SET_MAX_AGE_MS / SECOND_MS;
/** What it says may change with the network. */
const CHANGING_METADATA_MAX_AGE_SECONDS = 60;

/** @throws when a pre-registered client is not valid, so that a wrong configuration is found at start. */
export async function createProvider(parts: LibraryParts, log: Log, metrics: Metrics): Promise<Provider> {
  const { config } = parts;
  const provider = new Provider(config.issuer, libraryConfiguration(parts));
  // asSeenByProvider sets host and protocol from the issuer, in the headers that a proxy would set.
  provider.proxy = true;
  provider.silent = true;
  parts.usedProofs.replaceIn(provider);
  parts.tokenExchange.registerIn(provider);
  parts.assertions.registerIn(provider);
  checkHintsWith(parts.signingKeys, provider);
  const urls = new IssuerUrls(config);
  const { authorizationEndpoint } = urls;
  const userInfoEndpoint = urls.url('/oauth/userinfo');
  const cors = new Cors(config);
  provider.use(async (ctx, next) => {
    await next();
    withoutInteractionCookies(ctx.res);
    if (isWithSecrets(ctx.path)) {
      replaceCors(ctx, cors);
      nameMissingClient(ctx);
    }
    if (isRegistration(ctx)) tellRegistered(ctx, config);
    // RFC 8628, section 3.2. The library says no interval.
    if (ctx.path === deviceRoutes.device_authorization && ctx.status === 200)
      ctx.body = { ...(ctx.body as object), interval: POLL_INTERVAL_MS / SECOND_MS };
    const [, document] =
      /^\/\.well-known\/(oauth-authorization-server|openid-configuration|jwks\.json)$/.exec(ctx.path) ?? [];
    if (document === undefined || ctx.status !== 200) return;
    const isChanging = config.clientRegistration.metadataDocuments.enabled === 'auto';
    const ofMetadata = isChanging ? CHANGING_METADATA_MAX_AGE_SECONDS : METADATA_MAX_AGE_SECONDS;
    const isKeySet = document === 'jwks.json';
    ctx.set('cache-control', `public, max-age=${isKeySet ? KEY_SET_MAX_AGE_SECONDS : ofMetadata}`);
    ctx.set('x-content-type-options', 'nosniff');
    if (isKeySet) {
      answerKeySet(ctx, parts);
      return;
    }
    const openid = document === 'openid-configuration';
    const { areAnnounced } = parts.documents;
    const rules = {
      authorizationEndpoint,
      openid,
      documents: areAnnounced,
      userInfoEndpoint,
      assertions: parts.assertions.areTaken,
      aliasBase: config.requestProtection.mtls?.endpointAliasBaseUrl,
      introspectionAlg: parts.introspection.isOffered ? parts.introspection.signingKey.alg : undefined,
    };
    ctx.body = publishedMetadata(ctx.body as Record<string, unknown>, rules);
  });
  addSteps(provider, parts);
  logEvents(provider, log, metrics);
  const { clients, metadataDocuments } = config.clientRegistration;
  for (const { clientId } of [...clients, ...metadataDocuments.documents])
    await provider.Client.find(clientId);
  log.info('authorization-server-configured', {
    issuer: config.issuer,
    signingKey: parts.signingKeys.signing.kid,
  });
  return provider;
}

function answerKeySet(
  ctx: Pick<KoaContextWithOIDC, 'status' | 'body' | 'set'>,
  { watch, signingKeys }: Pick<LibraryParts, 'watch' | 'signingKeys'>,
): void {
  if (watch.isBlind) answerBlind(ctx);
  else ctx.body = { keys: signingKeys.publishedJwks };
}

/** What stands around the library's own handling of a request, from the outside in. */
function addSteps(provider: Provider, { signingKeys, hooks, revocation, introspection }: LibraryParts): void {
  provider.use(whereKeysSign(signingKeys));
  provider.use(hooks.writeSuccessor);
  provider.use(revocation.afterLibrary);
  provider.use(introspection.afterLibrary);
}

const isWithSecrets = (path: string): boolean =>
  /^\/oauth\/(token|par|register(\/[^/]+)?|revoke|introspect|device_authorization)$/.test(path);

const isRegistration = ({ path, status }: Pick<KoaContextWithOIDC, 'path' | 'status'>): boolean =>
  (path === '/oauth/register' && status === 201) || (path.startsWith('/oauth/register/') && status === 200);

/**
 * A registration says what counts (RFC 7591, section 3.2.1). The scopes of a client that named none are not stored, because
 * they are those that there are, today and later.
 */
function tellRegistered(
  ctx: Pick<KoaContextWithOIDC, 'body'>,
  { scopesSupported }: AuthorizationServerPart,
): void {
  const registered = Object.fromEntries(
    // The library's answer.
    Object.entries(ctx.body as object).filter(([member]) => member !== ASKED_ID_TOKEN_ALG),
  ) as Readonly<Record<string, unknown>>;
  ctx.body = { ...registered, scope: registered['scope'] ?? scopesSupported.join(' ') };
}

/** The library lets every origin read these, and says `*` to a request without one. */
function replaceCors(ctx: Pick<KoaContextWithOIDC, 'get' | 'set' | 'remove'>, cors: Cors): void {
  ctx.remove('access-control-allow-origin');
  ctx.remove('access-control-expose-headers');
  const origin = ctx.get('origin');
  ctx.set({ ...cors.headers(origin === '' ? undefined : origin) });
}

/** Logs and counts what the library does: ids and codes, never a presented value. */
function logEvents(provider: Provider, log: Log, metrics: Metrics): void {
  const tokens = metrics.counter('tokens_issued_total', 'Token responses.', ['grant_type']);
  const refusals = metrics.counter('protocol_errors_total', 'Requests refused by the protocol endpoints.', [
    'endpoint',
    'error',
  ]);
  provider.on('grant.success', (ctx) => {
    const grantType = String(ctx.oidc.params?.['grant_type']);
    tokens.inc({ grant_type: grantType });
    log.info('token-issued', {
      grantType,
      clientId: ctx.oidc.client?.clientId,
      tsid: ctx.oidc.entities.Grant?.jti,
      accountId: ctx.oidc.entities.Account?.accountId,
    });
  });
  provider.on('authorization.success', (ctx) => {
    log.info('code-issued', { clientId: ctx.oidc.client?.clientId, accountId: ctx.oidc.session?.accountId });
  });
  provider.on('registration_create.success', (_ctx, client) => {
    log.info('client-registered', { clientId: client.clientId, clientName: client.clientName });
  });
  provider.on('registration_update.success', ({ body }, { clientId }) => {
    // The client is handed over as it was before; the answer says what it is now.
    log.info('client-changed', { clientId, clientName: member(body as object, 'client_name') });
  });
  const refused =
    (endpoint: string) => (ctx: { oidc: { client?: { clientId: string } | undefined } }, error: Error) => {
      // An access token, which is dealt with after the library.
      if (/^(revoke|introspect)$/.test(endpoint) && member(error, 'error') === STRUCTURED_TOKEN) return;
      const [code, detail] = [member(error, 'error'), member(error, 'error_detail')];
      // A device asks until its person is done.
      if (code === 'authorization_pending') return;
      refusals.inc({ endpoint, error: code ?? 'unknown' });
      log.warn('protocol-request-refused', {
        endpoint,
        errorCode: code,
        detail,
        clientId: ctx.oidc.client?.clientId,
        reference: refusalReference(error),
      });
    };
  provider.on('device_authorization.success', (ctx) => {
    log.info('device-code-issued', { clientId: ctx.oidc.client?.clientId });
  });
  provider.on('grant.error', refused('token'));
  provider.on('device_authorization.error', refused('device_authorization'));
  provider.on('pushed_authorization_request.error', refused('par'));
  provider.on('authorization.error', refused('authorize'));
  provider.on('registration_create.error', refused('register'));
  provider.on('registration_read.error', refused('register'));
  provider.on('registration_update.error', refused('register'));
  provider.on('revocation.error', refused('revoke'));
  provider.on('introspection.error', refused('introspect'));
  provider.on('server_error', (ctx, error) => {
    log.failure('protocol-endpoint-failed', error, { reference: refusalReference(error) });
    answerOutage(ctx, error);
  });
  // This event is Koa's own. The library's types do not know it.
  const koa: EventEmitter = provider;
  koa.on('error', (error: Error, ctx?: KoaContextWithOIDC) => {
    // A caller that leaves before its response is no failure of ours.
    if (ctx === undefined || !isGone(ctx.req)) log.failure('protocol-endpoint-failed', error);
  });
}

function member(of: object, name: string): string | undefined {
  const value: unknown = Reflect.get(of, name);
  return typeof value === 'string' ? value : undefined;
}
