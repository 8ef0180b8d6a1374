import { Inject, Injectable } from '@nestjs/common';
import { canonicalUrl } from '@gatehouse/config/urls/canonical-url';
import { CLOCK_TOLERANCE_SECONDS, type Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import * as openid from 'openid-client';
import { CLOCK } from '@gatehouse/service-process/injected';
import { clientAuthentication } from './client-authentication.js';
import { dialectFetch } from './dialect-fetch.js';
import { idTokenOf, isBelievable, isSignedWithSecret, tenantIssuerOf } from './id-token.js';
import { keysAsNamed } from './named-keys.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import type { Provider } from './provider-registry.js';
import { keySetOf, verifiesIdToken } from './resolved-provider.js';
import { replayingFetch, tappedFetch } from './tapped-fetch.js';
import type { TokenAnswer } from './token-answer.js';
import type { TokenUse } from './token-use.js';
import { isAboutKeys } from './upstream-failure.js';

type ServerMetadata = openid.ServerMetadata;

/** What openid-client is told of a provider for each use of it, with the keys that the provider published. */
@Injectable()
export class ProviderConfigurations {
  readonly #keySets = new Map<string, openid.ExportedJWKSCache>();

  constructor(
    private readonly metadata: ProviderMetadataClient,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** For a request whose answer no key has to verify. */
  async of(provider: Provider, fetch: FetchFunction): Promise<openid.Configuration> {
    return await this.#configured(provider, await this.metadata.of(provider), fetch);
  }

  /**
   * Verifies an answer a second time with the provider's newest keys when the remembered ones do not fit: providers change
   * keys at any time. The token endpoint is not asked again; its answer is replayed.
   */
  async withFreshKeys<Redemption>(
    provider: Provider,
    use: TokenUse,
    redeem: (configuration: openid.Configuration) => Promise<Redemption>,
    areFresh = !this.#keySets.has(keySetOf(provider)),
  ): Promise<Redemption> {
    const knowsTenant = tenantIssuerOf(provider, use.answer) !== undefined;
    const configuration = await this.#configurationFor(provider, use);
    try {
      return await redeem(configuration);
    } catch (error) {
      // Only the answer says of which tenant it is, and so by which issuer it has to be verified.
      if (!knowsTenant && tenantIssuerOf(provider, use.answer) !== undefined)
        return await this.withFreshKeys(provider, use, redeem);
      if (use.answer === undefined || !isAboutKeys(error)) throw error;
      if (areFresh) return await this.#withKeysAsNamed(provider, use, redeem, { configuration, error });
      this.#keySets.delete(keySetOf(provider));
      return await this.withFreshKeys(provider, use, redeem, true);
    }
  }

  /** And once more if one of the newest keys signed the id_token, which only names another one. */
  async #withKeysAsNamed<Redemption>(
    provider: Provider,
    use: TokenUse,
    redeem: (configuration: openid.Configuration) => Promise<Redemption>,
    before: { readonly configuration: openid.Configuration; readonly error: unknown },
  ): Promise<Redemption> {
    const published = openid.getJwksCache(before.configuration);
    const keys = await keysAsNamed(idTokenOf(use.answer), published?.jwks.keys ?? []);
    if (published === undefined || keys === undefined) throw before.error;
    const configuration = await this.#configurationFor(provider, use);
    openid.setJwksCache(configuration, { ...published, jwks: { keys: [...keys] } });
    try {
      return await redeem(configuration);
    } finally {
      // What is remembered is what the provider publishes.
      this.#keySets.set(keySetOf(provider), published);
    }
  }

  /** Keeps the token endpoint's answer; one that is kept already is given instead of asking. */
  #fetchOf(
    provider: Provider,
    { token_endpoint: tokenEndpoint = '' }: ServerMetadata,
    use: TokenUse,
  ): FetchFunction {
    const { grant, progress, keep, cutOff, answer } = use;
    const fetch = dialectFetch(fetchFunction(provider), tokenEndpoint, provider, grant);
    const tap = { tokenEndpoint, progress, dropIdToken: !verifiesIdToken(provider) };
    if (answer !== undefined || keep === undefined)
      return replayingFetch(fetch, tap, answer ?? { body: '', receivedAtMs: 0 });
    return tappedFetch(fetch, {
      ...tap,
      cutOff,
      keep: async (kept) => {
        use.answer = kept;
        await keep(kept);
      },
      nowMs: () => this.clock.nowMs(),
    });
  }

  async #configurationFor(provider: Provider, use: TokenUse): Promise<openid.Configuration> {
    const { protocol } = provider;
    const known = await this.metadata.of(provider);
    const elsewhere =
      protocol.type === 'oauth2' && use.grant === 'refresh' ? protocol.refreshEndpoint : undefined;
    const issuer = tenantIssuerOf(provider, use.answer);
    const metadata = {
      ...known,
      ...(elsewhere === undefined ? {} : { token_endpoint: canonicalUrl(elsewhere) }),
      ...(issuer === undefined ? {} : { issuer }),
    };
    const fetch = this.#fetchOf(provider, metadata, use);
    return await this.#configured(provider, metadata, fetch, this.ageOf(use.answer));
  }

  /** How long ago it came; 0 while there is none. */
  ageOf(answer: TokenAnswer | undefined): number {
    return answer === undefined ? 0 : this.clock.nowMs() - answer.receivedAtMs;
  }

  /**
   * One per use: cheap, and the fetch inside belongs to this use alone. Keys are remembered across uses.
   * @param ageMs of the answer that is judged. Its id_token had to be good when it came (OIDC Core section 3.1.3.7, rule 9)
   */
  async #configured(
    provider: Provider,
    metadata: ServerMetadata,
    fetch: FetchFunction,
    ageMs = 0,
  ): Promise<openid.Configuration> {
    const bySecret = isSignedWithSecret(provider);
    const configuration = new openid.Configuration(
      metadata,
      provider.clientId,
      {
        [openid.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
        [openid.clockSkew]: -Math.round(ageMs / SECOND_MS),
        ...(bySecret ? { id_token_signed_response_alg: 'HS256' } : {}),
      },
      await clientAuthentication(provider, metadata),
    );
    configuration[openid.customFetch] = fetch;
    configuration.timeout = (2 * provider.timeoutMs) / SECOND_MS;
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked deprecated only to stand out; safe-fetch decides
    if (provider.insecureAllowHttp) openid.allowInsecureRequests(configuration);
    if (verifiesIdToken(provider) && !bySecret) {
      // Checks the id_token's signature, which code flow clients may leave out (OIDC Core section 3.1.3.7, rule 6).
      openid.enableNonRepudiationChecks(configuration);
      const keys = this.#keySets.get(keySetOf(provider));
      if (keys !== undefined) openid.setJwksCache(configuration, keys);
    }
    return configuration;
  }

  /** @param response which this configuration has verified; what it verified it with is remembered */
  async isBelievable(
    provider: Provider,
    configuration: openid.Configuration,
    response: { readonly id_token?: string | undefined },
  ): Promise<boolean> {
    this.#rememberKeys(provider, configuration);
    const { issuer } = configuration.serverMetadata();
    const keys = openid.getJwksCache(configuration)?.jwks.keys ?? [];
    return await isBelievable(provider, response.id_token, { issuer, keys });
  }

  #rememberKeys(provider: Provider, configuration: openid.Configuration): void {
    const keys = openid.getJwksCache(configuration);
    if (keys !== undefined) this.#keySets.set(keySetOf(provider), keys);
  }
}
