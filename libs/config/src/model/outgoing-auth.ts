import type { TokenType } from '@gatehouse/kernel/token-types';
import type { PartyEgress } from './egress-rules.js';
import type { TokenDestination } from './token-destination.js';

export interface OutgoingAuth<S> {
  readonly source: 'inline';
  /** For every backend that `backends` does not name. */
  readonly default: OutgoingStrategy<S>;
  /** By backend name, as written; see {@link strategyOf} for what applies to a backend. */
  readonly backends: ReadonlyMap<string, OutgoingStrategy<S>>;
}

export interface Unauthenticated {
  readonly type: 'unauthenticated';
}

export interface HeaderInjection<S> {
  readonly type: 'headerInjection';
  readonly headerName: string;
  readonly headerValue: S;
}

export interface UpstreamInject extends TokenDestination {
  readonly type: 'upstreamInject';
  readonly providerName: string;
}

/** RFC 8693. */
export interface TokenExchange<S> extends PartyEgress<S>, TokenDestination {
  readonly type: 'tokenExchange';
  readonly tokenUrl: string;
  readonly clientId?: string;
  /** Absent with a `clientId`: a public client, `client_id` goes in the body. */
  readonly clientSecret?: S;
  readonly tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post';
  readonly audience?: string;
  readonly resource?: string;
  readonly scopes: readonly string[];
  readonly subjectTokenType: TokenType;
  /** Absent: the subject is the caller's Gatehouse token. */
  readonly subjectProviderName?: string;
  readonly timeoutMs: number;
}

export type OutgoingStrategy<S> = Unauthenticated | HeaderInjection<S> | UpstreamInject | TokenExchange<S>;

/** The strategy that applies to a backend: its own, else the default. */
export const strategyOf = <S>(outgoingAuth: OutgoingAuth<S>, backendName: string): OutgoingStrategy<S> =>
  outgoingAuth.backends.get(backendName) ?? outgoingAuth.default;
