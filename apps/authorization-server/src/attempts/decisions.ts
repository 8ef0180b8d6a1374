import type { AccountId, SessionId } from '@gatehouse/kernel/ids';
import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { AttemptState, LegFailure, LegOutcome, SignInState } from './attempt.js';

/** Pure changes of an attempt; the store applies each by compare-and-set. */

/** The user said yes to the client, having seen what it will use and what will be used again. */
export const approved = (state: SignInState, fingerprint: string): SignInState => ({
  ...state,
  approvedAs: fingerprint,
  reuseConfirmed: true,
});

export const reuseConfirmed = (state: SignInState): SignInState => ({ ...state, reuseConfirmed: true });

/**
 * The user is somebody else than the browser says: nothing of that account counts any more.
 * @param tsid of the session that this sign-in opens now
 */
export const anotherAccount = (
  state: SignInState,
  primaryProvider: string,
  tsid: SessionId,
): SignInState => ({
  kind: 'sign-in',
  browserBinding: state.browserBinding,
  clientId: state.clientId,
  tsid,
  reuseConfirmed: false,
  legs: {},
  fresh: withName(state.fresh, primaryProvider),
});

/** A refusal is often a wrong account, so the next visit lets the user choose. */
export const retried = <State extends AttemptState>(state: State, provider: string): State => {
  const outcome = state.legs[provider];
  if (outcome?.kind !== 'failed') return state;
  const choosesAgain = outcome.reason === 'identity_taken' || outcome.reason === 'denied';
  return {
    ...state,
    legs: without(state.legs, provider),
    fresh: choosesAgain ? withName(state.fresh, provider) : state.fresh,
  };
};

export const skipped = (state: SignInState, provider: string): SignInState =>
  state.legs[provider]?.kind === 'failed' ? withOutcome(state, provider, { kind: 'skipped' }) : state;

export const failed = <State extends AttemptState>(
  state: State,
  provider: string,
  reason: LegFailure,
): State => withOutcome(state, provider, { kind: 'failed', reason });

/** @param owner the account that the identity belongs to already. */
export const primaryDone = <State extends AttemptState>(
  state: State,
  provider: string,
  identity: UpstreamIdentity,
  owner: AccountId | undefined,
  newAccount: AccountId,
): State => {
  const person =
    owner === undefined ? { accountId: newAccount, isNew: true } : { accountId: owner, isNew: false };
  const isAnother = state.person !== undefined && state.person.accountId !== person.accountId;
  // What was connected as somebody else belongs to that somebody.
  const legs = isAnother ? {} : state.legs;
  // The page that was answered named the account that the browser was signed in as.
  const wasNamed = state.person?.isNew === false && state.legs[provider]?.kind !== 'done';
  const answers =
    isAnother && wasNamed && state.kind === 'sign-in' ? { approvedAs: undefined, reuseConfirmed: false } : {};
  return withOutcome({ ...state, person, legs, ...answers }, provider, { kind: 'done', identity });
};

/**
 * Somebody new who, in another browser, has finished signing in meanwhile: the account written there is theirs.
 * @param owner of the identity that the primary provider proved.
 */
export const personSettled = <State extends AttemptState>(
  state: State,
  owner: AccountId | undefined,
): State =>
  state.person?.isNew === true && owner !== undefined
    ? { ...state, person: { accountId: owner, isNew: false } }
    : state;

export const laterDone = <State extends AttemptState>(
  state: State,
  provider: string,
  identity: UpstreamIdentity,
  owner: AccountId | undefined,
): State =>
  owner !== undefined && owner !== state.person?.accountId
    ? failed(state, provider, 'identity_taken')
    : withOutcome(state, provider, { kind: 'done', identity });

function withOutcome<State extends AttemptState>(state: State, provider: string, outcome: LegOutcome): State {
  return {
    ...state,
    legs: { ...state.legs, [provider]: outcome },
    fresh: outcome.kind === 'done' ? state.fresh.filter((name) => name !== provider) : state.fresh,
  };
}

const withName = (names: readonly string[], name: string): string[] => [...new Set([...names, name])];

const without = (legs: Readonly<Record<string, LegOutcome>>, provider: string): Record<string, LegOutcome> =>
  Object.fromEntries(Object.entries(legs).filter(([name]) => name !== provider));
