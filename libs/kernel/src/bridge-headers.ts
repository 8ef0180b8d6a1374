/**
 * Headers by which the proxy makes itself known to `gatehouse bridge`. The bridge takes nothing from anybody else.
 */
export const BRIDGE_SECRET_HEADER = 'gatehouse-bridge-secret';
/** For which person: a keyed digest, the same in all of that person's sign-ins. Absent with anonymous callers. */
export const BRIDGE_PERSON_HEADER = 'gatehouse-person';
/** Which program the proxy means, and with what credential: a digest. The bridge serves no other one in its place. */
export const BRIDGE_PROGRAM_HEADER = 'gatehouse-program';
/** Misdirected Request (RFC 9110, section 15.5.20): the bridge knows another program under that name, or none. It has run nothing. */
export const OTHER_PROGRAM_STATUS = 421;
