import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { verdictOf, type Verdict } from '../providers/upstream-verdict.js';

/** How the redemption of a refresh token ended. */
export type Redemption =
  | { readonly kind: 'accepted' }
  /** Validated, but it names another subject than the connection's. */
  | { readonly kind: 'other_subject' }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure };

export interface GrantFacts {
  /** Read again after the answer: the row still holds the refresh token that was sent. */
  readonly stillCurrent: boolean;
  /** Refusals in a row before this one, without a name that says why. */
  readonly refusals?: number;
  /** The access token has ended, or nobody knows when it ends: then it is renewed because a backend refused it. */
  readonly expired?: boolean;
}

/** The provider has said no so often that the person has to be asked (docs/adr/0020). */
export const REFUSALS_THAT_ASK = 2;

/**
 * The result of a refresh. Only `reauth_required` needs the user. `provider_unavailable`, `refused` and `ambiguous` keep
 * everything and try again after a rest; `refused` is counted. `superseded`: another process has stored newer tokens.
 */
export type RefreshOutcome =
  'refreshed' | 'superseded' | 'reauth_required' | 'provider_unavailable' | 'refused' | 'ambiguous';

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
    case 'grant_over':
      return grant.stillCurrent ? 'reauth_required' : 'superseded';
    case 'oauth_error':
      return outcomeOfRefusal(verdictOf(failure), grant);
    case 'malformed':
      // It answers the token that was sent, whatever the row holds by now.
      return outcomeOfRefusal(verdictOf(failure), { ...grant, stillCurrent: true });
    case 'http_error':
    case 'misconfigured':
    case 'unreachable':
    case 'unverifiable':
    // These belong to the authorization response; a refresh has none.
    case 'authorization_error':
    case 'bad_callback':
    case 'issuer_missing':
      return 'provider_unavailable';
  }
}

function outcomeOfRefusal(verdict: Verdict, grant: GrantFacts): RefreshOutcome {
  const { stillCurrent, refusals = 0, expired = true } = grant;
  if (verdict === 'passing' || verdict === 'ours') return 'provider_unavailable';
  if (!stillCurrent) return 'superseded';
  if (verdict === 'final') return 'reauth_required';
  return expired && refusals + 1 >= REFUSALS_THAT_ASK ? 'reauth_required' : 'refused';
}

/** Whether a kept answer is wrong for good: then its tokens are revoked. One that cannot be validated yet is tried again. */
export const isWorthless = (redemption: Redemption): boolean =>
  redemption.kind === 'other_subject' ||
  (redemption.kind === 'failed' && redemption.failure.kind === 'rejected');
