import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf } from '../providers/upstream-verdict.js';

/** How the redemption of a refresh token ended. */
export type Redemption =
  | { readonly kind: 'accepted' }
  /** Validated, but it names another subject than the connection's. */
  | { readonly kind: 'other_subject' }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure };

export interface GrantFacts {
  /** Read again after the answer: the row still holds the refresh token that was sent. */
  readonly stillCurrent: boolean;
}

/**
 * The result of a refresh. Only `reauth_required` needs the user. `provider_unavailable` and `ambiguous` keep everything and
 * try again after a rest. `superseded`: another process has stored newer tokens.
 */
export type RefreshOutcome =
  'refreshed' | 'superseded' | 'reauth_required' | 'provider_unavailable' | 'ambiguous';

export function outcomeOf(redemption: Redemption, grant: GrantFacts): RefreshOutcome {
  switch (redemption.kind) {
    case 'accepted':
      return 'refreshed';
    case 'other_subject':
      return 'reauth_required';
    case 'failed':
      return outcomeOfFailure(redemption.failure, grant);
  }
}

function outcomeOfFailure(failure: UpstreamFailure, grant: GrantFacts): RefreshOutcome {
  switch (failure.kind) {
    // The provider may have rotated the token: nobody knows, so nothing is thrown away.
    case 'no_answer':
    case 'unreadable':
      return 'ambiguous';
    case 'rejected':
      return 'reauth_required';
    case 'oauth_error':
      if (verdictOf(failure) !== 'final') return 'provider_unavailable';
      return grant.stillCurrent ? 'reauth_required' : 'superseded';
    case 'http_error':
    case 'unreachable':
    case 'unverifiable':
    // These belong to the authorization response; a refresh has none.
    case 'authorization_error':
    case 'bad_callback':
    case 'issuer_missing':
      return 'provider_unavailable';
  }
}

/** Whether a kept answer is wrong for good: then its tokens are revoked. One that cannot be validated yet is tried again. */
export const isWorthless = (redemption: Redemption): boolean =>
  redemption.kind === 'other_subject' ||
  (redemption.kind === 'failed' && redemption.failure.kind === 'rejected');
