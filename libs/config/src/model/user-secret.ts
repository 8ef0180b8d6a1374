import type { TokenHeader } from './token-destination.js';

/** A secret that each person enters on the connections page, such as an API key of theirs. */
export interface UserSecret {
  /** It stands in links, and beside the names of providers: it is none of them. */
  readonly name: string;
  /** What people call it. */
  readonly label: string;
  /** Where they get one. */
  readonly help?: string;
}

/** `headerInjection` with `perUser`. */
export interface UserHeader {
  readonly type: 'userHeader';
  readonly header: TokenHeader;
  readonly secret: UserSecret;
}
