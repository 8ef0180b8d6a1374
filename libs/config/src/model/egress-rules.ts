/**
 * Where outbound requests to one party may go. Both are true by themselves when every URL of that party is on
 * localhost.
 */
export interface EgressRules {
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
}

/** How outbound requests to one party are made. */
export interface PartyEgress<S> extends EgressRules {
  /** PEM certificates that are trusted for this party, instead of the system's. */
  readonly caBundle?: S;
  /** Set in the part of a service, the same for every party there. */
  readonly wayOut?: WayOut<S>;
}

/** How requests leave the network: directly, or through a proxy. */
export interface WayOut<S> {
  /** For `http:` URLs. */
  readonly httpProxy?: EgressProxy<S>;
  /** For `https:` URLs. */
  readonly httpsProxy?: EgressProxy<S>;
  /** Hosts that are reached directly, as curl reads `NO_PROXY`. */
  readonly noProxy: readonly string[];
  /** The proxy itself refuses private addresses. */
  readonly refusesPrivateAddresses: boolean;
}

export interface EgressProxy<S> {
  /** Its origin. */
  readonly url: string;
  /** Reveals `user:password`. */
  readonly credentials?: S;
  /** For a proxy over https. */
  readonly caBundle?: S;
}
