import type { Access } from './access.js';
import type { ListenAddress } from './listen-addresses.js';

/** What a token for the administrator's API has to hold. Nothing else has this scope. */
export const ADMINISTRATION_SCOPE = 'gatehouse:admin';

/** Where the administrator's API is called: on a listener of its own. */
export interface AdministrationListener extends ListenAddress {
  /** Where administrators reach it: an origin. It is the audience of their tokens (RFC 8707), and the `Host` of their requests. */
  readonly url: string;
}

export interface Administration extends AdministrationListener {
  /** Which people may call it. Absent: nobody. */
  readonly access?: Access;
}
