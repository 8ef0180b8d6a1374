import { TOKEN_TYPES } from '@gatehouse/kernel/token-types';
import { expiryAfter, ownExpiryOf } from '../providers/token-answer.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf } from '../providers/upstream-verdict.js';

/** The result of a token exchange. `refused` needs a person to act; `unavailable` passes by itself. */
export type ExchangeOutcome =
  | { readonly kind: 'exchanged'; readonly accessToken: string; readonly expiresAtMs: number }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ExchangeResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly issued_token_type?: unknown;
  readonly expires_in?: number | undefined;
}

/** A response that does not say how long its token lives (RFC 8693 section 2.2.1: recommended, not required). */
const UNKNOWN_LIFETIME_SECONDS = 60;

/** Token types that make sense behind `Authorization: Bearer`. */
const USABLE: ReadonlySet<unknown> = new Set([TOKEN_TYPES.access_token, TOKEN_TYPES.jwt]);

/**
 * Only a bearer token can be passed on. RFC 8693 section 2.2.1 demands the type of what was issued; several servers leave it
 * out, and issue the access token that was asked for.
 */
export function outcomeOfResponse(response: ExchangeResponse, nowMs: number): ExchangeOutcome {
  if (response.token_type.toLowerCase() !== 'bearer')
    return { kind: 'refused', reason: 'token_type is not Bearer' };
  if (!USABLE.has(response.issued_token_type ?? TOKEN_TYPES.access_token))
    return { kind: 'refused', reason: 'issued_token_type does not fit' };
  const { access_token: accessToken, expires_in: seconds } = response;
  const expiresAtMs = seconds === undefined ? ownExpiryOf(accessToken, nowMs) : expiryAfter(nowMs, seconds);
  return {
    kind: 'exchanged',
    accessToken,
    expiresAtMs: expiresAtMs ?? expiryAfter(nowMs, UNKNOWN_LIFETIME_SECONDS),
  };
}

export function outcomeOfExchangeFailure(failure: UpstreamFailure): ExchangeOutcome {
  // An exchange can be made again after an unreadable answer: it used nothing up.
  if (verdictOf(failure) === 'passing' || failure.kind === 'unreadable')
    return { kind: 'unavailable', reason: failure.kind };
  return { kind: 'refused', reason: failure.kind === 'rejected' ? 'not a token response' : failure.kind };
}
