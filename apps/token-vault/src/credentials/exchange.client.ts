import { Inject, Injectable } from '@nestjs/common';
import type { TokenExchange } from '@gatehouse/config/model/outgoing-auth';
import { canonicalUrl } from '@gatehouse/config/urls/canonical-url';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { fetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import * as openid from 'openid-client';
import { CLOCK } from '@gatehouse/service-process/injected';
import { tappedFetch } from '../providers/tapped-fetch.js';
import { newProgress, upstreamFailure, type TokenRequestProgress } from '../providers/upstream-failure.js';
import { outcomeOfExchangeFailure, outcomeOfResponse, type ExchangeOutcome } from './exchange-outcome.js';

/** RFC 8693 at the endpoint of one backend's configuration. */
@Injectable()
export class ExchangeClient {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  async exchange(exchange: TokenExchange<Secret>, subjectToken: string): Promise<ExchangeOutcome> {
    const progress = newProgress();
    try {
      const response = await openid.genericGrantRequest(
        configurationOf(exchange, progress, () => this.clock.nowMs()),
        TOKEN_EXCHANGE_GRANT,
        parametersOf(exchange, subjectToken),
      );
      return outcomeOfResponse(
        { ...response, issued_token_type: response['issued_token_type'] },
        this.clock.nowMs(),
      );
    } catch (error) {
      return outcomeOfExchangeFailure(upstreamFailure(error, progress));
    }
  }
}

function parametersOf(exchange: TokenExchange<Secret>, subjectToken: string): URLSearchParams {
  const { audience, resource, scopes, subjectTokenType } = exchange;
  return new URLSearchParams({
    subject_token: subjectToken,
    subject_token_type: TOKEN_TYPES[subjectTokenType],
    requested_token_type: TOKEN_TYPES.access_token,
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined ? {} : { resource }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  });
}

function configurationOf(
  exchange: TokenExchange<Secret>,
  progress: TokenRequestProgress,
  nowMs: () => number,
): openid.Configuration {
  const { tokenUrl, clientId = 'anonymous', timeoutMs } = exchange;
  const tokenEndpoint = canonicalUrl(tokenUrl);
  const metadata = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenEndpoint };
  const configuration = new openid.Configuration(
    metadata,
    clientId,
    undefined,
    clientAuthentication(exchange),
  );
  configuration[openid.customFetch] = tappedFetch(fetchFunction(exchange), {
    tokenEndpoint,
    progress,
    // An exchange can be made again: nothing is lost with its answer.
    keep: () => Promise.resolve(),
    nowMs,
    dropIdToken: true,
  });
  configuration.timeout = (2 * timeoutMs) / SECOND_MS;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked deprecated only to stand out; safe-fetch decides
  if (exchange.insecureAllowHttp) openid.allowInsecureRequests(configuration);
  return configuration;
}

function clientAuthentication(exchange: TokenExchange<Secret>): openid.ClientAuth {
  if (exchange.clientId === undefined) return () => undefined;
  if (exchange.clientSecret === undefined) return openid.None();
  const secret = exchange.clientSecret.reveal();
  return exchange.tokenEndpointAuthMethod === 'client_secret_post'
    ? openid.ClientSecretPost(secret)
    : openid.ClientSecretBasic(secret);
}
