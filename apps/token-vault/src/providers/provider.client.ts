import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@gatehouse/kernel/durations';
import { fetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { authenticationContext } from './authentication-context.js';
import { authorizationParameters, type LegSecrets, type Visit } from './authorization-parameters.js';
import { dialectFetch } from './dialect-fetch.js';
import { identifiesByIdToken } from './id-token.js';
import { ProviderConfigurations } from './provider-configurations.client.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import type { Provider } from './provider-registry.js';
import {
  callbackUrl,
  type Callback,
  type CodeRedemption,
  type RefreshRedemption,
  type Revocation,
} from './redemption.js';
import { resourceOf } from './resolved-provider.js';
import { doneFetch, notingFetch, type KeepAnswer } from './tapped-fetch.js';
import { acceptedTokens, renewedTokens, type TokenAnswer, type TokenSet } from './token-answer.js';
import { failureOf, newUse, receivedAtMs, type TokenUse } from './token-use.js';
import { fetchClaims, type PersonSaid } from './user-info.client.js';
import { isAboutClocks, isAboutKeys, newProgress, type UpstreamFailure } from './upstream-failure.js';
import { subjectOfRenewed, whoSignedIn } from './who-signed-in.client.js';

/** How long an answer waits for a clock that is right, or for the key that signed it. */
const JUDGED_WITHIN_MS = DAY_MS;
const OK = 200;

const REJECTED = { ok: false, failure: { kind: 'rejected' } } as const;

/** Gatehouse as OAuth client of the providers; with {@link ProviderConfigurations} the one seam around openid-client. */
@Injectable()
export class ProviderClient {
  constructor(
    private readonly metadata: ProviderMetadataClient,
    private readonly configurations: ProviderConfigurations,
  ) {}

  /** Where to send the browser. @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured` */
  async authorizationUrl(
    provider: Provider,
    state: string,
    secrets: LegSecrets,
    visit: Visit,
  ): Promise<string> {
    const configuration = await this.configurations.of(provider, fetchFunction(provider));
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
      return await this.configurations.withFreshKeys(provider, use, async (configuration) => {
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
        if (!(await this.configurations.isBelievable(provider, configuration, response))) return REJECTED;
        const who = await whoSignedIn(provider, {
          configuration,
          accessToken: response.access_token,
          claims: response.claims(),
          body: use.answer?.body ?? '',
        });
        return who.ok
          ? {
              ...who,
              ...authenticatedAt(response.claims()),
              ...authenticationContext(response.claims()),
              accepted: acceptedTokens(response, receivedAtMs(use), provider.scopes),
            }
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

  /**
   * What the user information endpoint says of a person now (OpenID Connect Core section 5.3).
   * @param subject of the connection; `sub` has to be that of the id_token
   * Not `ok` when it cannot be asked, refuses, or speaks of somebody else.
   */
  async userInfo(
    provider: Provider,
    { accessToken, idToken }: TokenSet,
    subject: string,
  ): Promise<PersonSaid> {
    const { protocol } = provider;
    const progress = newProgress();
    try {
      if (protocol.type === 'oauth2' && protocol.identity.from === 'userInfo')
        return await fetchClaims(provider, protocol.identity, accessToken, subject);
      const sub = idToken === undefined ? undefined : decodeJwt(idToken).sub;
      if (protocol.type !== 'oidc' || sub === undefined) return { ok: false };
      const fetch = notingFetch(fetchFunction(provider), progress);
      const configuration = await this.configurations.of(provider, fetch);
      return { ok: true, said: { ...(await openid.fetchUserInfo(configuration, accessToken, sub)) } };
    } catch {
      const { status } = progress;
      return { ok: false, ...(status === undefined ? {} : { status }) };
    }
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
      await openid.tokenRevocation(await this.configurations.of(provider, doneFetch(fetch)), token);
      return { ok: true, outcome: 'revoked' };
    } catch (error) {
      return { ok: false, failure: failureOf(error, progress) };
    }
  }

  async #refresh(provider: Provider, refreshToken: string, use: TokenUse): Promise<RefreshRedemption> {
    try {
      return await this.configurations.withFreshKeys(provider, use, async (configuration) => {
        const { refreshScope } = provider.dialect;
        const response = await openid.refreshTokenGrant(configuration, refreshToken, {
          ...(refreshScope.length === 0 ? {} : { scope: refreshScope.join(' ') }),
          ...resourceOf(provider),
        });
        if (!(await this.configurations.isBelievable(provider, configuration, response))) return REJECTED;
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
    return this.configurations.ageOf(use.answer) > JUDGED_WITHIN_MS
      ? { ...failure, kind: 'malformed' }
      : { status: OK, ...failure, kind: 'unverifiable' };
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** A time that cannot be one is as good as none. */
function authenticatedAt(claims: openid.IDToken | undefined): { readonly authenticatedAtMs?: number } {
  const seconds = claims?.auth_time;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0
    ? { authenticatedAtMs: Math.floor(seconds) * 1_000 }
    : {};
}
