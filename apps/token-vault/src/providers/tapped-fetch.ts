import type { FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { normalAnswer } from './normal-answer.js';
import { carriesTokens, type TokenAnswer } from './token-answer.js';
import type { TokenRequestProgress } from './upstream-failure.js';

export type KeepAnswer = (answer: TokenAnswer) => Promise<void>;

/** Storing the answer failed. The fault is ours, not the provider's. */
export class KeepFailed extends Error {
  override readonly name = 'KeepFailed';
}

interface Tap {
  readonly tokenEndpoint: string;
  readonly progress: TokenRequestProgress;
  readonly keep: KeepAnswer;
  /** Ends the token request when its caller may not go on. */
  readonly cutOff?: AbortSignal | undefined;
  readonly nowMs: () => number;
  /** The id_token of a plain OAuth 2 provider is left out: there is nothing to check it against. */
  readonly dropIdToken: boolean;
}

/** A fetch that stores the token endpoint's answer before the protocol library sees it. */
export function tappedFetch(fetch: FetchFunction, tap: Tap): FetchFunction {
  return async (url, init) => {
    if (url !== tap.tokenEndpoint) return await other(fetch, tap.progress)(url, init);
    tap.progress.requested = true;
    const response = await fetch(url, tap.cutOff === undefined ? init : until(tap.cutOff, init));
    tap.progress.status = response.status;
    // Some providers answer 201: something was made.
    if (!response.ok) return response;
    const body = await response.text();
    if (carriesTokens(body)) {
      await tap.keep({ body, receivedAtMs: tap.nowMs() }).catch((cause: unknown) => {
        throw new KeepFailed('the answer could not be kept', { cause });
      });
      tap.progress.kept = true;
    }
    return asResponse(body, tap);
  };
}

/** Requests that follow the tokens fetch what verifies them. */
const other =
  (fetch: FetchFunction, progress: TokenRequestProgress): FetchFunction =>
  async (url, init) => {
    progress.lookedAtKeys ||= progress.kept;
    delete progress.keysStatus;
    const response = await fetch(url, init);
    if (progress.kept) progress.keysStatus = response.status;
    return response;
  };

/** For an endpoint that gives nothing to keep: notes how far the request got. */
export const notingFetch =
  (fetch: FetchFunction, progress: TokenRequestProgress): FetchFunction =>
  async (url, init) => {
    progress.requested = true;
    const response = await fetch(url, init);
    progress.status = response.status;
    return response;
  };

const until = (cutOff: AbortSignal, init: Parameters<FetchFunction>[1]): Parameters<FetchFunction>[1] => ({
  ...init,
  signal: AbortSignal.any([cutOff, ...(init.signal instanceof AbortSignal ? [init.signal] : [])]),
});

/** Answers the token request with the kept answer. All other requests (keys) go out. */
export function replayingFetch(
  fetch: FetchFunction,
  tap: Omit<Tap, 'keep' | 'nowMs'>,
  answer: TokenAnswer,
): FetchFunction {
  return async (url, init) => {
    if (url !== tap.tokenEndpoint) return await other(fetch, tap.progress)(url, init);
    Object.assign(tap.progress, { requested: true, status: 200, kept: true });
    return asResponse(answer.body, tap);
  };
}

function asResponse(body: string, tap: Pick<Tap, 'dropIdToken' | 'progress'>): Response {
  const answer = normalAnswer(body);
  // Some providers (GitHub) send OAuth errors with status 200.
  const isError = answer?.['error'] !== undefined && answer['access_token'] === undefined;
  if (isError) tap.progress.status = 400;
  const seen = tap.dropIdToken ? { ...answer, id_token: undefined } : answer;
  return new Response(answer === undefined ? body : JSON.stringify(seen), {
    status: isError ? 400 : 200,
    headers: { 'content-type': 'application/json' },
  });
}
