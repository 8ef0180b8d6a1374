import { sha256 } from '@gatehouse/kernel/digest';
import type { Principal } from '../incoming-auth/principal.js';

type Caller = Pick<Principal, 'key' | 'tsid' | 'clientId' | 'scopes' | 'claims'>;

/** They differ from one token to the next, and say nothing of what it may do. */
const OF_ONE_TOKEN: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'jti']);
/**
 * The same in access tokens of Microsoft Entra, which alone have both `tid` and `uti` (its access token claims reference). Elsewhere these
 * names may mean anything.
 */
const OF_ONE_ENTRA_TOKEN: ReadonlySet<string> = new Set([...OF_ONE_TOKEN, 'uti', 'aio', 'rh']);

/**
 * For whom lists are the same. With a session it is the session: its credentials are chosen by it, whichever of its tokens the caller
 * brings. Without one (an external issuer) a credential may come of the token itself, so that another client, other scopes and other
 * claims can be shown other lists: then it is whatever the token says, but for its times and its id. When the person signed in
 * (`auth_time`) counts: whoever exchanges the token may decide by it (RFC 9470).
 */
export function listedFor(caller: Caller): string {
  if (caller.tsid !== undefined || caller.claims === undefined) return caller.key;
  let key = keys.get(caller);
  if (key === undefined) {
    const isEntra = 'tid' in caller.claims && 'uti' in caller.claims;
    const ofOne = isEntra ? OF_ONE_ENTRA_TOKEN : OF_ONE_TOKEN;
    const claims = Object.entries(caller.claims).filter(([name]) => !ofOne.has(name));
    const said = [
      caller.clientId,
      [...caller.scopes].sort(),
      claims.sort(([one], [other]) => (one < other ? -1 : 1)),
    ];
    key = `${caller.key}\n${sha256(JSON.stringify(said))}`;
    keys.set(caller, key);
  }
  return key;
}

/** A principal is that of one token. */
const keys = new WeakMap<Caller, string>();
