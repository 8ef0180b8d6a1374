import { Injectable } from '@nestjs/common';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { BackendOAuth } from '../backend-oauth/backend-oauth.flow.js';
import type { IssuedTo } from '../backend-oauth/issued-to.js';
import { isMcp } from '../backend-oauth/mcp-provider.js';
import { GrantOver } from '../backend-oauth/unfit-server.js';
import { issuersOfOne, type IssuedProvider, type IssuersOfOne } from './issuers.js';
import { ProviderHealth } from './provider-health.flow.js';
import { ProviderClient } from './provider.client.js';
import { ProviderRegistrations } from './provider-registrations.flow.js';
import { registersItself } from './registered-provider.js';
import type { Callback, CodeRedemption, RefreshRedemption, Revocation } from './redemption.js';
import type { Provider } from './provider-registry.js';
import type { KeepAnswer } from './tapped-fetch.js';
import type { RenewedTokens, RevocableToken, TokenAnswer } from './token-answer.js';
import type { UpstreamFailure } from './upstream-failure.js';
import { UNAUTHORIZED, type PersonSaid } from './user-info.client.js';
import { verdictOf } from './upstream-verdict.js';

/**
 * The client of every provider. A backend's own authorization server is found first, and at some providers this gateway
 * registers itself; what was issued goes back to whoever issued it, as the client to which it was issued, and says so wherever
 * it is kept.
 */
@Injectable()
export class Upstreams {
  constructor(
    private readonly client: ProviderClient,
    private readonly backends: BackendOAuth,
    private readonly registrations: ProviderRegistrations,
    private readonly health: ProviderHealth,
  ) {}

  /**
   * The provider as a new sign-in finds it.
   * @param stepUp scopes to ask for beside the usual ones; where the configuration decides, they do not count
   * @throws {GatehouseError} `provider_unavailable`, `provider_misconfigured`
   */
  async forSignIn(provider: Provider, stepUp: readonly string[]): Promise<Provider | IssuedProvider> {
    return await this.#found(provider, async () => {
      if (isMcp(provider)) return await this.backends.forSignIn(provider, stepUp);
      return registersItself(provider) ? await this.registrations.forSignIn(provider) : provider;
    });
  }

  /** @param provider as {@link Upstreams.forSignIn} has it. @see ProviderClient.authorizationUrl */
  async authorizationUrl(...request: Parameters<ProviderClient['authorizationUrl']>): Promise<string> {
    return await this.#found(request[0], async () => await this.client.authorizationUrl(...request));
  }

  /** @see ProviderClient.redeemCode */
  async redeemCode(provider: Provider, callback: Callback, keep: KeepAnswer): Promise<CodeRedemption> {
    return this.#noted(provider, await this.#redeemCode(provider, callback, keep));
  }

  async #redeemCode(provider: Provider, callback: Callback, keep: KeepAnswer): Promise<CodeRedemption> {
    const issuers = this.#issuersOf(provider);
    if (issuers === undefined) return await this.client.redeemCode(provider, callback, keep);
    const { issuedTo } = callback.secrets;
    return await this.#with(
      async () => await issuers.asIssued(issuedTo),
      async (resolved) => {
        const redemption = await this.client.redeemCode(resolved, callback, keeping(keep, resolved.issuedTo));
        if (redemption.ok)
          return { ...redemption, accepted: accepted(redemption.accepted, resolved.issuedTo) };
        await this.#refused(issuers, resolved, redemption.failure);
        return redemption;
      },
    );
  }

  /** @see ProviderClient.redeemRefreshToken */
  async redeemRefreshToken(
    ...[provider, token, use]: [Provider, RevocableToken, RefreshUse]
  ): Promise<RefreshRedemption> {
    return this.#noted(provider, await this.#redeemRefreshToken(provider, token, use));
  }

  async #redeemRefreshToken(
    provider: Provider,
    { token, issuedTo }: RevocableToken,
    use: RefreshUse,
  ): Promise<RefreshRedemption> {
    const issuers = this.#issuersOf(provider);
    if (issuers === undefined)
      return issuedTo === undefined ? await this.client.redeemRefreshToken(provider, token, use) : OVER;
    return await this.#with(
      async () => await issuers.forGrant(issuedTo),
      async (resolved) => {
        const kept = { ...use, keep: keeping(use.keep, resolved.issuedTo) };
        const redemption = await this.client.redeemRefreshToken(resolved, token, kept);
        if (redemption.ok)
          return { ...redemption, accepted: accepted(redemption.accepted, resolved.issuedTo) };
        return (await this.#refused(issuers, resolved, redemption.failure)) ? OVER : redemption;
      },
    );
  }

  /** @see ProviderClient.acceptKeptAnswer. Whomever the backend names by now, whoever gave the answer judges it. */
  async acceptKeptAnswer(provider: Provider, answer: TokenAnswer): Promise<RefreshRedemption> {
    const issuers = this.#issuersOf(provider);
    if (issuers === undefined)
      return answer.issuedTo === undefined ? await this.client.acceptKeptAnswer(provider, answer) : OVER;
    return await this.#with(
      async () => await issuers.asIssued(answer.issuedTo),
      async (resolved) => {
        const redemption = await this.client.acceptKeptAnswer(resolved, answer);
        return redemption.ok
          ? { ...redemption, accepted: accepted(redemption.accepted, resolved.issuedTo) }
          : redemption;
      },
    );
  }

  /** @see ProviderClient.userInfo. A backend's own authorization server says nothing about persons. */
  async userInfo(
    ...[provider, tokens, subject]: Parameters<ProviderClient['userInfo']>
  ): ReturnType<ProviderClient['userInfo']> {
    if (isMcp(provider)) return { ok: false };
    if (!registersItself(provider)) return await this.client.userInfo(provider, tokens, subject);
    const answer = await this.#with<PersonSaid>(
      async () => await this.registrations.asIssued(provider, tokens.issuedTo),
      async (resolved) => await this.client.userInfo(resolved, tokens, subject),
    );
    if (!('failure' in answer)) return answer;
    // No client has these tokens any more, so that asking again is in vain: renewing them says so to their person.
    return answer.failure.kind === 'grant_over' ? { ok: false, status: UNAUTHORIZED } : { ok: false };
  }

  /** @see ProviderClient.revoke */
  async revoke(provider: Provider, { token, issuedTo }: RevocableToken): Promise<Revocation> {
    const issuers = this.#issuersOf(provider);
    if (issuers === undefined)
      return issuedTo === undefined ? await this.client.revoke(provider, token) : NOBODY;
    const revocation = await this.#with<Revocation>(
      async () => await issuers.asIssued(issuedTo),
      async (resolved) => await this.client.revoke(resolved, token),
    );
    // There is nobody any more to whom it could be given back.
    return !revocation.ok && revocation.failure.kind === 'grant_over' ? NOBODY : revocation;
  }

  #noted<Outcome extends CodeRedemption | RefreshRedemption>(provider: Provider, outcome: Outcome): Outcome {
    this.health.note(provider, outcome.ok ? undefined : outcome.failure);
    return outcome;
  }

  /** What has to be known of the provider before anybody goes there. */
  async #found<Found>(provider: Provider, find: () => Promise<Found>): Promise<Found> {
    try {
      return await find();
    } catch (error) {
      const failure = failureIn(error);
      if (failure !== undefined) this.health.note(provider, failure);
      throw error;
    }
  }

  /** `undefined`: the client is configured. */
  #issuersOf(provider: Provider): IssuersOfOne | undefined {
    if (isMcp(provider)) return issuersOfOne(this.backends, provider);
    return registersItself(provider) ? issuersOfOne(this.registrations, provider) : undefined;
  }

  async #with<Outcome>(
    resolve: () => Promise<IssuedProvider>,
    use: (resolved: IssuedProvider) => Promise<Outcome>,
  ): Promise<Outcome | { readonly ok: false; readonly failure: UpstreamFailure }> {
    let resolved: IssuedProvider;
    try {
      resolved = await resolve();
    } catch (error) {
      if (error instanceof GrantOver) return OVER;
      const failure = failureIn(error);
      if (failure === undefined) throw error;
      return { ok: false, failure };
    }
    return await use(resolved);
  }

  /** Gives up a registered client that its issuer does not know any more. @returns whether its grants are over */
  async #refused(
    issuers: IssuersOfOne,
    { issuedTo }: IssuedProvider,
    failure: UpstreamFailure,
  ): Promise<boolean> {
    if (failure.kind !== 'oauth_error' || failure.error !== 'invalid_client') return false;
    // In an outage, or in the name of somebody else, it says nothing about the client.
    if (failure.isChallenge === true || verdictOf(failure) !== 'ours') return false;
    return await issuers.clientRefused(issuedTo);
  }
}

interface RefreshUse {
  readonly keep: KeepAnswer;
  readonly cutOff?: AbortSignal;
}

/** Nobody could be asked. */
function failureIn(error: unknown): UpstreamFailure | undefined {
  if (!(error instanceof GatehouseError)) return undefined;
  if (error.code === 'provider_unavailable') return { kind: 'unreachable' };
  return error.code === 'provider_misconfigured' ? { kind: 'misconfigured' } : undefined;
}

/** The party to which it would be given back is no provider of this configuration any more. */
const NOBODY = { ok: true, outcome: 'unsupported' } as const;
const OVER = { ok: false, failure: { kind: 'grant_over' } } as const;

const keeping =
  (keep: KeepAnswer, issuedTo: IssuedTo): KeepAnswer =>
  async (answer) => {
    await keep({ ...answer, issuedTo });
  };

const accepted = <Accepted extends RenewedTokens>(tokens: Accepted, issuedTo: IssuedTo): Accepted => ({
  ...tokens,
  tokens: { ...tokens.tokens, issuedTo },
});
