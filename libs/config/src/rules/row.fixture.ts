import type { Changes } from '../configuration.fixture.js';

/** What is refused, a change that does it, the one place that is then reported, and what is said of it. */
export type Row = readonly [
  refused: string,
  changes: Changes,
  path: string,
  message?: RegExp,
  /** What the finding says to write in its place. */
  instead?: RegExp | string,
];

export const provider = (index: number, rest: string): string =>
  `authServer.upstreamProviders.${index}.${rest}`;
export const OIDC = provider(0, 'oidcConfig');
export const OAUTH2 = provider(1, 'oauth2Config');
export const EXCHANGE = 'outgoingAuth.backends.tickets.tokenExchange';
export const REGISTRATION = 'authServer.clientRegistration';
export const NO_PROVIDER_STRATEGIES: Changes = {
  'outgoingAuth.backends': {},
  authServer: undefined,
};
export const EXTERNAL: Changes = {
  ...NO_PROVIDER_STRATEGIES,
  incomingAuth: { type: 'oidc', oidc: { issuer: 'https://idp.example/' } },
};
/** For callers of an external issuer. */
export const OF_CALLER = {
  type: 'tokenExchange',
  tokenExchange: {
    tokenUrl: 'https://sts.example/token',
    audience: 'tickets',
    subjectFromCaller: true,
  },
} as const;
