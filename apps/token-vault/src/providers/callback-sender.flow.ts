import { Inject, Injectable } from '@nestjs/common';
import { callbackName, commonCallback } from '@gatehouse/config/urls/callbacks';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { AttemptId } from '@gatehouse/kernel/ids';
import { Log } from '@gatehouse/observability/log';
import type { TokenVaultPart } from '@gatehouse/config/parts';
import { CONFIG } from '@gatehouse/service-process/injected';
import { isMcp } from '../backend-oauth/mcp-provider.js';
import type { LegSecrets } from './authorization-parameters.js';
import { cleanedUrl, type FailureReason } from './failure-reason.js';
import type { Callback } from './redemption.js';
import { ProviderRegistry, type Provider } from './provider-registry.js';
import { saidIssuer } from './said-issuer.js';
import { SharedCallbacks } from './shared-callbacks.flow.js';

/** How a browser came back. */
export interface Arrival {
  readonly query: string;
  /** Last step of the callback's path; absent for the common one. */
  readonly callback: string | undefined;
  /** Whose leg it is; the person's page shows it as the reference. */
  readonly attemptId: AttemptId;
}

/**
 * Checks which provider sent a callback. The state names the leg, but the leg's provider knows the state as well: a hostile
 * one can make another provider answer with it (mix-up, RFC 9700 section 4.4).
 */
@Injectable()
export class CallbackSender {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly shared: SharedCallbacks,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: TokenVaultPart,
  ) {}

  /**
   * @param sent with the leg's authorization request
   * @throws {GatehouseError} `callback_wrong_provider`: then nothing may be made of it, not even that the leg failed
   * (RFC 9207 section 2.4)
   */
  check(
    provider: Provider,
    { redirectUri: sentRedirectUri, issuedTo }: Pick<LegSecrets, 'redirectUri' | 'issuedTo'>,
    arrival: Arrival,
  ): Pick<Callback, 'redirectUri' | 'said' | 'mustSay'> {
    const { query, callback } = arrival;
    // The previous release had only the common callback, and did not store it.
    const redirectUri = sentRedirectUri ?? commonCallback(this.config.issuer ?? '');
    if (callbackName(redirectUri) !== callback) throw this.#refused(provider, 'by another callback', arrival);
    // Of other providers the configuration says it.
    const issuer = isMcp(provider) ? issuedTo?.issuer : undefined;
    const said = saidIssuer(query, provider, this.registry.others(provider), issuer);
    if (said === 'another') throw this.#refused(provider, 'with another issuer', arrival, issuer);
    // If the provider has another callback by now, other providers may have had the old one, too.
    const mustSay = sentRedirectUri !== provider.redirectUri || this.shared.isShared(redirectUri);
    return { redirectUri, said, mustSay };
  }

  #refused(
    { name, protocol }: Provider,
    how: 'by another callback' | 'with another issuer',
    { query, attemptId }: Arrival,
    expected = protocol.issuer,
  ): GatehouseError {
    const issuers = how === 'with another issuer' ? differing(expected, query) : {};
    this.log.warn('callback-of-another-provider', { attemptId, provider: name, reason: how, ...issuers });
    return new GatehouseError('callback_wrong_provider', `the answer for ${name} came ${how}`, {
      details: { provider: name, reference: attemptId },
    });
  }
}

/** Which issuers differ. What a callback says is anybody's text. */
const differing = (issuer: string | undefined, query: string): FailureReason => ({
  expected: issuer === undefined ? 'no issuer is configured' : cleanedUrl(issuer),
  got: cleanedUrl(new URLSearchParams(query).get('iss') ?? ''),
});
