import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { failureReason, type FailureReason } from './failure-reason.js';
import type { Refusal, RefusalHint } from './refusal.js';

/** Why a provider's part of a flow did not work out, and for the log, what exactly did not fit. */
export type UpstreamFailure = FailureKind & { readonly reason?: FailureReason };

/**
 * `no_answer` and `unreadable` leave open whether the provider acted; `rejected`, `malformed` and `unverifiable` mean that
 * tokens came (and were kept first).
 */
type FailureKind =
  /** The redirect back carried an OAuth error (RFC 6749 section 4.1.2.1). */
  | { readonly kind: 'authorization_error'; readonly error: string }
  /** The redirect back is not a response to our request. */
  | { readonly kind: 'bad_callback' }
  /** The redirect back does not say who sent it, and this provider's has to (RFC 9207 section 2.4). */
  | { readonly kind: 'issuer_missing' }
  /** The provider refused in words (RFC 6749 section 5.2). Some give the error no name: then it is empty. */
  | {
      readonly kind: 'oauth_error';
      readonly error: string;
      readonly status: number;
      readonly hint?: RefusalHint;
      /** A challenge says it, without a word of OAuth: any gateway on the way sends one. */
      readonly isChallenge?: true;
    }
  /** An answer that is no refusal of the provider: a page, something in between. */
  | { readonly kind: 'http_error'; readonly status: number }
  /** The provider's discovery document is not the one that the configuration names, or lacks what the flow needs. */
  | { readonly kind: 'misconfigured' }
  /** Nothing was sent. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'no_answer' }
  | { readonly kind: 'unreadable' }
  /** Another issuer, audience or person, or a signature that none of the provider's newest keys made. */
  | { readonly kind: 'rejected' }
  /** The answer, or the id_token in it, is not of the form that would let it be judged. */
  | { readonly kind: 'malformed' }
  /** Of a backend's own OAuth: it has another authorization server by now, or this gateway is another client there. */
  | { readonly kind: 'grant_over' }
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
  /** The token endpoint said no, in these words. */
  refusal?: Refusal;
  /** What was sent that no log may hold. */
  secrets: readonly string[];
}

export const newProgress = (): TokenRequestProgress => ({
  requested: false,
  kept: false,
  lookedAtKeys: false,
  secrets: [],
});

/** Makes one of the closed list out of whatever the protocol library threw. */
export function upstreamFailure(error: unknown, progress: TokenRequestProgress): UpstreamFailure {
  const reason = failureReason(error, progress.kept ? undefined : progress.refusal, progress.secrets);
  return { ...kindOf(error, progress), ...(Object.keys(reason).length === 0 ? {} : { reason }) };
}

function kindOf(error: unknown, progress: TokenRequestProgress): FailureKind {
  if (error instanceof AuthorizationResponseError) return { kind: 'authorization_error', error: error.error };
  const outbound = OutboundFailure.in(error);
  if (progress.kept) {
    if (outbound !== undefined) return { kind: 'unverifiable' };
    if (isBadSignature(error) || isAboutParties(error)) return { kind: 'rejected' };
    if (!progress.lookedAtKeys) return { kind: 'malformed' };
    const { keysStatus: status } = progress;
    return { kind: 'unverifiable', ...(status === undefined ? {} : { status }) };
  }
  if (!progress.requested) return { kind: outbound === undefined ? 'bad_callback' : 'unreachable' };
  return refusalKind(error, progress) ?? silentKind(outbound, progress);
}

/** What the provider said itself; the library does not read every form of it. */
function refusalKind(error: unknown, { refusal, status }: TokenRequestProgress): FailureKind | undefined {
  if (refusal !== undefined) {
    const { error: name, hint } = refusal;
    return {
      kind: 'oauth_error',
      error: name,
      status: status ?? 400,
      ...(hint === undefined ? {} : { hint }),
    };
  }
  if (error instanceof ResponseBodyError)
    return { kind: 'oauth_error', error: error.error, status: status ?? error.status };
  if (error instanceof WWWAuthenticateChallengeError)
    return {
      kind: 'oauth_error',
      error: 'invalid_client',
      status: status ?? error.status,
      isChallenge: true,
    };
  return undefined;
}

function silentKind(outbound: OutboundFailure | undefined, progress: TokenRequestProgress): FailureKind {
  if (outbound !== undefined && progress.status === undefined)
    return outbound.maybeSent ? { kind: 'no_answer' } : { kind: 'unreachable' };
  if (progress.status !== undefined && progress.status !== 200)
    return { kind: 'http_error', status: progress.status };
  return { kind: 'unreadable' };
}

/** OIDC Core section 3.1.3.7, rules 2 to 5 and 11: the token is not ours, not theirs, or not for this sign-in. */
const isAboutParties = (error: unknown): boolean =>
  causes(error).some((one) => codeOf(one) === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED');

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
