import type { StoredAttempt } from './attempt.store.js';

/** What a browser has begun here, as its cookie proves, and where it goes on with it. */
export type BegunHere =
  /** `uid` names the authorization request. Its attempt may have expired; then another one begins in it. */
  | { readonly kind: 'sign-in'; readonly uid: string; readonly clientName?: string | undefined }
  /** `provider` is absent when the browser is only being signed in. */
  | { readonly kind: 'connect'; readonly id: string; readonly provider?: string | undefined };

export const begunHere = ({ id, state }: StoredAttempt, uid: string): BegunHere =>
  state.kind === 'sign-in'
    ? { kind: 'sign-in', uid, clientName: state.clientName }
    : { kind: 'connect', id, provider: state.provider };
