import type { IssuedToken } from './outgoing-auth.js';
import type { EndpointParty } from './xaa.js';

export interface PlacedEndpoint<S> {
  readonly party: EndpointParty<S>;
  /** How a field of the party is called in the block of the strategy. */
  readonly fieldOf: (name: string) => string;
  /** The endpoint takes only clients that prove themselves. */
  readonly needsProof: boolean;
}

const prefixed =
  (prefix: string) =>
  (name: string): string =>
    `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** The endpoints that a strategy asks, in that order. */
export function tokenEndpointsOf<S>(strategy: IssuedToken<S>): readonly PlacedEndpoint<S>[] {
  switch (strategy.type) {
    case 'tokenExchange':
      return [{ party: strategy, fieldOf: (name) => name, needsProof: false }];
    case 'clientCredentials':
      return [{ party: strategy, fieldOf: (name) => name, needsProof: true }];
    case 'obo': {
      const url = strategy.tenant.isUsed ? 'authority' : 'tokenUrl';
      return [{ party: strategy, fieldOf: (name) => (name === 'tokenUrl' ? url : name), needsProof: true }];
    }
    case 'googleServiceAccount': {
      // What proves the gateway is the assertion.
      const party = { tokenUrl: strategy.tokenUrl, tokenEndpointAuthMethod: 'client_secret_basic' } as const;
      return [{ party, fieldOf: (name) => name, needsProof: false }];
    }
    case 'awsSts': {
      // It knows no clients.
      const party = { tokenUrl: strategy.stsUrl, tokenEndpointAuthMethod: 'client_secret_basic' } as const;
      return [{ party, fieldOf: (name) => (name === 'tokenUrl' ? 'stsUrl' : name), needsProof: false }];
    }
    case 'xaa':
      return [
        { party: strategy.idp, fieldOf: prefixed('idp'), needsProof: true },
        { party: strategy.target, fieldOf: prefixed('target'), needsProof: true },
      ];
  }
}
