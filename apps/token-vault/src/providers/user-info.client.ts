import type { UserInfo } from '@gatehouse/config/model/upstream-provider';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import { safeFetch, type SafeRequest } from '@gatehouse/safe-fetch/safe-fetch';
import { failureReason } from './failure-reason.js';
import { identityFromFields, parseAnswer } from './identity.js';
import type { Provider } from './provider-registry.js';
import { refusalOf, type Refusal } from './refusal.js';
import type { UpstreamFailure } from './upstream-failure.js';
import { verdictOf } from './upstream-verdict.js';

type UserInfoAnswer =
  | { readonly ok: true; readonly identity: UpstreamIdentity }
  | { readonly ok: false; readonly failure: UpstreamFailure };

const OK = 200;
export const UNAUTHORIZED = 401;
/** RFC 6585 section 4. */
const TOO_MANY_REQUESTS = 429;

/** Asks a plain OAuth 2 provider who the token belongs to. @throws {OutboundFailure} */
export async function fetchIdentity(
  provider: Provider,
  userInfo: UserInfo,
  accessToken: string,
): Promise<UserInfoAnswer> {
  const { status: answered, headers, body } = await safeFetch(requestOf(userInfo, accessToken), provider);
  const status = isLimited(answered, headers) ? TOO_MANY_REQUESTS : answered;
  // Unlike the buffer, it takes a byte order mark off.
  const text = new TextDecoder().decode(body);
  const info = status === OK ? parseAnswer(text) : undefined;
  const identity = info === undefined ? undefined : identityFromFields(info, userInfo.fieldMapping);
  if (identity !== undefined) return { ok: true, identity };
  const refusal = refusalOf(text, status);
  if (refusal !== undefined) return { ok: false, failure: refused(refusal, status, accessToken) };
  if (status !== OK) return { ok: false, failure: { kind: 'http_error', status } };
  // It answers, but does not say who the user is.
  return { ok: false, failure: { kind: info === undefined ? 'unreadable' : 'rejected' } };
}

/** What is said of a person, or why not: 401 stands for every way to refuse the access token. */
export type PersonSaid =
  | { readonly ok: true; readonly said: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly status?: number };

/** The whole of what it says, if it is about that person. @throws {OutboundFailure} */
export async function fetchClaims(
  provider: Provider,
  userInfo: UserInfo,
  accessToken: string,
  subject: string,
): Promise<PersonSaid> {
  const { status, body } = await safeFetch(requestOf(userInfo, accessToken), provider);
  const text = new TextDecoder().decode(body);
  const said = status === OK ? parseAnswer(text) : undefined;
  const identity = said && identityFromFields(said, userInfo.fieldMapping);
  if (said !== undefined && identity?.subject === subject) return { ok: true, said };
  return { ok: false, status: status === OK && refusesToken(text) ? UNAUTHORIZED : status };
}

/** Some providers (Slack) refuse a token with status 200. */
function refusesToken(text: string): boolean {
  const refusal = refusalOf(text, OK);
  return (
    refusal !== undefined && verdictOf({ kind: 'oauth_error', status: UNAUTHORIZED, ...refusal }) === 'final'
  );
}

/**
 * An answer that says no, whatever its status (GraphQL, Slack), has judged nobody: what is about the moment passes, and all else
 * is to be looked into.
 */
function refused(refusal: Refusal, status: number, accessToken: string): UpstreamFailure {
  const { error, hint } = refusal;
  const reason = failureReason(undefined, refusal, [accessToken]);
  const failure = { kind: 'oauth_error', error, status, ...(hint === undefined ? {} : { hint }) } as const;
  if (verdictOf(failure) === 'passing') return { ...failure, reason };
  return status === OK ? { kind: 'unreadable', reason } : { kind: 'http_error', status, reason };
}

function requestOf(
  { endpointUrl, method, body, additionalHeaders }: UserInfo,
  accessToken: string,
): SafeRequest {
  return {
    url: endpointUrl,
    method,
    headers: {
      accept: 'application/json',
      // Some providers refuse requests without one.
      'user-agent': 'gatehouse',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...additionalHeaders,
      authorization: `Bearer ${accessToken}`,
    },
    ...(body === undefined ? {} : { body }),
  };
}

/** Some providers (GitHub) say 403 for a rate that is used up: nobody was refused, and it passes. */
const isLimited = (status: number, headers: Headers): boolean =>
  status === 403 && (headers.get('x-ratelimit-remaining')?.trim() === '0' || headers.has('retry-after'));
