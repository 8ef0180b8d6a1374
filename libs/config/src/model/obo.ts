import type { PartyEgress } from './egress-rules.js';
import type { EndpointClient } from './endpoint-client.js';
import type { TokenDestination } from './token-destination.js';
import type { ScopedStrategy } from './tool-scopes.js';

/** On-behalf-of as Microsoft Entra has it: the person's access token for the gateway is an assertion (RFC 7523 section 2.1). */
export interface Obo<S> extends PartyEgress<S>, EndpointClient<S>, TokenDestination, ScopedStrategy {
  readonly type: 'obo';
  /** As written, or that of the tenant. Empty: neither is written. */
  readonly tokenUrl: string;
  /** What the endpoint is derived from, or would be. */
  readonly tenant: { readonly tenantId?: string; readonly authority?: string; readonly isUsed: boolean };
  /** Empty: not written, and several could be meant. */
  readonly subjectTokenProviderName: string;
  /** A token is not used any more when it has no more than this to live. */
  readonly cacheSkewMs: number;
  readonly timeoutMs: number;
}

/** How a scope ends that stands for whatever an administrator agreed to. Entra takes no other scopes of the application beside it. */
export const EVERYTHING = '/.default';
