import type { TokenType } from '@gatehouse/kernel/token-types';
import type { IssuedToken, OutgoingStrategy } from './outgoing-auth.js';

/** Whose token is shown to the endpoint that issues one for a backend. */
export type TokenSubject =
  | {
      readonly of: 'provider';
      readonly providerName: string;
      readonly token: TokenType;
      /** An id_token that has ended is of no use: a new one is got first. */
      readonly mustLive?: true;
    }
  /** The caller's own Gatehouse token. */
  | { readonly of: 'caller' }
  /** Nobody's: the gateway asks for itself. */
  | { readonly of: 'gateway' };

export function subjectOf(strategy: IssuedToken<unknown>): TokenSubject {
  switch (strategy.type) {
    case 'tokenExchange':
      return strategy.subjectProviderName === undefined
        ? { of: 'caller' }
        : { of: 'provider', providerName: strategy.subjectProviderName, token: strategy.subjectTokenType };
    case 'xaa':
      return {
        of: 'provider',
        providerName: strategy.subjectProviderName,
        token: 'id_token',
        mustLive: true,
      };
    case 'obo':
      return { of: 'provider', providerName: strategy.subjectTokenProviderName, token: 'access_token' };
    case 'clientCredentials':
      return { of: 'gateway' };
  }
}

const ISSUED: ReadonlySet<string> = new Set<IssuedToken<unknown>['type']>([
  'tokenExchange',
  'clientCredentials',
  'xaa',
  'obo',
]);

/** Whether a token endpoint issues the credential, made by the vault. */
export const isIssuedToken = <S>(strategy: OutgoingStrategy<S>): strategy is IssuedToken<S> =>
  ISSUED.has(strategy.type);

export interface NamedProvider {
  readonly name: string;
  /** Where the name stands, below the strategy. */
  readonly field: readonly [block: string, field: string];
}

/** The provider that a strategy draws on, if any. */
export function namedProvider(strategy: OutgoingStrategy<unknown>): NamedProvider | undefined {
  if (strategy.type === 'upstreamInject')
    return { name: strategy.providerName, field: ['upstreamInject', 'providerName'] };
  if (!isIssuedToken(strategy)) return undefined;
  const subject = subjectOf(strategy);
  return subject.of === 'provider'
    ? {
        name: subject.providerName,
        field: [strategy.type, strategy.type === 'obo' ? 'subjectTokenProviderName' : 'subjectProviderName'],
      }
    : undefined;
}
