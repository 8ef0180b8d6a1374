import { expect, test } from '@jest/globals';
import { legRefusalOf } from '../connections/leg-refusal.js';
import { outcomeOfExchangeFailure } from '../credentials/exchange-outcome.js';
import { outcomeOf } from '../refresh/outcome.js';
import type { UpstreamFailure } from './upstream-failure.js';
import { verdictOf } from './upstream-verdict.js';

const PASSING: readonly UpstreamFailure[] = [
  { kind: 'oauth_error', error: 'slow_down', status: 429 },
  { kind: 'oauth_error', error: 'slow_down', status: 400 },
  { kind: 'oauth_error', error: 'temporarily_unavailable', status: 400 },
  { kind: 'oauth_error', error: 'server_error', status: 400 },
  { kind: 'oauth_error', error: 'invalid_client', status: 503 },
  { kind: 'oauth_error', error: 'rate_limited', status: 429 },
  ...[408, 425, 429, 500, 502, 503, 504].map((status) => ({ kind: 'http_error', status }) as const),
  { kind: 'unreachable' },
  { kind: 'no_answer' },
  { kind: 'unverifiable' },
];

test.each(PASSING)('%j passes at a sign-in, at a refresh and at an exchange alike', (failure) => {
  expect(verdictOf(failure)).toBe('passing');
  expect(legRefusalOf(failure)).toBe('provider_unavailable');
  expect(outcomeOfExchangeFailure(failure).kind).toBe('unavailable');
  expect(['provider_unavailable', 'ambiguous']).toContain(
    outcomeOf({ kind: 'failed', failure }, { stillCurrent: true }),
  );
});

const LASTING: readonly (readonly [UpstreamFailure, string])[] = [
  [{ kind: 'authorization_error', error: 'access_denied' }, 'denied'],
  [{ kind: 'authorization_error', error: 'invalid_scope' }, 'provider_error'],
  [{ kind: 'oauth_error', error: 'invalid_client', status: 401 }, 'provider_error'],
  [{ kind: 'oauth_error', error: 'invalid_grant', status: 400 }, 'provider_error'],
  [{ kind: 'http_error', status: 302 }, 'invalid_response'],
  [{ kind: 'http_error', status: 404 }, 'invalid_response'],
  [{ kind: 'bad_callback' }, 'invalid_response'],
  [{ kind: 'issuer_missing' }, 'invalid_response'],
  [{ kind: 'rejected' }, 'invalid_response'],
];

test.each(LASTING)('%j does not pass by itself: a person is told %s', (failure, refusal) => {
  expect(verdictOf(failure)).not.toBe('passing');
  expect(legRefusalOf(failure)).toBe(refusal);
  expect(outcomeOfExchangeFailure(failure).kind).toBe('refused');
});

test('an answer that nobody can read is asked for again where nothing was used up, and told to a person', () => {
  const failure = { kind: 'unreadable' } as const;
  expect([legRefusalOf(failure), outcomeOfExchangeFailure(failure).kind]).toEqual([
    'invalid_response',
    'unavailable',
  ]);
  expect(outcomeOf({ kind: 'failed', failure }, { stillCurrent: true })).toBe('ambiguous');
});
