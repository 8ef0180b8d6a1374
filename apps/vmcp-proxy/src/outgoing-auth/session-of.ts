import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { SessionId } from '@gatehouse/kernel/ids';
import type { Principal } from '../incoming-auth/principal.js';

/**
 * The session that a credential is asked for.
 * @throws {GatehouseError} `person_required`: a client comes for itself; `not_allowed`: nobody is signed in.
 */
export function sessionOf({ tsid, isClient }: Principal): SessionId {
  if (isClient) throw new GatehouseError('person_required', 'the client comes for itself, and for no person');
  if (tsid === undefined)
    throw new GatehouseError('not_allowed', 'a credential of a user needs a caller with a Gatehouse session');
  return tsid;
}
