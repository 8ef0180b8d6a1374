import type { PartyEgress } from './egress-rules.js';
import type { TokenDestination } from './token-destination.js';
import type { ScopedStrategy } from './tool-scopes.js';

/**
 * A token of a Google service account, for a JWT that its key signs (RFC 7523 section 2.1): the gateway's own, whoever calls.
 * An access token with `scopes`, or an id_token for an `audience`.
 */
export interface GoogleServiceAccount<S> extends PartyEgress<S>, TokenDestination, ScopedStrategy {
  readonly type: 'googleServiceAccount';
  /** The JSON file that Google gives out. */
  readonly serviceAccountKey: S;
  readonly tokenUrl: string;
  /** Of an id_token; absent: an access token is asked for. */
  readonly audience?: string;
  readonly timeoutMs: number;
}
