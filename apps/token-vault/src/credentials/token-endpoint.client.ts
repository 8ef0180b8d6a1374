import { Inject, Injectable } from '@nestjs/common';
import type { PartyEgress } from '@gatehouse/config/model/egress-rules';
import type { EndpointClient } from '@gatehouse/config/model/endpoint-client';
import { canonicalUrl } from '@gatehouse/config/urls/canonical-url';
import type { Clock } from '@gatehouse/kernel/clock';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { Secret } from '@gatehouse/kernel/secret';
import { fetchFunction, type FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import * as openid from 'openid-client';
import { CLOCK } from '@gatehouse/service-process/injected';
import { assertedWith } from '../providers/client-authentication.js';
import { normalAnswer } from '../providers/normal-answer.js';
import { tappedFetch } from '../providers/tapped-fetch.js';
import { newProgress, upstreamFailure, type TokenRequestProgress } from '../providers/upstream-failure.js';
import { outcomeOfExchangeFailure, type ExchangeResponse, type Unissued } from './exchange-outcome.js';

/** One token endpoint of a strategy, and how the gateway proves itself there. */
export interface TokenEndpoint extends PartyEgress<Secret>, EndpointClient<Secret> {
  readonly tokenUrl: string;
  readonly timeoutMs: number;
  /** It answers with an id_token, and nothing else counts. */
  readonly givesIdToken?: true;
}

/** One request for a token (RFC 6749 section 4.5). */
export interface TokenGrant {
  readonly grantType: string;
  /** Without a value: not sent. With several: each (RFC 8693 section 2.1). */
  readonly parameters: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Asks the token endpoints of strategies. */
@Injectable()
export class TokenEndpointClient {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** @param read makes something of the answer when it is one */
  async ask<Answer>(
    endpoint: TokenEndpoint,
    { grantType, parameters }: TokenGrant,
    read: (response: ExchangeResponse, nowMs: number) => Answer,
  ): Promise<Answer | Unissued> {
    const progress = newProgress();
    try {
      const response = await openid.genericGrantRequest(
        await configurationOf(endpoint, progress, () => this.clock.nowMs()),
        grantType,
        new URLSearchParams(written(parameters)),
      );
      return read({ ...response, issued_token_type: response['issued_token_type'] }, this.clock.nowMs());
    } catch (error) {
      return withClaims(outcomeOfExchangeFailure(upstreamFailure(error, progress)), progress);
    }
  }
}

const withClaims = (outcome: Unissued, { refusal }: TokenRequestProgress): Unissued =>
  outcome.kind === 'refused' && outcome.about === 'person' && refusal?.claims !== undefined
    ? { ...outcome, claims: refusal.claims }
    : outcome;

const written = (parameters: TokenGrant['parameters']): [string, string][] =>
  Object.entries(parameters).flatMap(([name, value = []]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );

async function configurationOf(
  endpoint: TokenEndpoint,
  progress: TokenRequestProgress,
  nowMs: () => number,
): Promise<openid.Configuration> {
  const { tokenUrl, clientId = 'anonymous', timeoutMs } = endpoint;
  const tokenEndpoint = canonicalUrl(tokenUrl);
  const metadata = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenEndpoint };
  const configuration = new openid.Configuration(
    metadata,
    clientId,
    undefined,
    await clientAuthentication(endpoint),
  );
  const fetch = fetchFunction(endpoint);
  configuration[openid.customFetch] = tappedFetch(
    endpoint.givesIdToken === true ? idTokenFetch(fetch) : fetch,
    {
      tokenEndpoint,
      progress,
      // A token can be asked for again: nothing is lost with the answer.
      keep: () => Promise.resolve(),
      nowMs,
      dropIdToken: true,
    },
  );
  configuration.timeout = (2 * timeoutMs) / SECOND_MS;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked deprecated only to stand out; safe-fetch decides
  if (endpoint.insecureAllowHttp) openid.allowInsecureRequests(configuration);
  return configuration;
}

/**
 * RFC 6749 knows access tokens alone. An access token that comes in the place of the id_token is none, and how long one lives says
 * nothing of the id_token, which has its own `exp`.
 */
const idTokenFetch =
  (fetch: FetchFunction): FetchFunction =>
  async (url, init) => {
    const response = await fetch(url, init);
    if (!response.ok) return response;
    const answer = normalAnswer(await response.text()) ?? {};
    const given = {
      ...answer,
      token_type: 'Bearer',
      access_token: answer['id_token'],
      id_token: undefined,
      expires_in: undefined,
    };
    const { status, headers } = response;
    return new Response(JSON.stringify(given), { status, headers });
  };

async function clientAuthentication(endpoint: TokenEndpoint): Promise<openid.ClientAuth> {
  const { clientId, clientSecret, clientKey, clientKeyId: id, tokenUrl } = endpoint;
  if (clientId === undefined) return () => undefined;
  if (clientKey !== undefined)
    return await assertedWith(clientKey, {
      id,
      audience: endpoint.clientAssertionAudience ?? tokenUrl,
      certificate: endpoint.clientCertificate,
    });
  if (clientSecret === undefined) return openid.None();
  const secret = clientSecret.reveal();
  return endpoint.tokenEndpointAuthMethod === 'client_secret_post'
    ? openid.ClientSecretPost(secret)
    : openid.ClientSecretBasic(secret);
}
