import type { FetchFunction } from '@gatehouse/safe-fetch/fetch-function';
import { canonicalUrl } from '@gatehouse/config/urls/canonical-url';
import { normalAnswer } from './normal-answer.js';
import { refusalOf } from './refusal.js';
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
    if (!isTokenEndpoint(url, tap)) return await other(fetch, tap.progress)(url, init);
    const { progress } = tap;
    progress.requested = true;
    progress.secrets = secretsIn(init.body);
    const response = await fetch(url, tap.cutOff === undefined ? init : until(tap.cutOff, init));
    progress.status = statusOf(response);
    const body = await response.clone().text();
    const refusal = refusalOf(body, response.status);
    if (refusal !== undefined) progress.refusal = refusal;
    // Some providers answer 201: something was made.
    if (!response.ok) return response;
    if (refusal === undefined && carriesTokens(body)) {
      await tap.keep({ body, receivedAtMs: tap.nowMs() }).catch((cause: unknown) => {
        throw new KeepFailed('the answer could not be kept', { cause });
      });
      progress.kept = true;
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
    if (progress.kept) progress.keysStatus = statusOf(response);
    return response;
  };

/** For an endpoint that gives nothing to keep: notes how far the request got. */
export const notingFetch =
  (fetch: FetchFunction, progress: TokenRequestProgress): FetchFunction =>
  async (url, init) => {
    progress.requested = true;
    progress.secrets = secretsIn(init.body);
    const response = await fetch(url, init);
    progress.status = statusOf(response);
    return response;
  };

/** RFC 7009 section 2.2 has 200 for a revocation and ignores the body. Some providers answer 202 or 204. */
export const doneFetch =
  (fetch: FetchFunction): FetchFunction =>
  async (url, init) => {
    const response = await fetch(url, init);
    return response.ok ? new Response(null, { status: 200 }) : response;
  };

/** Metadata and library spell one endpoint in two ways; a token request that passed by would not be kept. */
const isTokenEndpoint = (url: string, { tokenEndpoint }: Pick<Tap, 'tokenEndpoint'>): boolean =>
  url === tokenEndpoint || canonicalUrl(url) === canonicalUrl(tokenEndpoint);

const TOO_MANY_REQUESTS = 429;

/** A refusal that says when to come again is about the moment, whatever its status (GitHub's limits are 403). */
function statusOf({ status, headers }: Response): number {
  const isLimited = headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0';
  return status >= 400 && status < 500 && isLimited ? TOO_MANY_REQUESTS : status;
}

/** Parameters of the token, exchange and revocation request that providers must not be quoted with. */
const SECRET_PARAMETERS = [
  'refresh_token',
  'code',
  'code_verifier',
  'client_secret',
  'client_assertion',
  'subject_token',
  'actor_token',
  'assertion',
  'token',
];

function secretsIn(body: Parameters<FetchFunction>[1]['body']): readonly string[] {
  const form =
    typeof body === 'string' || body instanceof URLSearchParams ? new URLSearchParams(body) : undefined;
  return SECRET_PARAMETERS.flatMap((name) => form?.getAll(name) ?? []);
}

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
    if (!isTokenEndpoint(url, tap)) return await other(fetch, tap.progress)(url, init);
    Object.assign(tap.progress, { requested: true, status: 200, kept: true });
    return asResponse(answer.body, tap);
  };
}

function asResponse(body: string, tap: Pick<Tap, 'dropIdToken' | 'progress'>): Response {
  const answer = normalAnswer(body);
  // Some providers (GitHub, Slack) refuse with status 200.
  const isError = tap.progress.refusal !== undefined;
  if (isError) tap.progress.status = 400;
  const seen = tap.dropIdToken ? { ...answer, id_token: undefined } : answer;
  return new Response(answer === undefined ? body : JSON.stringify(isError ? { error: 'refused' } : seen), {
    status: isError ? 400 : 200,
    headers: { 'content-type': 'application/json' },
  });
}
