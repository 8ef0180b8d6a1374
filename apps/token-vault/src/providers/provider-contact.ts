import type { ProviderFailureKind } from '@gatehouse/contracts/token-vault/provider-health';
import type { UpstreamFailure } from './upstream-failure.js';
import { verdictOf } from './upstream-verdict.js';

/** What a request of this gateway found out about the provider. */
export type Contact =
  | { readonly kind: 'answered' }
  | {
      readonly kind: 'failed';
      readonly failure: ProviderFailureKind;
      readonly status?: number;
      /** It may work later, and nobody has to do anything. */
      readonly passing: boolean;
    };

const ANSWERED = { kind: 'answered' } as const;

/**
 * @param failure left out: the provider did what it was asked for
 * @returns `undefined`: it says nothing of the provider. What a browser brings, or what somebody else's code gives, would let any person say
 * that a provider fails.
 */
export function contactOf(failure: UpstreamFailure | undefined): Contact | undefined {
  if (failure === undefined) return ANSWERED;
  switch (failure.kind) {
    case 'authorization_error':
    case 'bad_callback':
    case 'issuer_missing':
    case 'rejected':
    case 'grant_over':
      return undefined;
    case 'oauth_error': {
      const verdict = verdictOf(failure);
      // It has judged somebody's grant, so it works.
      if (verdict === 'final' || verdict === 'unclear') return ANSWERED;
      return failed(failure, failure.status);
    }
    case 'http_error':
      return failed(failure, failure.status);
    case 'unverifiable':
      return failed(failure, failure.status);
    case 'misconfigured':
    case 'unreachable':
    case 'no_answer':
    case 'unreadable':
    case 'malformed':
      return failed(failure);
  }
}

const failed = (
  failure: UpstreamFailure & { readonly kind: ProviderFailureKind },
  status?: number,
): Contact => ({
  kind: 'failed',
  failure: failure.kind,
  ...(status === undefined ? {} : { status }),
  passing: verdictOf(failure) === 'passing',
});
