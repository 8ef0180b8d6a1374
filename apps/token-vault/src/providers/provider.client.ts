import { Inject, Injectable } from '@nestjs/common';
import { canonicalUrl } from '@gatehouse/config/urls/canonical-url';
import { CLOCK_TOLERANCE_SECONDS, type Clock } from '@gatehouse/kernel/clock';
import { DAY_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import * as openid from 'openid-client';
import { CLOCK } from '@gatehouse/service-process/injected';
import { authorizationParameters, type LegSecrets, type Visit } from './authorization-parameters.js';
import { clientAuthentication } from './client-authentication.js';
import { dialectFetch } from './dialect-fetch.js';
import {
  identifiesByIdToken,
  idTokenOf,
  isBelievable,
  isSignedWithSecret,
  tenantIssuerOf,
} from './id-token.js';
import { keysAsNamed } from './named-keys.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import type { Provider } from './provider-registry.js';
import {
  callbackUrl,
  type Callback,
  type CodeRedemption,
  type RefreshRedemption,
  type Revocation,
} from './redemption.js';
import { keySetOf, resourceOf, verifiesIdToken } from './resolved-provider.js';
import { doneFetch, notingFetch, replayingFetch, tappedFetch, type KeepAnswer } from './tapped-fetch.js';
import { acceptedTokens, renewedTokens, type TokenAnswer } from './token-answer.js';
import { failureOf, newUse, receivedAtMs, type TokenUse } from './token-use.js';
import { isAboutClocks, isAboutKeys, newProgress, type UpstreamFailure } from './upstream-failure.js';
import { subjectOfRenewed, whoSignedIn } from './who-signed-in.client.js';

type ServerMetadata = openid.ServerMetadata;
type TokenResponse = Awaited<ReturnType<typeof openid.refreshTokenGrant>>;

/** How long an answer waits for a clock that is right, or for the key that signed it. */
const JUDGED_WITHIN_MS = DAY_MS;
const OK = 200;

const REJECTED = { ok: false, failure: { kind: 'rejected' } } as const;

/** Gatehouse as OAuth client of the providers; the one seam around openid-client. */
@Injectable()
export class ProviderClient {
  readonly #keySets = new Map<string, openid.ExportedJWKSCache>();

  constructor(
    private readonly metadata: ProviderMetadataClient,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Where to send the browser. @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured` */
  async authorizationUrl(
    provider: Provider,
    state: string,
    secrets: LegSecrets,
    visit: Visit,
  ): Promise<string> {
    const configuration = await this.#configuration(provider, fetchFunction(provider));
    const challenge = await openid.calculatePKCECodeChallenge(secrets.codeVerifier);
    const { prompt_values_supported: prompts } = configuration.serverMetadata();
    const parameters = authorizationParameters(provider, {
      ...visit,
      state,
      nonce: secrets.nonce,
      challenge,
      ...(isTexts(prompts) ? { supportedPrompts: prompts } : {}),
    });
    return openid.buildAuthorizationUrl(configuration, parameters).href;
  }

  /** Redeems the code of a callback; `keep` stores the answer before it is validated. */
  async redeemCode(provider: Provider, callback: Callback, keep: KeepAnswer): Promise<CodeRedemption> {
    const use = newUse('code', keep);
    try {
      const { authorization_response_iss_parameter_supported: says } = await this.metadata.of(provider);
      if (callback.said === 'nothing' && (callback.mustSay || says === true))
        return { ok: false, failure: { kind: 'issuer_missing' } };
      return await this.#withFreshKeys(provider, use, async (configuration) => {
        const checks = {
          expectedState: callback.state,
          ...(provider.dialect.pkce === 'off' ? {} : { pkceCodeVerifier: callback.secrets.codeVerifier }),
          ...(identifiesByIdToken(provider)
            ? { expectedNonce: callback.secrets.nonce, idTokenExpected: true }
            : {}),
        };
        const response = await openid.authorizationCodeGrant(
          configuration,
          callbackUrl(callback),
          checks,
          resourceOf(provider),
        );
        if (!(await this.#isBelievable(provider, configuration, response))) return REJECTED;
        const who = await whoSignedIn(provider, {
          configuration,
          accessToken: response.access_token,
          claims: response.claims(),
          body: use.answer?.body ?? '',
        });
        return who.ok
          ? { ...who, accepted: acceptedTokens(response, receivedAtMs(use), provider.scopes) }
          : who;
      });
    } catch (error) {
      return { ok: false, failure: this.#unjudged(error, use) };
    }
  }

  /** Redeems a refresh token; `keep` stores the answer before it is validated. */
  async redeemRefreshToken(
    provider: Provider,
    refreshToken: string,
    { keep, cutOff }: { readonly keep: KeepAnswer; readonly cutOff?: AbortSignal },
  ): Promise<RefreshRedemption> {
    return await this.#refresh(provider, refreshToken, newUse('refresh', keep, cutOff));
  }

  /** Validates an answer to a refresh that was kept earlier; the provider's token endpoint is not asked. */
  async acceptKeptAnswer(provider: Provider, answer: TokenAnswer): Promise<RefreshRedemption> {
    return await this.#refresh(provider, 'kept', { ...newUse('refresh'), answer });
  }

  /** RFC 7009. `unsupported`: the provider offers no revocation. */
  async revoke(provider: Provider, token: string): Promise<Revocation> {
    const progress = newProgress();
    try {
      const { revocation_endpoint } = await this.metadata.of(provider);
      if (revocation_endpoint === undefined) return { ok: true, outcome: 'unsupported' };
      const fetch = notingFetch(
        dialectFetch(fetchFunction(provider), revocation_endpoint, provider, 'refresh'),
        progress,
      );
      await openid.tokenRevocation(await this.#configuration(provider, doneFetch(fetch)), token);
      return { ok: true, outcome: 'revoked' };
    } catch (error) {
      return { ok: false, failure: failureOf(error, progress) };
    }
  }

  async #refresh(provider: Provider, refreshToken: string, use: TokenUse): Promise<RefreshRedemption> {
    try {
      return await this.#withFreshKeys(provider, use, async (configuration) => {
        const { refreshScope } = provider.dialect;
        const response = await openid.refreshTokenGrant(configuration, refreshToken, {
          ...(refreshScope.length === 0 ? {} : { scope: refreshScope.join(' ') }),
          ...resourceOf(provider),
        });
        if (!(await this.#isBelievable(provider, configuration, response))) return REJECTED;
        const renewed = renewedTokens(response, receivedAtMs(use));
        const accepted = refreshScope.length === 0 ? renewed : { scopes: refreshScope, ...renewed };
        const who = subjectOfRenewed(provider, response.claims());
        if (who === undefined) return { ok: true, accepted };
        return who.ok ? { ok: true, accepted, idTokenSubject: who.identity.subject } : who;
      });
    } catch (error) {
      return { ok: false, failure: this.#unjudged(error, use) };
    }
  }

  /**
   * A clock that is off says nothing about the answer, and nor does a key set without its key: it is judged later, and is ours
   * to look into. After a day nothing will let it be judged any more, since providers throw old keys away.
   */
  #unjudged(error: unknown, use: TokenUse): UpstreamFailure {
    const failure = failureOf(error, use.progress);
    if (!isAboutClocks(error) && !(isAboutKeys(error) && failure.kind === 'unverifiable')) return failure;
    return this.#ageOf(use.answer) > JUDGED_WITHIN_MS
      ? { ...failure, kind: 'malformed' }
      : { status: OK, ...failure, kind: 'unverifiable' };
  }

  /**
   * Verifies an answer a second time with the provider's newest keys when the remembered ones do not fit: providers change
   * keys at any time. The token endpoint is not asked again; its answer is replayed.
   */
  async #withFreshKeys<Redemption>(
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
        return await this.#withFreshKeys(provider, use, redeem);
      if (use.answer === undefined || !isAboutKeys(error)) throw error;
      if (areFresh) return await this.#withKeysAsNamed(provider, use, redeem, { configuration, error });
      this.#keySets.delete(keySetOf(provider));
      return await this.#withFreshKeys(provider, use, redeem, true);
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
    return await this.#configured(provider, metadata, fetch, this.#ageOf(use.answer));
  }

  #ageOf(answer: TokenAnswer | undefined): number {
    return answer === undefined ? 0 : this.clock.nowMs() - answer.receivedAtMs;
  }

  async #configuration(provider: Provider, fetch: FetchFunction): Promise<openid.Configuration> {
    return await this.#configured(provider, await this.metadata.of(provider), fetch);
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

  async #isBelievable(
    provider: Provider,
    configuration: openid.Configuration,
    response: TokenResponse,
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

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
