import { describe, expect, test } from '@jest/globals';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { outcomeOf, type RefreshOutcome } from './outcome.js';

const TABLE: readonly (readonly [UpstreamFailure, RefreshOutcome])[] = [
  [{ kind: 'oauth_error', error: 'invalid_grant', status: 400 }, 'reauth_required'],
  [{ kind: 'oauth_error', error: 'bad_refresh_token', status: 400 }, 'reauth_required'],
  [{ kind: 'oauth_error', error: 'invalid_grant', status: 503 }, 'provider_unavailable'],
  [{ kind: 'oauth_error', error: 'invalid_client', status: 401 }, 'provider_unavailable'],
  [{ kind: 'oauth_error', error: 'temporarily_unavailable', status: 400 }, 'provider_unavailable'],
  [{ kind: 'oauth_error', error: 'slow_down', status: 429 }, 'provider_unavailable'],
  [{ kind: 'oauth_error', error: 'invalid_grant', status: 429 }, 'provider_unavailable'],
  [{ kind: 'http_error', status: 500 }, 'provider_unavailable'],
  [{ kind: 'http_error', status: 302 }, 'provider_unavailable'],
  [{ kind: 'http_error', status: 404 }, 'provider_unavailable'],
  [{ kind: 'unreachable' }, 'provider_unavailable'],
  [{ kind: 'unverifiable' }, 'provider_unavailable'],
  [{ kind: 'no_answer' }, 'ambiguous'],
  [{ kind: 'unreadable' }, 'ambiguous'],
  [{ kind: 'rejected' }, 'reauth_required'],
];

describe('a refresh ends', () => {
  test.each(TABLE)('%j as %s', (failure, outcome) => {
    expect(outcomeOf({ kind: 'failed', failure }, { stillCurrent: true })).toBe(outcome);
  });

  test('never as reauth_required because of a token that was replaced meanwhile', () => {
    const failure = { kind: 'oauth_error', error: 'invalid_grant', status: 400 } as const;
    expect(outcomeOf({ kind: 'failed', failure }, { stillCurrent: false })).toBe('superseded');
  });

  const unclear = {
    kind: 'failed',
    failure: { kind: 'oauth_error', error: 'made_up', status: 400 },
  } as const;
  test.each([
    [0, true, 'refused'],
    [1, true, 'reauth_required'],
    [5, true, 'reauth_required'],
    [1, false, 'refused'],
    [5, false, 'refused'],
  ])(
    'for a name that nobody knows, after %p of them, the token expired: %p, as %s',
    (refusals, expired, outcome) => {
      expect(outcomeOf(unclear, { stillCurrent: true, refusals, expired })).toBe(outcome);
      expect(outcomeOf(unclear, { stillCurrent: false, refusals, expired })).toBe('superseded');
    },
  );

  test('as refreshed for the same subject, and as reauth_required for another', () => {
    expect(outcomeOf({ kind: 'accepted' }, { stillCurrent: true })).toBe('refreshed');
    expect(outcomeOf({ kind: 'other_subject' }, { stillCurrent: true })).toBe('reauth_required');
  });
});
