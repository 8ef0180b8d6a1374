import type { SignInState } from '../attempts/attempt.js';
import { nextLeg, type ChainProvider, type ConnectionReuse, type NextLeg } from './next-leg.js';

export interface StepFacts {
  readonly primaryProvider: string;
  readonly providers: readonly ChainProvider[];
  readonly reuse: ConnectionReuse;
  /** Connections of the attempt's account that work; empty while the account is unknown. */
  readonly liveConnections: ReadonlySet<string>;
  /** Stands for what the person would approve now. */
  readonly fingerprint: string;
  /** The attempt's account approved exactly that in an earlier sign-in. */
  readonly approvedBefore: boolean;
  /** No other program can pretend to be this client (clients/assured-client.ts). */
  readonly clientAssured: boolean;
}

/** What the browser sees or does next. */
export type Step = { readonly kind: 'ask-approval' } | { readonly kind: 'confirm-client' } | NextLeg;

/**
 * Approval comes before anything else: no browser goes to a provider for a client that its person did not approve. An
 * earlier approval is enough for a client that no other program can pretend to be. With any other client the person has to
 * confirm each time (RFC 6749, section 10.2; RFC 8252, section 8.6), whatever the policy for connections says.
 */
export function nextStep(state: SignInState, facts: StepFacts): Step {
  const approvedNow = state.approvedAs === facts.fingerprint;
  if (!approvedNow && !facts.approvedBefore) return { kind: 'ask-approval' };
  if (!approvedNow && !facts.clientAssured && !state.reuseConfirmed) return { kind: 'confirm-client' };
  return nextLeg({
    primaryProvider: facts.primaryProvider,
    providers: facts.providers,
    outcomes: state.legs,
    liveConnections: facts.liveConnections,
    reuse: facts.reuse,
    reuseConfirmed: state.reuseConfirmed,
  });
}
