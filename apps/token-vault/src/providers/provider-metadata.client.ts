import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@gatehouse/kernel/clock';
import { HOUR_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { newReference } from '@gatehouse/kernel/failure-reference';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { SingleFlight } from '@gatehouse/kernel/single-flight';
import { Log } from '@gatehouse/observability/log';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { allowInsecureRequests, customFetch, discovery, None, type ServerMetadata } from 'openid-client';
import { z } from 'zod';
import { CLOCK } from '@gatehouse/service-process/injected';
import type { OAuth2Protocol, OidcProtocol } from '@gatehouse/config/model/upstream-provider';
import { canonicalUrl } from '@gatehouse/config/urls/canonical-url';
import { cleanedUrl, type FailureReason } from './failure-reason.js';
import type { Provider } from './provider-registry.js';
import { isResolved } from './resolved-provider.js';
import { notingFetch } from './tapped-fetch.js';
import {
  newProgress,
  upstreamFailure,
  type TokenRequestProgress,
  type UpstreamFailure,
} from './upstream-failure.js';
import { verdictOf } from './upstream-verdict.js';

const KEEP_MS = HOUR_MS;
/** After a failure the provider is not asked again for this long. */
const REST_AFTER_FAILURE_MS = SECOND_MS;

interface Known {
  readonly metadata: ServerMetadata;
  readonly fetchedAtMs: number;
}

interface Failed {
  readonly atMs: number;
  readonly error: GatehouseError;
  readonly failure: UpstreamFailure;
}

/** What each provider offers: found by discovery on first use, so that a provider that is down does not stop the vault. */
@Injectable()
export class ProviderMetadataClient {
  readonly #known = new Map<string, Known>();
  readonly #discoveries = new SingleFlight<string, ServerMetadata>();
  readonly #failed = new Map<string, Failed>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * @throws {GatehouseError} `provider_unavailable` when it was never found and cannot be found now;
   * `provider_misconfigured` when what was found is not of the configured issuer, or lacks what the flow needs.
   */
  async of(provider: Provider): Promise<ServerMetadata> {
    const { protocol } = provider;
    if (isResolved(provider)) return withCanonicalUrls(provider.server);
    if (protocol.type === 'mcp')
      throw new GatehouseError('internal', 'the authorization server of a backend was not looked for');
    if (protocol.type === 'oauth2') return withCanonicalUrls(metadataOf(protocol));
    const known = this.#known.get(provider.name);
    if (known !== undefined && this.clock.nowMs() - known.fetchedAtMs < KEEP_MS) return known.metadata;
    try {
      return await this.#discoverOnce(provider, protocol);
    } catch (error) {
      if (known === undefined) throw error;
      // Metadata that is an hour old is better than a failure.
      return known.metadata;
    }
  }

  /** What this process found wrong with the provider's document, as long as nothing better has come. */
  complaintOf(name: string): GatehouseError | undefined {
    const error = this.#failed.get(name)?.error;
    return error?.code === 'provider_misconfigured' ? error : undefined;
  }

  /** What went wrong when this process looked for the provider's document last, as long as nothing better has come. */
  failureOf(name: string): UpstreamFailure | undefined {
    return this.#failed.get(name)?.failure;
  }

  async #discoverOnce(provider: Provider, protocol: OidcProtocol): Promise<ServerMetadata> {
    const failed = this.#failed.get(provider.name);
    if (failed !== undefined && this.clock.nowMs() - failed.atMs < REST_AFTER_FAILURE_MS) throw failed.error;
    return await this.#discoveries.run(provider.name, () => this.#discover(provider, protocol));
  }

  async #discover(provider: Provider, protocol: OidcProtocol): Promise<ServerMetadata> {
    const progress = newProgress();
    try {
      const metadata = await discover(provider, protocol, notingFetch(fetchFunction(provider), progress));
      this.#known.set(provider.name, { metadata, fetchedAtMs: this.clock.nowMs() });
      this.#failed.delete(provider.name);
      return metadata;
    } catch (cause) {
      const isUnfit = isAboutDocument(cause, progress);
      const said = upstreamFailure(cause, progress);
      const failure: UpstreamFailure = isUnfit ? { kind: 'misconfigured' } : said;
      const reference = newReference();
      const error = new GatehouseError(
        isUnfit ? 'provider_misconfigured' : 'provider_unavailable',
        `discovery of ${provider.name}: ${reasonOf(cause)}`,
        { details: { provider: provider.name, reference }, cause },
      );
      this.log.warn('provider-discovery-failed', {
        provider: provider.name,
        reference,
        reason: reasonOf(cause),
        status: progress.status,
        verdict: verdictOf(failure),
        ...said.reason,
        ...(isUnfit ? unfitness(cause, documentIssuer(protocol)) : {}),
      });
      this.#failed.set(provider.name, { atMs: this.clock.nowMs(), error, failure });
      throw error;
    }
  }
}

const reasonOf = (cause: unknown): string =>
  OutboundFailure.in(cause)?.kind ?? (cause instanceof UnfitMetadata ? cause.message : 'invalid');

/** The library compares the issuer first, as a URL; it cannot do so when there is none, or when it is no URL. */
const UNFIT_CODES: ReadonlySet<unknown> = new Set([
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_INVALID_RESPONSE',
  'ERR_INVALID_URL',
]);

/** A document came, and it is not the right one. Everything else may be an outage. */
function isAboutDocument(cause: unknown, { status }: TokenRequestProgress): boolean {
  if (cause instanceof UnfitMetadata) return true;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return status === 200 && UNFIT_CODES.has(code);
}

/** Which two issuers differ, byte for byte. */
function unfitness(cause: unknown, issuer: string): FailureReason {
  const document = cause instanceof UnfitMetadata ? cause.issuer : issuerIn(cause);
  return document === undefined || document === issuer
    ? {}
    : { member: 'issuer', expected: cleanedUrl(issuer), got: cleanedUrl(document) };
}

const documentOf = z.object({ cause: z.object({ body: z.object({ issuer: z.string() }) }) });
const issuerIn = (cause: unknown): string | undefined => documentOf.safeParse(cause).data?.cause.body.issuer;

/** The document is not the one of the configured issuer, or lacks what the flow needs. */
class UnfitMetadata extends Error {
  override readonly name = 'UnfitMetadata';

  constructor(
    message: string,
    /** As the document has it. */
    readonly issuer: string,
  ) {
    super(message);
  }
}

async function discover(
  provider: Provider,
  protocol: OidcProtocol,
  fetch: FetchFunction,
): Promise<ServerMetadata> {
  // With the document's own URL the library leaves it to us to compare the issuer.
  const document = new URL(`${protocol.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  // The library wants some client; a document is the same for all, and one that is registered is not known yet.
  const configuration = await discovery(document, provider.name, undefined, None(), {
    // How openid-client says that http is allowed; whether it is, is decided when the address is dialled.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked deprecated only to stand out
    execute: provider.insecureAllowHttp ? [allowInsecureRequests] : [],
    [customFetch]: fetch,
    timeout: provider.timeoutMs / SECOND_MS,
  });
  const metadata = withCanonicalUrls(configuration.serverMetadata());
  // RFC 8414 section 3.3: identical, not merely equal as URLs.
  if (metadata.issuer !== documentIssuer(protocol))
    throw new UnfitMetadata('another issuer', metadata.issuer);
  const needed = protocol.idTokenSignedWith === 'keySet' ? (['jwks_uri'] as const) : [];
  for (const name of ['authorization_endpoint', 'token_endpoint', ...needed] as const)
    if (!URL.canParse(metadata[name] ?? '')) throw new UnfitMetadata(`no ${name}`, metadata.issuer);
  if (!provider.insecureAllowHttp && !metadata.authorization_endpoint?.startsWith('https:'))
    throw new UnfitMetadata('authorization_endpoint is not https', metadata.issuer);
  return metadata;
}

/** What the document has to name itself: a provider of many tenants has no issuer, but a template of them. */
const documentIssuer = ({ issuer, issuerTemplate }: OidcProtocol): string => issuerTemplate ?? issuer;

/** All that requests go to. The issuer stays as it is. */
const URLS = [
  'authorization_endpoint',
  'token_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
] as const;

/** Endpoints in the one spelling that the protocol library has for them too, whichever the provider or the operator chose. */
function withCanonicalUrls(metadata: ServerMetadata): ServerMetadata {
  const urls = URLS.flatMap((name) => {
    const { [name]: url } = metadata;
    return typeof url === 'string' ? [[name, canonicalUrl(url)] as const] : [];
  });
  return { ...metadata, ...Object.fromEntries(urls) };
}

/** What id_tokens of a provider without a discovery document may be signed with. */
const ID_TOKEN_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/**
 * The metadata of a plain OAuth 2 provider comes from the configuration. Without an issuer its origin stands in, and is
 * compared with nothing. With one, the provider sends `iss` (RFC 9207 section 2.4: a static configuration may say so).
 */
function metadataOf({
  issuer,
  authorizationEndpoint,
  tokenEndpoint,
  revocationEndpoint,
  identity,
}: OAuth2Protocol): ServerMetadata {
  return {
    issuer: issuer ?? new URL(tokenEndpoint).origin,
    ...(identity.from === 'idToken'
      ? {
          issuer: identity.issuer,
          jwks_uri: identity.jwksUrl,
          id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
        }
      : {}),
    authorization_response_iss_parameter_supported: issuer !== undefined,
    authorization_endpoint: authorizationEndpoint,
    token_endpoint: tokenEndpoint,
    ...(revocationEndpoint === undefined ? {} : { revocation_endpoint: revocationEndpoint }),
  };
}
