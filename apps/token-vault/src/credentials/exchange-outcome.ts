import { TOKEN_TYPES, type TokenType } from '@gatehouse/kernel/token-types';
import { expiryAfter, ownExpiryOf } from '../providers/token-answer.js';
import type { FailureReason } from '../providers/failure-reason.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { needsPerson, refusesSubject, verdictOf } from '../providers/upstream-verdict.js';

/**
 * Who or what a refused exchange is about: the subject token, which can be renewed; the person, whom the endpoint wants to
 * see; their role, which they have none of; or the settings.
 */
type RefusedFor = 'subject' | 'person' | 'role' | 'settings';

/** What an endpoint issued. */
export interface IssuedCredential {
  readonly accessToken: string;
  /** Of temporary credentials of AWS, whose session token the access token is. */
  readonly signingKey?: { readonly id: string; readonly secret: string };
}

interface Unexchanged {
  readonly reason: string;
  readonly said?: FailureReason | undefined;
  /** HTTP status of the endpoint's answer, where one came. */
  readonly status?: number | undefined;
}

/** The result of a token exchange. `refused` needs somebody to act; `unavailable` passes by itself. */
export type ExchangeOutcome =
  | ({ readonly kind: 'exchanged'; readonly expiresAtMs: number } & IssuedCredential)
  | ({
      readonly kind: 'refused';
      readonly about: RefusedFor;
      /** The endpoint's words do not tell; it may be about something else. */
      readonly unclear?: boolean;
      /** Of the person: what their next sign-in has to show. */
      readonly claims?: string;
    } & Unexchanged)
  | ({ readonly kind: 'unavailable' } & Unexchanged);

export type Unissued = Exclude<ExchangeOutcome, { kind: 'exchanged' }>;

export interface ExchangeResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly issued_token_type?: unknown;
  readonly expires_in?: number | undefined;
}

/** A response that does not say how long its token lives (RFC 8693 section 2.2.1: recommended, not required). */
const UNKNOWN_LIFETIME_SECONDS = 60;

/** What is taken for each type that was asked for. An access token may be called the JWT that it is; nothing else is taken for another. */
const FITTING: Readonly<Record<TokenType, ReadonlySet<unknown>>> = {
  access_token: new Set([TOKEN_TYPES.access_token, TOKEN_TYPES.jwt]),
  jwt: new Set([TOKEN_TYPES.jwt]),
  id_token: new Set([TOKEN_TYPES.id_token]),
};

/**
 * Only a bearer token can be passed on. RFC 8693 section 2.2.1 demands the type of what was issued; several servers leave it
 * out, and issue the access token that was asked for. What is no access token has no token type: `N_A`.
 */
export function outcomeOfResponse(
  response: ExchangeResponse,
  nowMs: number,
  requested: TokenType = 'access_token',
): ExchangeOutcome {
  const tokenType = response.token_type.toLowerCase();
  if (tokenType !== 'bearer' && (tokenType !== 'n_a' || requested === 'access_token'))
    return { kind: 'refused', about: 'settings', reason: 'token_type is not Bearer' };
  const unsaid = requested === 'access_token' ? TOKEN_TYPES.access_token : undefined;
  if (!FITTING[requested].has(response.issued_token_type ?? unsaid))
    return { kind: 'refused', about: 'settings', reason: 'issued_token_type does not fit' };
  const { access_token: accessToken, expires_in: seconds } = response;
  const expiresAtMs = seconds === undefined ? ownExpiryOf(accessToken, nowMs) : expiryAfter(nowMs, seconds);
  return {
    kind: 'exchanged',
    accessToken,
    expiresAtMs: expiresAtMs ?? expiryAfter(nowMs, UNKNOWN_LIFETIME_SECONDS),
  };
}

export function outcomeOfExchangeFailure(failure: UpstreamFailure): Unissued {
  const { reason: said } = failure;
  const status = 'status' in failure ? failure.status : undefined;
  // An exchange can be made again after an unreadable answer: it used nothing up.
  if (verdictOf(failure) === 'passing' || failure.kind === 'unreadable')
    return { kind: 'unavailable', reason: failure.kind, said, status };
  const isToken = failure.kind !== 'rejected' && failure.kind !== 'malformed';
  return {
    kind: 'refused',
    about: aboutOf(failure),
    unclear: verdictOf(failure) === 'unclear',
    reason: isToken ? failure.kind : 'not a token response',
    said,
    status,
  };
}

function aboutOf(failure: UpstreamFailure): RefusedFor {
  if (needsPerson(failure)) return 'person';
  return refusesSubject(failure) ? 'subject' : 'settings';
}
