import { Secret } from '@gatehouse/kernel/secret';
import type { TokenType } from '@gatehouse/kernel/token-types';
import type { Actor } from './actor-token.js';
import type { AwsSts } from './aws-sts.js';
import type { ClientCredentials } from './client-credentials.js';
import type { GoogleServiceAccount } from './google-service-account.js';
import type { Obo } from './obo.js';
import type { PartyEgress } from './egress-rules.js';
import type { EndpointClient } from './endpoint-client.js';
import type { TokenDestination } from './token-destination.js';
import type { ScopedStrategy } from './tool-scopes.js';
import type { UserHeader } from './user-secret.js';
import type { Xaa } from './xaa.js';

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
  /** In front of the value, and a blank between them; absent: the value is whole. */
  readonly scheme?: string;
  readonly headerValue: S;
}

/** What the header holds. */
export const injectedValue = ({ scheme, headerValue }: HeaderInjection<Secret>): Secret =>
  scheme === undefined ? headerValue : new Secret(`${scheme} ${headerValue.reveal()}`);

export interface UpstreamInject extends TokenDestination {
  readonly type: 'upstreamInject';
  readonly providerName: string;
}

/** RFC 8693. */
export interface TokenExchange<S>
  extends PartyEgress<S>, EndpointClient<S>, TokenDestination, ScopedStrategy {
  readonly type: 'tokenExchange';
  readonly tokenUrl: string;
  readonly audience?: string;
  readonly resource?: string;
  /** Beside those; absent: none. */
  readonly audiences?: readonly string[];
  readonly resources?: readonly string[];
  /** Absent: an access token. */
  readonly requestedTokenType?: TokenType;
  readonly subjectTokenType: TokenType;
  /** Absent: the subject is the caller's own token. */
  readonly subjectProviderName?: string;
  /** The caller's own token is one of an external issuer. Absent: it is of this gateway. */
  readonly subjectFromCaller?: true;
  /** Absent: the person is shown alone. */
  readonly actor?: Actor;
  readonly timeoutMs: number;
}

/** The strategies whose credential an endpoint issues. */
export type IssuedToken<S> =
  TokenExchange<S> | ClientCredentials<S> | GoogleServiceAccount<S> | Xaa<S> | Obo<S> | AwsSts<S>;

export type OutgoingStrategy<S> =
  Unauthenticated | HeaderInjection<S> | UserHeader | UpstreamInject | IssuedToken<S>;

/** The strategy that applies to a backend: its own, else the default. */
export const strategyOf = <S>(outgoingAuth: OutgoingAuth<S>, backendName: string): OutgoingStrategy<S> =>
  outgoingAuth.backends.get(backendName) ?? outgoingAuth.default;
