import { MINUTE_MS, SECOND_MS } from '@gatehouse/kernel/durations';
import type { AccountId } from '@gatehouse/kernel/ids';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { AttemptState, LegFailure, LegOutcome } from './attempt.js';

/** Pure changes of an attempt; the store applies each by compare-and-set. */

/** A provider has named a person; this is all that is known about it. */
export interface LegProof {
  readonly provider: string;
  readonly identity: UpstreamIdentity;
  /** The account that has this identity already. */
  readonly owner: AccountId | undefined;
  readonly primaryProvider: string;
  /** The account of a new person who has meanwhile finished signing in in another browser. */
  readonly settledPerson: AccountId | undefined;
  /** The id that a new account would get. */
  readonly newAccount: AccountId;
  readonly nowMs: number;
  /** When the person signed in at the provider, as it says. */
  readonly authenticatedAtMs?: number | undefined;
  /** How they did, as it says. */
  readonly acr?: string | undefined;
  readonly amr?: string[] | undefined;
}

/** The provider's clock may differ, and the person took their time there. */
const AGE_TOLERANCE_MS = MINUTE_MS;

/** A leg came back with an identity. The primary provider's says who the person is; the others are linked to that person. */
export function legDone<State extends AttemptState>(state: State, proof: LegProof): State {
  const { provider, primaryProvider, owner } = proof;
  if (decidesAccount(state, proof)) return personProven(state, proof);
  // Somebody new at the primary provider is another person. Linked to this account, they would sign in as it.
  if (provider === primaryProvider && owner === undefined) return failed(state, provider, 'identity_taken');
  return linked(withSettledPerson(state, proof), proof);
}

/** On the connect page the account is known already, unless the browser is only now being signed in. */
const decidesAccount = (state: AttemptState, { provider, primaryProvider }: LegProof): boolean =>
  provider === primaryProvider && (state.kind === 'sign-in' || state.person === undefined);

function personProven<State extends AttemptState>(state: State, proof: LegProof): State {
  const { provider, identity, owner, newAccount } = proof;
  const person =
    owner === undefined ? { accountId: newAccount, isNew: true } : { accountId: owner, isNew: false };
  const isAnother = state.person !== undefined && state.person.accountId !== person.accountId;
  // Connections that were made as another person belong to that person.
  const legs = isAnother ? {} : state.legs;
  // The approval page named the account of the browser session, so its approval is not this person's.
  const wasNamed = state.person?.isNew === false && state.legs[provider]?.kind !== 'done';
  const answers =
    isAnother && wasNamed && state.kind === 'sign-in' ? { approvedAs: undefined, reuseConfirmed: false } : {};
  const { acr, amr } = proof;
  const proven = state.kind === 'sign-in' ? { ...provenAt(state, proof), acr, amr } : {};
  return withOutcome({ ...state, person, legs, ...answers, ...proven }, provider, { kind: 'done', identity });
}

/** OpenID Connect Core, section 2: `auth_time` is when the person authenticated, which a provider with a session of its own knows. */
function provenAt(
  { maxAgeSeconds, fresh }: Pick<AttemptState, 'fresh'> & { readonly maxAgeSeconds?: number | undefined },
  { provider, nowMs, authenticatedAtMs }: LegProof,
): { readonly provenAtMs: number; readonly isTooOld: boolean } {
  const provenAtMs = Math.min(nowMs, authenticatedAtMs ?? nowMs);
  if (maxAgeSeconds === undefined) return { provenAtMs, isTooOld: false };
  // Who says no time may have let in a session of last week, unless it was told to ask anew.
  if (authenticatedAtMs === undefined) return { provenAtMs, isTooOld: !fresh.includes(provider) };
  return { provenAtMs, isTooOld: nowMs - provenAtMs > maxAgeSeconds * SECOND_MS + AGE_TOLERANCE_MS };
}

const withSettledPerson = <State extends AttemptState>(state: State, { settledPerson }: LegProof): State =>
  state.person?.isNew === true && settledPerson !== undefined
    ? { ...state, person: { accountId: settledPerson, isNew: false } }
    : state;

const linked = <State extends AttemptState>(state: State, { provider, identity, owner }: LegProof): State =>
  owner !== undefined && owner !== state.person?.accountId
    ? failed(state, provider, 'identity_taken')
    : withOutcome(state, provider, { kind: 'done', identity });

export const failed = <State extends AttemptState>(
  state: State,
  provider: string,
  reason: LegFailure,
): State => withOutcome(state, provider, { kind: 'failed', reason });

/** A refusal often means that the wrong account was used, so the next visit lets the user choose. */
export const retried = <State extends AttemptState>(state: State, provider: string): State => {
  const outcome = state.legs[provider];
  if (outcome?.kind !== 'failed') return state;
  const choosesAgain = outcome.reason === 'identity_taken' || outcome.reason === 'denied';
  return {
    ...state,
    legs: Object.fromEntries(Object.entries(state.legs).filter(([name]) => name !== provider)),
    fresh: choosesAgain ? [...new Set([...state.fresh, provider])] : state.fresh,
  };
};

/** A failed leg that the person goes on without. */
export const skipped = <State extends AttemptState>(state: State, provider: string): State =>
  state.legs[provider]?.kind === 'failed' ? withOutcome(state, provider, { kind: 'skipped' }) : state;

function withOutcome<State extends AttemptState>(state: State, provider: string, outcome: LegOutcome): State {
  return {
    ...state,
    legs: { ...state.legs, [provider]: outcome },
    fresh: outcome.kind === 'done' ? state.fresh.filter((name) => name !== provider) : state.fresh,
  };
}
