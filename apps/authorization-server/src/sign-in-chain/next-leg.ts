import type { ProviderRequirement } from '@gatehouse/config/model/upstream-provider';
import type { LegFailure, LegOutcome } from '../attempts/attempt.js';

export interface ChainProvider {
  readonly name: string;
  readonly requirement: ProviderRequirement;
}

export type ConnectionReuse = 'always' | 'confirm' | 'never';

/** Everything that the decision needs; it reads nothing else. */
export interface Chain {
  /** It says who the person is, so it is visited first and never left out. */
  readonly primaryProvider: string;
  /** In configured order. */
  readonly providers: readonly ChainProvider[];
  /** By provider name; a leg that is not in it is open. */
  readonly outcomes: Readonly<Record<string, LegOutcome>>;
  /** Providers to which the account has a connection that works; empty while the account is unknown. */
  readonly liveConnections: ReadonlySet<string>;
  readonly reuse: ConnectionReuse;
  /** The person was told, in this attempt, that connections will be used again. */
  readonly reuseConfirmed: boolean;
}

export type NextLeg =
  | { readonly kind: 'visit'; readonly provider: string }
  /** `providers` are those that the session may use. */
  | { readonly kind: 'complete'; readonly providers: readonly string[] }
  /** The person has to say how to go on: try again, skip (where `optional`) or cancel. */
  | {
      readonly kind: 'refuse';
      readonly provider: string;
      readonly reason: LegFailure;
      readonly optional: boolean;
    }
  /** Connections would be used again, and the policy is to ask first. */
  | { readonly kind: 'confirm-reuse' };

/** The one decision of the chain. Pure: the same chain gives the same answer, whatever happened in between. */
export function nextLeg(chain: Chain): NextLeg {
  const providers: string[] = [];
  for (const { name, requirement } of inOrderOfVisit(chain)) {
    const needed = name === chain.primaryProvider || requirement === 'required';
    const outcome = chain.outcomes[name];
    if (outcome?.kind === 'failed')
      return { kind: 'refuse', provider: name, reason: outcome.reason, optional: !needed };
    if (outcome?.kind === 'done') {
      providers.push(name);
    } else if (chain.liveConnections.has(name) && mayReuse(chain, requirement, name)) {
      // The question comes before the browser is sent to any provider.
      if (chain.reuse === 'confirm' && !chain.reuseConfirmed) return { kind: 'confirm-reuse' };
      providers.push(name);
    } else if (requirement === 'onDemand' && name !== chain.primaryProvider) {
      continue;
    } else if (outcome?.kind === 'skipped' && !needed) {
      continue;
    } else {
      return { kind: 'visit', provider: name };
    }
  }
  return { kind: 'complete', providers };
}

/** An `onDemand` provider is never visited at sign-in, so an existing connection is the only way to use it. */
const mayReuse = (chain: Chain, requirement: ProviderRequirement, name: string): boolean =>
  chain.reuse !== 'never' || (requirement === 'onDemand' && name !== chain.primaryProvider);

const inOrderOfVisit = ({ providers, primaryProvider }: Chain): readonly ChainProvider[] => [
  ...providers.filter(({ name }) => name === primaryProvider),
  ...providers.filter(({ name }) => name !== primaryProvider),
];
