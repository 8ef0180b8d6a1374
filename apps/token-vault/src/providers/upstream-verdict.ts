import type { UpstreamFailure } from './upstream-failure.js';

/**
 * What a failure asks for. `passing`: nothing; the same request may work later. `final`: the person; this grant or this
 * sign-in is over. `ours`: whoever runs Gatehouse; the provider takes our requests for wrong, or something else answers in
 * its place, and nobody's grant was judged.
 */
export type Verdict = 'passing' | 'final' | 'ours';

/**
 * Errors that say "not now" rather than "not you" (RFC 6749 sections 4.1.2.1 and 5.2; `slow_down` is RFC 8628's, and
 * providers use it everywhere).
 */
const PASSING_ERRORS: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

/**
 * RFC 6749 section 5.2: the grant is invalid, expired or revoked. GitHub has a name of its own for it. Every other error
 * (`invalid_client`, …) is about us, and no new sign-in would mend it.
 */
const GRANT_IS_GONE: ReadonlySet<string> = new Set(['invalid_grant', 'bad_refresh_token']);

/** RFC 6749 section 4.1.2.1: the person, or the provider for them, said no. */
const DENIED = 'access_denied';

/** RFC 9110 sections 15.5.9 and 15.6, RFC 8470 section 5.2, RFC 6585 section 4: asked again later, it may work. */
const isPassingStatus = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

/** One table for every request to a provider: authorization, token, exchange, revocation, metadata, keys, user information. */
export function verdictOf(failure: UpstreamFailure): Verdict {
  switch (failure.kind) {
    case 'authorization_error':
      if (PASSING_ERRORS.has(failure.error)) return 'passing';
      return failure.error === DENIED ? 'final' : 'ours';
    case 'oauth_error':
      // Such a status says nothing about the grant, whatever its body says.
      if (PASSING_ERRORS.has(failure.error) || isPassingStatus(failure.status)) return 'passing';
      return GRANT_IS_GONE.has(failure.error) ? 'final' : 'ours';
    case 'http_error':
      return isPassingStatus(failure.status) ? 'passing' : 'ours';
    case 'unverifiable':
      return failure.status === undefined || isPassingStatus(failure.status) ? 'passing' : 'ours';
    case 'unreachable':
    case 'no_answer':
      return 'passing';
    case 'unreadable':
      return 'ours';
    case 'bad_callback':
    case 'issuer_missing':
    case 'rejected':
      return 'final';
  }
}
