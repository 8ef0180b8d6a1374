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
  /** The caller's own token of the external issuer. */
  | { readonly of: 'externalCaller' }
  /** Nobody's: the gateway asks for itself. */
  | { readonly of: 'gateway' };

export function subjectOf(strategy: IssuedToken<unknown>): TokenSubject {
  switch (strategy.type) {
    case 'tokenExchange':
      if (strategy.subjectProviderName === undefined)
        return { of: strategy.subjectFromCaller === true ? 'externalCaller' : 'caller' };
      return {
        of: 'provider',
        providerName: strategy.subjectProviderName,
        token: strategy.subjectTokenType,
      };
    case 'xaa':
      return {
        of: 'provider',
        providerName: strategy.subjectProviderName,
        token: 'id_token',
        mustLive: true,
      };
    case 'awsSts':
      if (strategy.subjectProviderName === '' && strategy.subjectFromCaller === true)
        return { of: 'externalCaller' };
      return {
        of: 'provider',
        providerName: strategy.subjectProviderName,
        token: strategy.subjectTokenType,
        ...(strategy.subjectTokenType === 'id_token' ? { mustLive: true } : {}),
      };
    case 'obo':
      return { of: 'provider', providerName: strategy.subjectTokenProviderName, token: 'access_token' };
    case 'clientCredentials':
    case 'googleServiceAccount':
      return { of: 'gateway' };
  }
}

const ISSUED: ReadonlySet<string> = new Set<IssuedToken<unknown>['type']>([
  'tokenExchange',
  'clientCredentials',
  'googleServiceAccount',
  'xaa',
  'obo',
  'awsSts',
]);

/** Whether an endpoint issues the credential, made by the vault. */
export const isIssuedToken = <S>(strategy: OutgoingStrategy<S>): strategy is IssuedToken<S> =>
  ISSUED.has(strategy.type);

export interface NamedProvider {
  readonly name: string;
  /** Where the name stands, below the strategy. */
  readonly field: readonly [block: string, field: string];
}

/** The providers that a strategy draws on: the subject's first. */
export function namedProviders(strategy: OutgoingStrategy<unknown>): readonly NamedProvider[] {
  if (strategy.type === 'upstreamInject')
    return [{ name: strategy.providerName, field: ['upstreamInject', 'providerName'] }];
  if (!isIssuedToken(strategy)) return [];
  const subject = subjectOf(strategy);
  const actor = strategy.type === 'tokenExchange' ? strategy.actor : undefined;
  return [
    ...(subject.of === 'provider' ? [{ name: subject.providerName, field: subjectField(strategy) }] : []),
    ...(actor?.from === 'provider'
      ? [{ name: actor.providerName, field: ['tokenExchange', 'actorProviderName'] as const }]
      : []),
  ];
}

/** Their names, each once. */
export const providersOf = (strategy: OutgoingStrategy<unknown>): readonly string[] => [
  ...new Set(namedProviders(strategy).map(({ name }) => name)),
];

const subjectField = ({ type }: IssuedToken<unknown>): NamedProvider['field'] => [
  type,
  type === 'obo' ? 'subjectTokenProviderName' : 'subjectProviderName',
];
