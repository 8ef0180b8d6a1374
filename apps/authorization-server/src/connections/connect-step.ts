import type { AccountId } from '@gatehouse/kernel/ids';
import type { ConnectState, LegFailure } from '../attempts/attempt.js';

export type ConnectStep =
  | { readonly kind: 'visit'; readonly provider: string }
  | { readonly kind: 'refuse'; readonly provider: string; readonly reason: LegFailure }
  /** The person has never signed in from a client. */
  | { readonly kind: 'no-account' }
  | { readonly kind: 'wrong-account' }
  /** Nothing is missing. `provider` is absent when the browser was only to be signed in. */
  | { readonly kind: 'adopt'; readonly accountId: AccountId; readonly provider: string | undefined };

export interface ConnectFacts {
  readonly primaryProvider: string;
  /** Who is signed in in the browser now. */
  readonly browserAccountId: AccountId | undefined;
}

/** Decides what the connect page does next: who is the person, is it the right one, and is the provider connected? */
export function nextConnectStep(state: ConnectState, facts: ConnectFacts): ConnectStep {
  if (isLeftBehind(state, facts)) return { kind: 'wrong-account' };
  for (const [provider, outcome] of Object.entries(state.legs))
    if (outcome.kind === 'failed') return { kind: 'refuse', provider, reason: outcome.reason };
  const { person, expectedAccountId, provider } = state;
  if (person === undefined) return { kind: 'visit', provider: facts.primaryProvider };
  if (expectedAccountId !== undefined && person.accountId !== expectedAccountId)
    return { kind: 'wrong-account' };
  if (person.isNew) return { kind: 'no-account' };
  if (provider !== undefined && state.legs[provider]?.kind !== 'done') return { kind: 'visit', provider };
  return { kind: 'adopt', accountId: person.accountId, provider };
}

/**
 * The visit is of a person who has left the browser. Whoever signed in there since would connect an account of theirs to that
 * person, and be signed in as them. To sign in as somebody else on purpose is what a visit without a provider is for.
 */
function isLeftBehind({ person, provider, legs }: ConnectState, facts: ConnectFacts): boolean {
  const { primaryProvider, browserAccountId } = facts;
  if (person === undefined || provider === undefined || person.accountId === browserAccountId) return false;
  const isProven = legs[primaryProvider]?.kind === 'done';
  return browserAccountId !== undefined || !isProven;
}
