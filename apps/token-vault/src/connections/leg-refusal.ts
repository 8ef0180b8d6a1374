import type { LegRefusal } from '@gatehouse/contracts/token-vault/connection-complete';
import { isPassing, type UpstreamFailure } from '../providers/upstream-failure.js';

/** What the user is told of a leg that did not work out. */
export function legRefusalOf(failure: UpstreamFailure): LegRefusal {
  if (isPassing(failure)) return 'provider_unavailable';
  switch (failure.kind) {
    case 'authorization_error':
      return failure.error === 'access_denied' ? 'denied' : 'provider_error';
    case 'oauth_error':
      return 'provider_error';
    default:
      return 'invalid_response';
  }
}
