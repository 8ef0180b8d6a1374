import type { PartyEgress } from './egress-rules.js';
import type { EndpointClient } from './endpoint-client.js';
import type { TokenDestination } from './token-destination.js';
import type { ScopedStrategy } from './tool-scopes.js';

/** RFC 6749 section 4.4: the token is the gateway's own, whoever calls. */
export interface ClientCredentials<S>
  extends PartyEgress<S>, EndpointClient<S>, TokenDestination, ScopedStrategy {
  readonly type: 'clientCredentials';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly timeoutMs: number;
}
