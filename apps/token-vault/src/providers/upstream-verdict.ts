import type { UpstreamFailure } from './upstream-failure.js';

/**
 * What a failure asks for. `passing`: nothing; the same request may work later. `final`: the person; this grant or this
 * sign-in is over. `ours`: whoever runs Gatehouse; the provider takes our requests for wrong, or something else answers in
 * its place, and nobody's grant was judged. `unclear`: the provider refused under a name that tells none of these; at a
 * refresh, the second one in a row is the person's (docs/adr/0020).
 */
export type Verdict = 'passing' | 'final' | 'ours' | 'unclear';

type NamedRefusal = Extract<UpstreamFailure, { kind: 'oauth_error' }>;

/**
 * Errors that say "not now" rather than "not you" (RFC 6749 sections 4.1.2.1 and 5.2; `slow_down` is RFC 8628's, and
 * providers use it everywhere). The others are Slack's, Salesforce's, Google's and HubSpot's.
 */
const PASSING_ERRORS: ReadonlySet<string> = new Set([
  'temporarily_unavailable',
  'server_error',
  'slow_down',
  'ratelimited',
  'rate_limited',
  'rate_limit',
  'rate_limit_exceeded',
  'rate_limits',
  'too_many_requests',
  'too_many_attempts',
  'service_unavailable',
  'internal_error',
  'internal_failure',
  'internal_server_error',
  'backend_error',
  'fatal_error',
  'unknown_error',
  'request_timeout',
  'timeout',
  'team_added_to_org',
  'org_login_required',
  'unavailable',
  'resource_exhausted',
]);

/** What providers make up for the same: `request_limit_exceeded`, `server_busy`, `try_again_later`. */
const NAMES_PASSING =
  /(^|_)(rate|limits?|throttl\w*|busy|overload\w*|unavailable|(?<!session_)timeout|temporar\w*|maintenance|again|too_many)(_|$)/;

/** The person has to act at the provider, whatever the state of the grant (OIDC Core section 3.1.2.6, Entra, Auth0). */
const NEEDS_PERSON: ReadonlySet<string> = new Set([
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
  'mfa_required',
  'unmet_authentication_requirements',
  'insufficient_user_authentication',
]);

/**
 * RFC 6749 section 5.2 has one name for a grant that is invalid, expired or revoked; RFC 6750 section 3.1 one for tokens.
 * The others are GitHub's, HubSpot's, Slack's and Salesforce's.
 */
const GRANT_IS_GONE: ReadonlySet<string> = new Set([
  ...NEEDS_PERSON,
  'invalid_grant',
  'invalid_token',
  'expired_token',
  'bad_refresh_token',
  'invalid_refresh_token',
  'expired_refresh_token',
  'refresh_token_expired',
  'refresh_token_revoked',
  'token_expired',
  'token_revoked',
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'authorization_not_found',
  'authorization_revoked',
  'expired_authentication',
  'inactive_user',
]);

/** About us as a client, or about what we are set up to ask for. No new sign-in would mend it (RFC 6749 section 5.2, RFC 8707). */
const OURS: ReadonlySet<string> = new Set([
  'invalid_client',
  'unsupported_grant_type',
  'unsupported_token_type',
  'unsupported_response_type',
  'invalid_target',
  'invalid_redirect_uri',
  'redirect_uri_mismatch',
  'invalid_dpop_proof',
  'use_dpop_nonce',
]);

/** `incorrect_client_credentials` (GitHub), `bad_client_secret` (Slack), `deleted_client` (Google), `BAD_CLIENT_ID` (HubSpot). */
const NAMES_CLIENT = /(^|_)client(_|$)/;

/** RFC 6749 section 4.1.2.1: the person, or the provider for them, said no. */
const DENIED = 'access_denied';
/** About us, as the RFC has it. Atlassian says it with 403 of a refresh token that has ended. */
const UNAUTHORIZED_CLIENT = 'unauthorized_client';

/** RFC 9110 sections 15.5.9 and 15.6, RFC 8470 section 5.2, RFC 6585 section 4: asked again later, it may work. */
const isPassingStatus = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

/** One spelling for `BAD_REFRESH_TOKEN`, `Invalid-Grant` and `invalid grant`. */
const nameOf = ({ error }: NamedRefusal): string =>
  error
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

/** One table for every request to a provider: authorization, token, exchange, revocation, metadata, keys, user information. */
export function verdictOf(failure: UpstreamFailure): Verdict {
  switch (failure.kind) {
    case 'authorization_error':
      if (PASSING_ERRORS.has(failure.error)) return 'passing';
      return failure.error === DENIED ? 'final' : 'ours';
    case 'oauth_error':
      return verdictOfRefusal(failure);
    case 'http_error':
      return isPassingStatus(failure.status) ? 'passing' : 'ours';
    case 'unverifiable':
      return failure.status === undefined || isPassingStatus(failure.status) ? 'passing' : 'ours';
    case 'unreachable':
    case 'no_answer':
      return 'passing';
    case 'unreadable':
    case 'misconfigured':
      return 'ours';
    case 'malformed':
      return 'unclear';
    case 'bad_callback':
    case 'issuer_missing':
    case 'rejected':
    case 'grant_over':
      return 'final';
  }
}

function verdictOfRefusal(failure: NamedRefusal): Verdict {
  const { status, hint } = failure;
  const name = nameOf(failure);
  const isGone = GRANT_IS_GONE.has(name);
  // Such a status says nothing about the grant, whatever its body says.
  if (isPassingStatus(status) || PASSING_ERRORS.has(name)) return 'passing';
  // Salesforce says `invalid_grant` when there were too many sign-ins.
  if (hint === 'limited' || (hint === 'later' && !isGone)) return 'passing';
  if (OURS.has(name) || (NAMES_CLIENT.test(name) && name !== UNAUTHORIZED_CLIENT)) return 'ours';
  if (name === UNAUTHORIZED_CLIENT && status === 403 && hint !== 'client') return 'final';
  if (isGone) return 'final';
  // `please_login_again` says when, too, but above all what.
  if (hint === 'gone') return 'final';
  if (NAMES_PASSING.test(name)) return 'passing';
  return hint === 'client' ? 'ours' : 'unclear';
}

/** The provider, or the endpoint of an exchange, wants to see the person: only a new sign-in can help. */
export const needsPerson = (failure: UpstreamFailure): boolean =>
  failure.kind === 'oauth_error' && NEEDS_PERSON.has(nameOf(failure)) && verdictOf(failure) === 'final';

/**
 * RFC 8693 section 2.2.2: a subject token that is invalid for any reason is an `invalid_request`. Most endpoints call it by
 * the names that they have for tokens and grants.
 */
export const refusesSubject = (failure: UpstreamFailure): boolean =>
  failure.kind === 'oauth_error' &&
  (verdictOf(failure) === 'final' ||
    (nameOf(failure) === 'invalid_request' && verdictOf(failure) === 'unclear'));
