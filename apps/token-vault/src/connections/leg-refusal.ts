import type { LegRefusal } from '@gatehouse/contracts/token-vault/connection-complete';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf } from '../providers/upstream-verdict.js';

/** What the user is told of a leg that failed. */
export function legRefusalOf(failure: UpstreamFailure): LegRefusal {
  const verdict = verdictOf(failure);
  if (verdict === 'passing') return 'provider_unavailable';
  switch (failure.kind) {
    case 'authorization_error':
      return verdict === 'final' ? 'denied' : 'provider_error';
    case 'oauth_error':
      return 'provider_error';
    default:
      return 'invalid_response';
  }
}
