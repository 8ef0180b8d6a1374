import type { LegRefusal } from '@gatehouse/contracts/token-vault/connection-complete';
import type { UpstreamFailure } from '../providers/upstream-failure.js';

/** RFC 6749 sections 4.1.2.1 and 5.2: errors that say "not now" rather than "not you". */
const PASSING_ERRORS: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error']);

/** What the user is told of a leg that did not work out. */
export function legRefusalOf(failure: UpstreamFailure): LegRefusal {
  switch (failure.kind) {
    case 'authorization_error':
      if (failure.error === 'access_denied') return 'denied';
      return PASSING_ERRORS.has(failure.error) ? 'provider_unavailable' : 'provider_error';
    case 'oauth_error':
      return PASSING_ERRORS.has(failure.error) || failure.status >= 500
        ? 'provider_unavailable'
        : 'provider_error';
    case 'http_error':
      return failure.status === 429 || failure.status >= 500 ? 'provider_unavailable' : 'invalid_response';
    case 'unreachable':
    case 'no_answer':
    case 'unverifiable':
      return 'provider_unavailable';
    case 'bad_callback':
    case 'issuer_missing':
    case 'unreadable':
    case 'rejected':
      return 'invalid_response';
  }
}
