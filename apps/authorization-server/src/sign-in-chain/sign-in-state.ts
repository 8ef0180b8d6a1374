import type { SessionId } from '@gatehouse/kernel/ids';
import type { Refused, SignInState } from '../attempts/attempt.js';
import type { AuthorizationRequest } from '../oauth-endpoints/authorization-requests.flow.js';

/** Pure changes of a sign-in, beside those that every attempt has (attempts/decisions.ts). */

/** @param tsid of the session that the sign-in opens. */
export function begun(request: AuthorizationRequest, primaryProvider: string, tsid: SessionId): SignInState {
  const { browserBinding, client, wantsFreshSignIn, asksForAccount, browserAccountId, browserProvenAtMs } =
    request;
  const { maxAgeSeconds, acrValues, browserAcr, browserAmr } = request;
  const knows = browserAccountId !== undefined && !wantsFreshSignIn;
  return {
    kind: 'sign-in',
    browserBinding,
    clientId: client.clientId,
    clientName: client.name,
    tsid,
    reuseConfirmed: false,
    legs: {},
    fresh: wantsFreshSignIn ? [primaryProvider] : [],
    ...(asksForAccount ? { asked: 'select_account' } : {}),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    ...(acrValues === undefined ? {} : { acrValues }),
    ...(knows && browserAcr !== undefined ? { acr: browserAcr } : {}),
    ...(knows && browserAmr !== undefined ? { amr: browserAmr } : {}),
    ...(knows ? { person: { accountId: browserAccountId, isNew: false } } : {}),
    ...(knows && browserProvenAtMs !== undefined ? { provenAtMs: browserProvenAtMs } : {}),
  };
}

/** The person approved the client, and has seen what it will use and which connections will be used again. */
export const approved = (state: SignInState, fingerprint: string): SignInState => ({
  ...state,
  approvedAs: fingerprint,
  reuseConfirmed: true,
});

export const reuseConfirmed = (state: SignInState): SignInState => ({ ...state, reuseConfirmed: true });

/**
 * The person is not the one that the browser session names: nothing of that account counts any more.
 * @param tsid of the session that this sign-in opens now.
 */
export const anotherAccount = (
  { browserBinding, clientId, clientName, fresh, maxAgeSeconds, acrValues }: SignInState,
  primaryProvider: string,
  tsid: SessionId,
): SignInState => ({
  kind: 'sign-in',
  browserBinding,
  clientId,
  ...(clientName === undefined ? {} : { clientName }),
  ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  ...(acrValues === undefined ? {} : { acrValues }),
  tsid,
  reuseConfirmed: false,
  legs: {},
  fresh: [...new Set([...fresh, primaryProvider])],
});

/** The person may not sign in here. Somebody else may, in the same browser. */
export const refusedPerson = (
  state: SignInState,
  primaryProvider: string,
  tsid: SessionId,
  refused: Refused,
): SignInState => ({ ...anotherAccount(state, primaryProvider, tsid), refused });
