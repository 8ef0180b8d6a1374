/**
 * Headers by which the proxy makes itself known to `gatehouse bridge`. The bridge takes nothing from anybody else.
 */
export const BRIDGE_SECRET_HEADER = 'gatehouse-bridge-secret';
/** For which person: a keyed digest, the same in all of that person's sign-ins. Absent with anonymous callers. */
export const BRIDGE_PERSON_HEADER = 'gatehouse-person';
