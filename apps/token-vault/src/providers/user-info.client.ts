import type { UserInfo } from '@gatehouse/config/model/upstream-provider';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { identityFromUserInfo, parseUserInfo } from './identity.js';
import type { Provider } from './provider-registry.js';

/** `unavailable`: ask again later. `invalid`: it answers, but does not say who the user is. */
export type UserInfoAnswer =
  | { readonly kind: 'identity'; readonly identity: UpstreamIdentity }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'invalid' };

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
  if (status === 429 || status >= 500) return { kind: 'unavailable' };
  const info = status === 200 ? parseUserInfo(body.toString('utf8')) : undefined;
  const identity = info === undefined ? undefined : identityFromUserInfo(info, userInfo.fieldMapping);
  return identity === undefined ? { kind: 'invalid' } : { kind: 'identity', identity };
}
