import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { Clock } from '@gatehouse/kernel/clock';
import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import { type Client, type Configuration, errors } from 'oidc-provider';

/** RFC 7523, section 3: one that is good for longer would have to be remembered for longer. */
const MAX_LIFE_MS = 10 * MINUTE_MS;
/** RFC 9101, section 10.8. */
const REQUEST_OBJECT_TYPE = 'oauth-authz-req+jwt';

type Assert = NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']>;

/** What is asked of an assertion beyond the library's checks (`iss`, `sub`, `aud`, `exp`, `jti`, algorithm, signature). */
export const assertionRule =
  (
    { issuer, requestProtection }: Pick<AuthorizationServerPart, 'issuer' | 'requestProtection'>,
    clock: Clock,
  ): Assert =>
  (_ctx, { exp, aud }, { typ }) => {
    if (Number(exp) * SECOND_MS - clock.nowMs() > MAX_LIFE_MS + MINUTE_MS)
      throw new errors.InvalidClientAuth('exp is more than ten minutes ahead');
    // Whoever else it is for could use it here.
    if (Array.isArray(aud) && aud.length !== 1)
      throw new errors.InvalidClientAuth('aud must name this server alone');
    // FAPI 2.0 Security Profile, section 5.3.2.1.
    if (requestProtection.securityProfile === 'fapi2' && aud !== issuer)
      throw new errors.InvalidClientAuth('aud must be the issuer, as a text');
    if (typ === REQUEST_OBJECT_TYPE)
      throw new errors.InvalidClientAuth('a request object is no assertion of a client');
  };

/** RFC 9101, section 10.8: what its client made for another purpose is no request. */
export const requestObjectRule = (
  _ctx: unknown,
  { sub }: Readonly<Record<string, unknown>>,
  _header: unknown,
  { clientId }: Client,
): void => {
  if (sub === clientId)
    throw new errors.InvalidRequestObject('an assertion of a client is no request object');
};
