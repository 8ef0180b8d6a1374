import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';

/**
 * Why a provider's part of a flow did not work out; never the provider's own text. `no_answer` and `unreadable` leave
 * open whether the provider acted; `rejected` and `unverifiable` mean that tokens came (and were kept first).
 */
export type UpstreamFailure =
  /** The redirect back carried an OAuth error (RFC 6749 section 4.1.2.1). */
  | { readonly kind: 'authorization_error'; readonly error: string }
  /** The redirect back is not a response to our request. */
  | { readonly kind: 'bad_callback' }
  /** The redirect back does not say who sent it, and this provider's has to (RFC 9207 section 2.4). */
  | { readonly kind: 'issuer_missing' }
  /** The token endpoint answered an OAuth error (RFC 6749 section 5.2). */
  | { readonly kind: 'oauth_error'; readonly error: string; readonly status: number }
  | { readonly kind: 'http_error'; readonly status: number }
  /** Nothing was sent. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'no_answer' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'rejected' }
  /** The provider's keys could not be had. With a status: something else came in their place. */
  | { readonly kind: 'unverifiable'; readonly status?: number };

/** How far one use of the token endpoint got; written by the tapped fetch. */
export interface TokenRequestProgress {
  requested: boolean;
  /** HTTP status of the token endpoint's answer. */
  status?: number;
  /** Tokens came and were kept. */
  kept: boolean;
  /** After that, something else was asked: the provider's key set. */
  lookedAtKeys: boolean;
  /** HTTP status of what came for it. */
  keysStatus?: number;
}

export const newProgress = (): TokenRequestProgress => ({
  requested: false,
  kept: false,
  lookedAtKeys: false,
});

/** Makes one of the closed list out of whatever the protocol library threw. */
export function upstreamFailure(error: unknown, progress: TokenRequestProgress): UpstreamFailure {
  if (error instanceof AuthorizationResponseError) return { kind: 'authorization_error', error: error.error };
  const outbound = OutboundFailure.in(error);
  if (progress.kept) {
    if (outbound !== undefined) return { kind: 'unverifiable' };
    if (!progress.lookedAtKeys || isBadSignature(error)) return { kind: 'rejected' };
    const { keysStatus: status } = progress;
    return { kind: 'unverifiable', ...(status === undefined ? {} : { status }) };
  }
  if (!progress.requested) return { kind: outbound === undefined ? 'bad_callback' : 'unreachable' };
  if (error instanceof ResponseBodyError)
    return { kind: 'oauth_error', error: error.error, status: progress.status ?? error.status };
  if (error instanceof WWWAuthenticateChallengeError)
    return { kind: 'oauth_error', error: 'invalid_client', status: error.status };
  if (outbound !== undefined && progress.status === undefined)
    return outbound.maybeSent ? { kind: 'no_answer' } : { kind: 'unreachable' };
  if (progress.status !== undefined && progress.status !== 200)
    return { kind: 'http_error', status: progress.status };
  return { kind: 'unreadable' };
}

/** The id_token is too old or too new by our clock: one of the two is off. */
export const isAboutClocks = (error: unknown): boolean =>
  causes(error).some((one) => codeOf(one) === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED');

/** Whether newer keys of the provider could change the verdict. */
export const isAboutKeys = (error: unknown): boolean =>
  causes(error).some((one) => codeOf(one) === 'OAUTH_KEY_SELECTION_FAILED') || isBadSignature(error);

/** The library has one code for every malformed answer; only here its cause holds the signature. */
const isBadSignature = (error: unknown): boolean =>
  causes(error).some(
    (one) =>
      codeOf(one) === 'OAUTH_INVALID_RESPONSE' &&
      typeof one.cause === 'object' &&
      one.cause !== null &&
      'signature' in one.cause,
  );

function causes(error: unknown): readonly Error[] {
  const found: Error[] = [];
  for (let current = error; current instanceof Error && found.length < 8; current = current.cause)
    found.push(current);
  return found;
}

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);
