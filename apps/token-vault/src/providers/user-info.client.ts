import type { UserInfo } from '@gatehouse/config/model/upstream-provider';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { identityFromUserInfo, parseUserInfo } from './identity.js';
import type { Provider } from './provider-registry.js';
import type { UpstreamFailure } from './upstream-failure.js';

type UserInfoAnswer =
  | { readonly ok: true; readonly identity: UpstreamIdentity }
  | { readonly ok: false; readonly failure: UpstreamFailure };

/** Asks a plain OAuth 2 provider who the token belongs to. @throws {OutboundFailure} */
export async function fetchIdentity(
  provider: Provider,
  userInfo: UserInfo,
  accessToken: string,
): Promise<UserInfoAnswer> {
  const { status, body } = await safeFetch(
    {
      url: userInfo.endpointUrl,
      headers: {
        accept: 'application/json',
        // Some providers refuse requests without one.
        'user-agent': 'gatehouse',
        ...userInfo.additionalHeaders,
        authorization: `Bearer ${accessToken}`,
      },
    },
    provider,
  );
  if (status !== 200) return { ok: false, failure: { kind: 'http_error', status } };
  const info = parseUserInfo(body.toString('utf8'));
  if (info === undefined) return { ok: false, failure: { kind: 'unreadable' } };
  const identity = identityFromUserInfo(info, userInfo.fieldMapping);
  // It answers, but does not say who the user is.
  return identity === undefined ? { ok: false, failure: { kind: 'rejected' } } : { ok: true, identity };
}
