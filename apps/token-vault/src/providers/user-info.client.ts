import type { UserInfo } from '@gatehouse/config/model/upstream-provider';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import { safeFetch, type SafeRequest } from '@gatehouse/safe-fetch/safe-fetch';
import { identityFromFields, parseAnswer } from './identity.js';
import type { Provider } from './provider-registry.js';
import type { UpstreamFailure } from './upstream-failure.js';

type UserInfoAnswer =
  | { readonly ok: true; readonly identity: UpstreamIdentity }
  | { readonly ok: false; readonly failure: UpstreamFailure };

/** RFC 6585 section 4. */
const TOO_MANY_REQUESTS = 429;

/** Asks a plain OAuth 2 provider who the token belongs to. @throws {OutboundFailure} */
export async function fetchIdentity(
  provider: Provider,
  userInfo: UserInfo,
  accessToken: string,
): Promise<UserInfoAnswer> {
  const { status, headers, body } = await safeFetch(requestOf(userInfo, accessToken), provider);
  if (status !== 200)
    return {
      ok: false,
      failure: { kind: 'http_error', status: isLimited(status, headers) ? TOO_MANY_REQUESTS : status },
    };
  const info = parseAnswer(body.toString('utf8'));
  if (info === undefined) return { ok: false, failure: { kind: 'unreadable' } };
  const identity = identityFromFields(info, userInfo.fieldMapping);
  // It answers, but does not say who the user is.
  return identity === undefined ? { ok: false, failure: { kind: 'rejected' } } : { ok: true, identity };
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
