import { ProofNonces } from '@gatehouse/access-tokens/proof-nonces';
import { Proofs } from '@gatehouse/access-tokens/proofs';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { CookieKeys } from '../signing-keys/cookie-keys.js';
import type { UsedProofs } from './used-proofs.store.js';

export const USER_INFO_PROOFS = Symbol('proofs at the UserInfo endpoint');

/** A proof is taken for a minute, by a clock that may be a minute ahead. */
const REMEMBERED_MS = 2 * MINUTE_MS;
/** The key of nonces does not change. */
const PERIOD = 0;

/** How whoever shows a bound token at the UserInfo endpoint proves that they hold its key: as at the proxy, by the same rules. */
export function userInfoProofs(
  { requestProtection: { dpop } }: Pick<AuthorizationServerPart, 'requestProtection'>,
  cookieKeys: Pick<CookieKeys, 'derive'>,
  used: Pick<UsedProofs, 'unique'>,
  clock: Clock,
): Proofs {
  const nowMs = (): number => clock.nowMs();
  const secret = Buffer.from(cookieKeys.derive('UserInfo DPoP nonces').reveal(), 'base64url');
  const key = { period: PERIOD, secret };
  const keys = {
    current: () => key,
    of: async (period: number) => await Promise.resolve(period === PERIOD ? key : undefined),
  };
  return new Proofs(
    {
      use: async (boundTo, jti) =>
        await used.unique(`UserInfo ${boundTo}`, jti, (nowMs() + REMEMBERED_MS) / SECOND_MS),
    },
    dpop.nonces === 'required' ? new ProofNonces(keys, nowMs) : undefined,
    dpop,
    nowMs,
  );
}
