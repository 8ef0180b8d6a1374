import { Inject, Injectable } from '@nestjs/common';
import type { GoogleServiceAccount } from '@gatehouse/config/model/google-service-account';
import type { IssuedToken, TokenExchange } from '@gatehouse/config/model/outgoing-auth';
import type { Obo } from '@gatehouse/config/model/obo';
import type { Xaa } from '@gatehouse/config/model/xaa';
import type { Clock } from '@gatehouse/kernel/clock';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { Secret } from '@gatehouse/kernel/secret';
import { JWT_BEARER_GRANT, TOKEN_EXCHANGE_GRANT, TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { CLOCK } from '@gatehouse/service-process/injected';
import { outcomeOfResponse, type ExchangeOutcome, type Unissued } from './exchange-outcome.js';
import type { SubjectToken } from './exchange-subjects.flow.js';
import { assertionIn } from './id-jag.js';
import { serviceAccountAssertion } from './service-account.js';
import { StsClient } from './sts.client.js';
import { TokenEndpointClient, type TokenGrant } from './token-endpoint.client.js';

/** Has a credential issued for one backend, as its strategy says. */
@Injectable()
export class IssueClient {
  constructor(
    private readonly endpoints: TokenEndpointClient,
    private readonly sts: StsClient,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param shown absent where the gateway asks for itself */
  async issue(strategy: IssuedToken<Secret>, shown: SubjectToken | undefined): Promise<ExchangeOutcome> {
    const subjectToken = shown?.token;
    switch (strategy.type) {
      case 'tokenExchange':
        return await this.endpoints.ask(strategy, exchangeGrant(strategy, shown), (response, nowMs) =>
          outcomeOfResponse(response, nowMs, strategy.requestedTokenType),
        );
      case 'clientCredentials':
        return await this.endpoints.ask(
          strategy,
          { grantType: 'client_credentials', parameters: targetOf(strategy) },
          outcomeOfResponse,
        );
      case 'googleServiceAccount':
        return await this.#asServiceAccount(strategy);
      case 'obo':
        return await this.#onBehalf(strategy, subjectToken);
      case 'xaa':
        return await this.#crossApplication(strategy, subjectToken);
      case 'awsSts':
        return await this.sts.issue(strategy, subjectToken ?? '');
    }
  }

  /** RFC 7523 section 2.1; of an id_token, the response has nothing else. */
  async #asServiceAccount(strategy: GoogleServiceAccount<Secret>): Promise<ExchangeOutcome> {
    const assertion = await serviceAccountAssertion(strategy, this.clock.nowMs());
    return await this.endpoints.ask(
      {
        ...strategy,
        // It knows no clients: the assertion is all that proves anything.
        tokenEndpointAuthMethod: 'client_secret_basic',
        ...(strategy.audience === undefined ? {} : { givesIdToken: true as const }),
      },
      { grantType: JWT_BEARER_GRANT, parameters: { assertion } },
      outcomeOfResponse,
    );
  }

  /** RFC 7523 section 2.1, with Entra's `requested_token_use`. */
  async #onBehalf(strategy: Obo<Secret>, assertion: string | undefined): Promise<ExchangeOutcome> {
    const grant = {
      grantType: JWT_BEARER_GRANT,
      parameters: { assertion, requested_token_use: 'on_behalf_of', scope: scopeOf(strategy.scopes) },
    };
    return await this.endpoints.ask(strategy, grant, (response, nowMs) =>
      sooner(outcomeOfResponse(response, nowMs), strategy.cacheSkewMs, nowMs),
    );
  }

  /** draft-ietf-oauth-identity-assertion-authz-grant: an assertion for the id_token, a token for the assertion. */
  async #crossApplication(strategy: Xaa<Secret>, idToken: string | undefined): Promise<ExchangeOutcome> {
    const asserted = await this.endpoints.ask(
      { ...strategy, ...strategy.idp },
      assertionGrant(strategy, idToken),
      (response) => assertionIn(response, strategy),
    );
    if (asserted.kind !== 'asserted') return atParty('identity provider', asserted);
    const outcome = await this.endpoints.ask(
      { ...strategy, ...strategy.target },
      { grantType: JWT_BEARER_GRANT, parameters: { assertion: asserted.assertion } },
      outcomeOfResponse,
    );
    return outcome.kind === 'exchanged' ? outcome : atParty('target', notTheSubject(outcome));
  }
}

/** Ends before its end. A token that lives no longer than that counts for half of its life, or each call would ask for one. */
const sooner = (outcome: ExchangeOutcome, skewMs: number, nowMs: number): ExchangeOutcome =>
  outcome.kind === 'exchanged'
    ? {
        ...outcome,
        expiresAtMs: Math.max(outcome.expiresAtMs - skewMs, nowMs + (outcome.expiresAtMs - nowMs) / 2),
      }
    : outcome;

const atParty = (party: string, outcome: Unissued): Unissued => ({
  ...outcome,
  reason: `${outcome.reason} (${party})`,
});

/** The assertion is a moment old: a newer subject token would lead to the same answer. */
const notTheSubject = (outcome: Unissued): Unissued =>
  outcome.kind === 'refused' && outcome.about === 'subject' ? { ...outcome, about: 'settings' } : outcome;

const assertionGrant = (
  { targetAudience, targetResource, scopes }: Xaa<Secret>,
  idToken: string | undefined,
): TokenGrant => ({
  grantType: TOKEN_EXCHANGE_GRANT,
  parameters: {
    subject_token: idToken,
    subject_token_type: TOKEN_TYPES.id_token,
    requested_token_type: TOKEN_TYPES.id_jag,
    audience: targetAudience,
    resource: targetResource,
    scope: scopeOf(scopes),
  },
});

/** RFC 8693 section 2.1. An actor that is configured is always shown, or nothing is. */
function exchangeGrant(strategy: TokenExchange<Secret>, shown: SubjectToken | undefined): TokenGrant {
  const { subjectTokenType, requestedTokenType = 'access_token', actor } = strategy;
  if (actor !== undefined && shown?.actor === undefined)
    throw new GatehouseError('internal', 'the exchange has an actor, and no token of it');
  const { audience, resource, scope } = targetOf(strategy);
  return {
    grantType: TOKEN_EXCHANGE_GRANT,
    parameters: {
      subject_token: shown?.token,
      subject_token_type: TOKEN_TYPES[subjectTokenType],
      ...(actor && { actor_token: shown?.actor?.token, actor_token_type: TOKEN_TYPES[actor.token] }),
      requested_token_type: TOKEN_TYPES[requestedTokenType],
      audience: several(audience, strategy.audiences),
      resource: several(resource, strategy.resources),
      scope,
    },
  };
}

const several = (first: string | undefined, others: readonly string[] = []): readonly string[] => [
  ...new Set([...(first === undefined ? [] : [first]), ...others]),
];

type Target = Readonly<Record<'audience' | 'resource' | 'scope', string | undefined>>;

const targetOf = ({
  audience,
  resource,
  scopes,
}: Pick<TokenExchange<Secret>, 'audience' | 'resource' | 'scopes'>): Target => ({
  audience,
  resource,
  scope: scopeOf(scopes),
});

const scopeOf = (scopes: readonly string[]): string | undefined =>
  scopes.length === 0 ? undefined : scopes.join(' ');
