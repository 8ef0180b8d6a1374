import type { SignInState } from './attempt.js';
import { nextLeg, type ChainProvider, type ConnectionReuse, type NextLeg } from './next-leg.js';

export interface StepFacts {
  readonly primaryProvider: string;
  readonly providers: readonly ChainProvider[];
  readonly reuse: ConnectionReuse;
  /** Of the attempt's account; empty while nobody is known. */
  readonly liveConnections: ReadonlySet<string>;
  /** The attempt's account approved this client, as it is now, in an earlier sign-in. */
  readonly approvedBefore: boolean;
}

/** What the browser sees or does next. */
export type Step = { readonly kind: 'ask-approval' } | NextLeg;

/** Approval comes before anything else: no browser goes to a provider for a client that its user did not approve. */
export function nextStep(state: SignInState, facts: StepFacts): Step {
  if (!state.approved && !facts.approvedBefore) return { kind: 'ask-approval' };
  return nextLeg({
    primaryProvider: facts.primaryProvider,
    providers: facts.providers,
    outcomes: state.legs,
    liveConnections: facts.liveConnections,
    reuse: facts.reuse,
    reuseConfirmed: state.reuseConfirmed,
  });
}
