import type { SignInState } from '../attempts/attempt.js';
import { nextLeg, type ChainProvider, type ConnectionReuse, type NextLeg } from './next-leg.js';

export interface StepFacts {
  readonly primaryProvider: string;
  readonly providers: readonly ChainProvider[];
  readonly reuse: ConnectionReuse;
  /** Of the attempt's account; empty while nobody is known. */
  readonly liveConnections: ReadonlySet<string>;
  /** Of what the user would approve now. */
  readonly fingerprint: string;
  /** The attempt's account approved exactly that in an earlier sign-in. */
  readonly approvedBefore: boolean;
  /** Nobody else can be the client (clients/assured-client.ts). */
  readonly clientAssured: boolean;
}

/** What the browser sees or does next. */
export type Step = { readonly kind: 'ask-approval' } | { readonly kind: 'confirm-client' } | NextLeg;

/**
 * Approval comes before anything else: no browser goes to a provider for a client that its user did not approve. An
 * earlier approval alone is enough for a client that nobody else can be; with any other the user is there, and says so,
 * each time (RFC 6749, section 10.2; RFC 8252, section 8.6), whatever the policy for connections is.
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
